"""The study socket: `/ws/study/`, subprotocol study.v1. Translates frames; every decision is made in the actions.

Frames are stamped when they are read. An answer leaves only after its transaction was committed, and a refused frame
never closes a healthy connection.
"""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from lms.hours.forms import answers
from lms.hours.forms.conversation import converse
from lms.hours.forms.messages import MessageRefused, parse_frame
from lms.hours.queries.handshakes import is_own_origin, person_of

SUBPROTOCOL = "study.v1"
CLOSE_UNAUTHENTICATED = 4401
CLOSE_SUBPROTOCOL = 4406
BURST_MESSAGES = 120
"""Messages that may come at once: all that a client kept during two minutes without a network, and more."""
MESSAGES_PER_SECOND = 5
"""What a socket may send for long; an honest client sends one in fifteen seconds and a few around a seek."""


class StudyConsumer(AsyncWebsocketConsumer):
    """One learner's socket. `self.session` is the session opened over it, if any."""

    async def connect(self) -> None:
        """Admit a logged-in learner who speaks study.v1 from this site or from an app (no Origin)."""
        self.session: UUID | None = None
        self.allowance = float(BURST_MESSAGES)
        self.allowance_at = time.monotonic()
        if not is_own_origin(self.scope):
            await self.close()
            return
        if SUBPROTOCOL not in self.scope.get("subprotocols", []):
            await self.accept()
            await self.close(CLOSE_SUBPROTOCOL)
            return
        self.learner = await database_sync_to_async(person_of)(self.scope)
        await self.accept(SUBPROTOCOL)
        if self.learner is None:
            await self._send(answers.error("unauthenticated", "Log in first."))
            await self.close(CLOSE_UNAUTHENTICATED)
            return
        self.group = f"study.{self.learner.pk}"
        await self.channel_layer.group_add(self.group, self.channel_name)

    async def disconnect(self, code: int) -> None:
        """A lost socket ends nothing: the session goes on when its client comes back in time."""
        if hasattr(self, "group"):
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Stamp, parse, converse, answer."""
        at = datetime.now(UTC)
        if self.learner is None:
            return
        try:
            if text_data is None:
                raise MessageRefused("bad_message", "Send text frames.")
            message = parse_frame(text_data)
        except MessageRefused as refused:
            await self._send(answers.error(refused.code, refused.detail, refused.seq))
            return
        if not self._may_speak():
            await self._send(answers.error("rate_limited", "Too many messages; wait a second.", getattr(message, "seq", None)))
            return
        turn = await database_sync_to_async(converse)(by=self.learner, at=at, message=message, session=self.session)
        self.session = turn.session
        for answer in turn.answers:
            await self._send(answer)
        if turn.took_over:
            await self.channel_layer.group_send(self.group, {"type": "lease.taken", "session": str(turn.session)})

    async def lease_taken(self, event: dict[str, Any]) -> None:
        """Another session of this learner took the lease: say so where an older one is open."""
        if self.session is not None and str(self.session) != event["session"]:
            await self._send(answers.superseded())

    def _may_speak(self) -> bool:
        now = time.monotonic()
        earned = (now - self.allowance_at) * MESSAGES_PER_SECOND
        self.allowance = min(BURST_MESSAGES, self.allowance + earned) - 1
        self.allowance_at = now
        if self.allowance < 0:
            self.allowance = 0.0
            return False
        return True

    async def _send(self, answer: dict[str, Any]) -> None:
        await self.send(text_data=orjson.dumps(answer).decode())
