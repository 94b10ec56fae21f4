"""Positive controls: two broken systems in which the same writers, faults and books must find losses.

*hasty* answers before it commits; it runs as a second web process beside the system. *lazy* is the system itself with
synchronous_commit off: PostgreSQL answers before the log is written, and a kill of it loses what its log writer had not
got round to. Its settings are put back afterwards.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from lms.env.addresses import free_port
from tests.faults.blows import BLOWS, programs
from tests.faults.rounds import HEAD, RECOVER_S_MAX, Report, Say, build, crowd, disturb, in_own_loop, lives, told
from tests.systems import BASE, RunningSystem, environment

WRITERS = 20
WATCHED_S = 5.0
LAZY = """
synchronous_commit = off
wal_writer_delay = 10s
wal_writer_flush_after = 1GB
"""


def hasty(system: RunningSystem, tag: str, seed: str, say: Say) -> Report:
    """kill -9 of a web process that acknowledges before it commits."""
    stage = build(system, tag, WRITERS)
    report = Report(seed, [])

    async def run(node: "Node") -> None:
        async with crowd(stage, node.url, seed) as people:
            await asyncio.sleep(WATCHED_S)
            report.rows.append(people.row("undisturbed", 0.0, 0.0))
            at_s, struck_s = people.now_s(), time.monotonic()
            node.kill()
            await asyncio.to_thread(node.start)
            what = "recovery of the hasty build"
            await people.wait(lambda: people.answered_since(struck_s), within_s=RECOVER_S_MAX, what=what)
            report.rows.append(people.row("hasty: web", at_s, time.monotonic() - struck_s))

    with hasty_node(system) as node:
        in_own_loop(run(node))
    _say_all(report, say)
    return report


def lazy(system: RunningSystem, tag: str, seed: str, say: Say) -> Report:
    """kill -9 of a PostgreSQL that does not wait for its log."""
    stage = build(system, tag, WRITERS)
    report = Report(seed, [])

    async def run() -> None:
        async with crowd(stage, system.url, seed) as people:
            await asyncio.sleep(WATCHED_S)
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


class Node:
    """The hasty build on a port of its own."""

    def __init__(self, system: RunningSystem) -> None:
        self.system = system
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = system.data_dir / "hasty.log"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "tests.faults.hasty:application", "--lifespan", "off"]
        command += ["--host", "127.0.0.1", "--port", str(self.port), "--ws", "websockets-sansio", "--no-access-log"]
        told_env = environment(self.system.data_dir, self.system.port)
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(command, cwd=BASE, env=told_env, stdout=sink, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + RECOVER_S_MAX
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the hasty build did not start:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def hasty_node(system: RunningSystem) -> Iterator[Node]:
    node = Node(system)
    try:
        yield node
    finally:
        node.kill()


def _say_all(report: Report, say: Say) -> None:
    for line in (HEAD, *map(told, report.rows)):
        say(line)
