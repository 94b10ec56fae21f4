"""Registering for a sitting: one transaction that locks, reads the confirmed entries, decides, and books.

Locks are taken in one order: the learner, the sitting, the learner's clock. The clock comes last and is held for the
decision only; with it no hour is voided or corrected between being read and the seat being booked. A refusal is
committed like a booking: its decision and its audit row stay.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.exams.actions.deciding import keep_decision, noting_what_cannot_be_signed
from lms.exams.actions.taken import UuidTaken
from lms.exams.models import Decision, Registration, RegistrationState, Sitting
from lms.exams.queries import examines
from lms.exams.queries.verdicts import eligibility
from lms.exams.rules.eligibility import Unmet
from lms.exams.rules.seats import lowest_free_seat
from lms.hours.queries.clocks import lock_clock


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


def register(*, by: Viewer, at: datetime, uuid: UUID, sitting: Sitting) -> Registration:
    """Book the lowest free seat for `by`. The same uuid again gives the same registration, whatever became of it.

    Must not run inside another transaction: a refusal could not be kept then. Raises RegistrationRefused (with every
    reason), UuidTaken, SigningUnavailable, PermissionDenied (nobody is logged in).
    """
    if not isinstance(by, User):
        raise PermissionDenied("somebody must be logged in to register")
    with noting_what_cannot_be_signed(by=by, at=at, subject=sitting), transaction.atomic(durable=True):
        learner = User.objects.select_for_update(no_key=True, of=("self",)).get(pk=by.pk)
        if repeated := _repeated(uuid, learner, sitting):
            return repeated
        locked = Sitting.objects.select_for_update(of=("self",)).select_related("syllabus").get(pk=sitting.pk)
        lock_clock(learner.pk)
        verdict = eligibility(learner, locked, at)
        decision = keep_decision(learner, locked, verdict)
        if verdict.eligible:
            return _book(uuid, learner, locked, decision, at)
        codes = [each.code for each in verdict.verdict.unmet]
        detail = {"decision": str(decision.uuid), "unmet": codes}
        record(verb="registration.refused", subject=locked, by=learner, at=at, detail=detail)
    raise RegistrationRefused(verdict.verdict.unmet, decision)


def cancel_registration(*, by: Viewer, at: datetime, registration: Registration) -> Registration:
    """Free the seat; cancelling again, or what was withdrawn, changes nothing.

    Raises NotOwnRegistration, NotCancellable.
    """
    sitting = registration.sitting
    is_own = isinstance(by, User) and by.is_active and by.pk == registration.learner_id
    if not is_own and not examines(by, sitting.site.institution):
        raise NotOwnRegistration("only the learner or an examiner of the institution may cancel a registration")
    with transaction.atomic():
        # The order of `register`: a learner who registers and cancels at once must not wait for itself.
        User.objects.select_for_update(no_key=True, of=("self",)).get(pk=registration.learner_id)
        locked = Registration.objects.select_for_update(no_key=True, of=("self",)).get(pk=registration.pk)
        if locked.state != RegistrationState.BOOKED:
            return locked
        if at >= sitting.starts_at:
            raise NotCancellable("the exam has begun")
        locked.state, locked.cancelled_at = RegistrationState.CANCELLED, at
        locked.save(update_fields=["state", "cancelled_at"])
        record(verb="registration.cancelled", subject=locked, by=by, at=at, detail={"seat": locked.seat})
    return locked


def _repeated(uuid: UUID, learner: User, sitting: Sitting) -> Registration | None:
    existing = Registration.objects.filter(uuid=uuid).first()
    if existing is not None and (existing.learner_id, existing.sitting_id) != (learner.pk, sitting.pk):
        raise UuidTaken("this uuid belongs to another registration")
    return existing


def _book(uuid: UUID, learner: User, sitting: Sitting, decision: Decision, at: datetime) -> Registration:
    booked = Registration.objects.filter(sitting=sitting, state=RegistrationState.BOOKED)
    seat = lowest_free_seat(list(booked.values_list("seat", flat=True)), sitting.capacity)
    if seat is None:
        # The verdict counted the seats under this same lock; the trigger would refuse it as well.
        raise RuntimeError("an eligible learner found no seat")
    registration = Registration.objects.create(
        uuid=uuid, learner=learner, sitting=sitting, decision=decision, seat=seat, booked_at=at
    )
    detail = {"decision": str(decision.uuid), "seat": seat}
    record(verb="registration.booked", subject=registration, by=learner, at=at, detail=detail)
    return registration
