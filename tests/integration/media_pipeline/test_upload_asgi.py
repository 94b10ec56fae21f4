"""Uploads in parts through the whole ASGI application: real middleware, a body in pieces, a client that goes away."""

import asyncio
import os
import uuid
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from media_pipeline import limits
from media_pipeline.actions import part_files, resumable
from media_pipeline.models import Upload

from .parts import PART, TUS, sha256_of
from .raw import scope_of

pytestmark = pytest.mark.django_db(transaction=True)
ANSWER_S_MAX = 120


class Asked:
    """One request of a logged-in person, sent piece by piece; `gone` ends it as a closed laptop does."""

    def __init__(self, person: Any) -> None:
        client = Client()
        client.force_login(person)
        self.token = "a" * 32
        session = client.cookies[django_settings.SESSION_COOKIE_NAME].value
        self.cookie = f"{django_settings.SESSION_COOKIE_NAME}={session}; csrftoken={self.token}"

    def patch(
        self, address: str, offset: int, pieces: list[bytes], *, gone: bool = False, csrf: bool = True, **more: str
    ) -> tuple[int | None, dict[str, str]]:
        headers = {
            **TUS,
            "Upload-Offset": str(offset),
            "Content-Type": PART,
            "Cookie": self.cookie,
            "Host": "localhost",
        }
        headers |= {"X-CSRFToken": self.token} if csrf else {}
        headers |= {key.replace("_", "-"): text for key, text in more.items()}
        return asyncio.run(asyncio.wait_for(_ask(address, headers, pieces, gone), ANSWER_S_MAX))


async def _ask(
    address: str, headers: dict[str, str], pieces: list[bytes], gone: bool
) -> tuple[int | None, dict[str, str]]:
    from lms.wiring.asgi import application

    rest, done = list(pieces), asyncio.Event()
    answer: dict[str, Any] = {"status": None, "headers": []}

    async def receive() -> dict[str, Any]:
        if rest:
            body = rest.pop(0)
            return {"type": "http.request", "body": body, "more_body": gone or bool(rest)}
        if not gone:
            await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.update(status=message["status"], headers=message["headers"])
        elif not message.get("more_body"):
            done.set()

    await application(scope_of("PATCH", address, headers), receive, send)
    return answer["status"], {key.decode().lower(): text.decode() for key, text in answer["headers"]}


@pytest.fixture
def begun(wanda: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(limits, "DISK_KEPT_FREE_BYTES", 0)
    new = resumable.NewUpload(uuid.uuid4(), "film.mp4", bytes_total=40 * 1024**2)
    resumable.begin_upload(by=wanda, at=timezone.now(), new=new)
    return f"/uploads/{new.uuid}/"


def test_a_part_in_pieces_arrives_whole_and_one_that_breaks_off_not_at_all(wanda: Any, begun: str) -> None:
    asked, part = Asked(wanda), os.urandom(3 * 1024**2 + 7)
    pieces = [part[start : start + 65_536] for start in range(0, len(part), 65_536)]

    whole = asked.patch(begun, 0, pieces, Upload_Checksum=sha256_of(part))
    assert (whole[0], whole[1]["upload-offset"]) == (204, str(len(part)))
    assert whole[1]["tus-resumable"] == "1.0.0"

    assert asked.patch(begun, len(part), pieces[:20], gone=True)[0] is None

    upload = Upload.objects.get()
    assert upload.received == len(part)
    assert part_files.part_path(upload.uuid).read_bytes() == part
    assert asked.patch(begun, len(part), [b"abc"])[0] == 204


def test_a_part_that_is_too_long_is_refused_with_and_without_its_length(wanda: Any, begun: str) -> None:
    asked, mebibyte = Asked(wanda), b"x" * 1024**2

    assert asked.patch(begun, 0, [mebibyte], Content_Length=str(17 * 1024**2))[0] == 413
    assert asked.patch(begun, 0, [mebibyte] * 17)[0] == 413
    assert Upload.objects.get().received == 0
    assert asked.patch(begun, 0, [mebibyte] * 16)[0] == 204
    assert Upload.objects.get().received == 16 * 1024**2


def test_without_the_token_of_the_page_nothing_is_taken(wanda: Any, begun: str) -> None:
    asked = Asked(wanda)

    assert asked.patch(begun, 0, [b"abc"], csrf=False)[0] == 403
    assert Upload.objects.get().received == 0
    assert asked.patch(begun, 0, [b"abc"])[0] == 204
