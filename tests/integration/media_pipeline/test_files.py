"""Published files as the whole ASGI application gives them. No test here may touch a database, so no request does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings as configured
from django.test import AsyncClient

from tests.integration.media_pipeline.raw import get_raw, scope_of

CONTENT = bytes(range(256)) * 2000
SEGMENT = "hls/one/two/480/00000.ts"
ALICE, BOB = "a" * 32, "b" * 32


@pytest.fixture
def segment(storage: Path) -> Path:
    path = storage / "media" / SEGMENT
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    from lms.wiring.asgi import application

    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://localhost") as client:
        yield client


def address_for(session: str, name: str = SEGMENT, *, ago: timedelta = timedelta()) -> str:
    from media_pipeline.addresses import signer

    return signer(session, datetime.now(UTC) - ago)(name)


def cookie(session: str) -> dict[str, str]:
    return {"Cookie": f"other=1; {configured.SESSION_COOKIE_NAME}={session}"}


async def get(http: httpx.AsyncClient, method: str = "GET", **headers: str) -> httpx.Response:
    """Alice's own segment."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await http.request(method, address_for(ALICE), headers={**cookie(ALICE), **named})


async def test_a_segment_is_given_whole_and_for_one_alone_to_keep(segment: Path, http: httpx.AsyncClient) -> None:
    answer = await get(http)

    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "video/mp2t"
    assert answer.headers["Content-Length"] == "512000"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "private, max-age=64800, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["ETag"][0] == '"'
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        ({"Range": "bytes=100-299"}, 206, CONTENT[100:300]),
        ({"Range": "bytes=511000-"}, 206, CONTENT[511_000:]),
        ({"Range": "bytes=-5"}, 206, CONTENT[-5:]),
        ({"Range": "bytes=0-1,5-9"}, 200, CONTENT),
        ({"Range": "bytes=0-1", "If_Range": '"older"'}, 200, CONTENT),
        ({"Range": "bytes=512000-"}, 416, b""),
        ({"If_None_Match": "*"}, 304, b""),
        ({"If_Match": '"older"'}, 412, b""),
    ],
)
async def test_ranges_and_conditions(
    segment: Path, http: httpx.AsyncClient, headers: dict[str, str], status: int, body: bytes
) -> None:
    answer = await get(http, **headers)

    assert (answer.status_code, answer.content) == (status, body)


async def test_a_part_says_where_it_belongs_and_a_refused_one_how_long_the_file_is(
    segment: Path, http: httpx.AsyncClient
) -> None:
    assert (await get(http, Range="bytes=300000-999999999")).headers["Content-Range"] == "bytes 300000-511999/512000"
    assert (await get(http, Range="bytes=600000-")).headers["Content-Range"] == "bytes */512000"


async def test_what_was_kept_is_asked_for_by_its_tag_or_moment(segment: Path, http: httpx.AsyncClient) -> None:
    first = await get(http)

    unchanged = await get(http, If_None_Match=first.headers["ETag"])

    assert (unchanged.status_code, unchanged.headers["ETag"]) == (304, first.headers["ETag"])
    assert "Content-Length" not in unchanged.headers
    assert (await get(http, If_Modified_Since=first.headers["Last-Modified"])).status_code == 304
    assert (await get(http, Range="bytes=0-1", If_Range=first.headers["ETag"])).status_code == 206
    segment.write_bytes(b"another file")
    assert (await get(http, If_None_Match=first.headers["ETag"])).status_code == 200


async def test_head_has_no_body_and_other_methods_are_refused(segment: Path, http: httpx.AsyncClient) -> None:
    head = await get(http, "HEAD")

    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "512000", b"")
    assert (await get(http, "POST")).status_code == 405
    refused = await http.head(f"/media/{SEGMENT}")
    assert (refused.status_code, refused.content) == (403, b"")


