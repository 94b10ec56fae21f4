"""The study socket over its public face: frames in, frames out, against the real application."""

import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from channels.db import database_sync_to_async as sync_to_async
from django.conf import settings
from django.test import Client as Browser

from courses.actions.withdrawal import withdraw_lesson
from lms.accounts.actions import suspend
from lms.hours.models import StudyClock
from tests.sockets import Socket
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)

Headers = list[tuple[bytes, bytes]]
BEAT = {"type": "beat", "seq": 1, "event": "play", "position_ms": 0, "playing": True, "visible": True}


@pytest.fixture
async def world(transactional_db: None) -> World:
    return await sync_to_async(make_world)()


def headers_of(person: Any, host: bytes = b"testserver") -> Headers:
    browser = Browser()
    browser.force_login(person)
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    return [(b"host", host), (b"cookie", cookie.encode())]


@pytest.fixture
async def connect(world: World) -> AsyncIterator[Callable[..., Any]]:
    opened: list[Socket] = []

    async def connected(person: Any = None, headers: Headers | None = None) -> Socket:
        from lms.wiring.asgi import application

        own = headers if headers is not None else await sync_to_async(headers_of)(person)
        socket = Socket(application, "/ws/study/", headers=own)
        await socket.connect()
        opened.append(socket)
        return socket

    yield connected
    for socket in opened:
        await socket.disconnect()


async def open_lesson(socket: Socket, world: World, **changes: Any) -> dict[str, Any]:
    message = {
        "type": "open",
        "session": str(uuid.uuid4()),
        "lesson": str(world.video.lesson.uuid),
        "device": "phone-0001",
        "takeover": False,
    }
    await socket.send({**message, **changes})
    return await socket.receive()


async def test_it_opens_acknowledges_and_closes(world: World, connect: Callable[..., Any]) -> None:
    socket = await connect(world.alice)

    opened = await open_lesson(socket, world)
    await socket.send(BEAT)
    ack = await socket.receive()
    await socket.send({"type": "close"})

    assert socket.subprotocol == "study.v1"
    assert {key: opened[key] for key in opened if key != "session"} == {
        "type": "opened",
        "lesson": str(world.video.lesson.uuid),
        "resume_ms": 0,
        "duration_ms": 1_200_000,
        "covered": [],
        "credited_ms": 0,
        "beat_every_ms": 15_000,
        "day_left_ms": 14_400_000,
        "last_seq": 0,
    }
    assert ack == {
        "type": "ack",
        "seq": 1,
        "credited_ms": 0,
        "lesson_ms": 0,
        "provisional_ms": 0,
        "day_left_ms": 14_400_000,
        "refused": [],
        "state": "counting",
    }
    assert await socket.receive_nothing(timeout=0.3)


def tick(position: str = "1", **raw: str) -> str:
    """A beat as text, its fields given as raw JSON so that they can be what no encoder would write."""
    fields = {"type": '"beat"', "seq": "1", "event": '"tick"', "position_ms": position, "playing": "true"}
    return "{" + ",".join(f'"{name}":{value}' for name, value in {**fields, "visible": "true", **raw}.items()) + "}"


BAD_FRAMES = {
    "no json": "{nonsense",
    "a list": "[]",
    "a number": "7",
    "NaN": tick("NaN"),
    "infinity": tick("1e999"),
    "a negative place": tick("-1"),
    "a place as text": tick('"15000"'),
    "a place as a fraction": tick("1.5"),
    "a place as a bool": tick("true"),
    "a place beyond a week": tick("604800001"),
    "a giant number": tick(seq="1" + "0" * 40),
    "playing as a number": tick(playing="1"),
    "playing as null": tick(playing="null"),
    "a missing field": '{"type":"beat","seq":1,"event":"tick","position_ms":1,"playing":true}',
    "an unknown field": tick(rate="2"),
    "an unknown event": tick(event='"jump"'),
    "an unknown type": '{"type":"credit","ms":3600000}',
    "no type": '{"seq":1}',
    "seq zero": tick(seq="0"),
    "deep nesting": "[" * 2000 + "]" * 2000,
    "a lone surrogate": '{"type":"\\ud800"}',
    "a device too short": f'{{"type":"open","session":"{uuid.uuid4()}","lesson":"{uuid.uuid4()}","device":"x"}}',
    "no uuid": '{"type":"open","session":"me","lesson":"that","device":"phone-0001"}',
    "an answer to nothing": f'{{"type":"answer","check":"{uuid.uuid4()}","choice":1}}',
}


