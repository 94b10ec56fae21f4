"""Bad days in real seconds against the running system: drops, resends, other nodes, HTTP, other devices, one NAT.

Each returns nothing and judges itself: what was truly watched is kept to 99 %, but for `SLACK_S` that a busy
machine may take to read the first beat of a short day, and no refusal says that the learner did something wrong.
"""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from tests.attacks.client import Learner, Message, Socket, beat
from tests.attacks.running import ELAPSED, Attack, Case
from tests.honest.phone import STRIKES

SLACK_S = 0.6
NAT = 10

HONEST: list[Attack] = []
Live = Callable[[Case], Coroutine[Any, Any, None]]


def day(learners: int = 1) -> Callable[[Live], Live]:
    def register(run: Live) -> Live:
        HONEST.append(Attack("honest", run, ELAPSED, 0, learners))
        return run

    return register


async def kept(learner: Learner, truth_s: float, runs: int = 1) -> None:
    """`runs` is how often a first beat was sent, each of which the machine may be slow to read."""
    hours = await learner.hours()
    assert STRIKES & set(hours.refused) == set(), hours
    assert hours.total_ms >= (truth_s * 0.99 - SLACK_S * runs) * 1000, f"{hours} of {truth_s} s"


async def resend(socket: Socket, opened: Message, queue: list[Message]) -> None:
    """What a client does after a reconnect: all beats above the last one accepted, in order."""
    for message in queue:
        if message["seq"] > opened["last_seq"]:
            answer = await socket.ask(message)
            assert answer["type"] == "ack", answer


