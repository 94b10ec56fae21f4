"""The door: a ticket is scanned, the verdict is made anew at that moment, and only then is somebody let in."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.exams.actions.deciding import keep_decision
from lms.exams.actions.failing import fail_closed
from lms.exams.actions.locking import lock_gate
from lms.exams.actions.refusals import require_examiner
from lms.exams.models import Admission, Decision, Registration, RegistrationState
from lms.exams.queries.verdicts import holding
from lms.exams.rules.door import door_reason
from lms.exams.rules.eligibility import Unmet


class NotAtTheDoor(ValueError):
    """Nobody is let in on this ticket now: `code` is not_booked, door_not_open or door_closed."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class AdmissionRefused(ValueError):
    """The seat does not stand any more: every unmet requirement, and the decision that is kept of it."""

    def __init__(self, unmet: Iterable[Unmet], decision: Decision) -> None:
        self.unmet = tuple(unmet)
        self.decision = decision
        super().__init__(", ".join(each.code for each in self.unmet))


def admit(*, by: Viewer, at: datetime, registration: Registration) -> Admission:
    """Let the holder of this seat in; the same seat again gives the first admission, and nobody a second time.

    Must not run inside another transaction: a refusal could not be kept then. Raises NotExaminer, NotAtTheDoor,
    AdmissionRefused, GateFailed, PermissionDenied.
    """
    require_examiner(by, registration.sitting.site.institution)
    if not isinstance(by, User):
        raise PermissionDenied("somebody must be logged in to admit")
    refusals = (NotAtTheDoor, AdmissionRefused)
    return fail_closed(
        lambda: _admit(by, at, registration),
        refusals=refusals,
        verb="admission.failed",
        subject=registration,
        by=by,
        at=at,
    )


def _admit(by: User, at: datetime, registration: Registration) -> Admission:
    with transaction.atomic(durable=True):
        locked = lock_gate(registration.learner_id, [registration.sitting_id])
        sitting = locked.sittings[registration.sitting_id]
        seat = Registration.objects.select_for_update(of=("self",), no_key=True).get(pk=registration.pk)
        if known := Admission.objects.filter(registration=seat).first():
            return known
        if seat.state != RegistrationState.BOOKED:
            raise NotAtTheDoor("not_booked")
        if code := door_reason(sitting.starts_at, at):
            raise NotAtTheDoor(code)
        made = holding(locked.learner, sitting, at)
        decision = keep_decision(locked.learner, sitting, made)
        if made.eligible:
            admission = Admission.objects.create(registration=seat, decision=decision, admitted_at=at, admitted_by=by)
            detail = {"decision": str(decision.uuid), "seat": seat.seat}
            record(verb="registration.admitted", subject=seat, by=by, at=at, detail=detail)
            return admission
        codes = [each.code for each in made.verdict.unmet]
        detail = {"decision": str(decision.uuid), "unmet": codes}
        record(verb="admission.refused", subject=seat, by=by, at=at, detail=detail)
    raise AdmissionRefused(made.verdict.unmet, decision)
