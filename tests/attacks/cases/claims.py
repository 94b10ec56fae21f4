"""Forged claims: totals, durations, the end first, whole histories in one breath."""

import asyncio
import uuid

from tests.attacks.client import Message, beat, codes, credited_ms
from tests.attacks.running import ELAPSED, Case, attack


def opening(lesson: str, session: str, **fields: object) -> Message:
    return {"type": "open", "session": session, "lesson": lesson, "device": "device-one", **fields}


@attack("claims", ceiling_s=3, floor_s=1.7)
async def a_total_inside_the_beat(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0")
        for field in ("credited_ms", "lesson_ms", "total_ms", "studied_ms", "hours"):
            answer = await socket.ask(beat(100, 1, **{field: 3_600_000}))
            assert answer["code"] == "bad_message"
        assert await socket.watch(0, 3) <= 3_000


@attack("claims", ceiling_s=0)
async def a_duration_inside_the_open(case: Case) -> None:
    async with case.learner.socket() as socket:
        answer = await socket.ask(opening(case.lesson, str(uuid.uuid4()), duration_ms=10))
        assert answer["code"] == "bad_message"
        answer = await socket.beat(600, "end")
        assert answer["code"] == "not_open"


@attack("claims", ceiling_s=0)
async def the_end_comes_first(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        answer = await socket.beat(600, "end")
        assert answer["credited_ms"] == 0
        await socket.close()
    assert (await case.learner.coverage(case.lesson))["covered"] == []


@attack("claims", ceiling_s=0)
async def the_end_after_a_second(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        answers = await socket.play("0@0 1@600end")
        assert codes(answers) == {"too_fast"}
    assert (await case.learner.coverage(case.lesson))["covered"] == []


@attack("claims", ceiling_s=0.5)
async def a_history_in_one_list(case: Case) -> None:
    session = str(uuid.uuid4())
    history = [beat(seq, 15 * (seq - 1)) for seq in range(1, 41)]
    answers = await case.learner.messages([opening(case.lesson, session), *history, {"type": "close"}])
    assert credited_ms(answers) == 0
    assert "too_fast" in codes(answers)
    # One tolerance of 2 s cannot be spent without time to go with it.
    assert (await case.learner.coverage(case.lesson))["covered_ms"] == 0


@attack("claims", ceiling_s=ELAPSED)
async def a_history_in_many_lists(case: Case) -> None:
    session = str(uuid.uuid4())
    await case.learner.messages([opening(case.lesson, session)])
    for part in range(8):
        await case.learner.messages([beat(part * 5 + i, part * 75 + i * 15) for i in range(1, 6)], session)
    assert (await case.learner.hours()).total_ms <= case.elapsed_ms


@attack("claims", ceiling_s=3.2)
async def a_history_after_three_real_seconds(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 3@3")
        answers = [await socket.beat(3 + 15 * i) for i in range(1, 30)]
        assert credited_ms(answers) == 0


@attack("claims", ceiling_s=0)
async def moments_of_the_client(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0")
        for field in ("at", "at_ms", "sent_at", "timestamp", "elapsed_ms", "rate"):
            answer = await socket.ask(beat(2, 15, **{field: 1_700_000_000_000}))
            assert answer["code"] == "bad_message"
    assert (await case.learner.coverage(case.lesson))["covered_ms"] == 0


@attack("claims", ceiling_s=0)
async def a_clock_in_the_headers(case: Case) -> None:
    headers = {"Date": "Mon, 01 Jan 2035 00:00:00 GMT", "X-Request-Start": "t=1", "X-Forwarded-For": "10.0.0.1"}
    async with case.learner.socket(headers=headers) as socket:
        await socket.opened(case.lesson)
        first = await socket.beat(0)
        second = await socket.beat(30)
        assert (first["credited_ms"], second["credited_ms"]) == (0, 0)


@attack("claims", ceiling_s=0)
async def closing_without_a_beat(case: Case) -> None:
    async with case.learner.socket() as socket:
        for _ in range(5):
            await socket.opened(case.lesson)
            await asyncio.sleep(1)
            await socket.close()
    assert await case.learner.entries() == []
