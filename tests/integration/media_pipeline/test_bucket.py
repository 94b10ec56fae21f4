"""Media in a bucket: from the upload to the bytes that a viewer gets, over HTTP to a real endpoint."""

import asyncio
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.utils import timezone

from media_pipeline import queries
from media_pipeline.actions import transcoding
from media_pipeline.actions.packaging import discard
from media_pipeline.addresses import signer
from media_pipeline.models import Asset
from media_pipeline.storage import private_storage
from tests.buckets import NAME, Bucket, bucket
from tests.integration.media_pipeline.raw import get_raw

ALICE = "a" * 32


@pytest.fixture(scope="module")
def place() -> Iterator[Bucket]:
    with bucket() as found:
        yield found


@pytest.fixture(autouse=True)
def media_lie_there(place: Bucket, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As settings.py does it at start. A field asks for its storage once, so it is told here."""
    settings.STORAGES = place.storages()
    monkeypatch.setattr(Asset._meta.get_field("source"), "storage", storages["private"])


async def ask(address: str, session: str = ALICE, method: str = "GET", **headers: str) -> httpx.Response:
    """What our own application answers."""
    from lms.wiring.asgi import application

    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.request(method, address, headers={"X-Session-Token": session, **headers})


def fetch(address: str, **headers: str) -> httpx.Response:
    """What the bucket answers, with no credentials of ours."""
    return httpx.get(address, headers=headers, trust_env=False)


@pytest.mark.django_db
def test_an_upload_becomes_a_film_in_the_bucket_and_comes_back_out_byte_for_byte(
    upload: Callable[..., Asset], clip: Callable[..., Path], place: Bucket, storage: Path
) -> None:
    asset = upload(clip(5, "320x240"))

    assert transcoding.run_attempt(clock=timezone.now, asset_uuid=asset.uuid, token=uuid.uuid4()) == "ready"

    asset.refresh_from_db()
    assert f"private/sources/{asset.uuid}" in place.names()
    assert [root for root in (storage / "media", storage / "private") if root.exists()] == []
    height = asset.renditions.order_by("height").values_list("height", flat=True)[0]
    playlist = queries.media_playlist(asset, height, key_url=str, segment_url=signer(ALICE, datetime.now(UTC)))
    segments = [line for line in playlist.splitlines() if not line.startswith("#")]
    assert len(segments) == 2
    for address in segments:
        given = fetch(asyncio.run(ask(address)).headers["Location"])
        with default_storage.open(address.removeprefix("/media/").partition("?")[0]) as stored:
            assert given.content == stored.read()
        assert (given.headers["Content-Type"], len(given.content) % 16) == ("video/mp2t", 0)
    assert queries.poster_url(asset) == f"/media/{asset.poster}"
    poster = fetch(asyncio.run(ask(f"/media/{asset.poster}", session="")).headers["Location"])
    assert (poster.content[:2], poster.headers["Content-Type"]) == (b"\xff\xd8", "image/jpeg")


async def test_the_bucket_is_asked_for_a_few_minutes_and_gives_ranges(place: Bucket) -> None:
    name = default_storage.save("hls/one/two/480/00000.ts", ContentFile(b"0123456789abcdef"))

    sent_on = await ask(signer(ALICE, datetime.now(UTC))(name))

    place_of_it = urlsplit(sent_on.headers["Location"])
    assert f"{place_of_it.scheme}://{place_of_it.netloc}" == place.endpoint
    assert place_of_it.path == f"/{NAME}/media/{name}"
    told = parse_qs(place_of_it.query)
    assert told["X-Amz-Expires"] == ["300"]
    assert told["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert "not-a-secret" not in sent_on.headers["Location"]
    assert sent_on.headers["Cache-Control"] == "private, max-age=60"
    part = fetch(sent_on.headers["Location"], Range="bytes=4-7")
    assert (part.status_code, part.content) == (206, b"4567")


async def test_a_strangers_login_is_not_sent_on(place: Bucket) -> None:
    name = default_storage.save("hls/one/two/480/00000.ts", ContentFile(b"0123456789abcdef"))

    refused = await ask(signer(ALICE, datetime.now(UTC))(name), session="b" * 32)

    assert (refused.status_code, refused.json()["code"]) == (403, "address_of_another")
    assert "Location" not in refused.headers


@pytest.mark.parametrize("name", ["../private/sources/1", "x/../../private/sources/1", "%2e%2e/private/sources/1"])
async def test_no_name_leads_to_the_originals(name: str) -> None:
    private_storage().save("sources/1", ContentFile(b"original"))

    answer = await get_raw(f"/media/{name}", x_session_token=ALICE)

    assert answer.status_code in (302, 404)
    assert "/private/" not in answer.headers.get("Location", "").partition("?")[0]
    with pytest.raises(SuspiciousOperation):
        default_storage.redirection("../private/sources/1", method="GET", disposition=None)
    with pytest.raises(ValueError, match="no address"):
        private_storage().url("sources/1")


async def test_an_uploaded_page_is_offered_for_download(place: Bucket) -> None:
    name = default_storage.save("documents/page.html", ContentFile(b"<script>alert(1)</script>"))

    given = fetch((await ask(f"/media/{name}")).headers["Location"])

    assert given.headers["Content-Disposition"] == "attachment"


async def test_head_is_sent_on_as_head() -> None:
    name = default_storage.save("images/a.png", ContentFile(b"png"))

    sent_on = await ask(f"/media/{name}", method="HEAD")

    given = httpx.head(sent_on.headers["Location"], trust_env=False)
    assert (sent_on.status_code, given.status_code, given.headers["Content-Length"]) == (302, 200, "3")


def test_nothing_is_written_over() -> None:
    first = private_storage().save("sources/same", ContentFile(b"first"))
    second = private_storage().save("sources/same", ContentFile(b"second"))

    assert first != second
    assert private_storage().open(first).read() == b"first"


def test_a_large_original_is_read_from_the_disk_and_not_held_in_memory() -> None:
    name = private_storage().save("sources/large", ContentFile(bytes(9 * 1024**2)))

    with private_storage().open(name) as original:
        assert original.read(1) == b"\0"
        # How tempfile says that it has left the memory.
        assert original.file._rolled


def test_what_a_failed_attempt_stored_is_discarded(place: Bucket) -> None:
    for name in ("hls/failed/t/480/00000.ts", "hls/failed/t/480/00001.ts", "hls/failed/t/poster.jpg"):
        default_storage.save(name, ContentFile(b"x"))

    discard("hls/failed/t")

    assert [name for name in place.names() if "failed" in name] == []


def test_addresses_on_pages_stay_and_are_ours() -> None:
    assert default_storage.url("lessons/pictures/课.jpg") == "/media/lessons/pictures/%E8%AF%BE.jpg"
    assert re.fullmatch(
        r"/media/hls/a/b/0\.ts\?until=\d+&signature=\S{22}", signer(ALICE, datetime.now(UTC))("hls/a/b/0.ts")
    )
