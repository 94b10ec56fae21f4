"""The protocol bent: replay, foreign sessions, duplicates, gaps, wrap, NaN, type confusion, giant frames, origins."""

import asyncio
import json
import uuid

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.attacks.client import Message, Socket, beat, codes, credited_ms
from tests.attacks.running import ELAPSED, Case, attack


async def nonsense(case: Case, frames: list[str | bytes | Message], code: str = "bad_message") -> None:
    """Each frame is answered with the code, changes nothing, and the session goes on healthily for three seconds."""
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0")
        for frame in frames:
            answer = await socket.ask(frame)
            assert (answer["type"], answer["code"]) == ("error", code), (str(frame)[:80], answer)
        assert (await case.learner.coverage(case.lesson))["covered_ms"] == 0
        assert credited_ms(await socket.play("0@1 3@4")) >= 1_800
    assert (await case.learner.hours()).total_ms <= 4_000


@attack("protocol", ceiling_s=3, floor_s=1.7)
async def replay(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 3@3")
        for _ in range(10):
            assert (await socket.ask(beat(2, 3)))["code"] == "bad_seq"
            assert (await socket.ask(beat(2, 303)))["code"] == "bad_seq"


@attack("protocol", ceiling_s=0, learners=2)
async def the_session_of_somebody_else(case: Case) -> None:
    thief, owner = case.learners
    async with owner.socket() as honest, thief.socket() as socket:
        await honest.opened(case.lesson)
        studied = asyncio.create_task(honest.play("0@0 2@2 4@4"))
        await asyncio.sleep(2.2)
        assert (await socket.open(case.lesson, session=honest.session))["code"] == "bad_message"
        assert (await socket.beat(4))["code"] == "not_open"
        [answer] = await thief.messages([beat(10, 4)], honest.session)
        assert answer["code"] == "not_open"
        assert credited_ms(await studied) >= 2_000


@attack("protocol", ceiling_s=2)
async def the_session_of_another_lesson(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 2@2")
        answer = await socket.open(case.stage.lessons["second"], session=socket.session)
        assert answer["code"] == "bad_message"


@attack("protocol", ceiling_s=0)
async def beats_before_the_open(case: Case) -> None:
    async with case.learner.socket() as socket:
        answers = await socket.play("0@0 1@1 2@2")
        assert codes(answers) == {"not_open"}
    [answer] = await case.learner.messages([beat(1, 0)], str(uuid.uuid4()))
    assert answer["code"] == "not_open"


@attack("protocol", ceiling_s=2, floor_s=1.1)
async def numbers_out_of_order(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.ask(beat(5, 0))
        await asyncio.sleep(2)
        for seq in (5, 4, 3, 1):
            assert (await socket.ask(beat(seq, 2)))["code"] == "bad_seq"
        assert (await socket.ask(beat(6, 2)))["credited_ms"] >= 1_000


@attack("protocol", ceiling_s=ELAPSED, floor_s=1.2)
async def holes_between_numbers(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        for step, seq in enumerate((1, 1000, 10**9, 2**40)):
            answer = await socket.ask(beat(seq, step))
            assert answer["type"] == "ack"
            await asyncio.sleep(1)


@attack("protocol", ceiling_s=0)
async def the_last_number_and_round_again(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        assert (await socket.ask(beat(2**53 - 1, 0)))["type"] == "ack"
        assert (await socket.ask(beat(1, 1)))["code"] == "bad_seq"
        for seq in (0, -1, 2**53, 2**63, 2**64 + 1, 10**30):
            assert (await socket.ask(beat(seq, 1)))["code"] == "bad_message"


@attack("protocol", ceiling_s=4)
async def no_numbers_at_all(case: Case) -> None:
    frames = [json.dumps(beat(2, 0)).replace('"position_ms": 0', f'"position_ms": {word}') for word in NO_NUMBERS]
    await nonsense(case, list(frames))


NO_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e400", "0x10", "01", "1e3", "15000.0", "null", "")


@attack("protocol", ceiling_s=4)
async def types_confused(case: Case) -> None:
    good = beat(2, 15)
    wrong = {
        "position_ms": ("15000", 15000.5, True, None, [15000], {"ms": 15000}),
        "seq": ("2", 2.0, True, None, [2]),
        "playing": ("true", 1, 0, None, "yes"),
        "visible": ("true", 1, None, []),
        "event": ("PLAY", "", None, 1, "rewind"),
        "type": ("Beat", None, 1, "", ["beat"]),
        "from_ms": ("0", -1, 0.5, True),
    }
    await nonsense(case, [{**good, name: value} for name, values in wrong.items() for value in values])


@attack("protocol", ceiling_s=4)
async def fields_left_out_or_added(case: Case) -> None:
    good = beat(2, 15)
    frames: list[str | bytes | Message] = [
        {name: value for name, value in good.items() if name != left_out} for left_out in good
    ]
    await nonsense(case, [*frames, {**good, "__class__": "x"}, {**good, "learner": 1}, {**good, "session": "x"}])


@attack("protocol", ceiling_s=4)
async def no_messages_at_all(case: Case) -> None:
    frames = [
        "",
        " ",
        "null",
        "[]",
        "1",
        '"beat"',
        "{",
        "{}",
        "[" * 1000,
        "\x00",
        "\ufeff{}",
        '{"type":"beat"',
        b"\x00",
    ]
    await nonsense(case, [*frames, b"\x00", json.dumps(beat(2, 15)).encode(), "[" + json.dumps(beat(2, 15)) + "]"])


@attack("protocol", ceiling_s=4)
async def messages_of_the_server(case: Case) -> None:
    await nonsense(
        case,
        [
            {"type": "ack", "seq": 2, "credited_ms": 600_000},
            {"type": "opened", "credited_ms": 600_000},
            {"type": "checked", "check": str(uuid.uuid4()), "passed": True, "confirmed_ms": 600_000},
            {"type": "lease.taken", "session": str(uuid.uuid4())},
        ],
    )


@attack("protocol", ceiling_s=3)
async def one_field_twice(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 3@3")
        twice = json.dumps(beat(50, 3))[:-1] + ', "position_ms": 600000, "seq": 51}'
        answer = await socket.ask(twice)
        assert answer["type"] == "error" or answer["credited_ms"] == 0


@attack("protocol", ceiling_s=4)
async def large_frames(case: Case) -> None:
    padded = json.dumps(beat(2, 15)) + " " * 4_096
    await nonsense(case, [padded, json.dumps({**beat(2, 15), "event": "x" * 5_000})], "too_large")


@attack("protocol", ceiling_s=ELAPSED, floor_s=2.3)
async def a_frame_that_ends_the_connection(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 2@2")
        session, seq = socket.session, socket.seq
        with pytest.raises((ConnectionClosed, OSError)):
            await socket.ask("x" * 2_000_000)
    async with case.learner.socket() as again:
        opened = await again.opened(case.lesson, session=session)
        assert opened["last_seq"] == seq
        await again.play("0@2 2@4")


@attack("protocol", ceiling_s=0)
async def a_page_of_another_origin(case: Case) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example", "file://"):
        with pytest.raises(InvalidStatus) as refused:
            async with case.learner.socket(headers={"Origin": origin}):
                pass
        assert refused.value.response.status_code == 403


@attack("protocol", ceiling_s=0)
async def another_subprotocol(case: Case) -> None:
    for offered in (["study.v0"], ["v1.study", "graphql-ws"], None):
        with pytest.raises(ConnectionClosed) as closed:
            async with case.learner.socket(subprotocols=offered) as socket:
                await socket.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4406


@attack("protocol", ceiling_s=2)
async def a_flood(case: Case) -> None:
    async with case.learner.socket() as socket:
        answers = await _flood(socket, 300)
        assert codes(answers) == {"not_open", "rate_limited"}
        await asyncio.sleep(3)
        await socket.opened(case.lesson)
        await socket.play("0@0 2@2")


async def _flood(socket: Socket, count: int) -> list[Message]:
    for i in range(count):
        await socket.send(socket.next_beat(i))
    return [await socket.receive() for _ in range(count)]


@attack("protocol", ceiling_s=0)
async def a_flood_over_http(case: Case) -> None:
    statuses = []
    for _ in range(16):
        answer = await case.learner.request("POST", "/api/v1/study/messages", json=[{"type": "noise"}] * 50)
        statuses.append(answer.status_code)
    assert set(statuses) == {200, 429}
    # The next minute is a new one.
    while (await case.learner.request("POST", "/api/v1/study/messages", json=[])).status_code == 429:
        await asyncio.sleep(2)


@attack("protocol", ceiling_s=0)
async def a_list_without_end(case: Case) -> None:
    for body in ([beat(i, i) for i in range(1, 52)], {"type": "close"}, None, "beat", 1):
        answer = await case.learner.request("POST", "/api/v1/study/messages", json=body)
        assert answer.status_code == 422, (str(body)[:60], answer.text)
    answer = await case.learner.request("POST", "/api/v1/study/messages", content=b"[" + b" " * 70_000 + b"]")
    assert answer.status_code == 413


@attack("protocol", ceiling_s=0.5)
async def nonsense_between_messages(case: Case) -> None:
    session = str(uuid.uuid4())
    opening = {"type": "open", "session": session, "lesson": case.lesson, "device": "device-one"}
    answers = await case.learner.messages([None, opening, [], beat(1, 0), {"type": "beat"}, beat(1, 600), beat(2, 600)])
    assert [each["type"] for each in answers] == ["error", "opened", "error", "ack", "error", "error", "ack"]
    assert credited_ms(answers) == 0


@attack("protocol", ceiling_s=0)
async def names_that_are_none(case: Case) -> None:
    good = {"type": "open", "session": str(uuid.uuid4()), "lesson": case.lesson, "device": "device-one"}
    wrong = {
        "device": ("short", "x" * 65, "white space", "nul\x00nul\x00", "上海手机设备名称八", None, 12345678),
        "session": ("", "1", "not-a-uuid", None, 5, "0" * 400),
        "lesson": ("", "../../etc", None, ["a"], "' OR 1=1 --"),
        "takeover": ("true", 1, None),
    }
    async with case.learner.socket() as socket:
        for name, values in wrong.items():
            for value in values:
                answer = await socket.ask({**good, name: value})
                assert answer["code"] == "bad_message", (name, value, answer)
    assert await case.learner.entries() == []
