"""The last tick of the clock: when a worker last did what the clock starts every half minute.

It is kept in Valkey, which carries the call from the clock to the worker: while that is away, or empty, nobody ticks.
"""

from datetime import datetime

import redis
import redis.asyncio
from django.conf import settings

TICK_TASK = "lms.wiring.tick"
KEY = "xueshi:ticked"


def tick(*, at: datetime) -> None:
    with redis.from_url(settings.REDIS_URL) as client:
        client.set(KEY, at.timestamp())


async def last_tick() -> float:
    """Unix time in seconds; 0 when none is known."""
    async with redis.asyncio.from_url(settings.REDIS_URL) as client:
        return float(await client.get(KEY) or 0)
