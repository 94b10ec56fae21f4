"""Media: nothing fetched, the playlist alone, keys of others, keys without a lease. Delivery is a second witness."""

import asyncio

from tests.attacks.client import codes
from tests.attacks.running import ELAPSED, Case, attack

NO_EVIDENCE = "coverage without a delivered key is not refused yet"


@attack("media", ceiling_s=ELAPSED, floor_s=3.5)
async def a_player_that_does_as_it_should(case: Case) -> None:
    """No attack: the control without which the refusals below would prove nothing."""
    video = case.stage.lessons["video1"]
    async with case.learner.socket() as socket:
        await case.learner.playlist(video)
        await socket.opened(video)
        assert await case.learner.key(video) == 200
        assert codes(await socket.play("0@0 3@3 6@6")) == set()


@attack("media", ceiling_s=0, xfail=NO_EVIDENCE)
async def nothing_is_fetched(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.stage.lessons["video1"])
        assert "not_delivered" in codes(await socket.play("0@0 3@3 6@6"))


@attack("media", ceiling_s=0, xfail=NO_EVIDENCE)
async def the_playlist_alone(case: Case) -> None:
    video = case.stage.lessons["video1"]
    async with case.learner.socket() as socket:
        await socket.opened(video)
        addresses = await case.learner.playlist(video)
        segments = [each for each in addresses if "/keys/" not in each]
        await case.learner.request("GET", segments[0] if segments[0].startswith("/") else f"/{segments[0]}")
        assert "not_delivered" in codes(await socket.play("0@0 3@3 6@6"))


@attack("media", ceiling_s=0, learners=2, xfail=NO_EVIDENCE)
async def the_key_of_a_friend(case: Case) -> None:
    thief, friend = case.learners
    video = case.stage.lessons["video1"]
    async with friend.socket() as honest, thief.socket() as socket:
        await honest.opened(video)
        assert await friend.key(video) == 200
        await socket.opened(video)
        assert "not_delivered" in codes(await socket.play("0@0 3@3 6@6"))


@attack("media", ceiling_s=0, xfail=NO_EVIDENCE)
async def the_key_of_an_earlier_session(case: Case) -> None:
    video = case.stage.lessons["video1"]
    async with case.learner.socket() as socket:
        await socket.opened(video)
        assert await case.learner.key(video) == 200
        await socket.close()
        await socket.opened(video)
        assert "not_delivered" in codes(await socket.play("0@0 3@3 6@6"))


@attack("media", ceiling_s=0)
async def keys_without_a_session(case: Case) -> None:
    for video in (case.stage.lessons["video1"], case.stage.lessons["video2"]):
        assert await case.learner.key(video) == 403
        assert await case.learner.key(video, token="0" * 32) == 401
        assert await case.learner.key(video, token="") == 401


@attack("media", ceiling_s=0)
async def keys_of_another_lesson(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.stage.lessons["video1"])
        assert await case.learner.key(case.stage.lessons["video2"]) == 403
        await socket.opened(case.lesson)
        assert await case.learner.key(case.stage.lessons["video1"]) == 403
        assert await case.learner.key(case.lesson) == 403


@attack("media", ceiling_s=0)
async def keys_after_the_close(case: Case) -> None:
    video = case.stage.lessons["video1"]
    async with case.learner.socket() as socket:
        await socket.opened(video)
        await socket.close()
        assert await case.learner.key(video) == 403


@attack("media", ceiling_s=0)
async def keys_that_are_none(case: Case) -> None:
    video = case.stage.lessons["video1"]
    async with case.learner.socket() as socket:
        await socket.opened(video)
        for window in (99, 10**6, 10**12):
            assert await case.learner.key(video, window) in {403, 404}


@attack("media", ceiling_s=0)
async def all_keys_at_once(case: Case) -> None:
    """Everything downloaded in advance earns nothing: time has to pass, and does so only once."""
    video = case.stage.lessons["video2"]
    async with case.learner.socket() as socket:
        await socket.opened(video)
        await asyncio.gather(*(case.learner.key(video, window) for window in range(4)))
        answers = [await socket.beat(position_s) for position_s in (0, 15, 30, 45)]
        assert codes(answers) & {"too_fast", "not_delivered"}
