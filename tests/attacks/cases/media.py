"""Media: nothing fetched, the playlist alone, keys of others, of earlier sessions, in advance. Delivery is a witness.

"film" has ten windows of a minute and no pictures.
"""

import asyncio

from tests.attacks.client import codes
from tests.attacks.running import ELAPSED, Case, attack


@attack("media", ceiling_s=ELAPSED, floor_s=3.5)
async def a_player_that_does_as_it_should(case: Case) -> None:
    """No attack: the control without which the refusals below would prove nothing."""
    video = case.stage.lessons["video1"]
    async with case.learner.socket() as socket:
        await case.learner.playlist(video)
        await socket.opened(video)
        assert await case.learner.key(video) == 200
        assert codes(await socket.play("0@0 3@3 6@6")) == set()


@attack("media", ceiling_s=0)
async def nothing_is_fetched(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.stage.lessons["video1"])
        assert "not_delivered" in codes(await socket.play("0@0 3@3 6@6"))


@attack("media", ceiling_s=0)
async def the_playlist_alone(case: Case) -> None:
    video = case.stage.lessons["video1"]
    async with case.learner.socket() as socket:
        await socket.opened(video)
        addresses = await case.learner.playlist(video)
        segments = [each for each in addresses if "/keys/" not in each]
        await case.learner.request("GET", segments[0] if segments[0].startswith("/") else f"/{segments[0]}")
        assert "not_delivered" in codes(await socket.play("0@0 3@3 6@6"))


@attack("media", ceiling_s=0, learners=2)
async def the_key_of_a_friend(case: Case) -> None:
    thief, friend = case.learners
    video = case.stage.lessons["video1"]
    async with friend.socket() as honest, thief.socket() as socket:
        await honest.opened(video)
        assert await friend.key(video) == 200
        await socket.opened(video)
        assert "not_delivered" in codes(await socket.play("0@0 3@3 6@6"))


@attack("media", ceiling_s=0, learners=2)
async def the_segments_of_a_friend(case: Case) -> None:
    """Addresses that were passed on open for the login that they were signed for, and for nobody else."""
    thief, friend = case.learners
    addresses = [each for each in await friend.playlist(case.stage.lessons["video1"]) if "signature=" in each]
    assert [(await friend.request("GET", each)).status_code for each in addresses[:2]] == [200, 200]
    for address in (addresses[0], addresses[0].partition("?")[0], addresses[0].replace("until=1", "until=2")):
        assert (await thief.request("GET", address)).status_code == 403
        assert (await thief.request("GET", address, token="")).status_code == 403


@attack("media", ceiling_s=0)
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


@attack("media", ceiling_s=0)
async def a_harvest_of_all_keys(case: Case) -> None:
    film = case.stage.lessons["film"]
    async with case.learner.socket() as socket:
        await socket.opened(film)
        statuses = await asyncio.gather(*(case.learner.key(film, window) for window in range(10)))
        assert statuses == [200, 200, 200] + [425] * 7
        early = await case.learner.request("GET", f"/study/{film}/keys/3")
        assert (early.json()["code"], early.content.count(b"\x03")) == ("too_early", 0)
        assert 1 <= int(early.headers["Retry-After"]) <= 60


@attack("media", ceiling_s=0)
async def many_sessions_for_more_keys(case: Case) -> None:
    film = case.stage.lessons["film"]
    async with case.learner.socket() as socket:
        for turn in range(5):
            await socket.opened(film, device=f"device-{turn:04}", takeover=True)
            assert [await case.learner.key(film, window) for window in (2, 3, 9)] == [200, 425, 425]


@attack("media", ceiling_s=0)
async def a_claimed_place_for_more_keys(case: Case) -> None:
    film = case.stage.lessons["film"]
    async with case.learner.socket() as socket:
        await socket.opened(film)
        assert await case.learner.key(film) == 200
        for event, position_s in (("play", 0), ("tick", 590), ("seek", 540), ("end", 600), ("play", 570)):
            await socket.beat(position_s, event, **({"from_ms": 600_000} if event == "seek" else {}))
            assert await case.learner.key(film, 9) == 425


@attack("media", ceiling_s=0)
async def keys_that_were_downloaded_in_advance(case: Case) -> None:
    film = case.stage.lessons["film"]
    async with case.learner.socket() as socket:
        await socket.opened(film)
        assert [await case.learner.key(film, window) for window in (0, 1, 2)] == [200, 200, 200]
        answers = [await socket.beat(position_s) for position_s in (0, 60, 120, 180)]
        assert codes(answers) == {"too_fast"}
        await socket.close()
        await socket.opened(film)
        assert codes(await socket.play("0@0 3@3 6@6")) == {"not_delivered"}


@attack("media", ceiling_s=0)
async def the_keys_of_a_session_on_another_device(case: Case) -> None:
    film = case.stage.lessons["film"]
    async with case.learner.socket() as first, case.learner.socket() as second:
        await first.opened(film, device="device-one")
        assert await case.learner.key(film) == 200
        await second.opened(film, device="device-two", takeover=True)
        assert codes(await second.play("0@0 3@3 6@6")) == {"not_delivered"}


@attack("media", ceiling_s=ELAPSED, floor_s=4.5)
async def on_beyond_the_last_delivered_window(case: Case) -> None:
    """Five seconds lie in the window whose key was fetched, the other four in the next."""
    film = case.stage.lessons["film"]
    async with case.learner.socket() as socket:
        await socket.opened(film)
        assert await case.learner.key(film) == 200
        assert codes(await socket.play("0@55 3@58 6@61 9@64")) == {"not_delivered"}
        await socket.close()
    hours = await case.learner.hours()
    assert (hours.total_ms <= 5_000, hours.refused) == (True, {"not_delivered": 4_000})
