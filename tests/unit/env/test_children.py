"""A child that dies is started again, at once and then ever later, until it is clear that it will not live."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lms.env.children import Child, Deaths

NOW_S = 1_000.0


def child(code: str) -> Child:
    return Child("the child", [sys.executable, "-c", code], log=None, environment=dict(os.environ))


@pytest.fixture
def dying() -> Iterator[Child]:
    one = child("")
    yield one
    one.stop(within_s=5)


def wait_until_dead(one: Child) -> None:
    one.process.wait(10)


def test_it_waits_longer_with_every_death_in_a_row_and_then_gives_up() -> None:
    deaths = Deaths()

    pauses = [deaths.pause_s(lived_s=0.3) for _ in range(7)]

    assert pauses == [0.1, 0.2, 0.5, 1.0, 2.0, 4.0, None]


def test_it_forgets_earlier_deaths_of_what_then_lived() -> None:
    deaths = Deaths()
    for _ in range(6):
        deaths.pause_s(lived_s=0.3)

    assert deaths.pause_s(lived_s=5.0) == 0.1
    assert deaths.pause_s(lived_s=0.3) == 0.2


def test_it_leaves_a_child_alone_that_lives() -> None:
    one = child("import time; time.sleep(60)")
    pid = one.process.pid

    assert one.revive(time.monotonic()) is True

    assert one.process.pid == pid
    one.stop(within_s=5)


def test_it_starts_a_dead_child_when_its_pause_is_over_and_not_before(dying: Child) -> None:
    pid = dying.process.pid
    wait_until_dead(dying)

    assert dying.revive(NOW_S) is True
    assert dying.revive(NOW_S + 0.09) is True
    assert dying.process.pid == pid
    assert dying.revive(NOW_S + 0.11) is True
    assert dying.process.pid != pid


def test_it_says_when_a_child_will_not_live(dying: Child) -> None:
    now_s, starts = time.monotonic(), 0
    while True:
        wait_until_dead(dying)
        pid = dying.process.pid
        if not dying.revive(now_s):
            break
        now_s += 10
        dying.revive(now_s)
        starts += dying.process.pid != pid

    assert starts == 6
    assert dying.status() == 0


def test_it_kills_what_a_dead_child_left_behind(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import subprocess, sys; "
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        f"open({str(note)!r}, 'w').write(str(left.pid))"
    )
    one = child(code)
    wait_until_dead(one)
    left = int(note.read_text())

    one.revive(NOW_S)

    deadline = time.monotonic() + 5
    while _lives(left) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _lives(left)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
