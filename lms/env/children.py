"""Child processes of the supervisor: started so that none outlives it, stopped within a time limit.

Each child leads a session of its own: Ctrl-C in the terminal reaches the supervisor alone, which then stops them in
order, and whatever a child leaves behind (pool processes, ffmpeg) is found by its group and killed. One that dies is
started again, at once and then ever later; whoever will not live is given up.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
LOG_TAIL_BYTES = 2_000
STEADY_S = 5.0
"""Whoever lived this long died of something new."""
PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Before each start after deaths in a row; after the last of them nobody believes that another one would help."""


class Deaths:
    """When something that died is started again."""

    def __init__(self) -> None:
        self.in_a_row = 0

    def pause_s(self, *, lived_s: float) -> float | None:
        """How long to wait before the next start; None when it died soon after every one of the last ones."""
        self.in_a_row = 1 if lived_s >= STEADY_S else self.in_a_row + 1
        return PAUSES_S[self.in_a_row - 1] if self.in_a_row <= len(PAUSES_S) else None


class Child:
    """One running program and the log that it writes; `log=None` lets it write to the terminal."""

    def __init__(self, title: str, command: Sequence[str], *, log: Path | None, environment: dict[str, str]) -> None:
        self.title = title
        self.log = log
        self.command = list(command)
        self.environment = environment
        self.deaths = Deaths()
        self.due_s: float | None = None
        self._start(time.monotonic())

    def _start(self, now_s: float) -> None:
        parent = os.getpid()
        with contextlib.ExitStack() as stack:
            sink = None if self.log is None else stack.enter_context(self.log.open("ab"))
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink if sink is None else subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: die_with(parent),
                env=self.environment,
            )
        self.started_s = now_s
        self.due_s = None

    def status(self) -> int | None:
        return self.process.poll()

    def revive(self, now_s: float) -> bool:
        """Start it again if it has died and its pause is over; False when it will not live."""
        if self.status() is None:
            return True
        if self.due_s is None:
            self._kill_group()
            pause_s = self.deaths.pause_s(lived_s=now_s - self.started_s)
            if pause_s is None:
                return False
            self.due_s = now_s + pause_s
        if now_s >= self.due_s:
            self._start(now_s)
        return True

    def stop(self, *, within_s: float) -> None:
        """SIGTERM, then SIGKILL when the time is up; in any case for everything of its session that is left."""
        if self.status() is None:
            self.process.terminate()
            try:
                self.process.wait(within_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._kill_group()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def last_words(self) -> str:
        if self.log is None or not self.log.is_file():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - LOG_TAIL_BYTES))
            return file.read().decode(errors="replace").strip()


def die_with(parent: int) -> None:
    """Ask the kernel to send SIGTERM to this process when its parent is gone, however that ends. Linux only."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        # It died before we asked.
        os.kill(os.getpid(), signal.SIGTERM)


def seconds_since(start: float) -> str:
    return f"{time.monotonic() - start:.1f} s"
