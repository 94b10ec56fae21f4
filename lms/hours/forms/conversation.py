"""One study message in, its answers out: the same conversation over every transport.

A transport hands over what it read and when it read it, and sends what comes back; it keeps the session that is open.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from lms.accounts.models import User
from lms.hours.actions.beats import record_beat
from lms.hours.actions.sessions import StudyRefused, close_session, open_session
from lms.hours.forms import answers
from lms.hours.forms.messages import BeatMessage, Close, Message, Open


@dataclass(frozen=True, slots=True)
class Turn:
    """What a message came to: answers in order, the session now open, and whether another session lost its lease."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    session: UUID | None = None
    took_over: bool = False


def converse(*, by: User, at: datetime, message: Message, session: UUID | None) -> Turn:
    """Answer one message of a learner whose transport has `session` open (None before the first open)."""
    seq = message.seq if isinstance(message, BeatMessage) else None
    try:
        if isinstance(message, Open):
            result = open_session(
                by=by,
                at=at,
                session=message.session,
                lesson=message.lesson,
                device=message.device,
                takeover=message.takeover,
            )
            return Turn([answers.opened(result)], message.session, result.took_over)
        if session is None:
            raise StudyRefused("not_open", "Open a session first.")
        if isinstance(message, BeatMessage):
            ack = record_beat(by=by, at=at, session=session, beat=message.beat())
            lost = [answers.superseded()] if "superseded" in ack.refused else []
            return Turn([answers.ack(ack), *lost], session)
        if isinstance(message, Close):
            close_session(by=by, at=at, session=session)
            return Turn([], None)
        raise StudyRefused("bad_message", "No presence check is waiting for an answer.")
    except StudyRefused as refused:
        return Turn([answers.error(refused.code, refused.detail, seq)], session)
