"""Presence checks from outside. None is due before five minutes of credit, so here: answers that nobody asked for.

What a check does to credit (auto-click, a removed prompt, reload, vanishing, late and reused answers) is tested with
the server's clock in hand, in tests/integration/hours.
"""

import asyncio
import uuid

from tests.attacks.client import Message
from tests.attacks.running import Case, attack


def answer(check: object = "", choice: object = 0) -> Message:
    return {"type": "answer", "check": check or str(uuid.uuid4()), "choice": choice}


@attack("presence", ceiling_s=3, floor_s=1.7)
async def answers_that_nobody_asked_for(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 3@3")
        before = await case.learner.hours()
        for choice in range(20):
            assert (await socket.ask(answer(choice=choice)))["code"] == "bad_message"
        assert await case.learner.hours() == before
        assert before.confirmed_ms == 0


@attack("presence", ceiling_s=0)
async def answers_before_the_open(case: Case) -> None:
    async with case.learner.socket() as socket:
        assert (await socket.ask(answer()))["code"] in {"not_open", "bad_message"}
    [told] = await case.learner.messages([answer()])
    assert told["code"] in {"not_open", "bad_message"}


@attack("presence", ceiling_s=0)
async def answers_that_are_none(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        for choice in (-1, 100, "0", 0.0, True, None, [0], 2**64):
            assert (await socket.ask(answer(choice=choice)))["code"] == "bad_message"
        for check in ("x", 1, [], "0" * 400, "*"):
            assert (await socket.ask(answer(check)))["code"] == "bad_message"
        assert (await socket.ask({**answer(), "passed": True}))["code"] == "bad_message"


@attack("presence", ceiling_s=4)
async def a_robot_that_answers_all_the_time(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        for step in range(5):
            await socket.beat(step)
            assert (await socket.ask(answer(choice=step)))["code"] == "bad_message"
            await asyncio.sleep(1 if step < 4 else 0)


@attack("presence", ceiling_s=2, learners=2)
async def answers_for_somebody_else(case: Case) -> None:
    one, other = case.learners
    check = str(uuid.uuid4())
    async with one.socket() as socket, other.socket() as friend:
        await socket.opened(case.lesson)
        await friend.opened(case.lesson)
        await socket.play("0@0 2@2")
        assert (await friend.ask(answer(check)))["code"] == "bad_message"
    assert (await other.hours()).confirmed_ms == 0
