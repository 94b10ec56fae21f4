"""Positive controls: two broken systems in which the same writers, faults and books must find losses.

*hasty* answers before it commits; it runs as a second web process beside the system. *lazy* is the system itself with
synchronous_commit off: PostgreSQL answers before the log is written, and a kill of it loses what its log writer had not
got round to. Its settings are put back afterwards.
"""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.blows import BLOWS, programs
from tests.faults.rounds import HEAD, RECOVER_S_MAX, Report, Say, Stage, crowd, disturb, in_own_loop, lives, told
from tests.systems import RunningSystem, WebNode, web_node

HASTY = "bench.hasty:application"
WRITERS = 20
WATCHED_S = 5.0
LAZY = """
synchronous_commit = off
wal_writer_delay = 10s
wal_writer_flush_after = 1GB
"""


def hasty(system: RunningSystem, stage: Stage, seed: str, say: Say) -> Report:
    """kill -9 of a web process that acknowledges before it commits."""
    report = Report(seed, [])

    async def run(node: WebNode) -> None:
        async with crowd(stage, node.url, seed) as people:
            await asyncio.sleep(WATCHED_S)
            report.rows.append(people.row("undisturbed", 0.0, 0.0))
            at_s, struck_s = people.now_s(), time.monotonic()
            node.kill()
            await asyncio.to_thread(node.start)
            what = "recovery of the hasty build"
            await people.wait(lambda: people.answered_since(struck_s), within_s=RECOVER_S_MAX, what=what)
            report.rows.append(people.row("hasty: web", at_s, time.monotonic() - struck_s))

    with web_node(system, HASTY) as node:
        in_own_loop(run(node))
    _say_all(report, say)
    return report


def lazy(system: RunningSystem, stage: Stage, seed: str, say: Say) -> Report:
    """kill -9 of a PostgreSQL that does not wait for its log."""
    report = Report(seed, [])

    async def run() -> None:
        async with crowd(stage, system.url, seed) as people:
            report.rows += await disturb(system, people, [BLOWS["postgres"]], seed, lambda line: None)

    with lazy_commits(system):
        in_own_loop(run())
    _say_all(report, say)
    return report


@contextmanager
def lazy_commits(system: RunningSystem) -> Iterator[None]:
    path = system.data_dir / "postgres" / "cluster" / "postgresql.conf"
    before = path.read_text()
    try:
        path.write_text(before + LAZY)
        os.kill(programs(system)["postgres"], signal.SIGHUP)
        yield
    finally:
        path.write_text(before)
        if lives(system):
            os.kill(programs(system)["postgres"], signal.SIGHUP)


def _say_all(report: Report, say: Say) -> None:
    for line in (HEAD, *map(told, report.rows)):
        say(line)
