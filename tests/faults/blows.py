"""The faults: which programs of one running system are hit, with which signal, and how their successors are known.

Programs are found by the system's own marks alone: children of its supervisor, the pid file of its cluster, the
recorded port of its Valkey. Nothing else on the machine is ever touched.
"""

import contextlib
import os
import random
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

from tests.systems import RunningSystem

MARKS = {
    "web": b"\0serve\0",
    "worker": b"\0--without-gossip\0--concurrency\0",
    "media": b"\0--queues\0media\0",
    "clock": b"\0beat\0",
}


@dataclass(frozen=True)
class Blow:
    """`programs` are hit at the same moment. `backend` is one of PostgreSQL's own processes, the rest live or die."""

    name: str
    programs: tuple[str, ...]
    signal: Signals = SIGKILL


BLOWS = {
    blow.name: blow
    for blow in (
        Blow("web", ("web",)),
        Blow("worker", ("worker", "media")),
        Blow("postgres", ("postgres",)),
        Blow("backend", ("backend",)),
        Blow("valkey", ("valkey",)),
        Blow("everything", ("web", "worker", "media", "clock", "postgres", "valkey")),
        Blow("deploy", ("web",), SIGTERM),
    )
}
"""kill -9 of each part and of all at once; `deploy` tells the web server to stop, as a rolling restart does."""


def strike(system: RunningSystem, blow: Blow, chance: random.Random) -> dict[str, int]:
    """Send the signal; gives the pids that were hit."""
    found = programs(system)
    victims = {name: chance.choice(backends(system)) if name == "backend" else found[name] for name in blow.programs}
    for pid in victims.values():
        os.kill(pid, blow.signal)
    return victims


def replaced(system: RunningSystem, victims: dict[str, int]) -> bool:
    """Whether every program that was hit runs again, as another process."""
    found = programs(system)
    return all(found.get(name, pid) != pid for name, pid in victims.items() if name != "backend")


def programs(system: RunningSystem) -> dict[str, int]:
    """The pids of the parts that run now."""
    found = {}
    for pid, command in _children(system.process.pid).items():
        for name, mark in MARKS.items():
            if mark in command:
                found[name] = pid
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int((system.data_dir / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])
        if b"/postgres\0-D\0" in _command(pid):
            found["postgres"] = pid
    port = (system.data_dir / "valkey" / "port").read_bytes().strip()
    for pid in _pids():
        if b"valkey-server" in (command := _command(pid)) and command.rstrip(b"\0 ").endswith(b":" + port):
            found["valkey"] = pid
    return found


def backends(system: RunningSystem) -> list[int]:
    """PostgreSQL's processes that serve a client."""
    postmaster = programs(system)["postgres"]
    return sorted(pid for pid, command in _children(postmaster).items() if b"[local]" in command)


def _children(parent: int) -> dict[int, bytes]:
    found = {}
    for pid in _pids():
        with contextlib.suppress(OSError):
            state, ppid = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
            if int(ppid) == parent and state != "Z":
                found[pid] = _command(pid)
    return found


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
