"""What becomes of provisional credit: confirmed by a passed check or the end of a session, voided by a failed check.

Provisional are the credit entries of a learner above the clock's `settled_number`, whatever their session, lesson or
class. Settling takes all of them at once, under the clock's lock. Voiding leaves the time of the clock taken, and takes
the coverage back to where it was last settled, so that the lesson can be studied again.
"""

from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from typing import Any
from uuid import UUID

from django.db.models import F, Max, Min, Sum

from lms.audit.actions import record
from lms.hours.actions.posting import account_of, post, post_refusals, post_stretches
from lms.hours.models import (
    CheckOutcome,
    Entry,
    EntrySort,
    LessonCoverage,
    PresenceCheck,
    StudyClock,
    StudySession,
)
from lms.hours.queries.checks import passed_last_check
from lms.hours.queries.clocks import columns_of, desk_of, ms_of
from lms.hours.rules.checks import due_after_ms, may_confirm, unproven_after_pass_ms
from lms.hours.rules.counting import close
from lms.hours.rules.spans import measure_ms

CHANCE = SystemRandom()
"""The operating system's: what a client saw of earlier checks tells nothing about the next."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a check was judged, and what that confirmed or voided."""

    check: UUID
    passed: bool
    confirmed_ms: int = 0
    voided_ms: int = 0


def settle_at_end(row: StudyClock, *, at: datetime) -> dict[str, Any]:
    """Confirm what is provisional at the end of a session, if no check is due; the row's new columns.

    What stays provisional waits for the learner's next check, in whatever session that comes.
    """
    is_due = row.pending_check_id is not None or is_check_due(row.check_in_ms)
    may = may_confirm(is_due=is_due, provisional_ms=row.provisional_ms, unproven_ms=row.unproven_ms)
    if not row.provisional_ms or not may:
        return {}
    confirmed_ms, columns = _settle(row, sort=EntrySort.CONFIRM, at=at)
    return {**columns, "unproven_ms": row.unproven_ms + confirmed_ms}


def settle_expired(row: StudyClock, *, at: datetime) -> Verdict | None:
    """Fail the check that waits when its time is over at `at`; None when there is none. The clock is locked.

    `row` is stale afterwards.
    """
    check = row.pending_check if row.pending_check_id else None
    if check is None or at < check.deadline_at:
        return None
    return fail(row, check, CheckOutcome.UNANSWERED, choice=None, at=at)


def succeed(row: StudyClock, check: PresenceCheck, *, choice: int, at: datetime) -> Verdict:
    """Confirm everything provisional of the learner and draw when the next check is due."""
    unproven_ms = unproven_after_pass_ms(row.unproven_ms, passed_before=passed_last_check(row.pk))
    clock = _flush(row, at=at)
    confirmed_ms, columns = _settle(row, sort=EntrySort.CONFIRM, at=at)
    _write(row, {**clock, **columns, "unproven_ms": unproven_ms, "pending_check": None, "check_in_ms": drawn_ms()})
    _judge(check, CheckOutcome.PASSED, choice, confirmed_ms, at)
    return Verdict(check.uuid, passed=True, confirmed_ms=confirmed_ms)


def fail(row: StudyClock, check: PresenceCheck, outcome: CheckOutcome, *, choice: int | None, at: datetime) -> Verdict:
    """Void everything provisional of the learner; they go on from here with a new draw."""
    clock = _flush(row, at=at)
    voided_ms, columns = _settle(row, sort=EntrySort.VOID, at=at, reason=outcome)
    # What passed while the question stood there counts for nothing, nor does any of it that was carried.
    clock["busy_until"] = max(at, clock["busy_until"] or at)
    clock["carry_ms"] = clock["late_ms"] = 0
    _write(row, {**clock, **columns, "pending_check": None, "check_in_ms": drawn_ms()})
    _judge(check, outcome, choice, voided_ms, at)
    record(verb="check.failed", subject=check, by=None, at=at, detail={"reason": str(outcome), "voided_ms": voided_ms})
    return Verdict(check.uuid, passed=False, voided_ms=voided_ms)


