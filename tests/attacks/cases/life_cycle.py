"""The life of a session: storms of reconnects, credit for opening, sleep, restart, bursts of a queue, never closed."""

import asyncio
import uuid
from dataclasses import replace

import pytest
from websockets.exceptions import ConnectionClosed

from tests.attacks.client import beat, codes, credited_ms
from tests.attacks.running import ELAPSED, TOLERANCE_MS, Case, another_node, attack


@attack("life_cycle", ceiling_s=ELAPSED)
async def a_storm_of_reconnects(case: Case) -> None:
    session = ""
    for turn in range(20):
        async with case.learner.socket() as socket:
            await socket.opened(case.lesson, session=session)
            session = socket.session
            await socket.beat(turn * 2)
    coverage = await case.learner.coverage(case.lesson)
    assert coverage["covered_ms"] <= case.elapsed_ms + TOLERANCE_MS


@attack("life_cycle", ceiling_s=ELAPSED)
async def credit_for_opening(case: Case) -> None:
    async with case.learner.socket() as socket:
        for turn in range(15):
            await socket.opened(case.lesson)
            first = await socket.beat(turn * 30)
            second = await socket.beat(turn * 30 + 30)
            assert (first["credited_ms"], second["credited_ms"]) == (0, 0)
            await socket.close()


@attack("life_cycle", ceiling_s=0.5)
async def time_between_opening_and_the_first_beat(case: Case) -> None:
    """A first beat may have been slow on its way; it brings no store of time to be spent at once."""
    for waited_s in (8, 12):
        session = str(uuid.uuid4())
        opening = {"type": "open", "session": session, "lesson": case.lesson, "device": "device-one"}
        await case.learner.messages([opening])
        await asyncio.sleep(waited_s)
        answers = await case.learner.messages([beat(1, 0), beat(2, waited_s), {"type": "close"}], session)
        assert credited_ms(answers) == 0
        assert codes(answers) == {"too_fast"}
    assert (await case.learner.coverage(case.lesson))["covered"] == []


@attack("life_cycle", ceiling_s=ELAPSED, floor_s=2.9)
async def a_node_that_dies_in_the_middle(case: Case) -> None:
    """Kill -9 of the process that serves the session: nothing acknowledged is lost, and nothing is made up after it."""
    async with another_node(case.stage.system) as node:
        elsewhere = replace(case.learner, url=node.url)
        async with elsewhere.socket() as socket:
            await socket.opened(case.lesson)
            acked_ms = credited_ms(await socket.play("0@0 3@3"))
            session, seq = socket.session, socket.seq
            node.kill()
            with pytest.raises((ConnectionClosed, OSError)):
                await socket.beat(300)
    async with case.learner.socket() as again:
        opened = await again.opened(case.lesson, session=session)
        assert (opened["last_seq"], opened["credited_ms"]) == (seq, acked_ms)
        answers = [await again.beat(300), await again.beat(0), await again.beat(500)]
        assert credited_ms(answers) == 0
        assert codes(answers) == {"too_fast"}


@attack("life_cycle", ceiling_s=ELAPSED)
async def a_tolerance_for_every_new_session(case: Case) -> None:
    """A tolerance that is used up must not come back by opening anew: only one is ever covered without credit."""
    async with case.learner.socket() as socket:
        for turn in range(12):
            await socket.opened(case.lesson)
            await socket.send(socket.next_beat(turn * 30))
            await socket.send(socket.next_beat(turn * 30 + 1.95))
            assert [(await socket.receive())["type"] for _ in range(2)] == ["ack", "ack"]
            await socket.close()
    coverage = await case.learner.coverage(case.lesson)
    assert coverage["covered_ms"] - coverage["credited_ms"] <= TOLERANCE_MS, coverage


@attack("life_cycle", ceiling_s=20, floor_s=11.9)
async def thinned_beats(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 20@20")


@attack("life_cycle", ceiling_s=3, floor_s=1.7)
async def asleep_for_two_minutes(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 3@3")
        session = socket.session
    await asyncio.sleep(123)
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson, session=session)
        answers = [await socket.beat(126)]
        # Whether the sweeper or the rule was first: the silence earned nothing.
        assert credited_ms(answers) == 0


@attack("life_cycle", ceiling_s=ELAPSED)
async def a_queue_that_tells_too_much(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 1@1")
    await asyncio.sleep(6)
    async with case.learner.socket() as again:
        await again.opened(case.lesson, session=socket.session)
        answers = [await again.beat(1 + 15 * i) for i in range(1, 35)]
        assert credited_ms(answers) < case.elapsed_ms
        assert "too_fast" in codes(answers)


@attack("life_cycle", ceiling_s=ELAPSED)
async def sessions_that_are_never_closed(case: Case) -> None:
    for name in ("first", "second", "third", "first"):
        async with case.learner.socket() as socket:
            await socket.opened(case.stage.lessons[name])
            await socket.play("0@0 1.5@1.5")
    assert len([e for e in await case.learner.entries() if e["sort"] == "credit"]) >= 3


@attack("life_cycle", ceiling_s=3, floor_s=1.7)
async def time_between_close_and_open(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 3@3")
        session = socket.session
        await socket.close()
        await asyncio.sleep(5)
        await socket.opened(case.lesson, session=session)
        assert (await socket.beat(8))["credited_ms"] == 0


@attack("life_cycle", ceiling_s=ELAPSED)
async def opened_again_in_the_middle(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        answers = await socket.play("0@0 1@1")
        for turn in range(1, 11):
            await socket.opened(case.lesson, session=socket.session)
            answers.append(await socket.beat(1 + 50 * turn))
        assert "too_fast" in codes(answers)
    assert (await case.learner.coverage(case.lesson))["covered_ms"] <= case.elapsed_ms + TOLERANCE_MS


@attack("life_cycle", ceiling_s=2)
async def beats_after_the_close(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 2@2")
        session = socket.session
        await socket.close()
        assert codes(await socket.play("0@3 2@5")) == {"not_open"}
    [answer] = await case.learner.messages([{"type": "beat", **_late()}], session)
    assert answer["code"] == "not_open"


def _late() -> dict[str, object]:
    return {"seq": 99, "event": "tick", "position_ms": 9_000, "playing": True, "visible": True}


@attack("life_cycle", ceiling_s=ELAPSED, floor_s=1.1)
async def closed_a_hundred_times(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 2@2")
        session = socket.session
    await case.learner.messages([{"type": "close"}] * 40, session)
    confirmed = [e for e in await case.learner.entries() if e["sort"] == "confirm"]
    assert len(confirmed) == 1
