"""The private PostgreSQL and Valkey of a DATA_DIR, shared by every program that uses it and stopped by the last.

Each user holds a shared lock on DATA_DIR/servers.users for as long as it runs; the kernel drops it however the
user dies. Whoever leaves and can have it exclusively was the last, and stops the servers. Starting and stopping happen
under a second, exclusive lock, so two that start at the same moment make one pair of servers. After a `kill -9` of
everybody the servers run on until the next user has come and gone. A server that dies is started again by the
supervisor (`revive`); other users wait for it.
"""

import contextlib
import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, ModuleType

from lms.env import postgres, valkey
from lms.env.values import data_dir as read_data_dir
from lms.env.values import text

DEFAULT_DATA_DIR = Path(__file__).resolve().parent.parent.parent / "var"
_FAREWELLS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def running_servers(data_dir: Path | None = None) -> Iterator[Path]:
    """Join or start what DATABASE_URL and REDIS_URL do not name; yields the DATA_DIR."""
    folder = read_data_dir(DEFAULT_DATA_DIR) if data_dir is None else data_dir.resolve()
    servers = _private_servers()
    if not servers:
        yield folder
        return
    with (
        _lock_file(folder / "servers.lock") as door,
        _lock_file(folder / "servers.users") as users,
        _ends_by_exception(),
    ):
        try:
            with _locked(door):
                fcntl.flock(users, fcntl.LOCK_SH)
                for server in servers:
                    server.start(folder)
            yield folder
        finally:
            _leave(folder, servers, door, users)


def revive(folder: Path) -> list[str]:
    """Start again whatever private server has died; their names. Raises BadSetting when one cannot be started."""
    fallen = [server for server in _private_servers() if not server.is_up(folder)]
    if fallen:
        with _lock_file(folder / "servers.lock") as door, _locked(door):
            for server in fallen:
                server.start(folder)
    return [server.TITLE for server in fallen]


def _private_servers() -> list[ModuleType]:
    given = {postgres: text("DATABASE_URL", default=""), valkey: text("REDIS_URL", default="")}
    return [server for server, address in given.items() if not address]


def _leave(folder: Path, servers: list[ModuleType], door: int, users: int) -> None:
    # A second Ctrl-C must not leave the servers behind; stopping them has time limits of its own.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _FAREWELLS)
    try:
        with _locked(door):
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            for server in reversed(servers):
                server.stop(folder)
    finally:
        # Not only closed: a forked child that never exec'd would still hold it.
        fcntl.flock(users, fcntl.LOCK_UN)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


@contextlib.contextmanager
def _lock_file(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


@contextlib.contextmanager
def _locked(handle: int) -> Iterator[None]:
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


@contextlib.contextmanager
def _ends_by_exception() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the stack, so that a command that is told to stop leaves by the door too."""
    mine = threading.current_thread() is threading.main_thread()
    signals = [one for one in (signal.SIGTERM, signal.SIGHUP) if mine and signal.getsignal(one) is signal.SIG_DFL]
    for one in signals:
        signal.signal(one, _end)
    try:
        yield
    finally:
        for one in signals:
            if signal.getsignal(one) is _end:
                signal.signal(one, signal.SIG_DFL)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
