"""A study client over the public protocol alone: headless login, token, socket or HTTP messages, playlists and keys.

It believes nothing of the product's code: what it sends is what anybody could write. Timelines are those of
tests/timeline.py, played in real seconds. It keeps no clock but its own.
"""

import asyncio
import json
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from tests.timeline import beats

ANSWER_S_MAX = 60
Message = dict[str, Any]


@dataclass(frozen=True)
class Hours:
    """What `GET /me/hours` says, summed over all modules. `refused` maps codes to milliseconds."""

    confirmed_ms: int
    provisional_ms: int
    refused: dict[str, int]

    @property
    def total_ms(self) -> int:
        return self.confirmed_ms + self.provisional_ms


@dataclass
class Learner:
    """One person with a token. `lessons` remembers what was opened, so that its coverage can be looked at."""

    url: str
    email: str
    password: str
    http: httpx.AsyncClient
    token: str = ""
    lessons: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)

    async def log_in(self) -> str:
        """Another token of the same person; the first one is kept as `token`."""
        self.http.cookies.clear()
        answer = await self.http.post(
            f"{self.url}/_allauth/app/v1/auth/login", json={"email": self.email, "password": self.password}
        )
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["meta"]["session_token"]
        self.token = self.token or token
        return token

    async def request(self, method: str, path: str, *, token: str | None = None, **options: Any) -> httpx.Response:
        headers = {"X-Session-Token": self.token if token is None else token, **options.pop("headers", {})}
        # One pool of connections for many people: a cookie of one must not speak for another.
        self.http.cookies.clear()
        return await self.http.request(method, self.url + path, headers=headers, **options)

    async def get(self, path: str) -> Any:
        answer = await self.request("GET", f"/api/v1{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def hours(self) -> Hours:
        modules = (await self.get("/me/hours"))["modules"]
        refused: dict[str, int] = {}
        for each in modules:
            for one in each["refused"]:
                refused[one["code"]] = refused.get(one["code"], 0) + one["ms"]
        confirmed_ms = sum(each["confirmed_ms"] for each in modules)
        return Hours(confirmed_ms, sum(each["provisional_ms"] for each in modules), refused)

    async def coverage(self, lesson: str) -> Message:
        answer: Message = await self.get(f"/lessons/{lesson}/coverage")
        return answer

    async def entries(self) -> list[Message]:
        found: list[Message] = (await self.get("/me/entries?limit=200"))["entries"]
        return found

    async def messages(self, messages: list[Any], session: str | None = None) -> list[Message]:
        """The HTTP twin of the socket."""
        params = {"session": session} if session else {}
        for each in messages:
            self.note(each)
        answer = await self.request("POST", "/api/v1/study/messages", params=params, json=messages)
        assert answer.status_code == 200, answer.text
        answers: list[Message] = answer.json()
        return answers

    async def key(self, lesson: str, window: int = 0, *, token: str | None = None) -> int:
        """Ask for the key of a window; the status."""
        return (await self.request("GET", f"/study/{lesson}/keys/{window}", token=token)).status_code

    async def playlist(self, lesson: str) -> list[str]:
        """Fetch the playlists as a player would; the addresses of segments and keys, in their order."""
        master = await self.request("GET", f"/study/{lesson}/playlist.m3u8")
        assert master.status_code == 200, master.text
        variant = next(line for line in master.text.splitlines() if line and not line.startswith("#"))
        media = await self.request("GET", variant)
        assert media.status_code == 200, media.text
        keys = re.findall(r'URI="([^"]+)"', media.text)
        return keys + [line for line in media.text.splitlines() if line and not line.startswith("#")]

    def note(self, message: Any) -> None:
        if isinstance(message, dict) and message.get("type") == "open":
            self.lessons.add(str(message.get("lesson")))
            self.sessions.add(str(message.get("session")))

    @asynccontextmanager
    async def socket(self, *, token: str | None = None, **options: Any) -> AsyncIterator["Socket"]:
        headers = {"X-Session-Token": self.token if token is None else token, **options.pop("headers", {})}
        address = self.url.replace("http://", "ws://") + "/ws/study/"
        async with connect(
            address,
            additional_headers={name: value for name, value in headers.items() if value},
            subprotocols=options.pop("subprotocols", ["study.v1"]),
            proxy=None,
            open_timeout=ANSWER_S_MAX,
            close_timeout=2,
            ping_interval=None,
            **options,
        ) as connection:
            yield Socket(self, connection)


@dataclass
class Socket:
    """One connection and the session that was last opened over it. `seq` is the last number used."""

    learner: Learner
    connection: ClientConnection
    session: str = ""
    lesson: str = ""
    seq: int = 0

    async def send(self, message: Any) -> None:
        self.learner.note(message)
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def receive(self) -> Message:
        async with asyncio.timeout(ANSWER_S_MAX):
            answer: Message = json.loads(await self.connection.recv())
        return answer

    async def ask(self, message: Any) -> Message:
        """Send and give the answer; notices that come between are left out."""
        await self.send(message)
        while (answer := await self.receive())["type"] in {"superseded", "check", "checked"}:
            pass
        return answer

    async def open(
        self, lesson: str, *, session: str = "", device: str = "device-one", takeover: bool = False
    ) -> Message:
        session = session or str(uuid.uuid4())
        answer = await self.ask(
            {"type": "open", "session": session, "lesson": lesson, "device": device, "takeover": takeover}
        )
        if answer["type"] == "opened":
            self.session, self.lesson, self.seq = session, lesson, answer["last_seq"]
        return answer

    async def opened(self, lesson: str, **options: Any) -> Message:
        answer = await self.open(lesson, **options)
        assert answer["type"] == "opened", answer
        return answer

    async def beat(self, position_s: float, event: str = "tick", **fields: Any) -> Message:
        return await self.ask(self.next_beat(position_s, event, **fields))

    def next_beat(self, position_s: float, event: str = "tick", **fields: Any) -> Message:
        self.seq += 1
        return beat(self.seq, position_s, event, **fields)

    async def play(self, timeline: str) -> list[Message]:
        """Send each beat of a timeline in its real second and wait for its answer.

        The seconds begin when the first beat is answered: a busy machine makes a timeline slower, never faster.
        """
        start = time.monotonic()
        answers: list[Message] = []
        for at_ms, told in beats(timeline, first_seq=self.seq + 1):
            await asyncio.sleep(max(0.0, start + at_ms / 1000 - time.monotonic()))
            fields: Message = {"playing": told.playing, "visible": told.visible}
            if told.from_ms is not None:
                fields["from_ms"] = told.from_ms
            answers.append(await self.beat(told.position_ms / 1000, told.event, **fields))
            start = time.monotonic() if len(answers) == 1 else start
        return answers

    async def watch(self, from_s: float, for_s: float, *, every_s: float = 3) -> int:
        """Study honestly at real speed; the credited milliseconds of the acks."""
        count = max(1, round(for_s / every_s))
        told = [f"{i * for_s / count:.3f}@{from_s + i * for_s / count:.3f}" for i in range(count + 1)]
        return credited_ms(await self.play(" ".join(told)))

    async def close(self) -> None:
        """Close the session and wait until the server did: the next answer comes after it."""
        await self.send({"type": "close"})
        answer = await self.ask(beat(2**40, 0))
        assert answer["code"] == "not_open", answer


def beat(seq: Any, position_s: float, event: str = "tick", **fields: Any) -> Message:
    told = {"type": "beat", "seq": seq, "event": event, "position_ms": round(position_s * 1000)}
    return {**told, "playing": event not in ("pause", "end"), "visible": True, **fields}


def credited_ms(answers: list[Message]) -> int:
    return sum(each.get("credited_ms", 0) for each in answers if each["type"] == "ack")


def codes(answers: list[Message]) -> set[str]:
    """Every error and refusal code in some answers."""
    found = {each["code"] for each in answers if each["type"] == "error"}
    return found | {one["code"] for each in answers if each["type"] == "ack" for one in each["refused"]}