async def answers_around(frame: str, socket: Socket, world: World) -> dict[str, Any] | str:
    """What a fresh socket with a fresh session says to a frame and to the beat after it, or how it broke.

    The session is closed, so that the next one takes nobody's lease: of that this socket would be told.
    """
    try:
        opened = await open_lesson(socket, world)
        before = await StudyClock.objects.values().aget(pk=world.alice.pk)
        await socket.send_text(frame)
        error = await socket.receive()
        unchanged = await StudyClock.objects.values().aget(pk=world.alice.pk)
        await socket.send(BEAT)
        ack = await socket.receive()
        await socket.send({"type": "close"})
        await socket.disconnect()
    except (AssertionError, TimeoutError) as broken:
        return repr(broken)
    return {
        "opened": opened["type"],
        "error": (error["type"], error.get("code")),
        "changed": unchanged != before,
        "ack": (ack["type"], ack.get("seq")),
    }


async def test_a_bad_frame_changes_nothing_and_the_next_beat_counts(
    world: World, connect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A learner may open so many sessions at once; here each frame has one of its own.
    monkeypatch.setattr("lms.hours.consumers.hub.OPENS_AT_ONCE", len(BAD_FRAMES))

    told = {name: await answers_around(frame, await connect(world.alice), world) for name, frame in BAD_FRAMES.items()}

    well = {"opened": "opened", "error": ("error", "bad_message"), "changed": False, "ack": ("ack", 1)}
    assert {name: answers for name, answers in told.items() if answers != well} == {}


async def test_a_frame_above_4_kib_is_too_large(world: World, connect: Callable[..., Any]) -> None:
    socket = await connect(world.alice)

    await socket.send_text('{"type":"close"}' + " " * 4096)

    assert (await socket.receive())["code"] == "too_large"
    assert (await open_lesson(socket, world))["type"] == "opened"


async def test_binary_frames_are_no_messages(world: World, connect: Callable[..., Any]) -> None:
    socket = await connect(world.alice)

    await socket.send_bytes(b"{}")

    assert (await socket.receive())["code"] == "bad_message"


async def test_a_stranger_is_told_not_enrolled(world: World, connect: Callable[..., Any]) -> None:
    socket = await connect(world.charlie)

    assert (await open_lesson(socket, world))["code"] == "not_enrolled"


async def test_a_beat_before_open_is_told_not_open_with_its_number(world: World, connect: Callable[..., Any]) -> None:
    socket = await connect(world.alice)

    await socket.send({**BEAT, "seq": 9})
    error = await socket.receive()

    assert (error["code"], error["seq"]) == ("not_open", 9)


async def test_nobody_is_told_unauthenticated(world: World, connect: Callable[..., Any]) -> None:
    socket = await connect(headers=[(b"host", b"testserver")])

    assert (await socket.receive())["code"] == "unauthenticated"
    assert (await socket.receive_output(5))["code"] == 4401


@pytest.mark.parametrize("origin", [b"https://evil.example", b"http://testserver:81", b"null"])
async def test_a_page_of_another_site_is_not_let_in(world: World, connect: Callable[..., Any], origin: bytes) -> None:
    own = await sync_to_async(headers_of)(world.alice)

    socket = await connect(headers=[*own, (b"origin", origin)])

    assert not socket.accepted


async def test_a_page_of_this_site_is_let_in(world: World, connect: Callable[..., Any]) -> None:
    own = await sync_to_async(headers_of)(world.alice)

    socket = await connect(headers=[*own, (b"origin", b"http://testserver")])

    assert (await open_lesson(socket, world))["type"] == "opened"


async def test_an_app_is_known_by_its_token(world: World, connect: Callable[..., Any]) -> None:
    def token() -> bytes:
        world.alice.set_password("a long made-up password")
        world.alice.save()
        answer = Browser().post(
            "/_allauth/app/v1/auth/login",
            {"email": "alice@example.test", "password": "a long made-up password"},
            content_type="application/json",
        )
        return str(answer.json()["meta"]["session_token"]).encode()

    socket = await connect(headers=[(b"host", b"testserver"), (b"x-session-token", await sync_to_async(token)())])

    assert (await open_lesson(socket, world))["type"] == "opened"


async def test_the_other_device_hears_that_it_lost_the_lease(world: World, connect: Callable[..., Any]) -> None:
    first, second = await connect(world.alice), await connect(world.alice)
    await open_lesson(first, world)

    refused = await open_lesson(second, world, device="tablet-01")
    taken = await open_lesson(second, world, device="tablet-01", takeover=True)

    assert (refused["code"], taken["type"]) == ("elsewhere", "opened")
    assert await first.receive() == {"type": "superseded"}
    await first.send(BEAT)
    ack = await first.receive()
    assert (ack["type"], ack["credited_ms"], ack["refused"]) == ("ack", 0, [{"ms": 0, "code": "superseded"}])


async def test_logging_out_closes_the_sockets_of_that_login(world: World, connect: Callable[..., Any]) -> None:
    phone, tablet = Browser(), Browser()

    def logged_in(browser: Browser) -> Headers:
        browser.force_login(world.alice)
        cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
        return [(b"host", b"testserver"), (b"cookie", cookie.encode())]

    first = await connect(headers=await sync_to_async(logged_in)(phone))
    second = await connect(headers=await sync_to_async(logged_in)(tablet))
    await open_lesson(first, world)

    await sync_to_async(phone.post)("/accounts/logout/")

    assert (await first.receive())["code"] == "unauthenticated"
    assert (await first.receive_output(5))["code"] == 4401
    assert (await open_lesson(second, world))["type"] == "opened"


async def test_a_suspension_closes_every_socket(world: World, connect: Callable[..., Any]) -> None:
    socket = await connect(world.alice)
    await open_lesson(socket, world)

    await sync_to_async(suspend)(by=None, at=datetime.now(UTC), person=world.alice, reason="forged papers")

    assert (await socket.receive())["code"] == "unauthenticated"
    assert (await socket.receive_output(5))["code"] == 4401


async def test_a_flood_is_rate_limited_and_the_socket_lives_on(
    world: World, connect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms.hours.consumers.study.BURST_MESSAGES", 3)
    monkeypatch.setattr("lms.hours.consumers.study.MESSAGES_PER_SECOND", 0.2)
    socket = await connect(world.alice)
    await open_lesson(socket, world)

    for seq in range(1, 21):
        await socket.send({**BEAT, "seq": seq, "event": "tick"})
    answers = [await socket.receive() for _ in range(20)]

    assert [answer["type"] for answer in answers[:2]] == ["ack", "ack"]
    assert {answer.get("code") for answer in answers[10:]} == {"rate_limited"}


@pytest.mark.parametrize(
    ("language", "prompt"), [(b"en", "Which of these"), (b"zh-hans", "下面哪一个"), (b"xx-nowhere", "下面哪一个")]
)
async def test_a_check_is_put_in_the_language_of_the_pages(
    world: World, connect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, language: bytes, prompt: str
) -> None:
    monkeypatch.setattr("lms.hours.actions.checks.CHANCE", Random(6))
    own = await sync_to_async(headers_of)(world.alice)
    socket = await connect(headers=[own[0], (b"cookie", own[1][1] + b"; django_language=" + language)])
    await open_lesson(socket, world)
    await StudyClock.objects.aupdate(check_in_ms=0)

    await socket.send(BEAT)
    ack, check = await socket.receive(), await socket.receive()
    await socket.send({"type": "answer", "check": check["check"], "choice": 17})
    refused = await socket.receive()

    assert (ack["state"], check["type"]) == ("check", "check")
    assert check["prompt"].startswith(prompt)
    assert refused["code"] == "bad_message"


@pytest.mark.parametrize("is_withdrawn", [True, False])
async def test_a_socket_is_told_that_its_lesson_was_withdrawn(
    world: World, connect: Callable[..., Any], is_withdrawn: bool
) -> None:
    socket = await connect(world.alice)
    await open_lesson(socket, world)
    lesson = (world.video if is_withdrawn else world.chapter).lesson

    await sync_to_async(withdraw_lesson)(by=None, at=datetime.now(UTC), lesson=lesson, reason="wrong picture")

    if is_withdrawn:
        error = await socket.receive()
        assert (error["type"], error["code"]) == ("error", "withdrawn")
    else:
        assert await socket.receive_nothing(timeout=0.5)
    assert (await sync_to_async(lambda: StudyClock.objects.get().session)() is None) is is_withdrawn
