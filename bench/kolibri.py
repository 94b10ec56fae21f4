"""Kolibri, a school's offline learning platform, as a peer: how it is installed, set up, asked and stopped.

It lives in a virtualenv of its own in a cache folder (BENCH_CACHE, default ~/.cache/xueshi-bench) and runs as it comes:
its own server, SQLite in WAL mode that flushes at every commit, no plugin taken out. Only what reaches other machines
is off (address, announcement, telemetry). Learners sign up and study through its public API.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from lms.env.addresses import free_port
from lms.env.values import text

VERSION = "0.19.5"
START_S_MAX = 90
STOP_S_MAX = 30
IDLE_S_MAX = 5.0
PASSWORD = "kolibri-bench-2026"
QUIET = {"LISTEN_ADDRESS": "127.0.0.1", "ZEROCONF_ENABLED": "False", "DISABLE_PING": "True"}


@dataclass(frozen=True)
class Kolibri:
    """A running one. `facility` is the school in which learners sign up."""

    port: int
    process: "subprocess.Popen[bytes]"
    facility: str


@dataclass
class KolibriLearner:
    """One learner with an open content session of a video; one connection, kept for as long as Kolibri keeps it.

    Its server keeps ten connections and closes the others with the answer; what was idle for some seconds too.
    """

    port: int
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    used_at: float = 0.0
    cookies: dict[str, str] = field(default_factory=dict)
    node: str = ""
    session: str = ""
    acked: int = 0

    async def ask(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One request; a status that is no success is a RuntimeError."""
        reader, writer = await self._connection()
        payload = json.dumps(body).encode()
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        writer.write(
            (
                f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
                f"Cookie: {cookies}\r\nX-CSRFToken: {self.cookies.get('kolibri_csrftoken', '')}\r\n"
                f"Content-Length: {len(payload)}\r\n\r\n"
            ).encode()
            + payload
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = head.rstrip().split("\r\n")
        size, is_kept = 0, True
        for line in lines:
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                size = int(value)
            elif name.lower() == "connection":
                is_kept = value.strip().lower() != "close"
            elif name.lower() == "set-cookie":
                key, _, rest = value.strip().partition("=")
                self.cookies[key] = rest.partition(";")[0]
        answer = await reader.readexactly(size)
        self.used_at = time.monotonic()
        if not is_kept:
            self._close()
        if status.split()[1] not in ("200", "201"):
            raise RuntimeError(f"Kolibri answers {method} {path} with {status}: {answer[:200]!r}")
        found: dict[str, Any] = json.loads(answer)
        return found

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if time.monotonic() - self.used_at > IDLE_S_MAX:
            self._close()
        if self.reader is None or self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self.reader, self.writer

    def _close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None

    async def open(self) -> dict[str, Any]:
        """Begin a content session; what Kolibri says it remembers of this video."""
        opening = {"node_id": self.node, "content_id": self.node, "channel_id": self.node, "kind": "video"}
        answer = await self.ask("POST", "/api/logger/trackprogress/", opening)
        self.session = answer["session_id"]
        return answer

    async def progress(self) -> None:
        """One second more of the video, committed when this returns."""
        more = {"progress_delta": 0.001, "time_spent_delta": 1.0}
        await self.ask("PUT", f"/api/logger/trackprogress/{self.session}/", more)
        self.acked += 1


async def learner_of(kolibri: Kolibri) -> KolibriLearner:
    """A new learner, signed up and logged in, with a video open."""
    one = KolibriLearner(kolibri.port, node=uuid4().hex)
    await one.ask("PUT", "/api/auth/session/current/", {"active": True})
    name = f"learner{uuid4().hex[:12]}"
    person = {"username": name, "full_name": name, "password": PASSWORD, "facility": kolibri.facility}
    await one.ask("POST", "/api/auth/signup/", person)
    await one.open()
    return one


@contextmanager
def running_kolibri() -> Iterator[Kolibri]:
    """A Kolibri with a fresh, private database; installed and set up at the first call."""
    cache = Path(text("BENCH_CACHE", default=str(Path.home() / ".cache" / "xueshi-bench")))
    program = _installed(cache)
    template = _set_up(cache, program)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="xueshi-kolibri-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        shutil.copytree(template, home)
        command = [str(program), "start", "--foreground", "--port", str(port), "--skip-update"]
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(command, env=_environment(home), stdout=log, stderr=subprocess.STDOUT)
        try:
            yield Kolibri(port, process, _facility(port, process, Path(folder) / "log"))
        finally:
            process.terminate()
            try:
                process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _installed(cache: Path) -> Path:
    folder = cache / f"kolibri-{VERSION}"
    program, stamp = folder / "bin" / "kolibri", folder / "installed"
    if not stamp.is_file():
        print(f"installing Kolibri {VERSION} in {folder} (once; about a minute)", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _step([sys.executable, "-m", "venv", str(folder)], dict(os.environ))
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        _step([*pip, f"kolibri=={VERSION}"], dict(os.environ))
        stamp.touch()
    return program


def _set_up(cache: Path, program: Path) -> Path:
    """A home with a migrated database and a facility where learners may sign up; each run gets a copy."""
    home = cache / f"kolibri-{VERSION}-home"
    if not (home / "set-up").is_file():
        print("setting a Kolibri facility up (once; about a minute)", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        command = [str(program), "manage", "provisiondevice", "--facility", "bench", "--preset", "nonformal"]
        command += ["--superusername", "admin", "--superuserpassword", PASSWORD, "--language_id", "en", "--noinput"]
        _step(command, _environment(home))
        (home / "set-up").touch()
    return home


def _step(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, check=False, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[:4])} failed with status {done.returncode}:\n{done.stdout[-2000:]}")


def _environment(home: Path) -> dict[str, str]:
    """Nothing of ours: Kolibri is a Django project too and would take our settings for its own."""
    names = ("PATH", "HOME", "LANG", "TMPDIR")
    ours = {name: os.environ[name] for name in names if name in os.environ}
    return {**ours, "KOLIBRI_HOME": str(home), **{f"KOLIBRI_{name}": value for name, value in QUIET.items()}}


def _facility(port: int, process: "subprocess.Popen[bytes]", log: Path) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + START_S_MAX
    while time.monotonic() < until and process.poll() is None:
        try:
            with opener.open(f"http://127.0.0.1:{port}/api/auth/facility/", timeout=10) as answer:
                return str(json.load(answer)[0]["id"])
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise RuntimeError(f"Kolibri does not answer; its log ends with: {log.read_text()[-2000:]}")
