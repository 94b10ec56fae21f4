"""Concurrency and sharing: tabs, devices, tokens, nodes, channels, flapping leases. All together stay one clock."""

import asyncio
import uuid
from contextlib import AsyncExitStack
from dataclasses import replace

from websockets.exceptions import ConnectionClosed

from tests.attacks.client import Learner, Socket, beat, codes, credited_ms
from tests.attacks.running import ELAPSED, Case, attack


@attack("concurrency", ceiling_s=ELAPSED)
async def two_tabs(case: Case) -> None:
    async with case.learner.socket() as one, case.learner.socket() as other:
        await one.opened(case.lesson)
        await one.play("0@0 2@2")
        await other.opened(case.stage.lessons["second"])
        first, second = await asyncio.gather(one.play("0@2 3@5 6@8"), other.play("0@0 3@3 6@6"))
        assert credited_ms(first) == 0
        assert "superseded" in codes(first)
        assert credited_ms(second) >= 3_000


@attack("concurrency", ceiling_s=5, floor_s=2.9)
async def a_second_device_that_does_not_ask(case: Case) -> None:
    async with case.learner.socket() as one, case.learner.socket() as other:
        await one.opened(case.lesson, device="phone-0001")
        studied = asyncio.create_task(one.play("0@0 2.5@2.5 5@5"))
        await asyncio.sleep(1)
        answer = await other.open(case.lesson, device="phone-0002")
        assert answer["code"] == "elsewhere"
        assert (await other.beat(500))["code"] == "not_open"
        await studied


@attack("concurrency", ceiling_s=ELAPSED)
async def two_tokens(case: Case) -> None:
    second = await case.learner.log_in()
    async with case.learner.socket() as one, case.learner.socket(token=second) as other:
        await one.opened(case.lesson)
        await other.opened(case.stage.lessons["second"])
        answers = await asyncio.gather(one.play("0@0 3@3 6@6"), other.play("0@0 3@3 6@6"))
        assert credited_ms(answers[0]) == 0


@attack("concurrency", ceiling_s=ELAPSED)
async def two_sockets_for_one_session(case: Case) -> None:
    async with case.learner.socket() as one, case.learner.socket() as other:
        await one.opened(case.lesson)
        await other.opened(case.lesson, session=one.session)
        answers = await asyncio.gather(one.play("0@0 2@2 4@4 6@6"), other.play("0@0 2@302 4@304 6@306"))
        assert "bad_seq" in codes([*answers[0], *answers[1]])


@attack("concurrency", ceiling_s=ELAPSED)
async def two_nodes(case: Case) -> None:
    elsewhere = replace(case.learner, url=case.stage.second_node, lessons=set(), sessions=set())
    async with case.learner.socket() as one, elsewhere.socket() as other:
        await one.opened(case.lesson)
        answers = [await one.play("0@0 2@2")]
        await other.opened(case.stage.lessons["second"], device="device-two", takeover=True)
        answers += await asyncio.gather(one.play("0@2 2@4 4@6"), other.play("0@0 2@2 4@4"))
        assert credited_ms(answers[1]) == 0
        assert credited_ms(answers[2]) >= 2_000


@attack("concurrency", ceiling_s=ELAPSED)
async def one_session_on_two_nodes(case: Case) -> None:
    elsewhere = replace(case.learner, url=case.stage.second_node, lessons=set(), sessions=set())
    async with case.learner.socket() as one, elsewhere.socket() as other:
        await one.opened(case.lesson)
        await other.opened(case.lesson, session=one.session)
        for step in range(1, 20):
            message = beat(step, step * 2)
            answers = await asyncio.gather(one.ask(message), other.ask(message))
            assert sorted(each["type"] for each in answers) == ["ack", "error"]


@attack("concurrency", ceiling_s=ELAPSED)
async def two_channels(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)

        async def over_http() -> None:
            for step in range(1, 9):
                await asyncio.sleep(0.7)
                await case.learner.messages([beat(1000 + step, 200 + step)], socket.session)

        await asyncio.gather(socket.play("0@0 2@2 4@4 6@6"), over_http())


