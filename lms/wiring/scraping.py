"""What Prometheus gets from this process, and who may ask for it.

The instruments of the process (lms.metrics), and figures of the whole installation at the moment of the scrape: the
states of jobs and the last proof of the ledger from the database, the last tick of the clock from Valkey. Those are the
same from every process, so a dashboard takes their maximum and not their sum. A server that hangs costs a scrape one
second and its own figures, not those of the process. A moment is 0 when there was none, so that its age is an alarm.
"""

import asyncio
import hmac
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from prometheus_client import REGISTRY, CollectorRegistry, Gauge, generate_latest

from lms.wiring.queries.jobs import Jobs, jobs
from lms.wiring.ticking import last_tick

ANSWER_S_MAX = 1.0
FORWARDED = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via"})

# One thread, one question at a time: what hangs is waited for by the next scrape and never piles up.
_asker = ThreadPoolExecutor(1, thread_name_prefix="scrape")
_asked: Future[Jobs] | None = None


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
    found, ticked = await asyncio.gather(_jobs(), _ticked())
    return generate_latest(REGISTRY) + generate_latest(_of_installation(found, ticked))


async def _jobs() -> Jobs | None:
    global _asked
    if _asked is None or _asked.done():
        _asked = _asker.submit(_ask)
    try:
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(_asked)), ANSWER_S_MAX)
    except Exception:
        return None


def _ask() -> Jobs:
    close_old_connections()
    return jobs(datetime.now(UTC))


async def _ticked() -> float:
    """What hangs is told to stop, and not waited for."""
    asked = asyncio.create_task(last_tick())
    await asyncio.wait({asked}, timeout=ANSWER_S_MAX)
    if not asked.done():
        asked.cancel()
        asked.add_done_callback(lambda done: done.cancelled() or done.exception())
        return 0.0
    return 0.0 if asked.exception() else asked.result()


def _of_installation(found: Jobs | None, ticked: float) -> CollectorRegistry:
    registry = CollectorRegistry()

    def gauge(name: str, help: str, value: float) -> None:
        Gauge(name, help, registry=registry).set(value)

    def by_state(name: str, help: str, numbers: Mapping[str, int]) -> None:
        states = Gauge(name, f"{help}, in the whole installation", ["state"], registry=registry)
        for state, number in numbers.items():
            states.labels(state).set(number)

    gauge("xueshi_clock_ticked_timestamp_seconds", "When a worker last did what the clock starts; 0: unknown", ticked)
    gauge("xueshi_database_up", "Whether the database told the figures of the installation", found is not None)
    if found is not None:
        by_state("xueshi_videos", "Videos by state of their job", found.videos)
        by_state("xueshi_video_chunks", "Unfinished chunks of long lectures", found.chunks)
        by_state("xueshi_uploads", "Files that are on their way in, or became no video", found.uploads)
        by_state("xueshi_letters", "Letters that are owed, or were given up", found.letters)
        by_state("xueshi_roster_imports", "Class lists that wait, are imported, or came to nothing", found.imports)
        ended = found.proof.ended_at.timestamp() if found.proof else 0.0
        gauge("xueshi_ledger_verified_timestamp_seconds", "When the last proof of the ledger ended; 0: never", ended)
        faults = found.proof.faults if found.proof else 0
        gauge("xueshi_ledger_differences", "What the last proof of the ledger found", faults)
    return registry


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
