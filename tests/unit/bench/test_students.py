"""What the students of `make load` write down about a server that is silent, absent or idle."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from bench.students import Student, Tally

SECONDS = 100.0


class Crowd:
    """All that a student asks of the others."""

    def __init__(self, *, faults: bool) -> None:
        self.plan = {"seed": "7", "faults": faults, "every_s": 1.0, "arrive_s": 0.0, "ports": [9], "lesson": ""}
        self.plan |= {"port": 9, "cookie_name": "login"}
        self.tally = Tally()
        self.doors = {True: asyncio.Semaphore(9), False: asyncio.Semaphore(9)}


class Link:
    """A connection that takes everything, and ends when it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def say(self, frame: str) -> None:
        self.said.append(frame)


class Clock:
    """Seconds as the students read them."""

    def __init__(self) -> None:
        self.now_s = SECONDS

    def perf_counter(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("bench.students.time", clock)
    return clock


def student(kind: str = "honest", *, faults: bool = False) -> Any:
    one: Any = Student(Crowd(faults=faults), 0, "cookie")  # type: ignore[arg-type]
    one.kind = kind
    one.began = SECONDS
    return one


def ack(seq: int, credited_ms: int = 0) -> dict[str, Any]:
    return {"type": "ack", "seq": seq, "credited_ms": credited_ms, "refused": []}


async def study(one: Any, clock: Clock, script: str) -> None:
    """Walk through words like `play pause 10 ack` on one connection: beats, seconds that pass, and answers."""
    link = Link()
    for word in script.split():
        match word:
            case "play" | "pause":
                one._beat(link, word, playing=word == "play")
            case "hide" | "show":
                one.visible = word == "show"
                one._beat(link, "tick")
            case "seek" | "tick":
                one._beat(link, word)
            case "ack":
                one._heard(ack(one.seq))
            case _:
                clock.now_s += float(word)


@pytest.mark.parametrize(
    ("script", "unexpected"),
    [
        ("play 1 ack tick 29", {}),
        ("play 1 ack tick tick 31", {"honest: no answer within 30 s": 2}),
        ("play 31 ack", {"honest: no answer within 30 s": 1}),
    ],
)
async def test_an_honest_beat_without_an_answer_is_unexpected(
    script: str, unexpected: dict[str, int], clock: Clock
) -> None:
    one = student()

    await study(one, clock, script)
    one._count_unanswered()

    assert one.crowd.tally.unexpected == unexpected


@pytest.mark.parametrize(("kind", "faults"), [("honest", True), ("deaf", False)])
async def test_faults_and_lies_explain_silence(kind: str, faults: bool, clock: Clock) -> None:
    one = student(kind, faults=faults)

    await study(one, clock, "play 31")
    one._count_unanswered()

    assert one.crowd.tally.unexpected == Counter()


@pytest.mark.parametrize(
    ("kind", "faults", "unexpected"),
    [("honest", False, {"honest: no connection": 1}), ("honest", True, {}), ("floods", False, {})],
)
async def test_a_door_that_stays_closed_is_unexpected(
    kind: str, faults: bool, unexpected: dict[str, int], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.habits.COME_BACK_S", (0.0, 0.0))
    one = student(kind, faults=faults)

    async def nobody() -> None:
        clock.now_s += 1_000
        raise ConnectionRefusedError

    one._come_in = nobody
    await one.live(until=SECONDS + 1)

    assert one.outcomes == {"no connection": 1}
    assert one.crowd.tally.unexpected == unexpected


@pytest.mark.parametrize(
    ("script", "idle_s"),
    [
        ("play 1 ack 9 tick 1 ack 10", 0),
        ("play ack 10 pause 1 ack 7 play 1 ack 5", 7),
        ("play ack 10 pause 1 ack 7", 7),
        ("play ack 10 pause 8 play 1 ack 5", 0),
        ("play ack hide ack 4 tick ack 3 show ack 9", 7),
        ("play ack pause ack 5 play 1 ack seek 1 ack 9", 5),
        ("play ack pause ack 5 play seek 9", 0),
    ],
    ids=[
        "plays",
        "from the answer to the pause until the next play",
        "still paused at the end",
        "the server may not know of the pause",
        "hidden",
        "a seek that was answered",
        "what a lost seek leapt over may count as played",
    ],
)
async def test_time_is_idle_only_while_the_server_knows_it(script: str, idle_s: int, clock: Clock) -> None:
    one = student()

    await study(one, clock, script)
    one._count_unanswered()

    assert one.books()["idle_ms"] == idle_s * 1000


async def test_a_connection_that_nobody_cut_does_not_end_by_itself(clock: Clock) -> None:
    one = student()
    for is_cut in (True, False):
        one.is_cut, link = is_cut, Link()
        link.ended.set_result(1006)
        one._count_end(link)

    assert one.crowd.tally.unexpected == {"honest: closed 1006": 1}
