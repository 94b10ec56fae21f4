"""Asks the ASGI application exactly as a server hands it over: HTTP clients tidy dots away before."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class RawAnswer:
    status_code: int
    headers: dict[str, str]


def scope_of(method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    """What a server says of a request; the path may have a query."""
    path, _, query = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 40_000),
        "server": ("localhost", 80),
    }


async def get_raw(path: str, **headers: str) -> RawAnswer:
    """What is answered to GET of a path that may hold dots, slashes and escapes in any place."""
    from lms.wiring.asgi import application

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application(scope_of("GET", path, named), receive, send)
    told = {name.decode().title(): value.decode() for name, value in sent[0].get("headers", ())}
    return RawAnswer(sent[0]["status"], told)
