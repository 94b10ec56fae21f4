"""The supervisor behind `make run`: everything from two private servers to a served demo, and all of it down again.

The workers start before the demo, because the demo's videos go through one; the web server starts after, so that
nobody sees half a demo. SIGINT, SIGTERM and SIGHUP end it in order and within 10 s. What dies later, a child or a
private server, is started again; what will not live ends the run with status 1. With the same sources and DATA_DIR as
at the last start the steps that prepare are skipped.
"""

import hashlib
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from lms.env.addresses import redis_url
from lms.env.banner import banner
from lms.env.catalogues import compile_catalogues
from lms.env.children import Child, Deaths, seconds_since
from lms.env.servers import DEFAULT_DATA_DIR, revive, running_servers
from lms.env.values import BadSetting, data_dir, integer, text

BASE_DIR = DEFAULT_DATA_DIR.parent
STOP_WEB_S_MAX = 3.0  # with the servers' own limits this stays below 10 s
STOP_WORKER_S_MAX = 1.5
STOP_CLOCK_S_MAX = 1.0
STOP_STEP_S_MAX = 3.0
ANSWER_S_MAX = 60.0
LOOK_EVERY_S = 0.1
SOURCES = ("lms", "courses", "media_pipeline", "locale", "requirements", "package-lock.json")
SOURCE_KINDS = frozenset({".py", ".html", ".css", ".js", ".svg", ".po", ".txt", ".json", ".toml"})


class Stopped(BaseException):
    """A signal asked us to end; not an Exception, so that no handler on the way takes it for a failure."""


def main() -> None:
    _listen_for_signals()
    port = integer("PORT", default=8000, at_least=1, at_most=65535)
    _refuse_busy(port)
    try:
        with running_servers(data_dir(DEFAULT_DATA_DIR)) as folder:
            _Run(folder, port).go()
    except Stopped:
        _say("stopped")


