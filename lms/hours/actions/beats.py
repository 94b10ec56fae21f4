"""One beat: read the desk under lock, let the rule judge, write one row. The answer leaves after the commit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from lms.accounts.models import User
from lms.hours.actions.checks import check_columns
from lms.hours.actions.posting import post_refusals, post_stretches
from lms.hours.actions.sessions import CLOSED_LESSONS, StudyRefused, blocked, end_lease, refuse_lost_lease
from lms.hours.actions.settling import Verdict, settle_expired
from lms.hours.models import LessonCoverage, PresenceCheck, StudyClock, StudySession
from lms.hours.queries.clocks import Desk, columns_of, locked_desk, ms_of, today
from lms.hours.rules import limits
from lms.hours.rules.checks import held
from lms.hours.rules.counting import Beat, Code, Outcome, State, count, state_of


@dataclass(frozen=True, slots=True)
class Ack:
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


def record_beat(*, by: User, at: datetime, session: UUID, beat: Beat) -> Ack:
    """Judge and keep one beat of the session that holds the learner's lease, read from the wire at `at`.

    A session that lost its lease earns nothing and is told `superseded`.

    Raises StudyRefused: not_open, bad_seq (the number is not above the last one accepted), and locked or withdrawn when
    the learner, class or lesson may not be studied any more; the session then ended at its last beat.
    """
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
                return _judge(desk, beat, at, is_held=desk.row.pending_check_id is not None)
            desk = locked_desk(by.pk)
            assert desk is not None
            return replace(_judge(desk, beat, at, is_held=True), verdict=verdict)
        end_lease(desk, reason=code, at=at)
    raise StudyRefused(code, CLOSED_LESSONS[code])


def _judge(desk: Desk, beat: Beat, at: datetime, *, is_held: bool) -> Ack:
    judge = held if is_held else count
    outcome = judge(clock=desk.clock, beat=beat, at_ms=ms_of(at), day=today(at), lesson=desk.lesson, terms=desk.terms)
    refused = _gathered(desk, outcome, ms_of(at))
    provisional_ms = desk.row.provisional_ms + outcome.credited_ms
    post_stretches(desk.session, outcome.ended, at=at)
    if _is_due(refused, ms_of(at)) or (refused and outcome.ended):
        post_refusals(desk.session, refused, at=at)
        refused = {}
    check = check_columns(desk, outcome.clock, beat, credited_ms=outcome.credited_ms, at=at)
    written = StudyClock.objects.filter(pk=desk.row.pk, fence=desk.row.fence).update(
        **columns_of(outcome.clock), provisional_ms=provisional_ms, open_refused=refused, **check
    )
    refuse_lost_lease(written)
    waits = "pending_check" in check or desk.row.pending_check_id is not None
    return Ack(
        seq=beat.seq,
        credited_ms=outcome.credited_ms,
        lesson_ms=desk.lesson_ms + outcome.credited_ms,
        provisional_ms=provisional_ms,
        day_left_ms=max(0, desk.terms.day_cap_ms - outcome.clock.day_ms),
        refused=dict(outcome.refused),
        state="check" if waits else state_of(outcome.clock, desk.terms),
        check=check.get("pending_check"),
    )


def _without_lease(by: User, session: UUID, beat: Beat) -> Ack:
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


def _gathered(desk: Desk, outcome: Outcome, at_ms: int) -> dict[str, list[int]]:
    """Refusals since the last posting, per code [ms, from, to], this beat's added."""
    gathered: dict[str, list[int]] = dict(desk.row.open_refused)
    since_ms = desk.clock.at_ms if desk.clock.at_ms is not None else at_ms
    for code, ms in outcome.refused.items():
        earlier_ms, from_ms, _to_ms = gathered.get(code, [0, since_ms, at_ms])
        gathered[code] = [earlier_ms + ms, from_ms, at_ms]
    return gathered


def _is_due(refused: Mapping[str, list[int]], at_ms: int) -> bool:
    return any(at_ms - from_ms >= limits.STRETCH_MS_MAX for _ms, from_ms, _to in refused.values())
