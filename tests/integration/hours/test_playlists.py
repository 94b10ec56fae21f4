"""Playlists and keys over HTTP: packed, asked for anew, signed for the login that asks; keys are kept nowhere."""

import gzip
import uuid
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client as Browser

from courses.models import LessonVersion
from lms.hours.actions.sessions import open_session
from media_pipeline.addresses import keys
from media_pipeline.rules.addresses import refusal
from tests.films import begin_class, make_film
from tests.world import World


@pytest.fixture
def film(world: World) -> LessonVersion:
    version = make_film(3, heights=(240, 480))
    begin_class(world, version)
    return version


@pytest.fixture
def alice(world: World) -> Browser:
    client = Browser()
    client.force_login(world.alice)
    return client


def login_of(client: Browser) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def segments(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


def told(address: str, session: str) -> str | None:
    """What is said to an address under a login."""
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    return refusal(
        keys(),
        sessions=[session],
        name=parts.path.removeprefix("/media/"),
        until=query["until"][0],
        signed=query["signature"][0],
        now_s=int(datetime.now(UTC).timestamp()),
    )


def test_segments_are_signed_for_the_login_that_asks(film: LessonVersion, alice: Browser) -> None:
    text = alice.get(f"/study/{film.lesson.uuid}/480.m3u8").content.decode()

    assert len(segments(text)) == 3
    assert {told(each, login_of(alice)) for each in segments(text)} == {None}
    assert {told(each, "b" * 32) for each in segments(text)} == {"address_of_another"}


def test_an_apps_token_is_its_login(film: LessonVersion, alice: Browser) -> None:
    app = Browser(headers={"X-Session-Token": login_of(alice)})

    text = app.get(f"/study/{film.lesson.uuid}/480.m3u8").content.decode()

    assert {told(each, login_of(alice)) for each in segments(text)} == {None}


@pytest.mark.parametrize("file", ["playlist.m3u8", "480.m3u8"])
def test_a_playlist_is_packed_for_whoever_takes_it(film: LessonVersion, alice: Browser, file: str) -> None:
    address = f"/study/{film.lesson.uuid}/{file}"
    plain = alice.get(address)
    packed = alice.get(address, headers={"Accept-Encoding": "br, gzip"})

    assert "Content-Encoding" not in plain.headers
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert plain["ETag"] != packed["ETag"]
    for answer in (plain, packed):
        assert answer["Content-Type"] == "application/vnd.apple.mpegurl"
        assert answer["Cache-Control"] == "private, no-cache"
        assert {"Accept-Encoding", "Cookie", "X-Session-Token"} <= set(answer["Vary"].split(", "))


def test_an_unchanged_playlist_is_not_sent_again(film: LessonVersion, alice: Browser) -> None:
    address = f"/study/{film.lesson.uuid}/480.m3u8"
    first = alice.get(address)

    again = alice.get(address, headers={"If-None-Match": f'"other", W/{first["ETag"]}'})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert alice.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_playlist_of_another_login_is_another(film: LessonVersion, alice: Browser, world: World) -> None:
    address = f"/study/{film.lesson.uuid}/480.m3u8"
    elsewhere = Browser()
    elsewhere.force_login(world.alice)

    known = alice.get(address)["ETag"]

    assert elsewhere.get(address, headers={"If-None-Match": known}).status_code == 200


def test_a_long_playlist_packs_well(world: World) -> None:
    """One signature for all lines, so that a lecture is a few kilobytes on the way."""
    long = make_film(200, heights=(480,))
    begin_class(world, long)
    client = Browser()
    client.force_login(world.alice)

    packed = client.get(f"/study/{long.lesson.uuid}/480.m3u8", headers={"Accept-Encoding": "gzip"})

    assert len(gzip.decompress(packed.content)) > 10 * len(packed.content)


@pytest.mark.parametrize("file", ["playlist.m3u8", "480.m3u8", "keys/0"])
def test_refusals_are_kept_nowhere(film: LessonVersion, file: str) -> None:
    answer = Browser().get(f"/study/{film.lesson.uuid}/{file}")

    assert answer.status_code == 401
    assert "no-store" in answer["Cache-Control"]


def test_a_key_is_kept_nowhere_and_not_packed(world: World, film: LessonVersion, alice: Browser) -> None:
    open_session(
        by=world.alice,
        at=datetime.now(UTC),
        session=uuid.uuid4(),
        lesson=film.lesson.uuid,
        device="browser-1",
        takeover=True,
    )

    answer = alice.get(f"/study/{film.lesson.uuid}/keys/0", headers={"Accept-Encoding": "gzip", "If-None-Match": "*"})

    assert (answer.status_code, answer.content) == (200, b"\x00" * 16)
    assert "no-store" in answer["Cache-Control"]
    assert "ETag" not in answer.headers
    assert "Content-Encoding" not in answer.headers
