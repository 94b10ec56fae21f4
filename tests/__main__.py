"""`make test`: the whole suite, or the part that the arguments name.

What shares nothing but servers runs on two processors; what starts systems or kills programs runs
after it and alone; browsers walk in two systems beside each other, because they mostly wait for films. Every part runs,
whatever another one says.
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
ALONE = ("tests/repository", "tests/faults")
# The longest story first, so that the other system walks through all others meanwhile.
BROWSERS = ("tests/functional/test_the_whole_way.py", "tests/functional")


def main(arguments: list[str]) -> int:
    if arguments:
        return _pytest(*arguments)
    together = _pytest("-n", "2", "--dist", "worksteal", *TOGETHER)
    return max(together, _pytest(*ALONE), _pytest("-n", "2", "--dist", "loadfile", *BROWSERS))


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