@attack("concurrency", ceiling_s=ELAPSED)
async def leases_that_flap(case: Case) -> None:
    async with case.learner.socket() as one, case.learner.socket() as other:
        for turn in range(5):
            for socket, device in ((one, "phone-0001"), (other, "phone-0002")):
                await socket.opened(case.lesson, device=device, takeover=True)
                await socket.beat(turn * 5)
                await asyncio.sleep(0.2)
                await socket.beat(turn * 5 + 2)
    # Ten sessions share one tolerance, and have no second more than time.
    assert (await case.learner.hours()).total_ms <= case.elapsed_ms


@attack("concurrency", ceiling_s=ELAPSED)
async def forty_connections(case: Case) -> None:
    async with AsyncExitStack() as stack:
        sockets: list[Socket] = [await stack.enter_async_context(case.learner.socket()) for _ in range(40)]
        lessons = [case.stage.lessons[name] for name in ("first", "second", "third")]

        async def study(number: int, socket: Socket) -> int:
            """The code that the server closed the socket with; 0 when it was kept."""
            try:
                await socket.opened(lessons[number % 3], takeover=True)
                for step in range(2):
                    await socket.beat(step)
                    await asyncio.sleep(1)
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 1006
            return 0

        told = await asyncio.gather(*(study(number, socket) for number, socket in enumerate(sockets)))
    # The oldest of so many sockets of one learner are closed.
    assert (told.count(0), told.count(4429)) == (24, 16)


@attack("concurrency", ceiling_s=ELAPSED)
async def one_beat_twenty_times_at_once(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 2@2")
        session = socket.session
    await asyncio.sleep(2)
    told = await asyncio.gather(*(case.learner.messages([beat(50, 4)], session) for _ in range(20)))
    kinds = [answers[0]["type"] for answers in told]
    assert (kinds.count("ack"), kinds.count("error")) == (1, 19)
    assert (await case.learner.coverage(case.lesson))["covered_ms"] <= 4_000


@attack("concurrency", ceiling_s=ELAPSED)
async def three_lessons_in_turn_over_http(case: Case) -> None:
    sessions = {name: str(uuid.uuid4()) for name in ("first", "second", "third")}
    for step in range(5):
        for name, session in sessions.items():
            opening = {
                "type": "open",
                "session": session,
                "lesson": case.stage.lessons[name],
                "device": "device-one",
            }
            await case.learner.messages([opening, beat(step * 2 + 1, step * 3), beat(step * 2 + 2, step * 3 + 2)])
            await asyncio.sleep(0.3)


@attack("concurrency", ceiling_s=3, floor_s=1.7)
async def claims_of_the_one_who_lost_the_lease(case: Case) -> None:
    async with case.learner.socket() as one, case.learner.socket() as other:
        await one.opened(case.lesson, device="phone-0001")
        await one.play("0@0 3@3")
        await other.opened(case.stage.lessons["second"], device="phone-0002", takeover=True)
        answers = [await one.beat(position_s) for position_s in (4, 10, 60)]
        assert [each["credited_ms"] for each in answers] == [0, 0, 0]
        assert codes(answers) == {"superseded"}
    assert (await case.learner.coverage(case.lesson))["covered_ms"] <= 3_000


@attack("concurrency", ceiling_s=ELAPSED)
async def one_account_for_a_family(case: Case) -> None:
    """Three people, one account, each at an honest speed on a device of their own."""

    async def study(name: str, token: str) -> int:
        async with case.learner.socket(token=token) as socket:
            earned_ms = 0
            for turn in range(4):
                await socket.opened(case.stage.lessons[name], device=f"phone-{name}", takeover=True)
                earned_ms += credited_ms(await socket.play(f"0@{turn * 2} 2@{turn * 2 + 2}"))
            return earned_ms

    tokens = [case.learner.token, await case.learner.log_in(), await case.learner.log_in()]
    began_ms = case.elapsed_ms
    earned = await asyncio.gather(*map(study, ("first", "second", "third"), tokens))
    assert sum(earned) <= case.elapsed_ms - began_ms


@attack("concurrency", ceiling_s=ELAPSED, learners=2)
async def the_same_device_name_for_two_people(case: Case) -> None:
    async def study(learner: Learner) -> int:
        async with learner.socket() as socket:
            await socket.opened(case.lesson, device="shared-tablet")
            return await socket.watch(0, 3)

    earned = await asyncio.gather(*map(study, case.learners))
    assert min(earned) >= 1_800
