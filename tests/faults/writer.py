"""A study client as docs/protocol.md asks for one, that never gives up and keeps books about every answer.

It watches in real time. Unacknowledged beats are kept; when the connection is lost it comes back after growing
random pauses, opens the same session and sends them again. Every second writer is *blunt*: it sends again even what
the server already said it has, which must change nothing.
"""

import asyncio
import json
import random
import time
import uuid
from collections import Counter
from contextlib import AsyncExitStack, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.faults.books import Books

BEAT_EVERY_S = 1.5
"""Ten times as often as a learner's page, so that something is under way whenever a fault strikes."""
UNANSWERED_MAX = 3
"""While so many wait no other is made; the next one speaks for the time between. A slow machine is not flooded."""
SILENCE_S_MAX = 60
"""A connection that answers nothing for so long is dropped."""
PAUSE_S = 0.2
PAUSE_S_MAX = 2.0
DOORS = 10
"""Writers that may be coming in at the same moment: what a small machine lets in is soon let out again."""
ABNORMAL = 1006
LAST_SEQ = 2**40

Message = dict[str, Any]


class NotOpen(Exception):
    """The server does not know the session any more: open it again and send what it did not answer."""


class Writer:
    """One learner at one lesson. `url` may change while it runs; it is read at every reconnect."""

    def __init__(
        self, url: str, token: str, lesson: str, *, doors: asyncio.Semaphore, blunt: bool, chance: random.Random
    ) -> None:
        self.url = url
        self.token = token
        self.lesson = lesson
        self.doors = doors
        self.blunt = blunt
        self.chance = chance
        self.session = str(uuid.uuid4())
        self.books = Books()
        self.unanswered: dict[int, Message] = {}
        self.made_s: dict[int, float] = {}
        self.seq = 0
        self.answered_made_s = 0.0
        """When the newest answered beat was made: answers to older ones may come long after a fault."""
        self.in_doubt = 0
        self.in_doubt_kept = 0
        self.closings: Counter[int] = Counter()
        self.surprises: list[str] = []
        self.is_retired = False
        self._began_s: float | None = None
        self._fresh = asyncio.Event()
        self._stopping = False
        self._all_made = False
        self._closed = False

    @property
    def watched_ms(self) -> int:
        return 0 if self._began_s is None else int((time.monotonic() - self._began_s) * 1000)

    async def live(self) -> None:
        """Watch until `finish`, then pause, and close the session when all is answered."""
        self._beat("play")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tick())
            pause_s = PAUSE_S
            while not self._closed:
                pause_s = PAUSE_S if await self._connection() else min(2 * pause_s, PAUSE_S_MAX)
                await asyncio.sleep(self.chance.uniform(pause_s / 2, pause_s))

    def finish(self) -> None:
        self._stopping = True

    async def _tick(self) -> None:
        await asyncio.sleep(self.chance.uniform(0, BEAT_EVERY_S))
        while not self._stopping:
            self._tell()
            await asyncio.sleep(BEAT_EVERY_S)
        self._beat("pause")
        self._all_made = True

    def _tell(self) -> None:
        if self._began_s is not None and len(self.unanswered) < UNANSWERED_MAX:
            self._beat("tick")

    def _beat(self, event: str) -> None:
        self.seq += 1
        position_ms = self.watched_ms
        self.unanswered[self.seq] = {
            "type": "beat",
            "seq": self.seq,
            "event": event,
            "position_ms": position_ms,
            "playing": event != "pause",
            "visible": True,
        }
        self.made_s[self.seq] = time.monotonic()
        self.books.sent(self.seq, position_ms)
        self._fresh.set()

    async def _connection(self) -> bool:
        """One connection, from the handshake to its end; whether the session was opened over it."""
        opened = False
        sent = [0]
        try:
            async with AsyncExitStack() as stack:
                async with self.doors:
                    connection = await stack.enter_async_context(self._connect())
                    await self._open(connection)
                opened = True
                sender = asyncio.create_task(self._send(connection, sent))
                try:
                    while not self._all_made or self.unanswered:
                        self._heed(await self._receive(connection))
                    await self._close(connection)
                finally:
                    sender.cancel()
                    with suppress(asyncio.CancelledError, ConnectionClosed):
                        await sender
        except ConnectionClosed as closed:
            self.closings[closed.rcvd.code if closed.rcvd else ABNORMAL] += 1
        except (OSError, TimeoutError, WebSocketException):
            self.closings[ABNORMAL] += 1
        except NotOpen:
            pass
        self.in_doubt += sum(1 for seq in self.unanswered if seq <= sent[0])
        return opened

    def _connect(self) -> connect:
        return connect(
            self.url.replace("http://", "ws://") + "/ws/study/",
            additional_headers={"X-Session-Token": self.token},
            subprotocols=["study.v1"],  # type: ignore[list-item]
            proxy=None,
            open_timeout=SILENCE_S_MAX,
            close_timeout=1,
            ping_interval=None,
        )

    async def _open(self, connection: ClientConnection) -> None:
        told = {"type": "open", "session": self.session, "lesson": self.lesson, "device": "phone-0001"}
        await connection.send(json.dumps({**told, "takeover": False}))
        answer = await self._receive(connection)
        if answer["type"] != "opened":
            raise AssertionError(f"the session could not be opened: {answer}")
        self.books.told(answer["last_seq"], answer["credited_ms"])
        known = [seq for seq in self.unanswered if seq <= answer["last_seq"]]
        self.in_doubt_kept += len(known)
        if not self.blunt:
            for seq in known:
                del self.unanswered[seq]
        if not self._all_made:
            self._tell()
        self._fresh.set()

    async def _send(self, connection: ClientConnection, sent: list[int]) -> None:
        """Everything unanswered in its order, then every new beat; `sent` holds the last number that left."""
        while True:
            await self._fresh.wait()
            self._fresh.clear()
            for seq, message in list(self.unanswered.items()):
                if seq > sent[0]:
                    sent[0] = seq
                    await connection.send(json.dumps(message))

    async def _close(self, connection: ClientConnection) -> None:
        """Close the session; the refused beat behind it tells that the server has done so."""
        await connection.send(json.dumps({"type": "close"}))
        probe = {"type": "beat", "seq": LAST_SEQ, "event": "tick", "position_ms": 0, "playing": False, "visible": True}
        await connection.send(json.dumps(probe))
        while (await self._receive(connection)).get("code") != "not_open":
            pass
        self._closed = True

    def _heed(self, answer: Message) -> None:
        seq = answer.get("seq", 0)
        if answer["type"] == "ack" and seq in self.made_s:
            self._began_s = self._began_s or time.monotonic()
            self.books.promised(seq, answer["credited_ms"], answer["lesson_ms"])
            self.answered_made_s = max(self.answered_made_s, self.made_s[seq])
            if any(one["code"] != "check_unanswered" for one in answer["refused"]):
                self.surprises.append(str(answer))
        elif answer["type"] == "check":
            # After five minutes on a slow machine. Nobody is here to answer: what was watched up to here is the test.
            self.is_retired = self._stopping = True
        elif answer.get("code") != "bad_seq" or seq not in self.unanswered:
            self.surprises.append(str(answer))
            if answer.get("code") == "not_open":
                raise NotOpen
        self.unanswered.pop(seq, None)

    async def _receive(self, connection: ClientConnection) -> Message:
        async with asyncio.timeout(SILENCE_S_MAX):
            answer: Message = json.loads(await connection.recv())
        return answer
