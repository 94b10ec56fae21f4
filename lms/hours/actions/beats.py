"""One beat: read the desk under lock, let the rule judge, write one row. The answer leaves after the commit."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from lms.accounts.models import User
from lms.hours.actions.checks import ask_check
from lms.hours.actions.posting import post_refusals, post_stretches
from lms.hours.actions.sessions import CLOSED_LESSONS, StudyRefused, blocked, end_lease, refuse_lost_lease
from lms.hours.actions.settling import Verdict, drawn_ms, settle_expired
from lms.hours.models import LessonCoverage, PresenceCheck, StudyClock, StudySession
from lms.hours.queries.clocks import Desk, columns_of, holds_lease, locked_desk, ms_of, today
from lms.hours.rules.counting import state_of
from lms.hours.rules.judging import judge
from lms.hours.rules.values import Code, Said, State


class Ack(NamedTuple):
    """What a beat came to. `refused` maps codes to milliseconds.

    `check` is the presence check that this beat brought up; `verdict` that of one whose time was over when it came.
    """

    seq: int
    credited_ms: int
    lesson_ms: int
    provisional_ms: int
    day_left_ms: int
    refused: Mapping[Code, int]
    state: State
    check: PresenceCheck | None = None
    verdict: Verdict | None = None


def record_beat(*, by: User, at: datetime, session: UUID, beat: Said) -> Ack:
    """Judge and keep one beat of the session that holds the learner's lease, read from the wire at `at`.

    A session that lost its lease earns nothing and is told `superseded`.

    Raises StudyRefused: not_open, bad_seq (the number is not above the last one accepted), and locked or withdrawn when
    the learner, class or lesson may not be studied any more; the session then ended at its last beat.
    """
    if not holds_lease(by.pk, session):  # much cheaper than the desk, and devices that were left go on beating
        return _without_lease(by, session, beat)
    with transaction.atomic():
        desk = locked_desk(by.pk)
        if desk is None or desk.session.uuid != session:
            return _without_lease(by, session, beat)
        if beat.seq <= desk.clock.seq:
            raise StudyRefused("bad_seq", f"seq {beat.seq} is not above {desk.clock.seq}, the last one accepted.")
        code = blocked(desk, at)
        if not code:
            verdict = settle_expired(desk.row, at=at)
            if verdict is None:
                return _judge(desk, beat, at, waits=desk.row.pending_check_id is not None)
            desk = locked_desk(by.pk)
            assert desk is not None
            return _judge(desk, beat, at, waits=True)._replace(verdict=verdict)
        end_lease(desk, reason=code, at=at)
    raise StudyRefused(code, CLOSED_LESSONS[code])


def _judge(desk: Desk, beat: Said, at: datetime, *, waits: bool) -> Ack:
    row = desk.row
    check_in_ms = drawn_ms() if row.check_in_ms is None else row.check_in_ms
    judged = judge(desk, beat, check_in_ms=check_in_ms, waits=waits, at_ms=ms_of(at), day=today(at))
    post_stretches(desk.session, judged.ended, at=at)
    post_refusals(desk.session, judged.due, at=at)
    check = ask_check(desk, judged.clock, at) if judged.asks else None
    written = StudyClock.objects.filter(pk=row.pk, fence=row.fence).update(
        **columns_of(judged.clock),
        provisional_ms=judged.provisional_ms,
        open_refused=judged.gathered,
        check_in_ms=judged.check_in_ms,
        **({"pending_check": check} if check else {}),
    )
    refuse_lost_lease(written)
    return Ack(
        seq=beat.seq,
        credited_ms=judged.credited_ms,
        lesson_ms=desk.lesson_ms + judged.credited_ms,
        provisional_ms=judged.provisional_ms,
        day_left_ms=max(0, desk.terms.day_cap_ms - judged.clock.day_ms),
        refused=judged.refused,
        state="check" if check or row.pending_check_id else state_of(judged.clock, desk.terms),
        check=check,
    )


def _without_lease(by: User, session: UUID, beat: Said) -> Ack:
    """The answer to a beat of a session that does not hold the lease: nothing is written."""
    known = StudySession.objects.filter(uuid=session, learner=by).select_related("class_lesson").first()
    if known is not None and known.close_reason in CLOSED_LESSONS:
        raise StudyRefused(known.close_reason, CLOSED_LESSONS[known.close_reason])
    if known is None or known.close_reason != "superseded":
        raise StudyRefused("not_open", "Open the session first.")
    claimed_ms = max(0, beat.position_ms - known.position_ms)
    version_id = known.class_lesson.lesson_version_id
    earned = LessonCoverage.objects.filter(learner=by, lesson_version=version_id).values_list("credited_ms", flat=True)
    return Ack(beat.seq, 0, earned.first() or 0, 0, 0, {"superseded": claimed_ms}, "paused")
