"""A seat is booked here and nowhere else; whoever calls holds the gate's locks (`locking`) and an eligible verdict."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from lms.accounts.models import User
from lms.audit.actions import record
from lms.exams.models import Decision, PlaceState, Registration, RegistrationState, Sitting, WaitingPlace
from lms.exams.rules.seats import lowest_free_seat


@dataclass(frozen=True, slots=True)
class Booking:
    """What is booked: a seat of `sitting` for `learner` upon `decision`, perhaps instead of another seat."""

    uuid: UUID
    learner: User
    sitting: Sitting
    decision: Decision
    instead_of: Registration | None = None


def book(booking: Booking, at: datetime) -> Registration:
    """The lowest free seat. A place on the waiting list of this sitting is done with."""
    learner, sitting = booking.learner, booking.sitting
    seat = lowest_free_seat(list(_booked(sitting).values_list("seat", flat=True)), sitting.capacity)
    if seat is None:
        # The verdict counted the seats under this same lock; the trigger would refuse it as well.
        raise RuntimeError("an eligible learner found no seat")
    registration = Registration.objects.create(
        uuid=booking.uuid,
        learner=learner,
        sitting=sitting,
        decision=booking.decision,
        instead_of=booking.instead_of,
        seat=seat,
        booked_at=at,
    )
    WaitingPlace.objects.filter(learner=learner, sitting=sitting, state=PlaceState.WAITING).update(
        state=PlaceState.SEATED, ended_at=at, ending=booking.decision
    )
    detail = {"decision": str(booking.decision.uuid), "seat": seat}
    if booking.instead_of is not None:
        detail["instead_of"] = str(booking.instead_of.uuid)
    record(verb="registration.booked", subject=registration, by=learner, at=at, detail=detail)
    return registration


def give_up(registration: Registration, *, by: User | None, at: datetime) -> None:
    """The seat is free again; the row stays."""
    registration.state, registration.cancelled_at = RegistrationState.CANCELLED, at
    registration.save(update_fields=["state", "cancelled_at"])
    record(verb="registration.cancelled", subject=registration, by=by, at=at, detail={"seat": registration.seat})


def _booked(sitting: Sitting) -> QuerySet[Registration]:
    return Registration.objects.filter(sitting=sitting, state=RegistrationState.BOOKED)