class _Run:
    """One run: the steps, the children alive, and the environment that they share."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.logs = folder / "logs"
        self.logs.mkdir(exist_ok=True)
        self.began = time.monotonic()
        self.failed_revivals = Deaths()
        self.environment = {
            **os.environ,
            "DATA_DIR": str(folder),
            "BASE_URL": text("BASE_URL", default=f"http://127.0.0.1:{port}"),
            "PYTHONUNBUFFERED": "1",
            # A stopped worker drops what it does (the sweeper queues it again); it must not wait for a long video.
            "REMAP_SIGTERM": "SIGQUIT",
        }

    def go(self) -> None:
        _say(f"PostgreSQL and Valkey are up, data in {self.folder}")
        compiled = compile_catalogues(BASE_DIR / "locale")
        if compiled:
            _say(f"compiled {compiled} catalogues")
        stamp = self.folder / "prepared"
        state = _state_of_sources()
        fresh = not stamp.is_file() or stamp.read_text() != state or bool(text("DATABASE_URL", default=""))
        if fresh:
            self._step("database migrated", "migrate", "--noinput")
            self._step("static files collected", "collectstatic", "--noinput")
        self._refuse_untrusted()
        with (
            self._child("the Celery worker", self._worker(), "worker.log", STOP_WORKER_S_MAX) as worker,
            self._child("the media worker", self._media_worker(), "media.log", STOP_WORKER_S_MAX) as media,
            self._child("the Celery clock", self._clock(), "clock.log", STOP_CLOCK_S_MAX) as clock,
        ):
            if fresh and _has_demo():
                self._step("demo loaded", "demo", shown=True, beside=media)
            # Written last, so that steps that were interrupted are done again.
            stamp.write_text(state)
            with self._child("the web server", self._web(), "web.log", STOP_WEB_S_MAX) as web:
                self._wait_for_answer([web, worker, media, clock])
                print(banner(self.port, self.logs, seconds_since(self.began), demo=_has_demo()), flush=True)
                while True:
                    self._keep_alive([web, worker, media, clock])
                    time.sleep(LOOK_EVERY_S)

    def _refuse_untrusted(self) -> None:
        """Nobody's hours are counted in a database that could lose them, or where we could change them."""
        command = [sys.executable, "-m", "lms.wiring.trust"]
        (self.logs / "trust.log").unlink(missing_ok=True)
        with self._child("The look at the database", command, "trust.log", STOP_STEP_S_MAX) as look:
            while look.status() is None:
                time.sleep(0.02)
            if look.status() != 0:
                raise BadSetting(f"The database cannot be trusted with hours:\n{look.last_words()}")
            if look.last_words():
                _say(look.last_words())

    def _worker(self) -> list[str]:
        command = [sys.executable, "-m", "celery", "-A", "lms", "--quiet", "worker", "--loglevel", "INFO"]
        return [*command, "--without-mingle", "--without-gossip", "--concurrency", "2"]

    def _media_worker(self) -> list[str]:
        # ffmpeg uses several cores for one video; two at once, so that a short one does not wait for a long lecture.
        videos = max(2, len(os.sched_getaffinity(0)) // 2)
        command = [sys.executable, "-m", "celery", "-A", "lms", "--quiet", "worker", "--loglevel", "INFO"]
        command += ["--without-mingle", "--without-gossip", "--queues", "media", "--hostname", "media@%h"]
        return [*command, "--concurrency", str(videos)]

    def _clock(self) -> list[str]:
        # Not inside the worker (`--beat`): that fork is told nothing when the worker dies, and would go on alone.
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "lms",
            "--quiet",
            "beat",
            "--loglevel",
            "INFO",
            "--pidfile",
            "",
        ]
        return [*command, "--schedule", str(self.folder / "celerybeat-schedule")]

    def _web(self) -> list[str]:
        # Not manage.py: the servers are ours to keep. And nobody waits long for a demo to end.
        command = [sys.executable, "-m", "django", "serve", "--settings", "lms.settings", "--port", str(self.port)]
        return [*command, "--drain-s", "0", "--stop-s", "2"]

    def _step(self, done: str, *command: str, shown: bool = False, beside: Child | None = None) -> None:
        """Run one management command to its end."""
        start = time.monotonic()
        log = None if shown else "prepare.log"
        with self._child(f"manage.py {command[0]}", self._manage(*command), log, STOP_STEP_S_MAX) as step:
            while step.status() is None:
                if beside is not None:
                    self._refuse_dead([beside])
                time.sleep(0.02)
            if step.status() != 0:
                raise BadSetting(f"{step.title} failed with status {step.status()}.\n{step.last_words()}".strip())
        _say(f"{done} ({seconds_since(start)})")

    def _manage(self, *command: str) -> list[str]:
        return [sys.executable, str(BASE_DIR / "manage.py"), *command]

    @contextmanager
    def _child(self, title: str, command: list[str], log: str | None, stop_s_max: float) -> Iterator[Child]:
        child = Child(title, command, log=self.logs / log if log else None, environment=self.environment)
        try:
            yield child
        finally:
            child.stop(within_s=stop_s_max)

    def _wait_for_answer(self, children: list[Child]) -> None:
        deadline = time.monotonic() + ANSWER_S_MAX
        while not _answers(self.port):
            self._refuse_dead(children)
            if time.monotonic() > deadline:
                raise BadSetting(f"The web server does not answer on port {self.port}; see {self.logs / 'web.log'}.")
            time.sleep(LOOK_EVERY_S)

    def _keep_alive(self, children: list[Child]) -> None:
        """Servers first: a child that starts without them may die again at once."""
        broker = redis_url(self.folder)
        self._revive_servers()
        if redis_url(self.folder) != broker:
            # Another program took the port meanwhile; the children still know the old address.
            for child in children:
                child.stop(within_s=STOP_CLOCK_S_MAX)
        for child in children:
            status, pid = child.status(), child.process.pid
            if not child.revive(time.monotonic()):
                self._refuse_dead([child])
            if child.process.pid != pid:
                _say(f"{child.title} had ended with status {status} and is started again")

    def _revive_servers(self) -> None:
        """One that cannot be started yet (the last backends of a killed one still end, say) may be a moment later."""
        try:
            revived = revive(self.folder)
        except BadSetting as refusal:
            pause_s = self.failed_revivals.pause_s(lived_s=0)
            if pause_s is None:
                raise
            _say(f"will try again: {refusal}")
            time.sleep(pause_s)
            return
        for title in revived:
            self.failed_revivals = Deaths()
            _say(f"{title} had died and is up again")

    def _refuse_dead(self, children: list[Child]) -> None:
        for child in children:
            if child.status() is not None:
                title = child.title[0].upper() + child.title[1:]
                log = f"; {child.log} ends with:\n{child.last_words()}" if child.log else "."
                raise BadSetting(f"{title} ended unexpectedly with status {child.status()}{log}")


def _listen_for_signals() -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        # Once is enough: the way out has its own limits, and interrupting it would leave something behind.
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        raise Stopped

    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, stop)


def _refuse_busy(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise BadSetting(f"Port {port} may not be used by this user; choose another with PORT=9000.") from None
        except OSError:
            raise BadSetting(f"Port {port} is in use by another program; choose another, e.g. PORT=9000.") from None


def _answers(port: int) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"http://127.0.0.1:{port}/healthz", timeout=5
        ):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _has_demo() -> bool:
    return any((BASE_DIR / "lms").glob("*/management/commands/demo.py"))


def _state_of_sources() -> str:
    """A hash of everything that the steps read; the same sources have nothing new to prepare."""
    total = hashlib.sha256(str(BASE_DIR).encode())
    for root in SOURCES:
        top = BASE_DIR / root
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.suffix in SOURCE_KINDS and path.is_file():
                total.update(f"{path.relative_to(BASE_DIR)}\0".encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _say(what: str) -> None:
    # A terminal that was closed takes no more words; that is no reason to fail on the way out.
    with suppress(OSError):
        print(f"[{time.strftime('%H:%M:%S')}] {what}", flush=True)


if __name__ == "__main__":
    main()
