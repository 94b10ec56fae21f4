"""Wrong subject or state: not enrolled, not begun, ended, withdrawn, suspended, logged out, staff, nobody."""

import asyncio
import uuid
from dataclasses import replace

import pytest
from websockets.exceptions import ConnectionClosed

from tests.attacks.client import Socket, beat, codes
from tests.attacks.running import Case, attack

STOPS_WITHIN_S = 10
"""Within so long after a logout, a withdrawal or the end of a class credit stops and the socket is told."""


async def refused(case: Case, lesson: str, code: str) -> None:
    async with case.learner.socket() as socket:
        assert (await socket.open(lesson))["code"] == code
        assert (await socket.open(lesson, takeover=True))["code"] == code
        assert codes(await socket.play("0@0 2@2")) == {"not_open"}
    assert await case.learner.entries() == []


async def told_without_asking(socket: Socket, code: str) -> None:
    """The server speaks by itself, within the ten seconds."""
    async with asyncio.timeout(STOPS_WITHIN_S):
        answer = await socket.receive()
    assert (answer["type"], answer["code"]) == ("error", code), answer


async def sent_away(case: Case, token: str) -> None:
    async with case.learner.socket(token=token) as socket:
        assert (await socket.receive())["code"] == "unauthenticated"
        with pytest.raises(ConnectionClosed) as closed:
            await socket.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


@attack("subjects", ceiling_s=0)
async def a_lesson_of_another_class(case: Case) -> None:
    await refused(case, case.stage.lessons["strange"], "not_enrolled")
    answer = await case.learner.request("GET", f"/api/v1/lessons/{case.stage.lessons['strange']}/coverage")
    assert answer.status_code == 404


@attack("subjects", ceiling_s=0)
async def a_class_that_has_not_begun(case: Case) -> None:
    await refused(case, case.stage.lessons["early"], "locked")


@attack("subjects", ceiling_s=0)
async def a_lesson_that_is_none(case: Case) -> None:
    await refused(case, str(uuid.uuid4()), "not_enrolled")


@attack("subjects", ceiling_s=0)
async def nobody(case: Case) -> None:
    for token in ("", "x", "0" * 32, "' OR 1=1", "\u00e4"):
        await sent_away(case, token)
    answer = await case.learner.request("POST", "/api/v1/study/messages", token="0" * 32, json=[beat(1, 0)])
    assert answer.status_code == 401


@attack("subjects", ceiling_s=0)
async def a_token_that_was_logged_out(case: Case) -> None:
    second = await case.learner.log_in()
    await case.learner.request("DELETE", "/_allauth/app/v1/auth/session", token=second)
    await sent_away(case, second)


@attack("subjects", ceiling_s=3 + STOPS_WITHIN_S)
async def studying_on_after_the_logout(case: Case) -> None:
    token = await case.learner.log_in()
    async with case.learner.socket(token=token) as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 3@3")
        await case.learner.request("DELETE", "/_allauth/app/v1/auth/session", token=token)
        try:
            await socket.play("0@3 5@8 10@13 15@18 20@23")
        except ConnectionClosed:
            return


@attack("subjects", ceiling_s=3)
async def studying_on_after_the_suspension(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 3@3")
        await case.staff(f"stage.suspend('{case.learner.email}')")
        try:
            answers = await socket.play("0@6 2@8")
            assert "locked" in codes(answers)
            assert all(each["type"] == "error" for each in answers)
        except ConnectionClosed:
            pass
    answer = await case.learner.request("POST", "/api/v1/study/messages", json=[beat(9, 8)])
    assert answer.status_code == 401


@attack("subjects", ceiling_s=3, floor_s=1.7)
async def studying_on_after_the_withdrawal_of_the_lesson(case: Case) -> None:
    lesson = case.stage.lessons["withdrawn"]
    async with case.learner.socket() as socket:
        await socket.opened(lesson)
        await socket.play("0@0 3@3")
        await case.staff(f"stage.withdraw('{lesson}')")
        await told_without_asking(socket, "withdrawn")
        assert "withdrawn" in codes([await socket.beat(6)])
        assert (await socket.open(lesson))["code"] == "withdrawn"


@attack("subjects", ceiling_s=3, floor_s=1.7)
async def studying_on_after_the_end_of_the_class(case: Case) -> None:
    lesson = case.stage.lessons["ending"]
    async with case.learner.socket() as socket:
        await socket.opened(lesson)
        await socket.play("0@0 3@3")
        await case.staff("stage.end('attacks ending')")
        await told_without_asking(socket, "locked")
        assert "locked" in codes([await socket.beat(6)])
        assert (await socket.open(lesson))["code"] == "locked"


@attack("subjects", ceiling_s=0)
async def studying_on_after_leaving_the_class(case: Case) -> None:
    """The hours stay with the enrollment, which is no longer shown; the last beat earns nothing."""
    async with case.learner.socket() as socket:
        await socket.opened(case.stage.lessons["third"])
        await socket.play("0@0 3@3")
        await case.staff(f"stage.leave('{case.learner.email}', 'attacks')")
        await told_without_asking(socket, "not_enrolled")
        answer = await socket.beat(6)
        assert answer["code"] in {"not_enrolled", "locked"}
    credits_ = [e["ms"] for e in await case.learner.entries() if e["sort"] == "credit"]
    assert len(credits_) == 1
    assert credits_[0] <= 3_000


@attack("subjects", ceiling_s=0)
async def staff_never_earn(case: Case) -> None:
    staff = replace(case.learner, email="teacher@demo.test", token="", lessons=set(), sessions=set())
    await staff.log_in()
    async with staff.socket() as socket:
        assert (await socket.open(case.lesson))["code"] == "not_enrolled"
        assert codes(await socket.play("0@0 2@2")) == {"not_open"}


@attack("subjects", ceiling_s=2, learners=2)
async def the_hours_of_somebody_else(case: Case) -> None:
    mine, other = case.learners
    async with mine.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 2@2")
    enrollment = (await mine.get("/me/enrollments"))["enrollments"][0]["uuid"]
    answer = await other.request("GET", f"/api/v1/me/hours?enrollment={enrollment}")
    assert answer.status_code == 404
    assert (await other.hours()).total_ms == 0


@attack("subjects", ceiling_s=0)
async def a_seat_without_hours(case: Case) -> None:
    demo = await asyncio.to_thread(_demo_sitting, case)
    for body in ({}, {"uuid": str(uuid.uuid4())}, {"eligible": True}, {"confirmed_ms": 10**9}):
        answer = await case.learner.request("POST", f"/api/v1/sittings/{demo}/registrations", json=body)
        assert answer.status_code in {404, 409, 422}, answer.text
    assert (await case.learner.get("/me/registrations"))["registrations"] == []


def _demo_sitting(case: Case) -> str:
    sitting: str = case.stage.system.demo["sittings"][0]["uuid"]
    return sitting
