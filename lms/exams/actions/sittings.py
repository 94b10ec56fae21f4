"""What may still be done about a sitting after its plan: more or fewer seats, cancelling it, who is on duty."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.exams.actions.holding import doubt_sitting
from lms.exams.actions.letters import tell_moved
from lms.exams.actions.refusals import SittingRefused, require_examiner
from lms.exams.actions.seating import wake_seating
from lms.exams.actions.taken import UuidTaken
from lms.exams.models import Duty, Officer, PlanState, Registration, RegistrationState, Sitting
from lms.exams.queries import examines
from lms.exams.queries.sides import served_both_sides, trains_anywhere

REASON_MAX = 500


class DutyRefused(ValueError):
    """This person may not be on duty there; `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def change_capacity(*, by: Viewer, at: datetime, sitting: Sitting, capacity: int) -> Sitting:
    """More or fewer seats, at least as many as are taken and at most as many as the room has.

    Seats above the new number get the lowest free ones, and a letter. Raises NotExaminer, SittingRefused.
    """
    require_examiner(by, sitting.site.institution)
    with transaction.atomic():
        locked = _locked(sitting)
        # In the order of `locking`, as everybody who locks several seats.
        seats = list(
            Registration.objects.select_for_update(of=("self",), no_key=True)
            .select_related("learner")
            .filter(sitting=locked, state=RegistrationState.BOOKED)
            .order_by("learner_id", "pk")
        )
        least = max(len(seats), 1)
        if not least <= capacity <= locked.room.seats:
            allowed = f"{least} to {locked.room.seats}: the seats that are taken, and those of the room"
            raise SittingRefused([("capacity", str(capacity), allowed)])
        if capacity == locked.capacity:
            return locked
        if at >= locked.starts_at or locked.cancelled_at is not None:
            raise SittingRefused([("capacity", str(capacity), "a sitting that is still to come")])
        _move_down(seats, capacity, locked, at)
        before, locked.capacity = locked.capacity, capacity
        locked.save(update_fields=["capacity"])
        record(verb="sitting.capacity", subject=locked, by=by, at=at, detail={"from": before, "to": capacity})
        wake_seating()
    return locked


def cancel_sitting(*, by: Viewer, at: datetime, sitting: Sitting, reason: str) -> Sitting:
    """The exam does not take place: every seat is withdrawn with the reason, and nobody waits any longer. Again
    changes nothing.

    Raises NotExaminer, SittingRefused.
    """
    require_examiner(by, sitting.site.institution)
    if not 1 <= len(reason.strip()) <= REASON_MAX:
        raise SittingRefused([("reason", reason[:40], f"1 to {REASON_MAX} characters")])
    with transaction.atomic():
        locked = _locked(sitting)
        if locked.cancelled_at is not None:
            return locked
        if locked.plan.state != PlanState.PUBLISHED or at >= locked.starts_at:
            raise SittingRefused([("sitting", str(locked.uuid), "a published sitting that is still to come")])
        locked.cancelled_at, locked.cancel_reason = at, reason.strip()
        locked.save(update_fields=["cancelled_at", "cancel_reason"])
        record(verb="sitting.cancelled", subject=locked, by=by, at=at, detail={"reason": locked.cancel_reason})
        doubt_sitting(at=at, sitting=locked)
        wake_seating()
    return locked


def assign_officer(*, by: Viewer, at: datetime, uuid: UUID, sitting: Sitting, person: User, duty: Duty) -> Officer:
    """Put an examiner of the institution on duty. The same uuid again gives the same.

    Nobody who works for a training institution, nor who ever worked for one that trained somebody with a seat here, and
    nobody twice at a time. Raises NotExaminer, DutyRefused, UuidTaken.
    """
    institution = sitting.site.institution
    require_examiner(by, institution)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True, of=("self",)).get(pk=person.pk)
        if known := Officer.objects.filter(uuid=uuid).first():
            if (known.sitting_id, known.person_id) != (sitting.pk, person.pk):
                raise UuidTaken("this uuid belongs to another duty")
            return known
        if code := _against(person, sitting, duty):
            raise DutyRefused(code)
        officer = Officer.objects.create(uuid=uuid, sitting=sitting, person=person, duty=duty, assigned_at=at)
        detail = {"person": str(person.uuid), "duty": duty}
        record(verb="officer.assigned", subject=sitting, by=by, at=at, detail=detail)
    return officer


def relieve_officer(*, by: Viewer, at: datetime, officer: Officer) -> Officer:
    """Take a person off duty; again changes nothing. Raises NotExaminer."""
    require_examiner(by, officer.sitting.site.institution)
    with transaction.atomic():
        locked = Officer.objects.select_for_update(no_key=True, of=("self",)).get(pk=officer.pk)
        if locked.relieved_at is None:
            locked.relieved_at = at
            locked.save(update_fields=["relieved_at"])
            detail = {"person": str(officer.person.uuid), "duty": officer.duty}
            record(verb="officer.relieved", subject=officer.sitting, by=by, at=at, detail=detail)
    return locked


def _locked(sitting: Sitting) -> Sitting:
    rows = Sitting.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("plan", "room", "site__institution").get(pk=sitting.pk)


def _move_down(seats: list[Registration], capacity: int, sitting: Sitting, at: datetime) -> None:
    taken = {each.seat for each in seats}
    free = iter([seat for seat in range(1, capacity + 1) if seat not in taken])
    for each in sorted(seats, key=lambda each: each.seat):
        if each.seat <= capacity:
            continue
        before, each.seat = each.seat, next(free)
        each.save(update_fields=["seat"])
        detail = {"from": before, "to": each.seat}
        record(verb="registration.moved", subject=each, by=None, at=at, detail=detail)
        tell_moved(at=at, registration=each, sitting=sitting)


def _against(person: User, sitting: Sitting, duty: Duty) -> str | None:
    if not examines(person, sitting.site.institution):
        return "not_an_examiner_here"
    if trains_anywhere(person):
        return "works_for_training"
    if served_both_sides(person, sitting):
        return "trained_somebody_here"
    on_duty = Officer.objects.filter(relieved_at__isnull=True, sitting__cancelled_at__isnull=True)
    ends_at = sitting.starts_at + timedelta(minutes=sitting.minutes)
    if on_duty.filter(person=person, sitting__taken__overlap=(sitting.starts_at, ends_at)).exists():
        return "on_duty_then"
    if duty == Duty.CHIEF and on_duty.filter(sitting=sitting, duty=Duty.CHIEF).exists():
        return "has_a_chief"
    return None
