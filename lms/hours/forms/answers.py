"""Study protocol v1, server to client: domain results as the dicts that go onto the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from lms.hours.actions.beats import Ack
from lms.hours.actions.sessions import CLOSED_LESSONS, Opened
from lms.hours.actions.settling import Verdict
from lms.hours.models import PresenceCheck
from lms.hours.queries.clocks import today
from lms.hours.queries.seats import Seat
from lms.hours.rules import limits
from lms.hours.rules.checks import Words
from lms.hours.rules.resuming import day_left_ms, resume_at_ms
from lms.hours.rules.spans import Spans, union
from lms.hours.rules.values import Clock, Lesson


def opened(result: Opened) -> dict[str, Any]:
    """The answer to an open: where to go on and what is already covered."""
    desk = result.desk
    return {
        **_opened(desk.session.uuid, desk.version.lesson.uuid, desk.clock, desk.lesson, result.covered),
        "resume_ms": result.resume_ms,
        "credited_ms": desk.lesson_ms,
        "day_left_ms": result.day_left_ms,
    }


def resumed(seat: Seat, at: datetime) -> dict[str, Any]:
    """The same answer for whoever opens the session that holds their lease, read with many others."""
    stretch = seat.clock.stretch
    covered = union(seat.lesson.covered, [stretch.media] if stretch else [])
    return {
        **_opened(seat.session, seat.lesson_uuid, seat.clock, seat.lesson, covered),
        "resume_ms": resume_at_ms(seat.clock, seat.lesson.duration_ms, covered),
        "credited_ms": seat.lesson_ms + (stretch.ms if stretch else 0),
        "day_left_ms": day_left_ms(seat.clock, seat.terms, today(at)),
    }


def _opened(session: UUID, lesson: UUID, clock: Clock, known: Lesson, covered: Spans) -> dict[str, Any]:
    return {
        "type": "opened",
        "session": str(session),
        "lesson": str(lesson),
        "duration_ms": known.duration_ms,
        "covered": [list(span) for span in covered],
        "beat_every_ms": limits.BEAT_EVERY_MS,
        "last_seq": clock.seq,
    }


def ack(result: Ack) -> dict[str, Any]:
    """The answer to a beat; it leaves only after the commit."""
    return {
        "type": "ack",
        "seq": result.seq,
        "credited_ms": result.credited_ms,
        "lesson_ms": result.lesson_ms,
        "provisional_ms": result.provisional_ms,
        "day_left_ms": result.day_left_ms,
        "refused": [{"ms": ms, "code": code} for code, ms in result.refused.items()] if result.refused else [],
        "state": result.state,
    }


def check(asked: PresenceCheck, language: str, at: datetime) -> dict[str, Any]:
    """A presence check as it is put to the learner; asked again, with the time that is left."""
    left_ms = int((asked.deadline_at - at).total_seconds() * 1000)
    return {
        "type": "check",
        "check": str(asked.uuid),
        "prompt": Words(**asked.prompt).spoken(language),
        "options": [Words(**option).spoken(language) for option in asked.options],
        "within_ms": max(0, left_ms),
    }


def checked(verdict: Verdict) -> dict[str, Any]:
    """How a presence check was judged."""
    return {
        "type": "checked",
        "check": str(verdict.check),
        "passed": verdict.passed,
        "confirmed_ms": verdict.confirmed_ms,
        "voided_ms": verdict.voided_ms,
    }


def superseded() -> dict[str, Any]:
    """Another device took over."""
    return {"type": "superseded"}


def closed(code: str) -> dict[str, Any]:
    """The open session ended because its lesson may not be studied any more."""
    return error(code, CLOSED_LESSONS[code])


def too_many_opens() -> dict[str, Any]:
    """A new session that is not opened yet: the learner opened too many lately."""
    return error("rate_limited", "Too many lessons opened; go on with one that is open, or wait half a minute.")


def held_up(seq: int | None) -> dict[str, Any]:
    """Somebody else holds the learner's books for long; nothing was written."""
    return error("rate_limited", "Your study record is in use elsewhere; send it again in five seconds.", seq)


def error(code: str, detail: str, seq: int | None = None) -> dict[str, Any]:
    """A message that changed nothing."""
    return {"type": "error", "code": code, "detail": detail, **({} if seq is None else {"seq": seq})}
