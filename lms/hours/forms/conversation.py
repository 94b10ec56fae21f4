"""One study message in, its answers out: the same conversation over every transport.

A transport hands over what it read and when it read it, and sends what comes back; it keeps the session that is open.
What a turn came to is counted by `count`, in the process that is asked for its figures; a clerk's are nobody's.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError
from django.utils.translation import get_language

from lms import metrics
from lms.accounts.models import User
from lms.hours.actions.beats import Ack, record_beat
from lms.hours.actions.checks import answer_check
from lms.hours.actions.sessions import Opened, StudyRefused, close_session, open_session
from lms.hours.forms import answers
from lms.hours.forms.messages import Answer, BeatMessage, Close, Message, Open
from lms.patience import is_locked


@dataclass(frozen=True, slots=True)
class Turn:
    """What a message came to: answers in order, the session now open, and whether another session lost its lease.

    `ack` and `refused` are what is counted of a beat: what it came to, or the code that refused it.
    """

    answers: list[dict[str, Any]] = field(default_factory=list)
    session: UUID | None = None
    took_over: bool = False
    ack: Ack | None = None
    refused: str | None = None


def converse(*, by: User, at: datetime, message: Message, session: UUID | None) -> Turn:
    """Answer one message of a learner whose transport has `session` open (None before the first open)."""
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
            told = _with_check(answers.opened(result), result, by, at)
            return Turn(told, message.session, result.took_over)
        if session is None:
            raise StudyRefused("not_open", "Open a session first.")
        if isinstance(message, BeatMessage):
            ack = record_beat(by=by, at=at, session=session, beat=message)
            lost = [answers.superseded()] if "superseded" in ack.refused else []
            counted = ack._replace(refused=dict(ack.refused), check=None, verdict=None)
            return Turn([*_with_check(answers.ack(ack), ack, by, at), *lost], session, ack=counted)
        if isinstance(message, Answer):
            verdict = answer_check(by=by, at=at, session=session, check=message.check, choice=message.choice)
            return Turn([answers.checked(verdict)], session)
        assert isinstance(message, Close)
        close_session(by=by, at=at, session=session)
        return Turn([], None)
    except StudyRefused as refused:
        if isinstance(message, BeatMessage):
            error = answers.error(refused.code, refused.detail, message.seq)
            return Turn([error], session, refused=refused.code)
        return Turn([answers.error(refused.code, refused.detail)], session)
    except OperationalError as away:
        if not is_locked(away):
            raise
        if isinstance(message, BeatMessage):
            return Turn([answers.held_up(message.seq)], session, refused="rate_limited")
        return Turn([answers.held_up(None)], session)


def count(turn: Turn) -> None:
    """Count a beat that was answered alone."""
    if turn.ack is not None:
        metrics.count_acks([turn.ack])
    if turn.refused is not None:
        metrics.count_refused(turn.refused)


def refusal(code: str, detail: str, seq: int | None = None) -> dict[str, Any]:
    """The error that answers a beat, or a message that was not even read."""
    metrics.count_refused(code)
    return answers.error(code, detail, seq)


def _with_check(answer: dict[str, Any], result: Ack | Opened, by: User, at: datetime) -> list[dict[str, Any]]:
    """The answer between the verdict on a check that lapsed and the check that waits now.

    The verdict comes first: the figures of the answer already hold what it took back.
    """
    told = [] if result.verdict is None else [answers.checked(result.verdict)]
    told.append(answer)
    if result.check is not None:
        told.append(answers.check(result.check, by.language or get_language() or "", at))
    return told
