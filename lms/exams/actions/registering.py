"""Registering for a sitting, changing to another, giving a seat back.

One transaction that locks (`locking`), reads the confirmed entries, decides, and books. A refusal is committed like a
booking: its decision and its audit row stay. Whatever fails on the way refuses, with an audit row of its own.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.exams.actions.booking import Booking, book, give_up
from lms.exams.actions.deciding import keep_decision
from lms.exams.actions.failing import fail_closed
from lms.exams.actions.locking import Locked, lock_gate
from lms.exams.actions.seating import wake_seating
from lms.exams.actions.taken import UuidTaken
from lms.exams.models import Decision, Registration, RegistrationState, Sitting
from lms.exams.queries import examines
from lms.exams.queries.verdicts import eligibility
from lms.exams.rules.eligibility import Unmet


class RegistrationRefused(ValueError):
    """The gate stays closed: every unmet requirement, and the decision that is kept of it."""

    def __init__(self, unmet: Iterable[Unmet], decision: Decision) -> None:
        self.unmet = tuple(unmet)
        self.decision = decision
        super().__init__(", ".join(each.code for each in self.unmet))


class NotOwnRegistration(PermissionDenied):
    """Only the learner, or an examiner of the exam institution, may cancel a registration."""


class NotCancellable(ValueError):
    """The exam has begun; who is missing now was absent."""


class NotChangeable(ValueError):
    """A seat is changed for another sitting of the same syllabus, by who holds it, before the exam begins."""


def register(*, by: Viewer, at: datetime, uuid: UUID, sitting: Sitting) -> Registration:
    """Book the lowest free seat for `by`. The same uuid again gives the same registration, whatever became of it.

    Must not run inside another transaction: a refusal could not be kept then. Raises RegistrationRefused (with every
    reason), GateFailed, UuidTaken, PermissionDenied (nobody is logged in).
    """
    learner = _somebody(by)
    return _fail_closed(learner, sitting, at, lambda: _decide(learner.pk, sitting.pk, uuid, at))


def change_registration(
    *, by: Viewer, at: datetime, uuid: UUID, registration: Registration, sitting: Sitting
) -> Registration:
    """Give a seat up for one in another sitting of the same syllabus: both or neither.

    The same uuid again gives the same registration. Raises RegistrationRefused (the old seat stays), NotChangeable,
    NotOwnRegistration, GateFailed, UuidTaken, PermissionDenied.
    """
    learner = _somebody(by)
    if learner.pk != registration.learner_id:
        raise NotOwnRegistration("only the learner may change a registration")
    if sitting.pk == registration.sitting_id or sitting.syllabus_id != registration.sitting.syllabus_id:
        raise NotChangeable(f"sitting {sitting.uuid}: allowed is another sitting of the same syllabus")
    return _fail_closed(learner, sitting, at, lambda: _decide(learner.pk, sitting.pk, uuid, at, registration))


def cancel_registration(*, by: Viewer, at: datetime, registration: Registration) -> Registration:
    """Free the seat; cancelling again, or what was withdrawn, changes nothing.

    Raises NotOwnRegistration, NotCancellable.
    """
    sitting = registration.sitting
    is_own = isinstance(by, User) and by.is_active and by.pk == registration.learner_id
    if not is_own and not examines(by, sitting.site.institution):
        raise NotOwnRegistration("only the learner or an examiner of the institution may cancel a registration")
    with transaction.atomic():
        # The order of `locking`: a learner who registers and cancels at once must not wait for itself.
        User.objects.select_for_update(no_key=True, of=("self",)).get(pk=registration.learner_id)
        locked = Registration.objects.select_for_update(no_key=True, of=("self",)).get(pk=registration.pk)
        if locked.state != RegistrationState.BOOKED:
            return locked
        if at >= sitting.starts_at:
            raise NotCancellable("the exam has begun")
        give_up(locked, by=by if isinstance(by, User) else None, at=at)
        wake_seating()
    return locked


def _somebody(by: Viewer) -> User:
    if not isinstance(by, User):
        raise PermissionDenied("somebody must be logged in to register")
    return by


def _decide(
    learner_id: int, sitting_id: int, uuid: UUID, at: datetime, instead_of: Registration | None = None
) -> Registration:
    wanted = {sitting_id} if instead_of is None else {sitting_id, instead_of.sitting_id}
    with transaction.atomic(durable=True):
        locked = lock_gate(learner_id, wanted)
        sitting = locked.sittings[sitting_id]
        if repeated := _repeated(uuid, locked.learner, sitting):
            return repeated
        old = _to_give_up(instead_of, locked, at) if instead_of is not None else None
        verdict = eligibility(locked.learner, sitting, at, old)
        decision = keep_decision(locked.learner, sitting, verdict)
        if verdict.eligible:
            if old is not None:
                give_up(old, by=locked.learner, at=at)
                wake_seating()
            return book(Booking(uuid, locked.learner, sitting, decision, old), at)
        codes = [each.code for each in verdict.verdict.unmet]
        detail = {"decision": str(decision.uuid), "unmet": codes}
        record(verb="registration.refused", subject=sitting, by=locked.learner, at=at, detail=detail)
    raise RegistrationRefused(verdict.verdict.unmet, decision)


def _to_give_up(registration: Registration, locked: Locked, at: datetime) -> Registration:
    old = Registration.objects.select_for_update(no_key=True, of=("self",)).get(pk=registration.pk)
    if old.state != RegistrationState.BOOKED:
        raise NotChangeable(f"registration {old.uuid} is {old.state}; allowed: booked")
    if at >= locked.sittings[old.sitting_id].starts_at:
        raise NotChangeable("the exam has begun")
    return old


def _repeated(uuid: UUID, learner: User, sitting: Sitting) -> Registration | None:
    existing = Registration.objects.filter(uuid=uuid).first()
    if existing is not None and (existing.learner_id, existing.sitting_id) != (learner.pk, sitting.pk):
        raise UuidTaken("this uuid belongs to another registration")
    return existing


def _fail_closed(learner: User, sitting: Sitting, at: datetime, decide: Callable[[], Registration]) -> Registration:
    refusals = (RegistrationRefused, NotChangeable, UuidTaken)
    return fail_closed(decide, refusals=refusals, verb="registration.failed", subject=sitting, by=learner, at=at)
