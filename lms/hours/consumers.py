"""The study socket: `/ws/study/`, subprotocol study.v1. Translates frames; every decision is made in the actions.

Frames are stamped when they are read. An answer leaves only after its transaction was committed, and a refused frame
never closes a healthy connection. Notices of other processes come over the channel layer, which may lose them or be
away: a learner studies on without it, and a session that lost its lease hears so at its next beat anyway.
"""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from django.utils import translation
from redis.exceptions import RedisError

from lms.accounts.models import User
from lms.hours.actions import notices
from lms.hours.forms import answers
from lms.hours.forms.conversation import Turn, converse
from lms.hours.forms.messages import Message, MessageRefused, parse_frame
from lms.hours.queries.handshakes import is_own_origin, language_of, person_of, session_key_of

log = logging.getLogger(__name__)

TOO_MANY = "Too many messages; wait a second and send the newest."
SUBPROTOCOL = "study.v1"
CLOSE_UNAUTHENTICATED = 4401
CLOSE_SUBPROTOCOL = 4406
BURST_MESSAGES = 120
"""Messages that may come at once: all that a client kept during two minutes without a network, and more."""
NOTICES_AGAIN_S = 5
"""Pause before listening again after the channel layer failed."""
MESSAGES_PER_SECOND = 5
"""What a socket may send for long; an honest client sends one in fifteen seconds and a few around a seek."""


class StudyConsumer(AsyncWebsocketConsumer):
    """One learner's socket. `self.session` is the session opened over it, if any."""

    # Channels would end the socket with the first error of its layer; we listen to the layer ourselves.
    channel_layer_alias = "none"

    async def connect(self) -> None:
        """Admit a logged-in learner who speaks study.v1 from this site or from an app (no Origin)."""
        self.session: UUID | None = None
        self.learner: User | None = None
        self.hearing: asyncio.Task[None] | None = None
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
        self.language = language_of(self.scope)
        await self.accept(SUBPROTOCOL)
        if self.learner is None:
            await self._send(answers.error("unauthenticated", "Log in first."))
            await self.close(CLOSE_UNAUTHENTICATED)
            return
        self.login = notices.login_digest(session_key_of(self.scope))
        self.hearing = asyncio.create_task(self._hear_notices())

    async def disconnect(self, code: int) -> None:
        """A lost socket ends nothing: the session goes on when its client comes back in time."""
        if self.hearing is not None:
            self.hearing.cancel()

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
            await self._send(answers.error("rate_limited", TOO_MANY, getattr(message, "seq", None)))
            return
        turn = await database_sync_to_async(self._converse)(self.learner, at, message)
        self.session = turn.session
        for answer in turn.answers:
            await self._send(answer)
        if turn.took_over and turn.session is not None:
            await notices.atell(self.learner.pk, notices.lease_taken(turn.session))

    def _converse(self, learner: User, at: datetime, message: Message) -> Turn:
        with translation.override(self.language):
            return converse(by=learner, at=at, message=message, session=self.session)

    async def _hear_notices(self) -> None:
        """Pass on what other processes tell this learner's sockets, for as long as the socket lives."""
        assert self.learner is not None
        layer, group = get_channel_layer(), notices.group_of(self.learner.pk)
        name = await layer.new_channel()
        try:
            while True:
                with _layer_errors_logged():
                    await layer.group_add(group, name)
                    while True:
                        await self._heed(await layer.receive(name))
                await asyncio.sleep(NOTICES_AGAIN_S)
        finally:
            with suppress(Exception):
                await layer.group_discard(group, name)

    async def _heed(self, notice: dict[str, Any]) -> None:
        """Close when this login is over; say `superseded` when another session of the learner took the lease, and why
        when the lesson of this one was closed."""
        if notice["type"] == notices.LOGIN_ENDED:
            if notice["login"] in (None, self.login):
                self.learner = None
                await self._send(answers.error("unauthenticated", "You are logged out."))
                await self.close(CLOSE_UNAUTHENTICATED)
        elif notice["type"] == notices.LESSON_CLOSED:
            if str(self.session) == notice["session"]:
                await self._send(answers.closed(notice["code"]))
        elif self.session is not None and str(self.session) != notice["session"]:
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


@contextmanager
def _layer_errors_logged() -> Iterator[None]:
    """Listening goes on whatever the layer does; sending has the same net in `notices`."""
    try:
        yield
    except (OSError, RedisError) as error:
        log.warning("channel layer: %s", error)
