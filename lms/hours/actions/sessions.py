"""Opening, resuming and closing study sessions; who holds a learner's one lease.

A learner has one lease, on one clock row. Taking it ends the session that held it: its open stretch is posted and,
no presence check being due, its credit confirmed. `fence` grows with every lease: a write under an older number finds
no row and takes everything of its transaction back.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from lms.accounts.models import User
from lms.enrollments.models import EnrollmentState
from lms.enrollments.queries import not_studying_because, studying
from lms.enrollments.rules.classes import StudyPlace, study_place
from lms.hours.actions.posting import post_refusals, post_stretches
from lms.hours.actions.settling import Verdict, settle_at_end, settle_expired
from lms.hours.models import PresenceCheck, StudyClock, StudySession
from lms.hours.queries.clocks import Desk, columns_of, desk_of, lock_clock, locked_desk, ms_of, today
from lms.hours.queries.delivery import covered_by, led_ms
from lms.hours.rules import limits
from lms.hours.rules.counting import close
from lms.hours.rules.delivery import end_ms
from lms.hours.rules.resuming import day_left_ms, resume_at_ms
from lms.hours.rules.values import Clock

LEASE_IDLE = timedelta(milliseconds=limits.LONG_GAP_MS_MAX)
"""A lease whose last beat is older cannot earn by it any more: anybody's open may take it, and the sweeper ends it."""


LEASED = ("device", "leased_at", "closed_at", "close_reason", "lead_ms")
"""What a lease changes in a session that had one before."""

CLOSED_LESSONS = {
    "not_enrolled": "You are in no class that has this lesson.",
    "locked": "The class is not open for study now; what was earned stays.",
    "withdrawn": "This lesson was withdrawn; what was earned stays.",
}


class StudyRefused(Exception):
    """A study message that changes nothing. `code` is an error code of the protocol."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Opened:
    """The answer to an open: the desk as it now is, and whether another session lost the lease by it.

    `check` is the presence check that waits for an answer, from whatever session; `verdict` that of one that lapsed.
    """

    desk: Desk
    covered: list[tuple[int, int]]
    resume_ms: int
    day_left_ms: int
    took_over: bool
    check: PresenceCheck | None = None
    verdict: Verdict | None = None


@transaction.atomic
def open_session(*, by: User, at: datetime, session: UUID, lesson: UUID, device: str, takeover: bool) -> Opened:
    """Open or resume `session` on `lesson` and take the lease.

    The same device takes over by itself; another device only with `takeover` or after two silent minutes. Opening
    the session that holds the lease resumes it with its last beat.

    Raises StudyRefused: not_enrolled, locked, withdrawn, elsewhere; bad_message for a session id that belongs to
    another learner or lesson.
    """
    place = studying(by, lesson, at)
    if place is None:
        code = not_studying_because(by, lesson, at)
        raise StudyRefused(code, CLOSED_LESSONS[code])
    enrollment, class_lesson = place
    row = lock_clock(by.pk)
    verdict = settle_expired(row, at=at)
    holder = locked_desk(by.pk) if row.session_id else None
    is_back = holder is not None and holder.session.uuid == session
    known = holder.session if holder and is_back else StudySession.objects.filter(uuid=session).first()
    if known is not None and (known.learner_id != by.pk or known.class_lesson_id != class_lesson.pk):
        raise StudyRefused("bad_message", "This session id was used for something else; make a new one.")
    if holder and is_back:
        return _opened(holder, at, took_over=False, verdict=verdict)
    if holder and not takeover and holder.session.device != device and not _is_idle(holder, at):
        raise StudyRefused("elsewhere", "Another device is studying; choose to study here instead.")
    if holder:
        end_lease(holder, reason="superseded", at=at)
    if known is not None:
        known.learner, known.class_lesson = by, class_lesson
    taken = known or StudySession(
        uuid=session,
        learner=by,
        enrollment=enrollment,
        class_lesson=class_lesson,
        opened_at=at,
        tolerance_ms=limits.TOLERANCE_MS,
    )
    if holder or verdict:
        row = StudyClock.objects.get(pk=by.pk)  # as it was left
    return _opened(_take_lease(row, taken, device, at), at, took_over=holder is not None, verdict=verdict)


@transaction.atomic
def close_session(*, by: User, at: datetime, session: UUID) -> None:
    """End the session's lease; its credit is confirmed unless a presence check is due. Closing twice changes nothing.

    Raises StudyRefused not_open when the session is not the learner's.
    """
    desk = locked_desk(by.pk)
    if desk is not None and desk.session.uuid == session:
        end_lease(desk, reason="closed", at=at)
    elif not StudySession.objects.filter(uuid=session, learner=by).exists():
        raise StudyRefused("not_open", "No such session is open.")


def close_idle_sessions(*, at: datetime, limit: int = 500) -> int:
    """End leases whose last beat is more than two minutes old, at that beat. Returns how many.

    Each in a transaction of its own; a learner who is being served right now is left for the next round.
    """
    idle = StudyClock.objects.filter(session__isnull=False, last_at__lt=at - LEASE_IDLE)
    never = StudyClock.objects.filter(session__isnull=False, last_at__isnull=True, leased_at__lt=at - LEASE_IDLE)
    learners = [*idle.values_list("pk", flat=True)[:limit], *never.values_list("pk", flat=True)[:limit]]
    closed = 0
    for learner_id in learners:
        with transaction.atomic():
            if not StudyClock.objects.select_for_update(skip_locked=True).filter(pk=learner_id).exists():
                continue
            desk = locked_desk(learner_id)
            if desk is not None and _is_idle(desk, at):
                end_lease(desk, reason="idle", at=at)
                closed += 1
    return closed


def end_lease(desk: Desk, *, reason: str, at: datetime) -> None:
    """Post what is open, confirm what is provisional unless a check is due, free the lease. Under the clock's lock."""
    if settle_expired(desk.row, at=at) is not None:
        settled = locked_desk(desk.learner.pk)
        assert settled is not None
        desk = settled
    outcome = close(desk.clock)
    post_stretches(desk.session, outcome.ended, at=at)
    post_refusals(desk.session, desk.row.open_refused, at=at)
    settled_columns = settle_at_end(desk.row, at=at)
    clock = outcome.clock
    StudySession.objects.filter(pk=desk.session.pk).update(
        last_seq=clock.seq,
        position_ms=clock.position_ms,
        tolerance_ms=clock.tolerance_ms,
        last_beat_at=desk.row.last_at,
        lead_ms=led_ms(desk, at),
        closed_at=at,
        close_reason=reason,
    )
    _write(desk.row, outcome.clock, under=desk.row.fence, session=None, open_refused={}, **settled_columns)


