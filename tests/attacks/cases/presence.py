"""Presence checks from outside: auto-click, a removed prompt, reload before due, vanishing, late and reused answers.

None is due before five minutes of credit; the stage draws it nearer and lets its two minutes pass. Answers that nobody
asked for need no check at all.
"""

import asyncio
import uuid
from dataclasses import dataclass

from tests.attacks.client import Message, Socket, beat, codes, credited_ms
from tests.attacks.running import ELAPSED, Case, attack


@dataclass(frozen=True)
class Asked:
    """A check that waits for its learner, what was earned before it, and the right choice."""

    check: str
    earned_ms: int
    right: int

    @property
    def wrong(self) -> int:
        return (self.right + 1) % 4


async def asked(case: Case, socket: Socket) -> Asked:
    """Study honestly until a check is asked."""
    await socket.opened(case.lesson)
    earned_ms = credited_ms(await socket.play("0@0 2@2"))
    await case.staff(f"stage.ask_soon('{case.learner.email}')")
    for step in range(1, 40):
        await socket.send(socket.next_beat(2 + step * 0.5))
        ack = await socket.receive()
        earned_ms += ack["credited_ms"]
        if ack["state"] == "check":
            check = await socket.receive()
            right = int(await case.staff(f"stage.right_choice('{case.learner.email}')"))
            return Asked(check["check"], earned_ms, right)
        await asyncio.sleep(0.5)
    raise AssertionError("no check was asked")


async def told(socket: Socket, message: Message, kind: str) -> Message:
    """Send, and give the first answer of this kind."""
    await socket.send(message)
    while (told := await socket.receive())["type"] != kind:
        pass
    return told


async def nothing_is_left(case: Case) -> None:
    """All of it was taken back, coverage too, by an entry that says why."""
    assert (await case.learner.hours()).total_ms == 0
    coverage = await case.learner.coverage(case.lesson)
    assert (coverage["covered"], coverage["credited_ms"]) == ([], 0)
    assert [each["sort"] for each in await case.learner.entries()][-1] == "void"


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


@attack("presence", ceiling_s=0)
async def auto_click(case: Case) -> None:
    """A script that presses a button without reading: three of four such clicks take everything back."""
    async with case.learner.socket() as socket:
        waiting = await asked(case, socket)
        checked = await told(socket, answer(waiting.check, waiting.wrong), "checked")
        assert (checked["passed"], checked["voided_ms"]) == (False, waiting.earned_ms)
        for choice in range(4):
            assert (await socket.ask(answer(waiting.check, choice)))["code"] == "bad_message"
    await nothing_is_left(case)


@attack("presence", ceiling_s=ELAPSED)
async def the_prompt_is_removed_from_the_page(case: Case) -> None:
    async with case.learner.socket() as socket:
        waiting = await asked(case, socket)
        before = await case.learner.coverage(case.lesson)
        answers = await socket.play("0@40 3@43 6@46pause 7@46play 10@49")
        assert credited_ms(answers) == 0
        assert {"check_unanswered"} <= codes(answers) <= {"check_unanswered", "paused"}
        assert {each["state"] for each in answers} == {"check"}
        await socket.close()
    hours = await case.learner.hours()
    assert (hours.confirmed_ms, hours.provisional_ms) == (0, waiting.earned_ms)
    assert await case.learner.coverage(case.lesson) == before


@attack("presence", ceiling_s=ELAPSED)
async def reload_before_it_is_due(case: Case) -> None:
    """A new session, another lesson, the other channel: the countdown goes on, and the check is asked all the same."""
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 2@2")
        await case.staff(f"stage.ask_soon('{case.learner.email}')")
        await socket.close()
        confirmed_ms = (await case.learner.hours()).confirmed_ms
        for turn, name in enumerate(("second", "third", "second", "third", "second")):
            await socket.opened(case.stage.lessons[name], device=f"device-{turn}", takeover=True)
            last = (await socket.play(f"0@{turn} 0.4@{turn + 0.4}"))[-1]
            if last["state"] == "check":
                break
        else:
            raise AssertionError("no check was asked")
        session = str(uuid.uuid4())
        opening = {"type": "open", "session": session, "lesson": case.lesson, "device": "device-http"}
        again = await case.learner.messages([{**opening, "takeover": True}, beat(1, 20), beat(2, 20.3)])
        assert [each["type"] for each in again] == ["opened", "check", "ack", "ack"]
        assert credited_ms(again) == 0
    # What sessions confirmed before it was due stays; nothing is confirmed while it waits.
    assert (await case.learner.hours()).confirmed_ms <= confirmed_ms + 1_000


