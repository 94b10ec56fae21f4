"""Phones that study through a restart: each knows which beats were acknowledged, and comes back when it is cut off.

As study/protocol.js does: the same session, a fresh beat in place of the ticks that waited, a short random pause before
the next try. What was promised to them is kept in `acks`, and held against what the server knows when the session is
opened again: a moment later the next beat has earned a lost stretch once more.
"""

import asyncio
import json
import random
import ssl
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

BEAT_EVERY_S = 1.0
ANSWER_S_MAX = 20.0
Message = dict[str, Any]


@dataclass
class Phone:
    """`closings` holds (second, code) for each socket that was closed by the other side; 1006 is no word at all.

    `watched_ms` is where the last acknowledged beat was, counted from the second of the first acknowledgement, and
    `sent_ms` where the last one was that was sent, acknowledged or in doubt. `lost` holds (beats, milliseconds)
    that were acknowledged but missing when the session was opened again; `reopened` is how often that was asked.
    """

    url: str
    tls: ssl.SSLContext | None
    email: str
    password: str
    lesson: str
    token: str = ""
    session: str = field(default_factory=lambda: str(uuid.uuid4()))
    seq: int = 0
    pending: list[Message] = field(default_factory=list)
    watched_ms: int = 0
    sent_ms: int = 0
    acks: dict[int, Message] = field(default_factory=dict)
    acked_at: list[float] = field(default_factory=list)
    closings: list[tuple[float, int]] = field(default_factory=list)
    errors: list[Message] = field(default_factory=list)
    lost: list[tuple[int, int]] = field(default_factory=list)
    reopened: int = 0

    async def log_in(self, http: httpx.AsyncClient) -> None:
        http.cookies.clear()
        login = {"email": self.email, "password": self.password}
        answer = await http.post(f"{self.url}/_allauth/app/v1/auth/login", json=login)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["meta"]["session_token"]

    async def study(self, stop: asyncio.Event) -> None:
        """One lesson at real speed, over as many sockets as it takes, until told to stop; then one last beat."""
        while not (stop.is_set() and not self.pending):
            try:
                async with self._socket() as socket:
                    await self._open(socket)
                    await self._watch(socket, stop)
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 1006
                self.closings.append((time.monotonic(), code))
            except (OSError, InvalidHandshake, TimeoutError):
                pass
            await asyncio.sleep(random.uniform(0.25, 0.8))

    @property
    def promised_ms(self) -> int:
        """What the last acknowledgement said that the lesson has earned."""
        return int(self.acks[max(self.acks)]["lesson_ms"])

    @property
    def longest_silence_s(self) -> float:
        return max(later - sooner for sooner, later in zip(self.acked_at, self.acked_at[1:], strict=False))

    def _socket(self) -> connect:
        return connect(
            self.url.replace("http", "ws", 1) + "/ws/study/",
            ssl=self.tls,
            additional_headers={"X-Session-Token": self.token},
            subprotocols=["study.v1"],  # type: ignore[list-item]
            proxy=None,
            open_timeout=ANSWER_S_MAX,
            close_timeout=2,
        )

    async def _open(self, socket: ClientConnection) -> None:
        opening = {"type": "open", "session": self.session, "lesson": self.lesson, "device": "phone-0001"}
        await socket.send(json.dumps({**opening, "takeover": False}))
        opened = await self._receive(socket)
        assert opened["type"] == "opened", opened
        self._hold_against(opened)
        # What waits are ticks of one run: the next beat carries the whole stretch.
        self.pending = []

    def _hold_against(self, opened: Message) -> None:
        if not self.acks:
            return
        self.reopened += 1
        beats = sum(1 for seq in self.acks if seq > opened["last_seq"])
        missing_ms = max(0, self.promised_ms - opened["credited_ms"])
        if beats or missing_ms:
            self.lost.append((beats, missing_ms))

    async def _watch(self, socket: ClientConnection, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._say(socket, self._next_beat())
            await asyncio.sleep(BEAT_EVERY_S)

    async def _say(self, socket: ClientConnection, beat: Message) -> None:
        await socket.send(json.dumps(beat))
        answer = await self._receive(socket)
        if answer["type"] != "ack":
            self.errors.append(answer)
            return
        self.acks[answer["seq"]] = answer
        self.acked_at.append(time.monotonic())
        self.watched_ms = beat["position_ms"]
        self.pending = [each for each in self.pending if each["seq"] > answer["seq"]]

    def _next_beat(self) -> Message:
        self.seq += 1
        position_ms = round((time.monotonic() - self.acked_at[0]) * 1000) if self.acked_at else 0
        beat = {"type": "beat", "seq": self.seq, "event": "tick", "position_ms": position_ms}
        self.pending.append({**beat, "playing": True, "visible": True})
        self.sent_ms = position_ms
        return self.pending[-1]

    async def _receive(self, socket: ClientConnection) -> Message:
        async with asyncio.timeout(ANSWER_S_MAX):
            answer: Message = json.loads(await socket.recv())
        return answer
