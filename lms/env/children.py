"""Child processes of the supervisor: started so that none outlives it, stopped within a time limit.

Each child leads a session of its own: Ctrl-C in the terminal reaches the supervisor alone, which then stops them in
order, and whatever a child leaves behind (pool processes, ffmpeg) is found by its group and killed.
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


class Child:
    """One running program and the log that it writes; `log=None` lets it write to the terminal."""

    def __init__(self, title: str, command: Sequence[str], *, log: Path | None, environment: dict[str, str]) -> None:
        self.title = title
        self.log = log
        parent = os.getpid()
        with contextlib.ExitStack() as stack:
            sink = None if log is None else stack.enter_context(log.open("ab"))
            self.process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink if sink is None else subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: die_with(parent),
                env=environment,
            )

    def status(self) -> int | None:
        return self.process.poll()

    def stop(self, *, within_s: float) -> None:
        """SIGTERM, then SIGKILL when the time is up; in any case for everything of its session that is left."""
        if self.status() is None:
            self.process.terminate()
            try:
                self.process.wait(within_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
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