@attack("presence", ceiling_s=0)
async def whoever_vanishes(case: Case) -> None:
    async with case.learner.socket() as socket:
        waiting = await asked(case, socket)
        session = socket.session
    await case.staff(f"stage.time_is_over('{case.learner.email}')")
    async with case.learner.socket() as again:
        await again.send({"type": "open", "session": session, "lesson": case.lesson, "device": "device-one"})
        checked, opened = await again.receive(), await again.receive()
        assert (checked["type"], checked["passed"], checked["voided_ms"]) == ("checked", False, waiting.earned_ms)
        assert (opened["type"], opened["covered"], opened["credited_ms"]) == ("opened", [], 0)
    await nothing_is_left(case)


@attack("presence", ceiling_s=0)
async def a_late_answer(case: Case) -> None:
    async with case.learner.socket() as socket:
        waiting = await asked(case, socket)
        await case.staff(f"stage.time_is_over('{case.learner.email}')")
        checked = await told(socket, answer(waiting.check, waiting.right), "checked")
        assert (checked["passed"], checked["confirmed_ms"]) == (False, 0)
        assert (await socket.ask(answer(waiting.check, waiting.right)))["code"] == "bad_message"
    await nothing_is_left(case)


@attack("presence", ceiling_s=ELAPSED, floor_s=1.5)
async def an_answer_is_used_again(case: Case) -> None:
    async with case.learner.socket() as socket:
        first = await asked(case, socket)
        checked = await told(socket, answer(first.check, first.right), "checked")
        assert (checked["passed"], checked["confirmed_ms"]) == (True, first.earned_ms)
        second = await asked(case, socket)
        before = await case.learner.hours()
        for choice in range(4):
            assert (await socket.ask(answer(first.check, choice)))["code"] == "bad_message"
        assert await case.learner.hours() == before
        checked = await told(socket, answer(second.check, second.wrong), "checked")
        assert checked["passed"] is False
    # Back to the last pass, and no further.
    hours = await case.learner.hours()
    assert (hours.confirmed_ms, hours.provisional_ms) == (first.earned_ms, 0)


@attack("presence", ceiling_s=ELAPSED)
async def every_answer_at_once(case: Case) -> None:
    """All four options over the socket and over HTTP in one moment: one is judged, the others come to nothing."""
    async with case.learner.socket() as socket:
        waiting = await asked(case, socket)
        told_ = await asyncio.gather(
            *(case.learner.messages([answer(waiting.check, choice)], socket.session) for choice in range(4))
        )
    kinds = sorted(answers[0]["type"] for answers in told_)
    assert kinds == ["checked", "error", "error", "error"]
    passed = next(answers[0] for answers in told_ if answers[0]["type"] == "checked")["passed"]
    assert (await case.learner.hours()).confirmed_ms == (waiting.earned_ms if passed else 0)


@attack("presence", ceiling_s=ELAPSED)
async def the_answer_of_another_device(case: Case) -> None:
    """A check moves on with the lease: whoever lost it cannot answer for the one who has it."""
    async with case.learner.socket() as phone, case.learner.socket() as tablet:
        waiting = await asked(case, phone)
        await tablet.opened(case.stage.lessons["second"], device="tablet-01", takeover=True)
        assert (await phone.ask(answer(waiting.check, waiting.right)))["code"] == "not_open"
        assert (await case.learner.hours()).confirmed_ms == 0
        checked = await told(tablet, answer(waiting.check, waiting.right), "checked")
        assert (checked["passed"], checked["confirmed_ms"]) == (True, waiting.earned_ms)
