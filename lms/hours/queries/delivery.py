"""Who may fetch a lesson's playlist, and how far into it a session can be, by which its keys are given."""

from datetime import datetime
from uuid import UUID

from courses.models import LessonVersion
from lms.accounts.models import User
from lms.enrollments.queries import studying
from lms.hours.queries.clocks import Desk, ms_of
from lms.hours.rules import limits
from lms.hours.rules.spans import union


def studied_version(viewer: User, lesson: UUID, at: datetime) -> LessonVersion | None:
    """The version of a lesson that the viewer studies now; None when they are in no open class that has it."""
    place = studying(viewer, lesson, at)
    return place[1].lesson_version if place else None


def led_ms(desk: Desk, at: datetime) -> int:
    """How far into its lesson time alone has carried the session of a desk.

    A lease that has been silent for two minutes carries no further: it could be taken by anybody.
    """
    session, heard_at = desk.session, desk.row.last_at or desk.session.leased_at
    until_ms = min(ms_of(at), ms_of(heard_at) + limits.LONG_GAP_MS_MAX)
    return session.lead_ms + max(0, until_ms - ms_of(session.leased_at))


def covered_by(desk: Desk) -> list[tuple[int, int]]:
    """What the learner has seen of the desk's lesson, the open stretch with it."""
    return union(desk.lesson.covered, [desk.clock.stretch.media] if desk.clock.stretch else [])
