"""Study protocol v1, server to client: domain results as the dicts that go onto the wire."""

from datetime import datetime
from typing import Any

from lms.hours.actions.beats import Ack
from lms.hours.actions.sessions import CLOSED_LESSONS, Opened
from lms.hours.actions.settling import Verdict
from lms.hours.models import PresenceCheck
from lms.hours.rules import limits
from lms.hours.rules.checks import Words


def opened(result: Opened) -> dict[str, Any]:
    """The answer to an open: where to go on and what is already covered."""
    desk = result.desk
    return {
        "type": "opened",
        "session": str(desk.session.uuid),
        "lesson": str(desk.version.lesson.uuid),
        "resume_ms": result.resume_ms,
        "duration_ms": desk.lesson.duration_ms,
        "covered": [list(span) for span in result.covered],
        "credited_ms": desk.lesson_ms,
        "beat_every_ms": limits.BEAT_EVERY_MS,
        "day_left_ms": result.day_left_ms,
        "last_seq": desk.clock.seq,
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
        "refused": [{"ms": ms, "code": code} for code, ms in result.refused.items()],
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


def error(code: str, detail: str, seq: int | None = None) -> dict[str, Any]:
    """A message that changed nothing."""
    return {"type": "error", "code": code, "detail": detail, **({} if seq is None else {"seq": seq})}
