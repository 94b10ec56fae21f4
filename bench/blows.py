"""What is done to a measured installation while it works: kill -9 of a web process, of PostgreSQL, and a long absence.

Programs are found by what the measurement itself started: the processes it holds, the pid file of its cluster.
"""

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.ground import Web, start_web
from lms.env import postgres, servers

AWAY_S = 60.0
FIRST_S = 20.0


@contextmanager
def blows(folder: Path, webs: list[Web], every_s: float, say: Callable[[str], None]) -> Iterator[list[str]]:
    """One blow after the other until the end of the block; what was done."""
    done: list[str] = []
    stop = threading.Event()
    away_s = min(AWAY_S, every_s / 2)

    def strike() -> None:
        wait_s = min(FIRST_S, every_s)
        for name, blow in itertools.cycle(
            [
                ("kill -9 of a web process", lambda: _kill_web(webs)),
                ("kill -9 of PostgreSQL", lambda: _kill_postgres(folder)),
                (f"no database for {away_s:.0f} s", lambda: _no_database(folder, away_s)),
            ]
        ):
            if stop.wait(wait_s):
                return
            began = time.monotonic()
            blow()
            done.append(name)
            say(f"{name}: all programs run again after {time.monotonic() - began:.1f} s")
            wait_s = every_s

    thread = threading.Thread(target=strike, name="blows")
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def _kill_web(webs: list[Web]) -> None:
    web = webs.pop(0)
    web.process.kill()
    web.process.wait()
    webs.append(start_web(web.application, log=web.log, port=web.port))


def _kill_postgres(folder: Path) -> None:
    os.kill(int((folder / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    time.sleep(0.5)
    servers.revive(folder)


def _no_database(folder: Path, away_s: float) -> None:
    postgres.stop(folder)
    time.sleep(away_s)
    postgres.start(folder)
