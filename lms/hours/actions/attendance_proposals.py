"""Hours in a classroom or a workshop that nobody signed for: proposed inside the institution, decided outside it.

The way is that of appeals: nobody inside an institution alone can raise hours. Accepting posts an entry for each
learner, with both names; whose time is already taken is refused by name, and the others get theirs.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.db import transaction

from lms.accounts.models import User
from lms.audit.actions import record
from lms.enrollments.models import Enrollment, EnrollmentState, Module, TrainingClass
from lms.hours.actions.attendance import AttendanceRefused, check_hours, post_attendance
from lms.hours.actions.letters import tell_attendance_decided
from lms.hours.actions.posting import Account, post_open_stretch
from lms.hours.models import AttendanceProposal, AttendanceSheet, ProposalState, ProposedLearner, StudyClock
from lms.hours.queries.attendance import may_decide_attendance, may_propose_attendance
from lms.hours.queries.clocks import lock_clock
from lms.hours.rules.attendance import EVIDENCE_MAX, LEARNERS_MAX, REASON_MAX


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
    AttendanceRefused: what `check_hours` says, future, sheet (of another class), learners (none, too many, not active
    in the class), own (one's own hours), reason, evidence, uuid.
    """
    if not may_propose_attendance(by, training_class, sheet):
        raise NotTheirs("staff of the institution propose, or who teaches on a sheet")
    known = AttendanceProposal.objects.filter(uuid=uuid).first()
    if known is not None:
        if (known.training_class_id, known.proposed_by_id) != (training_class.pk, by.pk):
            raise AttendanceRefused("uuid", "uuid", "This id was used for another proposal.")
        return known
    current = TrainingClass.objects.get(pk=training_class.pk)
    check_hours(current, module, kind, from_at, to_at)
    if to_at > at:
        raise AttendanceRefused("ends", "future", "Hours are proposed after they were held.")
    if sheet is not None and sheet.training_class_id != current.pk:
        raise AttendanceRefused("sheet", "sheet", "This sheet is of another class.")
    _check_words(reason, evidence)
    found = _learners(by, current, enrollments)
    proposal = AttendanceProposal.objects.create(
        uuid=uuid,
        training_class=current,
        sheet=sheet,
        module=module,
        kind=kind,
        from_at=from_at,
        to_at=to_at,
        reason=reason.strip(),
        evidence=evidence.strip(),
        proposed_at=at,
        proposed_by=by,
    )
    ProposedLearner.objects.bulk_create(
        ProposedLearner(proposal=proposal, learner_id=each.learner_id, enrollment=each) for each in found
    )
    record(verb="attendance.proposed", subject=proposal, by=by, at=at, detail={"learners": len(found), "kind": kind})
    return proposal


@transaction.atomic
def decide_attendance(
    *, by: User, at: datetime, proposal: AttendanceProposal, verb: str, reason: str
) -> AttendanceProposal:
    """`accept` or `reject` a proposal. Accepting posts an entry for each learner whose time is free.

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
    given = 0
    if target == ProposalState.ACCEPTED:
        given = sum(_give(locked, each, clocks[each.pk], by, at, reason.strip()) for each in rows)
    locked.state, locked.decided_at, locked.decided_by, locked.decided_reason = target, at, by, reason.strip()
    locked.save(update_fields=["state", "decided_at", "decided_by", "decided_reason"])
    told = {"given": given, "refused": len(rows) - given, "reason": reason.strip()}
    record(verb=f"attendance.{target}", subject=locked, by=by, at=at, detail=told)
    tell_attendance_decided(at=at, proposal=locked)
    return locked


def _give(
    proposal: AttendanceProposal, row: ProposedLearner, clock: StudyClock, by: User, at: datetime, reason: str
) -> bool:
    """Post the hours of one learner, or write down why not."""
    if row.enrollment.state != EnrollmentState.ACTIVE:
        _write(row, refused="withdrawn")
        return False
    if proposal.from_at < row.enrollment.enrolled_at:
        _write(row, refused="before_enrolled")  # who joined late was not there, whatever a list says
        return False
    try:
        with transaction.atomic():
            post_open_stretch(clock, at=at)
            entry = post_attendance(
                Account(row.learner_id, row.enrollment, proposal.module, proposal.kind),
                uuid=uuid5(proposal.uuid, str(row.learner_id)),
                from_at=proposal.from_at,
                to_at=proposal.to_at,
                at=at,
                reason=reason,
                posted_by=by,
                proposed_by=proposal.proposed_by,
            )
    except AttendanceRefused as refused:
        _write(row, refused=refused.code)
        return False
    _write(row, entry=entry)
    return True


def _write(row: ProposedLearner, **columns: object) -> None:
    ProposedLearner.objects.filter(pk=row.pk).update(**columns)


def _learners(by: User, training_class: TrainingClass, enrollments: Sequence[Enrollment]) -> list[Enrollment]:
    chosen = {each.pk for each in enrollments}
    if not 0 < len(chosen) <= LEARNERS_MAX:
        raise AttendanceRefused("learners", "learners", f"Name 1 to {LEARNERS_MAX} learners.")
    active = Enrollment.objects.filter(pk__in=chosen, training_class=training_class, state=EnrollmentState.ACTIVE)
    found = list(active.order_by("learner_id"))
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
