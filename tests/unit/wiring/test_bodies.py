"""What an upload sends in one request is bounded before anything is kept of it."""

from typing import Any

import pytest

from lms.wiring.bodies import BoundedBodies


class Django:
    """What matters of Django's handler: it reads the whole body, or forgets the request when the client goes."""

    def __init__(self) -> None:
        self.kept = b""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.kept += message["body"]
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def answered(path: str, pieces: list[bytes], announced: int | None = None) -> tuple[int, bytes, int]:
    """The status, what the application kept, and how many pieces were never read; at most 10 bytes are allowed."""
    django, rest, statuses = Django(), list(pieces), []

    async def receive() -> Any:
        return {"type": "http.request", "body": rest.pop(0), "more_body": bool(rest)}

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    headers = [] if announced is None else [(b"content-length", b"%d" % announced)]
    scope = {"type": "http", "path": path, "headers": headers}
    await BoundedBodies(django, bytes_max=10)(scope, receive, send)
    return statuses[0], django.kept, len(rest)


async def test_a_part_of_the_largest_size_passes() -> None:
    assert await answered("/uploads/1/", [b"12345", b"67890"], 10) == (204, b"1234567890", 0)


async def test_what_announces_more_is_refused_unread() -> None:
    assert await answered("/uploads/1/", [b"12345", b"67890", b"1"], 11) == (413, b"", 3)


@pytest.mark.parametrize("announced", [None, 10])
async def test_what_announces_nothing_is_counted(announced: int | None) -> None:
    pieces = [b"12345", b"67890", b"1", b"2"]

    assert await answered("/uploads/1/", pieces, announced) == (413, b"1234567890", 1)


async def test_other_addresses_are_left_alone() -> None:
    assert await answered("/admin/videos/add/", [b"12345", b"67890", b"1"], 11) == (204, b"12345678901", 0)


def test_the_address_is_the_one_of_the_uploads() -> None:
    """Without it the bound would stand in front of nothing."""
    from media_pipeline.urls import urlpatterns

    assert {f"/{each.pattern}".startswith("/uploads/") for each in urlpatterns if "upload" in str(each.name)} == {True}