@pytest.mark.parametrize(
    ("address", "headers", "code"),
    [
        (f"/media/{SEGMENT}", cookie(ALICE), "address_unsigned"),
        (None, {}, "address_of_another"),
        (None, cookie(BOB), "address_of_another"),
        (None, {"X-Session-Token": BOB}, "address_of_another"),
    ],
)
async def test_an_address_that_was_passed_on_is_worth_nothing(
    segment: Path, http: httpx.AsyncClient, address: str | None, headers: dict[str, str], code: str
) -> None:
    answer = await http.get(address or address_for(ALICE), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"


async def test_an_app_shows_its_token(segment: Path, http: httpx.AsyncClient) -> None:
    answer = await http.get(address_for(ALICE), headers={"X-Session-Token": ALICE})

    assert (answer.status_code, answer.content) == (200, CONTENT)


async def test_an_address_ends_and_says_so(segment: Path, http: httpx.AsyncClient) -> None:
    old = address_for(ALICE, ago=timedelta(hours=18, seconds=1))

    answer = await http.get(old, headers=cookie(ALICE))

    assert (answer.status_code, answer.json()["code"]) == (403, "address_expired")
    assert answer.json()["detail"] == "This address is over: fetch the playlist again."


async def test_a_retired_secret_opens_what_it_signed_until_it_is_forgotten(
    segment: Path, http: httpx.AsyncClient, settings: Any
) -> None:
    old = address_for(ALICE)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 40, [settings.SECRET_KEY]
    kept = await http.get(old, headers=cookie(ALICE))
    settings.SECRET_KEY_FALLBACKS = []

    forgotten = await http.get(old, headers=cookie(ALICE))

    assert kept.status_code == 200
    assert (forgotten.status_code, forgotten.json()["code"]) == (403, "address_of_another")


@pytest.mark.parametrize(
    "name",
    [
        "hls/one/two/poster.jpg/../480/00000.ts",
        "x/../hls/one/two/480/00000.ts",
        "./hls/one/two/480/00000.ts",
        "/hls/one/two/480/00000.ts",
        "hls//one/two/480/00000.ts",
        "%2e/hls/one/two/480/00000.ts",
        "x/%2e%2e/hls/one/two/480/00000.ts",
    ],
)
async def test_no_other_spelling_makes_a_segment_public(segment: Path, name: str) -> None:
    (segment.parent.parent / "poster.jpg").mkdir()
    (segment.parents[4] / "x").mkdir()

    answer = await get_raw(f"/media/{name}")

    assert answer.status_code in (403, 404)


@pytest.mark.parametrize(
    "name",
    [
        "nothing.ts",
        "images",
        "../private/secret",
        "images/../../private/secret",
        "%2e%2e/private/secret",
        "images/link",
        "/etc/passwd",
        "a%00b",
        "x" * 5000,
    ],
)
async def test_it_leaves_media_root_under_no_name(storage: Path, name: str) -> None:
    (storage / "private").mkdir()
    (storage / "private" / "secret").write_text("secret")
    (storage / "media" / "images").mkdir(parents=True)
    (storage / "media" / "images" / "link").symlink_to(storage / "private" / "secret")

    assert (await get_raw(f"/media/{name}")).status_code == 404


async def test_a_poster_is_anybodys_and_for_ever(storage: Path, http: httpx.AsyncClient) -> None:
    path = storage / "media" / "hls" / "one" / "two" / "poster.jpg"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\xd8")

    answer = await http.get("/media/hls/one/two/poster.jpg")

    assert (answer.status_code, answer.content) == (200, b"\xff\xd8")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_an_uploaded_page_does_not_run_in_our_name(storage: Path, http: httpx.AsyncClient) -> None:
    (storage / "media").mkdir()
    for name in ("page.html", "picture.svg"):
        (storage / "media" / name).write_text("<script>alert(1)</script>")

        answer = await http.get(f"/media/{name}")

        assert answer.headers["Content-Disposition"] == "attachment"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_nginx_is_told_which_file_to_send_once_the_address_holds(segment: Path, http: httpx.AsyncClient) -> None:
    given = await get(http, X_Accel_Files="yes")
    refused = await http.get(address_for(ALICE), headers={**cookie(BOB), "X-Accel-Files": "yes"})

    assert given.headers["X-Accel-Redirect"] == "/_published/hls/one/two/480/00000.ts"
    assert given.headers["Cache-Control"] == "private, max-age=64800, immutable"
    assert given.content == b""
    assert (refused.status_code, "X-Accel-Redirect" in refused.headers) == (403, False)


async def test_whoever_went_away_is_read_nothing_more(segment: Path) -> None:
    """A reader of a long file who closes the page after the first piece."""
    from lms.wiring.asgi import application

    sent: list[dict[str, Any]] = []
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body":
            gone.set()
            await asyncio.sleep(0)

    await application(scope_of("GET", address_for(ALICE), cookie(ALICE)), receive, send)

    assert [len(message["body"]) for message in sent[1:]] == [256 * 1024]


@pytest.mark.urls("tests.integration.media_pipeline.urls")
async def test_without_the_door_the_view_answers_the_same(segment: Path) -> None:
    client = AsyncClient()
    client.cookies[configured.SESSION_COOKIE_NAME] = ALICE

    given = await client.get(address_for(ALICE), headers={"range": "bytes=0-299999"})
    refused = await AsyncClient().get(address_for(ALICE))

    assert given.status_code == 206
    assert b"".join([piece async for piece in given]) == CONTENT[:300_000]
    assert (refused.status_code, refused.json()["code"]) == (403, "address_of_another")
