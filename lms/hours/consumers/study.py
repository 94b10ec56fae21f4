"""The study socket: `/ws/study/`, subprotocol study.v1. Translates frames; every decision is made in the actions.

Frames are stamped when they are read. An answer leaves only after its transaction was committed, and a refused frame
never closes a healthy connection. While a socket waits for its answer it reads nothing: whoever sends more waits in
their own connection and in nobody's memory.

A beat does not wake the socket's task where the server offers a `Wire`: it is judged with the others as it arrives, and
its acknowledgement is written when their commit is done.
"""

import asyncio
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import InterfaceError, OperationalError

from lms.accounts.models import User
from lms.hours.actions import notices
from lms.hours.actions.beats import Ack
from lms.hours.actions.group_commit import BatchFailed, DatabaseAway, Result, TooBusy
from lms.hours.actions.sessions import StudyRefused
from lms.hours.consumers.clerks import Errand, ErrandFailed
from lms.hours.consumers.door import Replaced
from lms.hours.consumers.hub import CLOSE_AGAIN, CLOSE_TOO_MANY, Hub, hub
from lms.hours.consumers.wire import EXTENSION, Wire
from lms.hours.forms import answers
from lms.hours.forms.conversation import count, refusal
from lms.hours.forms.messages import BeatMessage, Message, MessageRefused, Open, parse_frame
from lms.hours.queries.clocks import moment_of
from lms.hours.queries.handshakes import is_own_origin, language_of, session_key_of

log = logging.getLogger(__name__)

TOO_MANY = "Too many messages; wait a second and send the newest."
BUSY = "The server has too much to do; send it again in five seconds."
SUBPROTOCOL = "study.v1"
CLOSE_UNAUTHENTICATED = 4401
CLOSE_SUBPROTOCOL = 4406
CLOSE_ERROR = 1011
"""What the server itself says when a socket's task fails; one that failed without a task says the same."""
BURST_MESSAGES = 120
"""Messages that may come at once: all that a client kept during two minutes without a network, and more."""
MESSAGES_PER_SECOND = 5
"""What a socket may send for long; an honest client sends one in fifteen seconds and a few around a seek."""
FLOOD_PAUSE_S = 0.25
"""How long nothing is read from a socket that says too much, each time that it does."""
UNHEEDED_MAX = 480
"""Messages refused so, without a calm time between, before the socket is closed: two minutes of a flood."""
AWAY_S = 1.0
"""After the database failed nobody new is let in for this long."""
AWAY = (OperationalError, InterfaceError, DatabaseAway)


