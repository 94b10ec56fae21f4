"""A whole running system for functional tests: the real supervisor with a data folder and a port of its own.

A first start migrates and transcodes, which takes minutes. A whole suite makes one, in the folder that TEST_PREPARED
names, and asks of it what a first start must do; every other system of that suite begins with a copy of what it left.
"""

import contextlib
import fcntl
import functools
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from lms import env
from lms.env.addresses import free_port
from lms.env.children import die_with
from lms.env.programs import reachable

BASE = Path(__file__).resolve().parent.parent
START_S_MAX = 300  # the first start migrates and transcodes the demo's videos
STOP_S_MAX = 15
NODE_S_MAX = 110
PREPARED = "TEST_PREPARED"
OWN = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_ROLE",
    "REDIS_URL",
    "TEST_TEMPLATE",
    "DJANGO_SETTINGS_MODULE",
    "BASE_URL",
    "PORT",
    "DATA_DIR",
    PREPARED,
)


@dataclass(frozen=True)
class RunningSystem:
    url: str
    port: int
    data_dir: Path
    process: subprocess.Popen[bytes]
    output: Path

    def manage(self, *command: str) -> str:
        """The output of a management command beside the running system."""
        argv = [sys.executable, "manage.py", *command]
        done = subprocess.run(
            argv, check=True, cwd=BASE, env=environment(self.data_dir, self.port), capture_output=True
        )
        return done.stdout.decode()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database answers the owner of its tables: far quicker than a management command."""
        with psycopg.connect(env.owner_url(self.data_dir)) as owner:
            done = owner.execute(statement, values)  # type: ignore[call-overload]
            return done.fetchall() if done.description else []

    @functools.cached_property
    def demo(self) -> dict[str, Any]:
        """People, lessons, classes and sittings of the demo, as `manage.py demo --json` prints them."""
        answer: dict[str, Any] = json.loads(self.manage("demo", "--json"))
        return answer


def environment(data_dir: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OWN}
    return {**kept, "DATA_DIR": str(data_dir), "PORT": str(port)}


def launch(data_dir: Path, port: int) -> RunningSystem:
    """Start the supervisor, without waiting for it. However this process ends, it is told to stop."""
    output, here = data_dir / "supervisor.log", os.getpid()
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "lms.env.run"],
            cwd=BASE,
            env=environment(data_dir, port),
            stdout=sink,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: die_with(here),
        )
    return RunningSystem(f"http://127.0.0.1:{port}", port, data_dir, process, output)


@contextlib.contextmanager
def started(data_dir: Path) -> Iterator[RunningSystem]:
    """A system on a data folder that is empty, or that a system of before left."""
    prepare(data_dir)
    system = launch(data_dir, free_port())
    try:
        wait_for(f"{system.url}/", system.process, within_s=START_S_MAX, told=system.output)
        yield system
    finally:
        stop(system.process)


def prepare(data_dir: Path) -> bool:
    """Fill an empty data folder with what a first start left, where the suite has one; whether it is filled now.

    Whoever comes first makes that start. It never is where the database's user may not enter: a cluster is then kept
    elsewhere, and every system makes its own.
    """
    if any(data_dir.iterdir()):
        return True
    place = Path(os.environ.get(PREPARED, ""))
    if not place.is_absolute() or not reachable(place):
        return False
    whole = place / "system"
    with (place / "lock").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        if not whole.exists():
            _start_from_nothing(place / "draft").rename(whole)
    copy_stopped(whole, data_dir)
    return True


def _start_from_nothing(data_dir: Path) -> Path:
    """A first start and a stop, with all that they promise: prepared, stopped in time, nothing left behind."""
    shutil.rmtree(data_dir, ignore_errors=True)
    data_dir.mkdir()
    data_dir.chmod(0o711)
    system = launch(data_dir, free_port())
    try:
        wait_for(f"{system.url}/", system.process, within_s=START_S_MAX, told=system.output)
    finally:
        status = stop(system.process)
    said = system.output.read_text()
    assert "database migrated" in said and "demo loaded" in said, said
    assert status == 0, said
    assert processes_of(data_dir) == {}
    return data_dir


def copy_stopped(left: Path, data_dir: Path) -> None:
    """Fill an empty data folder with what a stopped system left, each file with its owner.

    With the recorded port and password of its Valkey a copy would take another copy's for its own.
    """
    assert not (left / "postgres").is_symlink(), "two systems on one cluster"
    subprocess.run(["cp", "-a", f"{left}/.", str(data_dir)], check=True)
    (data_dir / "valkey" / "port").unlink()
    (data_dir / "secrets" / "VALKEY_PASSWORD").unlink()


def stop(process: subprocess.Popen[bytes]) -> int:
    """Tell it to stop; gives its status. Not stopping in time is an error, after which it is killed."""
    process.terminate()
    try:
        return process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def wait_for(url: str, process: subprocess.Popen[bytes], *, within_s: float, told: Path) -> float:
    """Wait until the address answers 200; gives the seconds it took."""
    start = time.monotonic()
    last = "nothing"
    while time.monotonic() - start < within_s:
        if process.poll() is not None:
            raise RuntimeError(
                f"it ended with status {process.returncode}:\n{told.read_text(errors='replace')[-4000:]}"
            )
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
                if answer.status == 200:
                    return time.monotonic() - start
        except urllib.error.HTTPError as error:
            last = f"{error.code} {error.read()[:500]!r}"
        except OSError as error:
            last = str(error)
        time.sleep(0.2)
    raise RuntimeError(f"{url} answered {last} for {within_s} s:\n{told.read_text(errors='replace')[-4000:]}")


def eventually(what: Callable[[], bool], *, within_s: float = 15) -> bool:
    deadline = time.monotonic() + within_s
    while not (done := what()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return done


class WebNode:
    """One more web process on the database and channel layer of a running system, as behind a load balancer.

    `variables` are what its environment says differently.
    """

    def __init__(
        self,
        system: RunningSystem,
        application: str = "lms.wiring.asgi:application",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = system.data_dir / f"node-{self.port}.log"
        self._environment = {**environment(system.data_dir, system.port), **(variables or {})}
        self._command = [sys.executable, "-m", "django", "serve", "--settings", "lms.settings"]
        self._command += ["--port", str(self.port), "--application", application]
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as sink:
            self.process = subprocess.Popen(
                self._command, cwd=BASE, env=self._environment, stdout=sink, stderr=subprocess.STDOUT
            )
        wait_for(f"{self.url}/healthz", self.process, within_s=NODE_S_MAX, told=self._log)

    def kill(self) -> None:
        """As when the machine goes: no goodbye."""
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def web_node(
    system: RunningSystem,
    application: str = "lms.wiring.asgi:application",
    variables: Mapping[str, str] | None = None,
) -> Iterator[WebNode]:
    node = WebNode(system, application, variables)
    try:
        yield node
    finally:
        node.kill()


def processes_of(*folders: Path) -> dict[int, str]:
    """Living processes with one of these folders in their command line or environment: what a stop must not leave."""
    marks = [os.fsencode(one) for folder in folders for one in {folder, folder.resolve()}]
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            command = (entry / "cmdline").read_bytes()
            shown = command + b"\0" + (entry / "environ").read_bytes()
            if state != "Z" and any(mark in shown for mark in marks):
                found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace")
    return found
