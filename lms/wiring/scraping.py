"""What Prometheus gets from this process, and who may ask for it.

The instruments of the process (lms.metrics), and from the database, at the moment of the scrape, the states of jobs:
those are the same from every process, so a dashboard takes their maximum and not their sum. A database that hangs
costs a scrape one second and its own figures, not those of the process.
"""

import asyncio
import hmac
from concurrent.futures import Future, ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from prometheus_client import REGISTRY, CollectorRegistry, Gauge, generate_latest

from media_pipeline.queries import jobs_by_state

DATABASE_S_MAX = 1.0
FORWARDED = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via"})

# One thread, one question at a time: what hangs is waited for by the next scrape and never piles up.
_asker = ThreadPoolExecutor(1, thread_name_prefix="scrape")
_asked: Future[dict[str, int]] | None = None


def may_scrape(scope: dict[str, Any]) -> bool:
    """With the token from anywhere; without it from this machine, unless a proxy passed the request on."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    token = settings.METRICS_TOKEN.encode()
    given = dict(headers).get(b"authorization", b"")
    if token and hmac.compare_digest(given, b"Bearer " + token):
        return True
    host = (scope.get("client") or ("",))[0]
    return _is_loopback(host) and not any(name in FORWARDED for name, _value in headers)


async def exposition() -> bytes:
    jobs = await _jobs()
    return generate_latest(REGISTRY) + generate_latest(_of_database(jobs))


async def _jobs() -> dict[str, int] | None:
    global _asked
    if _asked is None or _asked.done():
        _asked = _asker.submit(_ask)
    try:
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(_asked)), DATABASE_S_MAX)
    except Exception:
        return None


def _ask() -> dict[str, int]:
    close_old_connections()
    return jobs_by_state()


def _of_database(jobs: dict[str, int] | None) -> CollectorRegistry:
    registry = CollectorRegistry()
    up = Gauge("xueshi_database_up", "Whether the database told the states of jobs", registry=registry)
    up.set(jobs is not None)
    videos = Gauge(
        "xueshi_videos", "Videos by state of their job, in the whole installation", ["state"], registry=registry
    )
    for state, number in (jobs or {}).items():
        videos.labels(state).set(number)
    return registry


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