class StudyConsumer(AsyncWebsocketConsumer):
    """One learner's socket. `self.session` is the session opened over it, if any."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection to its end.

        Channels' own loop asks for the database's thread at each message and keeps a queue of its layer for each
        socket; a province's beats can afford neither. The hub listens to the layer for all.
        """
        self.scope = scope
        self.base_send = send
        self.hub: Hub = hub()
        self.task = asyncio.current_task()
        try:
            await receive()  # websocket.connect
            if await self.admit():
                while not self.is_closed and (event := await receive())["type"] == "websocket.receive":
                    await self._one_at_a_time(event)
                await self._answered_all()
        except AWAY:
            await self._come_again()
        except (BatchFailed, ErrandFailed):
            await self.end(CLOSE_ERROR)
        except (OSError, StopConsumer):
            pass  # the other end is gone; a lost socket ends nothing, the session goes on when its client comes back
        except asyncio.CancelledError:
            if not self.is_abandoned:
                raise
        finally:
            if self.learner is not None:
                await self.hub.leave(self)

    learner: User | None = None
    session: UUID | None = None
    sending: float | None = None
    wire: Wire | None = None
    is_closed = False
    is_abandoned = False
    is_busy = False
    under_way: tuple[BeatMessage, int] | None = None
    unheeded = 0
    _waiter: "asyncio.Future[None] | None" = None

    async def admit(self) -> bool:
        """Let in a logged-in learner who speaks study.v1 from this site or from an app (no Origin)."""
        if not is_own_origin(self.scope):
            await self.close()
            return False
        if SUBPROTOCOL not in self.scope.get("subprotocols", []):
            await self.accept()
            await self.end(CLOSE_SUBPROTOCOL)
            return False
        if self.hub.is_full or self.hub.is_away:
            await self.accept(SUBPROTOCOL)
            await self.end(CLOSE_AGAIN)
            return False
        self.born = self.heard = time.monotonic()
        with self.hub.arrival():
            try:
                key = session_key_of(self.scope)
                learner = await self.hub.logins.get(key) if key else None
            finally:
                await self.accept(SUBPROTOCOL)
            if learner is not None:
                self._join(learner)
                return True
        await self._send(answers.error("unauthenticated", "Log in first."))
        await self.end(CLOSE_UNAUTHENTICATED)
        return False

    def _join(self, learner: User) -> None:
        self.learner_id = learner.pk
        self.session_key = session_key_of(self.scope)
        self.login = notices.login_digest(self.session_key)
        self.language = language_of(self.scope)
        self.allowance = float(BURST_MESSAGES)
        self.learner = learner
        self.scope["headers"].clear()  # told all that they had to tell: a kilobyte of each socket
        self.wire = self.scope.get("extensions", {}).get(EXTENSION)
        if self.wire is not None:
            self.wire.listener = self.listen
        self.hub.join(self)

    async def _one_at_a_time(self, event: dict[str, Any]) -> None:
        self.is_busy = True  # from here on nothing overtakes this message, also while it waits
        try:
            await self._answered_all()
            await self.receive(event.get("text"), event.get("bytes"))
        finally:
            self.is_busy = False

    async def _answered_all(self) -> None:
        """Wait for the beat that is under way without this task."""
        if self.under_way is not None:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    def listen(self, text: bytes) -> bool:
        """Take a beat as it arrives; False for all that has to come through `receive`."""
        if self.session is None or self.is_busy or self.under_way is not None or self.is_closed:
            return False
        at_ms = time.time_ns() // 1_000_000
        try:
            message = parse_frame(text)
        except MessageRefused:
            return False
        if not isinstance(message, BeatMessage) or not self._may_speak():
            return False
        self.under_way = (message, at_ms)
        try:
            self.hub.group_commit.take(self.learner_id, self.session, message, at_ms, self._judged)
        except TooBusy:
            self.under_way = None
            return False
        return True

    def _judged(self, result: Result) -> None:
        """Acknowledge the beat that `listen` took; whatever is not as usual needs a task."""
        is_said = False
        try:
            if isinstance(result, Ack) and not self.is_closed and self.sending is None and self.wire is not None:
                is_said = self.wire.say(orjson.dumps(answers.ack(result)))
        finally:
            if is_said:
                self._rest()
            elif self.under_way is not None:
                self.hub.run(self._settle(*self.under_way, result))

    def _rest(self) -> None:
        self.under_way = None
        if self._waiter is not None:
            waiter, self._waiter = self._waiter, None
            if not waiter.done():
                waiter.set_result(None)

    async def _settle(self, message: BeatMessage, at_ms: int, result: Result) -> None:
        try:
            if isinstance(result, Ack):
                await self._send(answers.ack(result))
            elif isinstance(result, StudyRefused):
                await self._refuse(result.code, result.detail, message)
            elif isinstance(result, TooBusy):
                await self._refuse("rate_limited", BUSY, message)
            elif isinstance(result, Exception):
                raise result
            else:
                await self._alone(message, moment_of(at_ms))
        except AWAY:
            await self._come_again()
        except (BatchFailed, ErrandFailed):
            await self.end(CLOSE_ERROR)
        except OSError:
            pass  # the other end is gone
        except Exception:
            await self.end(CLOSE_ERROR)
            raise
        finally:
            del result  # an error that was raised here holds this frame
            self._rest()

    async def _come_again(self) -> None:
        self.hub.away_until = time.monotonic() + AWAY_S
        await self.end(CLOSE_AGAIN)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Stamp, parse, converse, answer."""
        at = datetime.now(UTC)
        if self.learner is None or self.is_closed:
            return
        may_speak = self._may_speak()
        try:
            if text_data is None:
                raise MessageRefused("bad_message", "Send text frames.")
            message = parse_frame(text_data)
        except MessageRefused as refused:
            # Here and not below: an error kept in a variable holds this frame, which holds it, and both the socket.
            if may_speak:
                await self._send(refusal(refused.code, refused.detail, refused.seq))
            else:
                await self._slow_down(refused.seq)
            return
        if not may_speak:
            await self._slow_down(getattr(message, "seq", None))
            return
        if isinstance(message, BeatMessage) and self.session is not None and await self._beat(message, at):
            return
        if isinstance(message, Open):
            if await self._resume(message, at):
                return
            await self._open(message, at)
            return
        await self._alone(message, at)

    async def _open(self, message: Open, at: datetime) -> None:
        """Open a new session, behind whoever opened fewer lately."""
        if self.hub.may_open(self.learner_id):
            with suppress(Replaced):
                async with self.hub.openings.passed(self.learner_id, self.hub.opened_lately(self.learner_id)):
                    await self._alone(message, at)
                return
        await self._send(answers.too_many_opens())

    async def _alone(self, message: Message, at: datetime) -> None:
        """Answer what is not decided with others, in a transaction of its own."""
        assert self.learner is not None
        turn = await self.hub.do(Errand(self.learner, self.language, at, message, self.session))
        count(turn)
        self.session = turn.session
        for answer in turn.answers:
            await self._send(answer)
        if turn.took_over and turn.session is not None:
            await notices.atell(notices.lease_taken(self.learner_id, turn.session))

    async def _slow_down(self, seq: int | None) -> None:
        """Refuse a message of a socket that says too much, and hear nothing from it for a moment: a flood costs no more
        than a few messages a second. Who goes on for minutes is no client of ours."""
        self.unheeded += 1
        answer = refusal("rate_limited", TOO_MANY, seq)
        if self.unheeded > UNHEEDED_MAX:
            await self.end(CLOSE_TOO_MANY)
            return
        await self._send(answer)
        await asyncio.sleep(FLOOD_PAUSE_S)

    async def _beat(self, message: BeatMessage, at: datetime) -> bool:
        """Hand a beat to the group commit and answer it; False when it has to be judged alone."""
        assert self.session is not None
        try:
            ack = await self.hub.group_commit.record(
                learner_id=self.learner_id, session=self.session, beat=message, at=at
            )
        except StudyRefused as refused:
            return await self._refuse(refused.code, refused.detail, message)
        except TooBusy:
            return await self._refuse("rate_limited", BUSY, message)
        if ack is None:
            return False
        await self._send(answers.ack(ack))
        return True

    async def _resume(self, message: Open, at: datetime) -> bool:
        """Answer who opens the session that holds their lease; False when there is more to decide."""
        seat = await self.hub.group_commit.seat_of(self.learner_id, message.session, message.lesson, at)
        if seat is None:
            return False
        self.session = message.session
        await self._send(answers.resumed(seat, at))
        return True

    async def _refuse(self, code: str, detail: str, message: BeatMessage) -> bool:
        await self._send(refusal(code, detail, message.seq))
        return True

    async def heed(self, notice: dict[str, Any]) -> None:
        """Close when this login is over; say `superseded` when another session of the learner took the lease, and why
        when the lesson of this one was closed."""
        if self.is_closed:
            return
        if notice["type"] == notices.LOGIN_ENDED:
            if notice["login"] in (None, self.login):
                await self._send(answers.error("unauthenticated", "You are logged out."))
                await self.end(CLOSE_UNAUTHENTICATED)
        elif notice["type"] == notices.LESSON_CLOSED:
            if str(self.session) == notice["session"]:
                await self._send(answers.closed(notice["code"]))
        elif self.session is not None and str(self.session) != notice["session"]:
            await self._send(answers.superseded())

    async def end(self, code: int) -> None:
        """Close the connection; what still comes over it is not heard."""
        if not self.is_closed:
            self.is_closed = True
            self.sending = self.sending or time.monotonic()
            with suppress(OSError):
                await self.close(code)
            self.sending = None

    def abandon(self) -> None:
        """End a connection that takes nothing any more, without a word. A beat on its way is committed or not as a
        whole; the server's transport cuts what was not taken."""
        self.is_closed = self.is_abandoned = True
        if self.task is not None:
            self.task.cancel()

    def _may_speak(self) -> bool:
        """Whether the socket says no more than it may; it was heard in any case."""
        now = time.monotonic()
        allowance = self.allowance + (now - self.heard) * MESSAGES_PER_SECOND - 1
        self.heard = now
        if allowance < 0:
            self.allowance = 0.0
            return False
        self.allowance = allowance if allowance < BURST_MESSAGES - 1 else BURST_MESSAGES - 1.0
        if self.unheeded and allowance > BURST_MESSAGES / 2:
            self.unheeded = 0
        return True

    async def _send(self, answer: dict[str, Any]) -> None:
        """Send, unless the connection was closed meanwhile. `sending` is since when the other end takes nothing."""
        if self.is_closed:
            return
        if self.sending is None:
            self.sending = time.monotonic()
        await self.base_send({"type": "websocket.send", "text": orjson.dumps(answer).decode()})
        self.sending = None