def refuse_lost_lease(written: int) -> None:
    """Raise StudyRefused elsewhere when a write under the lease's fence found no row: somebody took over meanwhile.

    The clock's lock makes it impossible; this is the second guard, should a writer ever come without the lock.
    """
    if not written:
        raise StudyRefused("elsewhere", "Another device took over meanwhile.")


def blocked(desk: Desk, at: datetime) -> str:
    """Why the desk's lesson may not be studied any more at `at`, as a protocol code; empty when it may."""
    if not desk.learner.is_active:
        return "locked"
    place = StudyPlace(
        enrollment=desk.session.enrollment_id,
        enrolled=desk.session.enrollment.state == EnrollmentState.ACTIVE,
        class_state=desk.training_class.state,
        starts_on=desk.training_class.starts_on,
        ends_on=desk.training_class.ends_on,
        lesson_withdrawn=desk.version.lesson.withdrawn_at is not None,
    )
    return study_place([place], today(at).date)[1]


def _take_lease(row: StudyClock, session: StudySession, device: str, at: datetime) -> Desk:
    """Give the free lease to a session: a new fence, no last beat, the session's own tolerance and position."""
    under = row.fence
    row.fence += 1
    row.session = session
    desk = desk_of(row)
    session.device, session.leased_at, session.closed_at, session.close_reason = device, at, None, ""
    session.lead_ms = max(session.lead_ms, end_ms(desk.lesson.covered))
    session.save(update_fields=LEASED if session.pk else None)
    row.session = session  # whose key it has only now
    clock = Clock(
        tolerance_ms=session.tolerance_ms,
        seq=session.last_seq,
        position_ms=session.position_ms,
        leased_ms=ms_of(at),
        ahead_from_ms=desk.clock.ahead_from_ms,
        ahead_ms=desk.clock.ahead_ms,
        day=desk.clock.day,
        day_ms=desk.clock.day_ms,
        gap_from_ms=desk.clock.gap_from_ms,
        gap_ms=desk.clock.gap_ms,
        busy_until_ms=desk.clock.busy_until_ms,
    )
    _write(row, clock, under=under, session=session, fence=row.fence, open_refused={})
    return replace(desk, clock=clock)


def _opened(desk: Desk, at: datetime, *, took_over: bool, verdict: Verdict | None) -> Opened:
    covered = covered_by(desk)
    resume_ms = resume_at_ms(desk.clock, desk.lesson.duration_ms, covered)
    left_ms = day_left_ms(desk.clock, desk.terms, today(at))
    return Opened(desk, covered, resume_ms, left_ms, took_over, desk.row.pending_check, verdict)


def _is_idle(desk: Desk, at: datetime) -> bool:
    """A learner who thinks about a presence check is there, and sends nothing meanwhile."""
    if desk.row.pending_check is not None and at < desk.row.pending_check.deadline_at:
        return False
    return (desk.row.last_at or desk.row.leased_at or desk.session.opened_at) < at - LEASE_IDLE


def _write(row: StudyClock, clock: Clock, *, under: int, **columns: Any) -> None:
    refuse_lost_lease(StudyClock.objects.filter(pk=row.pk, fence=under).update(**columns_of(clock), **columns))
