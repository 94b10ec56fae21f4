"""Asks the ASGI application for a path exactly as a server hands it over: HTTP clients tidy dots away before."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class RawAnswer:
    status_code: int
    headers: dict[str, str]


async def get_raw(path: str, **headers: str) -> RawAnswer:
    """What is answered to GET of a path that may hold dots, slashes and escapes in any place."""
    from lms.wiring.asgi import application

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application(scope, receive, send)
    told = {name.decode().title(): value.decode() for name, value in sent[0].get("headers", ())}
    return RawAnswer(sent[0]["status"], told)
