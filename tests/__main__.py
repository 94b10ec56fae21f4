"""`make test`: the whole suite, or the part that the arguments name.

What shares nothing but servers runs on two processors. What kills programs runs after it and alone. Browsers walk in
two systems beside each other, because they mostly wait for films; beside them runs what waits for the network. Every
part runs, whatever another one says. One system is started from nothing, the others begin with a copy of what it left
(tests/systems.py).
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from tests.conftest import data_folder
from tests.systems import PREPARED

TOGETHER = (
    "tests/unit",
    "tests/integration",
    "tests/contract",
    "tests/model",
    "tests/honest/test_bad_days.py",
    "tests/attacks/test_peers.py",
)
ALONE = ("tests/faults",)
BROWSERS = ("tests/functional",)
BESIDE = ("tests/repository",)

_running: list[subprocess.Popen[bytes]] = []


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, _end)
    if arguments:
        return _pytest(*arguments)
    with data_folder("xueshi-suite-") as folder:
        os.environ[PREPARED] = str(folder)
        together = _pytest("-n", "2", "--dist", "worksteal", *TOGETHER)
        return max(together, _pytest(*ALONE), _browsers(folder / "beside.log"))


def _browsers(log: Path) -> int:
    """The third part; what runs beside it says its words when it is over."""
    with log.open("wb") as sink, _started(*BESIDE, sink=sink) as beside:
        # In the order of tests/conftest.py, not in that of their number.
        browsers = _pytest("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", *BROWSERS)
        status = abs(beside.wait())
    with log.open("rb") as told:
        shutil.copyfileobj(told, sys.stdout.buffer)
    sys.stdout.flush()
    return max(browsers, status)


def _pytest(*arguments: str) -> int:
    with _started(*arguments) as running:
        return abs(running.wait())


@contextmanager
def _started(*arguments: str, sink: IO[bytes] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-m", "pytest", *arguments], stdout=sink, stderr=sink) as running:
        _running.append(running)
        yield running


def _end(number: int, frame: FrameType | None) -> None:
    """Who tells this process to end tells every pytest, which gives its servers back."""
    for each in _running:
        each.terminate()
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
