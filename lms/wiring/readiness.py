"""Whether this process can do its work: the database answers, takes writes, keeps what it commits and is migrated,
Valkey answers, the clocks agree, and no beat waits for long. A database can answer this question and hold up the
beats, so both are looked at.

Whether something can be signed is told as well, and makes no process unready: whoever studies needs no signature, all
machines share the keys, and while they are broken the gate refuses and says so.

Each check has a time limit, so that a server which hangs is found as one that is gone. A reason is for whoever reads
the answer over the network: it names no address, user or secret; the log has the details. Asked often, it looks
once a second.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Coroutine, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
import redis.asyncio
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from redis.exceptions import RedisError

from lms import signing
from lms.hours.consumers.hub import oldest_beat_ms
from lms.wiring import durability
from lms.wiring.queries.trust import DURABLE_NAMES, IN_FORCE
from lms.wiring.rules.trust import lossy

log = logging.getLogger(__name__)
T = TypeVar("T")

ANSWER_S_MAX = 1.0
SKEW_MS_MAX = 2_000
"""Beats are stamped by this machine, everything else by the database; more would show in somebody's hours."""
BEAT_MS_MAX = 10_000
"""A beat is answered in milliseconds, and within two seconds at a disk that is hardly there. One that has waited for so
long says that its commit does not come back."""
KEPT_S = 1.0
ASKED = "SELECT clock_timestamp(), NOT current_setting('transaction_read_only')::bool"
OF_DATABASE = ("durability", "migrations", "clock")


@dataclass(frozen=True, slots=True)
class Finding:
    """`ms` is how long the check took; `reason` is empty when it is well. `required` ones decide about being ready."""

    name: str
    ok: bool
    ms: int
    reason: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class _Told:
    """What the database said of itself, to a connection that is as new as any."""

    settings: Mapping[str, str]
    migrations: frozenset[tuple[str, str]]
    skew_ms: int
    takes_writes: bool = True


class Watch:
    """Looks for everybody who asks; askers of the same second share one look."""

    def __init__(self) -> None:
        self._look: asyncio.Task[list[Finding]] | None = None
        self._looked_at = 0.0

    async def findings(self) -> list[Finding]:
        if self._look is None or (self._look.done() and time.monotonic() - self._looked_at > KEPT_S):
            self._looked_at = time.monotonic()
            self._look = asyncio.create_task(_look())
        return await asyncio.shield(self._look)


def as_json(findings: list[Finding]) -> dict[str, Any]:
    return {"ready": all(each.ok for each in findings if each.required), "checks": [asdict(each) for each in findings]}


async def _look() -> list[Finding]:
    # Reading all migrations takes longer than a check may; once a process, and before the clock runs.
    wanted = await asyncio.to_thread(_last_migrations)
    (told, database), (_pong, valkey), (_key, keys) = await asyncio.gather(
        _within("database", _ask_database()),
        _within("valkey", _ask_valkey()),
        _within("signing", asyncio.to_thread(signing.signing_key, datetime.now(UTC))),
    )
    if told is not None and not told.takes_writes:
        database = replace(database, ok=False, reason="takes no writes")
    beats = _beats(time.time_ns() // 1_000_000)
    return [database, *_of_database(told, wanted), beats, valkey, replace(keys, required=False)]


def _beats(now_ms: int) -> Finding:
    oldest_ms = oldest_beat_ms()
    waited_ms = 0 if oldest_ms is None else now_ms - oldest_ms
    is_late = waited_ms > BEAT_MS_MAX
    return Finding("beats", not is_late, 0, f"the oldest waits for {waited_ms} ms" if is_late else "")


def _of_database(told: _Told | None, wanted: frozenset[tuple[str, str]]) -> list[Finding]:
    if told is None:
        return [Finding(name, False, 0, "the database did not answer") for name in OF_DATABASE]
    faults = lossy(told.settings)
    missing = sorted(wanted - told.migrations)
    names = ", ".join(".".join(each) for each in missing[:3])
    away = abs(told.skew_ms) > SKEW_MS_MAX
    return [
        Finding("durability", not faults, 0, " ".join(fault.text for fault in faults)),
        Finding("migrations", not missing, 0, f"{len(missing)} not applied: {names}" if missing else ""),
        Finding("clock", not away, 0, f"{told.skew_ms} ms ahead of the database's" if away else ""),
    ]


async def _within(name: str, asking: Coroutine[Any, Any, T]) -> tuple[T | None, Finding]:
    """The answer, if it comes in time. What hangs is told to stop and not waited for."""
    start = time.monotonic()
    task = asyncio.create_task(asking)
    await asyncio.wait({task}, timeout=ANSWER_S_MAX)
    ms = round((time.monotonic() - start) * 1000)
    if not task.done():
        task.cancel()
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return None, Finding(name, False, ms, f"no answer within {ANSWER_S_MAX * 1000:.0f} ms")
    error = task.exception()
    if isinstance(error, (OSError, psycopg.Error, RedisError, signing.NoSigningKey)):
        log.warning("%s is not ready: %s", name, error)
        return None, Finding(name, False, ms, f"failed ({type(error).__name__})")
    return task.result(), Finding(name, True, ms)


async def _ask_database() -> _Told:
    """Over a connection of its own: that one can be opened is part of the question."""
    async with await psycopg.AsyncConnection.connect(**durability.parameters(), autocommit=True) as asked:
        in_force = await (await asked.execute(IN_FORCE, [DURABLE_NAMES])).fetchall()
        migrations = await (await asked.execute("SELECT app, name FROM django_migrations")).fetchall()
        before = datetime.now(UTC)
        row = await (await asked.execute(ASKED)).fetchone()
        after = datetime.now(UTC)
    assert row is not None
    ours = before + (after - before) / 2
    applied = frozenset((app, name) for app, name in migrations)
    return _Told(dict(in_force), applied, round((ours - row[0]).total_seconds() * 1000), row[1])


async def _ask_valkey() -> bool:
    async with redis.asyncio.from_url(settings.REDIS_URL) as client:
        return bool(await client.ping())


@functools.cache
def _last_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of every app; who has these has all."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())