@day()
async def nothing_happens(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 6@6 12@12 18@18 24@24")
        await socket.close()
    await kept(case.learner, 24)


@day()
async def the_socket_drops_for_eight_seconds(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 5@5")
        session = socket.session
    queue = []
    for position_s in (9, 13):
        await asyncio.sleep(4)
        queue.append(beat(3 + len(queue), position_s))
    async with case.learner.socket() as again:
        await resend(again, await again.opened(case.lesson, session=session), queue)
        again.seq = 4
        await again.play("0@13 5@18 10@23")
    await kept(case.learner, 23)


@day()
async def an_acknowledgement_is_lost(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 5@5")
        await asyncio.sleep(3)
        last = socket.next_beat(8)
        await socket.send(last)
        session = socket.session
        await asyncio.sleep(0.5)
    async with case.learner.socket() as again:
        opened = await again.opened(case.lesson, session=session)
        assert opened["last_seq"] == 3
        assert (await again.ask(last))["code"] == "bad_seq"
        await again.play("0@8.6 8@16.6")
    await kept(case.learner, 16.5)


@day()
async def a_network_that_blocks_sockets(case: Case) -> None:
    session = str(uuid.uuid4())
    opening = {"type": "open", "session": session, "lesson": case.lesson, "device": "old-phone-1"}
    await case.learner.messages([opening, beat(1, 0, "play")])
    for step in range(1, 6):
        await asyncio.sleep(4)
        await case.learner.messages([beat(step + 1, step * 4)], session)
    await case.learner.messages([beat(7, 20, "pause"), {"type": "close"}], session)
    await kept(case.learner, 20)


@day()
async def from_the_socket_to_http(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 5@5 10@10")
        session = socket.session
    await asyncio.sleep(5)
    await case.learner.messages([beat(4, 15)], session)
    await asyncio.sleep(5)
    await case.learner.messages([beat(5, 20)], session)
    await kept(case.learner, 20)


@day()
async def on_to_the_next_device(case: Case) -> None:
    async with case.learner.socket() as phone, case.learner.socket() as tablet:
        await phone.opened(case.lesson, device="phone-0001")
        await phone.play("0@0 5@5 10@10pause")
        opened = await tablet.opened(case.lesson, device="tablet-01", takeover=True)
        assert opened["covered"] == [[0, 10_000]]
        assert (await phone.receive())["type"] == "superseded"
        await tablet.play("0@10 5@15 10@20")
    await kept(case.learner, 20, runs=2)


@day()
async def the_next_device_goes_on_where_the_last_one_stopped(case: Case) -> None:
    async with case.learner.socket() as phone, case.learner.socket() as tablet:
        await phone.opened(case.lesson, device="phone-0001")
        await phone.play("0@0 3@3pause")
        opened = await tablet.opened(case.lesson, device="tablet-01", takeover=True)
        assert opened["resume_ms"] == 3_000


@day()
async def a_deploy_moves_the_session_to_another_node(case: Case) -> None:
    elsewhere = replace(case.learner, url=case.stage.second_node)
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 5@5 10@10")
        session = socket.session
    await asyncio.sleep(2)
    async with elsewhere.socket() as again:
        await again.opened(case.lesson, session=session)
        await again.play("0@12 4@16 8@20")
    await kept(case.learner, 20)


@day()
async def a_phone_whose_clock_is_years_off(case: Case) -> None:
    async with case.learner.socket(headers={"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}) as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 5@5 10@10 15@15 20@20")
    await kept(case.learner, 20)


@day()
async def another_address_after_every_tunnel(case: Case) -> None:
    session = ""
    for turn in range(4):
        async with case.learner.socket(headers={"X-Forwarded-For": f"198.51.100.{turn}"}) as socket:
            await socket.opened(case.lesson, session=session)
            session = socket.session
            await socket.play(f"0@{turn * 6} 5@{turn * 6 + 5}")
        await asyncio.sleep(1)
    await kept(case.learner, 23)


@day()
async def another_app_for_a_moment(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 7@7hide 7.1@7pause 12@7show 12.1@7play 19@14 22@17")
        await socket.close()
    await kept(case.learner, 17)


@day()
async def a_pause_and_a_look_back(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 8@8pause 11@8play 19@16>12 28@21 30@23")
        await socket.close()
    await kept(case.learner, 23)


@day()
async def slow_playback(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 8@6 16@12 24@18")
    await kept(case.learner, 18)


@day()
async def a_login_that_is_renewed(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        await socket.play("0@0 5@5 10@10")
        session = socket.session
    token = await case.learner.log_in()
    async with case.learner.socket(token=token) as again:
        await again.opened(case.lesson, session=session)
        await again.play("0@11 9@20")
    await kept(case.learner, 20)


@day()
async def a_film_with_its_keys(case: Case) -> None:
    video = case.stage.lessons["video2"]
    async with case.learner.socket() as socket:
        await case.learner.playlist(video)
        await socket.opened(video)
        assert await case.learner.key(video) == 200
        await socket.play("0@0 5@5 10@10 15@15 20@20")
    await kept(case.learner, 20)


@day()
async def a_film_on_one_device_and_then_on_another(case: Case) -> None:
    """Each device fetches the keys of its own session, as players do."""
    video = case.stage.lessons["video2"]
    async with case.learner.socket() as phone, case.learner.socket() as tablet:
        await phone.opened(video, device="phone-0001")
        assert await case.learner.key(video) == 200
        await phone.play("0@0 5@5 10@10pause")
        await tablet.opened(video, device="tablet-01", takeover=True)
        assert await case.learner.key(video) == 200
        await tablet.play("0@10 5@15 10@20")
    await kept(case.learner, 20, runs=2)


@day()
async def one_lesson_after_the_other(case: Case) -> None:
    async with case.learner.socket() as socket:
        for name in ("brief", "second"):
            await socket.opened(case.stage.lessons[name])
            await socket.play("0@0 6@6 12@12end")
            await socket.close()
    await kept(case.learner, 24, runs=2)


@day(learners=NAT)
async def a_whole_class_behind_one_address(case: Case) -> None:
    async def study(learner: Learner) -> None:
        async with learner.socket() as socket:
            await socket.opened(case.lesson, device="classroom-pc")
            await socket.play("0@0 5@5 10@10 15@15 20@20")
        await kept(learner, 20)

    await asyncio.gather(*map(study, case.learners))