def lapse(row: StudyClock, *, at: datetime) -> int:
    """Take back provisional credit that no check will ever judge: no session runs and none waits. The milliseconds."""
    voided_ms, columns = _settle(row, sort=EntrySort.VOID, at=at, reason=CheckOutcome.UNANSWERED)
    _write(row, columns)
    record(verb="hours.lapsed", subject=row, by=None, at=at, detail={"voided_ms": voided_ms})
    return voided_ms


def drawn_ms() -> int:
    """Credited time until the next check, drawn now."""
    return due_after_ms(CHANCE.random())


def is_check_due(check_in_ms: int | None) -> bool:
    """Whether the time until the next check is used up; a draw not made yet is not due."""
    return check_in_ms is not None and check_in_ms <= 0


def _flush(row: StudyClock, *, at: datetime) -> dict[str, Any]:
    """Post the open stretch, if a session runs; the clock's columns as they then are."""
    if row.session is None:
        return {"busy_until": row.busy_until}
    desk = desk_of(row)
    outcome = close(desk.clock)
    post_stretches(desk.session, outcome.ended, at=at)
    return columns_of(outcome.clock)


def _settle(row: StudyClock, *, sort: EntrySort, at: datetime, reason: str = "") -> tuple[int, dict[str, Any]]:
    """One entry for each session with provisional credit; the milliseconds in all and the row's new columns."""
    provisional = (
        Entry.objects.filter(learner_id=row.pk, number__gt=row.settled_number, sort=EntrySort.CREDIT)
        .values("session_id")
        .annotate(sum_ms=Sum("ms"), from_at=Min("from_at"), to_at=Max("to_at"), last=Max("number"))
        .order_by("last")
    )
    settled_ms, versions, number = 0, set(), row.settled_number
    for group in provisional:
        session = StudySession.objects.select_related(
            "enrollment", "class_lesson__module", "class_lesson__lesson_version"
        ).get(pk=group["session_id"])
        ms = group["sum_ms"]
        version = session.class_lesson.lesson_version
        number = post(
            account_of(session),
            sort=sort,
            ms=ms,
            provisional_ms=-ms,
            confirmed_ms=ms if sort == EntrySort.CONFIRM else 0,
            at=at,
            session=session,
            lesson_version=version,
            reason=reason,
        ).number
        if sort == EntrySort.VOID:
            span = [ms, ms_of(group["from_at"]), ms_of(group["to_at"])]
            post_refusals(session, {"check_unanswered": span}, at=at)
            LessonCoverage.objects.filter(learner_id=row.pk, lesson_version=version).update(
                credited_ms=F("credited_ms") - ms
            )
        settled_ms += ms
        versions.add(version.pk)
    _settle_coverage(row.pk, versions, keep=sort == EntrySort.CONFIRM)
    return settled_ms, {"provisional_ms": 0, "settled_number": number}


def _settle_coverage(learner_id: int, versions: set[int], *, keep: bool) -> None:
    """Confirmed: what is covered stays. Voided: back to what stayed before, which kept credit lies within."""
    for coverage in LessonCoverage.objects.filter(learner_id=learner_id, lesson_version__in=versions):
        covered = coverage.covered if keep else coverage.settled
        LessonCoverage.objects.filter(learner_id=learner_id, pk=coverage.pk).update(
            covered=covered, settled=covered, covered_ms=measure_ms(covered)
        )


def _judge(check: PresenceCheck, outcome: CheckOutcome, choice: int | None, ms: int, at: datetime) -> None:
    PresenceCheck.objects.filter(pk=check.pk).update(outcome=outcome, choice=choice, judged_at=at, ms=ms)


def _write(row: StudyClock, columns: dict[str, Any]) -> None:
    StudyClock.objects.filter(pk=row.pk).update(**columns)
