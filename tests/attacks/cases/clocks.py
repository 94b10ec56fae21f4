"""Clocks and rates: faster than time, time kept in store, time moved from one lesson to another."""

import asyncio
import uuid

from tests.attacks.client import beat, codes, credited_ms
from tests.attacks.running import ELAPSED, Case, attack


async def played(case: Case, timeline: str) -> set[str]:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        answers = await socket.play(timeline)
        await socket.close()
    return codes(answers)


@attack("clocks", ceiling_s=0)
async def three_times_the_speed(case: Case) -> None:
    assert await played(case, "0@0 5@15 10@30 15@45") == {"too_fast"}


@attack("clocks", ceiling_s=0)
async def a_thousand_times(case: Case) -> None:
    assert await played(case, "0@0 0.3@300 0.6@600 0.9@0 1.2@500") == {"too_fast"}


@attack("clocks", ceiling_s=12)
async def a_little_ahead_each_time(case: Case) -> None:
    assert "too_fast" in await played(case, "0@0 3@4 6@8 9@12 12@30")


@attack("clocks", ceiling_s=ELAPSED)
async def ten_beats_a_second(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        answers = [await socket.beat(i * 10) for i in range(25)]
        assert "too_fast" in codes(answers)


@attack("clocks", ceiling_s=ELAPSED)
async def a_hair_every_few_milliseconds(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        for i in range(40):
            await socket.beat(i * 0.05)


@attack("clocks", ceiling_s=ELAPSED)
async def a_stall_is_spent_twice(case: Case) -> None:
    told = await played(case, "0@0 3@0 6@0 6.2@6 6.4@120 6.6@240")
    assert told == {"too_fast"}


@attack("clocks", ceiling_s=1)
async def a_pause_is_time_in_store(case: Case) -> None:
    assert "too_fast" in await played(case, "0@0 1@1pause 13@1play 13.2@60")


@attack("clocks", ceiling_s=0.5)
async def a_pause_of_the_very_length_that_is_claimed(case: Case) -> None:
    """In one list, which is read at one moment: the play, and nine seconds for the nine seconds of pause before it."""
    session = str(uuid.uuid4())
    opening = {"type": "open", "session": session, "lesson": case.lesson, "device": "device-one"}
    await case.learner.messages([opening, beat(1, 0, "pause")])
    await asyncio.sleep(9)
    answers = await case.learner.messages([beat(2, 0, "play"), beat(3, 9), beat(4, 18)], session)
    assert credited_ms(answers) == 0
    assert codes(answers) == {"too_fast"}
    assert (await case.learner.coverage(case.lesson))["covered"] == []


@attack("clocks", ceiling_s=1)
async def a_hidden_page_is_time_in_store(case: Case) -> None:
    assert "too_fast" in await played(case, "0@0 1@1hide 13@1show 13.2@60")


@attack("clocks", ceiling_s=ELAPSED)
async def many_short_pauses_are_time_in_store(case: Case) -> None:
    await played(case, "0@0 1@1pause 4@1play 4.1@4pause 7@4play 7.1@7pause 10@7play 10.1@10")


@attack("clocks", ceiling_s=1.5)
async def a_stall_is_carried_to_another_lesson(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 4@0 8@0")
        await socket.opened(case.stage.lessons["second"])
        first = await socket.beat(0)
        await asyncio.sleep(0.2)
        answers = [first, await socket.beat(80)]
        assert credited_ms(answers) == 0
        assert codes(answers) == {"too_fast"}


@attack("clocks", ceiling_s=4)
async def playing_while_it_says_paused(case: Case) -> None:
    assert await played(case, "0@0 4@4pause 8@8pause 12@12") == {"paused"}


@attack("clocks", ceiling_s=4)
async def playing_while_hidden(case: Case) -> None:
    assert await played(case, "0@0 4@4hide 8@8hide 12@12") == {"hidden"}
