"""Attended hours that no learner's own two marks decide: proposed inside the institution, decided outside it.

The way is that of appeals: nobody inside an institution alone can raise hours, and nobody there takes them away alone
either. Accepting posts an entry for each learner, with both names: attended hours that nobody signed for, or a void of
hours that stand in the ledger and should not. Who cannot have it is refused by name, and the others get theirs.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.db import transaction

from lms.accounts.models import User
from lms.audit.actions import record
from lms.enrollments.models import Enrollment, EnrollmentState, Module, Training, TrainingClass
from lms.hours.actions.attendance import AttendanceRefused, check_hours, post_attendance
from lms.hours.actions.letters import tell_attendance_decided
from lms.hours.actions.posting import Account, post, post_open_stretch
from lms.hours.models import (
    AttendanceProposal,
    AttendanceSheet,
    Effect,
    Entry,
    EntrySort,
    ProposalState,
    ProposedLearner,
    StudyClock,
)
from lms.hours.queries.attendance import may_decide_attendance, may_propose_attendance, standing_of
from lms.hours.queries.clocks import lock_clock, ms_of
from lms.hours.rules.attendance import EVIDENCE_MAX, LEARNERS_MAX, REASON_MAX, span_problem


class NotTheirs(PermissionDenied):
    """Not of the institution, or no second person from outside it."""


@transaction.atomic
def propose_attendance(
    *,
    by: User,
    at: datetime,
    uuid: UUID,
    training_class: TrainingClass,
    module: Module,
    kind: str,
    from_at: datetime,
    to_at: datetime,
    enrollments: Sequence[Enrollment],
    reason: str,
    evidence: str = "",
    sheet: AttendanceSheet | None = None,
) -> AttendanceProposal:
    """Say that these learners were there in [from_at, to_at). Posts nothing; the same `uuid` gives the same proposal.

    Staff propose for any meeting; a teacher on a `sheet` of the class (a phone is dead). Raises NotTheirs;
    AttendanceRefused: teachers (continuing education: they claim), what `check_hours` says, future, sheet (of another
    class), learners (none, too many, not active in the class), own (one's own hours), reason, evidence, uuid.
    """
    drafted = AttendanceProposal(
        uuid=uuid,
        training_class=training_class,
        sheet=sheet,
        effect=Effect.GIVE,
        module=module,
        kind=kind,
        from_at=from_at,
        to_at=to_at,
        reason=reason.strip(),
        evidence=evidence.strip(),
        proposed_at=at,
        proposed_by=by,
    )
    return _propose(drafted, enrollments, _check_held)


@transaction.atomic
def propose_taking_back(
    *,
    by: User,
    at: datetime,
    uuid: UUID,
    training_class: TrainingClass,
    module: Module,
    kind: str,
    from_at: datetime,
    to_at: datetime,
    enrollments: Sequence[Enrollment],
    reason: str,
    evidence: str = "",
    sheet: AttendanceSheet | None = None,
) -> AttendanceProposal:
    """Say that these learners were not there in [from_at, to_at), although it counts (a friend signed, they left).

    Takes nothing yet; the same `uuid` gives the same proposal. It may be about who has left the class, and about a
    class that has ended. Raises NotTheirs; AttendanceRefused: span, sheet, learners (none, too many, not of the class),
    own, nothing (one of them has no attended hours then), reason, evidence, uuid.
    """
    drafted = AttendanceProposal(
        uuid=uuid,
        training_class=training_class,
        sheet=sheet,
        effect=Effect.TAKE,
        module=module,
        kind=kind,
        from_at=from_at,
        to_at=to_at,
        reason=reason.strip(),
        evidence=evidence.strip(),
        proposed_at=at,
        proposed_by=by,
    )
    return _propose(drafted, enrollments, _check_standing)


@transaction.atomic
def decide_attendance(
    *, by: User, at: datetime, proposal: AttendanceProposal, verb: str, reason: str
) -> AttendanceProposal:
    """`accept` or `reject` a proposal. Accepting posts an entry for each learner for whom there still can be one.

    The same decision of the same person again changes nothing. Raises NotTheirs; AttendanceRefused: verb, state
    (decided already), reason.
    """
    if not may_decide_attendance(by, proposal):
        raise NotTheirs("a second person from outside the institution decides")
    # The order of learners is the order of locks, so that two decisions at once cannot block each other.
    rows = list(proposal.learners.select_related("enrollment__learner").order_by("learner_id"))
    clocks = {each.pk: lock_clock(each.learner_id) for each in rows}
    locked = AttendanceProposal.objects.select_for_update(of=("self",)).select_related("module").get(pk=proposal.pk)
    target = {"accept": ProposalState.ACCEPTED, "reject": ProposalState.REJECTED}.get(verb)
    if target is None:
        raise AttendanceRefused("verb", "verb", f"{verb!r} is no decision; accept or reject.")
    if locked.state == target and locked.decided_by_id == by.pk:
        return locked
    if locked.state != ProposalState.PROPOSED:
        raise AttendanceRefused("state", "state", "This was decided already.")
    _check_words(reason, "")
    posted = 0
    if target == ProposalState.ACCEPTED:
        names = {"at": at, "reason": reason.strip(), "posted_by": by, "proposed_by": locked.proposed_by}
        posted = sum(_carry_out(locked, each, clocks[each.pk], names) for each in rows)
    locked.state, locked.decided_at, locked.decided_by, locked.decided_reason = target, at, by, reason.strip()
    locked.save(update_fields=["state", "decided_at", "decided_by", "decided_reason"])
    told = {"effect": locked.effect, "entries": posted, "refused": len(rows) - posted, "reason": reason.strip()}
    record(verb=f"attendance.{target}", subject=locked, by=by, at=at, detail=told)
    tell_attendance_decided(at=at, proposal=locked)
    return locked


def _carry_out(proposal: AttendanceProposal, row: ProposedLearner, clock: StudyClock, names: dict[str, Any]) -> bool:
    """Post the entry of one learner, or write down why not."""
    account = Account(row.learner_id, row.enrollment, proposal.module, proposal.kind)
    columns = {"uuid": uuid5(proposal.uuid, str(row.learner_id)), **names}
    try:
        with transaction.atomic():
            if proposal.effect == Effect.GIVE:
                entry = _give(proposal, account, clock, columns)
            else:
                entry = _take(proposal, account, columns)
    except AttendanceRefused as refused:
        _write(row, refused=refused.code)
        return False
    _write(row, entry=entry)
    return True


def _give(proposal: AttendanceProposal, account: Account, clock: StudyClock, columns: dict[str, Any]) -> Entry:
    if account.enrollment.state != EnrollmentState.ACTIVE:
        raise AttendanceRefused("learners", "withdrawn", "The learner has left the class.")
    if proposal.from_at < account.enrollment.enrolled_at:
        # Who joined late was not there, whatever a list says.
        raise AttendanceRefused("learners", "before_enrolled", "The learner was not in the class yet.")
    post_open_stretch(clock, at=columns["at"])
    return post_attendance(account, from_at=proposal.from_at, to_at=proposal.to_at, **columns)


def _take(proposal: AttendanceProposal, account: Account, columns: dict[str, Any]) -> Entry:
    """The time of the clock stays taken by the entry that is voided, as with a failed check."""
    pk, span = account.enrollment.pk, (proposal.from_at, proposal.to_at)
    ms = standing_of([pk], account.module, account.kind, *span).get(pk, 0)
    if ms == 0:
        raise AttendanceRefused("learners", "nothing", "The learner has no attended hours then.")
    return post(account, sort=EntrySort.VOID, ms=ms, provisional_ms=0, confirmed_ms=-ms, **columns)


def _write(row: ProposedLearner, **columns: object) -> None:
    ProposedLearner.objects.filter(pk=row.pk).update(**columns)


def _propose(
    drafted: AttendanceProposal,
    enrollments: Sequence[Enrollment],
    check: Callable[[AttendanceProposal, Sequence[Enrollment]], None],
) -> AttendanceProposal:
    """Write a proposal with its learners, when who proposes may, and nothing speaks against it (`check`)."""
    by, group, sheet = drafted.proposed_by, drafted.training_class, drafted.sheet
    if not may_propose_attendance(by, group, sheet):
        raise NotTheirs("staff of the institution propose, or who teaches on a sheet")
    known = AttendanceProposal.objects.filter(uuid=drafted.uuid).first()
    if known is not None:
        if _identity(known) != _identity(drafted):
            raise AttendanceRefused("uuid", "uuid", "This id was used for another proposal.")
        return known
    if sheet is not None and sheet.training_class_id != group.pk:
        raise AttendanceRefused("sheet", "sheet", "This sheet is of another class.")
    _check_words(drafted.reason, drafted.evidence)
    found = _learners(by, group, enrollments)
    check(drafted, found)
    drafted.save(force_insert=True)
    ProposedLearner.objects.bulk_create(
        ProposedLearner(proposal=drafted, learner_id=each.learner_id, enrollment=each) for each in found
    )
    told = {"effect": drafted.effect, "learners": len(found), "kind": drafted.kind}
    record(verb="attendance.proposed", subject=drafted, by=by, at=drafted.proposed_at, detail=told)
    return drafted


def _identity(proposal: AttendanceProposal) -> tuple[int, int, str]:
    return proposal.training_class_id, proposal.proposed_by_id, proposal.effect


def _check_held(drafted: AttendanceProposal, enrollments: Sequence[Enrollment]) -> None:
    """May the class have such hours, and were these learners in it?"""
    current = TrainingClass.objects.select_related("syllabus_version__syllabus").get(pk=drafted.training_class_id)
    if current.syllabus_version.syllabus.training == Training.CONTINUING:
        # Their claims are judged by strangers of the province; a list of the host would be a second door.
        raise AttendanceRefused("learners", "teachers", "Teachers claim hours of continuing education themselves.")
    check_hours(current, drafted.module, drafted.kind, drafted.from_at, drafted.to_at)
    if drafted.to_at > drafted.proposed_at:
        raise AttendanceRefused("ends", "future", "Hours are proposed after they were held.")
    if any(each.state != EnrollmentState.ACTIVE for each in enrollments):
        raise AttendanceRefused("learners", "learners", "Only learners who are in this class.")


def _check_standing(drafted: AttendanceProposal, enrollments: Sequence[Enrollment]) -> None:
    """Is there something to take back from each of them?"""
    from_at, to_at = drafted.from_at, drafted.to_at
    if span_problem((ms_of(from_at), ms_of(to_at))):
        raise AttendanceRefused("ends", "span", "It ends after it begins, and lasts at most 12 hours.")
    standing = standing_of([each.pk for each in enrollments], drafted.module, drafted.kind, from_at, to_at)
    for each in enrollments:
        if each.pk not in standing:
            raise AttendanceRefused("learners", "nothing", "The learner has no attended hours then.", each.learner)


def _learners(by: User, training_class: TrainingClass, enrollments: Sequence[Enrollment]) -> list[Enrollment]:
    chosen = {each.pk for each in enrollments}
    if not 0 < len(chosen) <= LEARNERS_MAX:
        raise AttendanceRefused("learners", "learners", f"Name 1 to {LEARNERS_MAX} learners.")
    own = Enrollment.objects.filter(pk__in=chosen, training_class=training_class).select_related("learner")
    found = list(own.order_by("learner_id"))
    if len(found) != len(chosen):
        raise AttendanceRefused("learners", "learners", "Only learners who are in this class.")
    if any(each.learner_id == by.pk for each in found):
        raise AttendanceRefused("learners", "own", "Nobody proposes hours of their own.")
    return found


def _check_words(reason: str, evidence: str) -> None:
    if not 0 < len(reason.strip()) <= REASON_MAX:
        raise AttendanceRefused("reason", "reason", f"Say why, in at most {REASON_MAX} letters.")
    if len(evidence.strip()) > EVIDENCE_MAX:
        raise AttendanceRefused("evidence", "evidence", f"At most {EVIDENCE_MAX} letters.")
