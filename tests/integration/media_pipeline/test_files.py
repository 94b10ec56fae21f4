"""The view that serves published files by range."""

from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient

pytestmark = pytest.mark.urls("tests.integration.media_pipeline.urls")
CONTENT = bytes(range(256)) * 2000


@pytest.fixture
def segment(storage: Path) -> Path:
    path = storage / "media" / "hls" / "one" / "00000.ts"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    return path


async def body(response: Any) -> bytes:
    return b"".join([piece async for piece in response]) if response.streaming else response.content


async def get(name: str, **headers: str) -> Any:
    return await AsyncClient().get(f"/media/{name}", headers=headers)


async def test_it_serves_a_whole_file(segment: Path) -> None:
    response = await get("hls/one/00000.ts")

    assert response.status_code == 200
    assert await body(response) == CONTENT
    assert response["Content-Type"] == "video/mp2t"
    assert response["Content-Length"] == "512000"
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-299", 100, 299),
        ("bytes=511000-", 511_000, 511_999),
        ("bytes=-5", 511_995, 511_999),
        ("bytes=300000-999999999", 300_000, 511_999),
        ("bytes=-999999999", 0, 511_999),
    ],
)
async def test_it_serves_one_range(segment: Path, asked: str, first: int, last: int) -> None:
    response = await get("hls/one/00000.ts", range=asked)

    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/512000"
    assert await body(response) == CONTENT[first : last + 1]


@pytest.mark.parametrize("asked", ["bytes=512000-", "bytes=-0", "bytes=600000-700000"])
async def test_it_answers_416_for_a_range_outside(segment: Path, asked: str) -> None:
    response = await get("hls/one/00000.ts", range=asked)

    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */512000"


@pytest.mark.parametrize("asked", ["bytes=-", "bytes=0-1,5-9", "pages=1-2", "bytes=a-b", "bytes=" + "9" * 30 + "-"])
async def test_it_serves_the_whole_for_what_it_does_not_understand(segment: Path, asked: str) -> None:
    response = await get("hls/one/00000.ts", range=asked)

    assert response.status_code == 200
    assert len(await body(response)) == 512_000


async def test_a_range_of_an_older_file_gets_the_whole_new_one(segment: Path) -> None:
    tag = (await get("hls/one/00000.ts"))["ETag"]

    assert (await get("hls/one/00000.ts", range="bytes=0-1", **{"if-range": tag})).status_code == 206
    assert (await get("hls/one/00000.ts", range="bytes=0-1", **{"if-range": '"older"'})).status_code == 200
    assert (await get("hls/one/00000.ts", **{"if-none-match": tag})).status_code == 304


async def test_head_has_no_body_and_other_methods_are_refused(segment: Path) -> None:
    head = await AsyncClient().head("/media/hls/one/00000.ts")

    assert (head.status_code, head["Content-Length"], await body(head)) == (200, "512000", b"")
    assert (await AsyncClient().post("/media/hls/one/00000.ts")).status_code == 405


@pytest.mark.parametrize(
    "name",
    [
        "nothing.ts",
        "hls",
        "../private/secret",
        "hls/../../private/secret",
        "%2e%2e/private/secret",
        "hls/link",
        "/etc/passwd",
        "a%00b",
        "x" * 5000,
    ],
)
async def test_it_leaves_media_root_under_no_name(segment: Path, storage: Path, name: str) -> None:
    (storage / "private").mkdir()
    (storage / "private" / "secret").write_text("secret")
    (storage / "media" / "hls" / "link").symlink_to(storage / "private" / "secret")

    assert (await get(name)).status_code == 404


async def test_an_uploaded_page_does_not_run_in_our_name(storage: Path) -> None:
    (storage / "media").mkdir()
    for name in ("page.html", "picture.svg"):
        (storage / "media" / name).write_text("<script>alert(1)</script>")

        response = await get(name)

        assert response["Content-Disposition"] == "attachment"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
