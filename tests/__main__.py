"""`make test`: the whole suite, or the part that the arguments name.

What shares nothing but servers runs on two processors; what starts systems, drives a browser or kills programs runs
after it and alone. Both parts run, whatever the first one says.
"""

import signal
import subprocess
import sys
from types import FrameType

TOGETHER = (
    "tests/unit",
    "tests/integration",
    "tests/contract",
    "tests/model",
    "tests/honest/test_bad_days.py",
    "tests/attacks/test_peers.py",
)
ALONE = ("tests/repository", "tests/functional", "tests/faults")


def main(arguments: list[str]) -> int:
    if arguments:
        return _pytest(*arguments)
    return max(_pytest("-n", "2", "--dist", "worksteal", *TOGETHER), _pytest(*ALONE))


def _pytest(*arguments: str) -> int:
    """Its status; who tells this process to end tells pytest, which gives its servers back."""
    with subprocess.Popen([sys.executable, "-m", "pytest", *arguments]) as running:

        def end(number: int, frame: FrameType | None) -> None:
            running.terminate()
            sys.exit(128 + number)

        signal.signal(signal.SIGTERM, end)
        return abs(running.wait())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
