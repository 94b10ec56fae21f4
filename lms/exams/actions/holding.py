"""Seats that lost what they rest on: in doubt at once, looked at within a minute, withdrawn with every reason.

Whoever lowers hours or suspends somebody marks the booked seats in the same transaction; a worker then judges each
under the locks of `registering` and in their order. A seat that cannot be judged stays in doubt, and nobody is let in
upon it. At night all seats to come are judged by reading alone, and only those that do not stand come into doubt: who
is suspended meanwhile waits behind nobody.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime

from celery import current_app
from django.db import transaction
from django.db.models import F, QuerySet

from lms.accounts.models import User
from lms.audit.actions import record
from lms.enrollments.models import TrainingClass
from lms.exams.actions.deciding import SigningUnavailable, keep_decision, noting_what_cannot_be_signed
from lms.exams.actions.letters import tell_withdrawn
from lms.exams.actions.locking import lock_gate
from lms.exams.actions.seating import wake_seating
from lms.exams.models import Registration, RegistrationState, Sitting
from lms.exams.queries.doubts import (
    seats_of_classes,
    seats_of_trained,
    sittings_to_come,
    still_to_come,
    undoubted_seats,
)
from lms.exams.queries.verdicts import holding, holding_many
from lms.institutions.models import Institution

LOOK_AGAIN_TASK = "lms.exams.look_again"
SEATS_PER_PIECE = 200
SWEEP_S = 20
"""Every so often a sweep looks as well: who was woken for the next piece and is not there by then is not needed."""

log = logging.getLogger(__name__)


def doubt_learner(*, at: datetime, learner_id: int) -> int:
    """Put the seats of a learner in doubt; how many."""
    return _doubt(Registration.objects.filter(learner=learner_id), at)


def doubt_institution(*, at: datetime, institution: Institution) -> int:
    """Put the seats of all in doubt who were ever in a class of this institution; how many."""
    return _doubt(seats_of_trained(institution), at)


def doubt_classes_taught(*, at: datetime, teacher: User, begun_from: date) -> int:
    """Put the seats of all in doubt who were ever in a class of this teacher that began on that day or later; how many.

    The classes are held until the end, before seats as in `locking`: who books meanwhile has either seen that the
    teacher may not teach, or is found here.
    """
    taught = TrainingClass.objects.filter(teachers__person=teacher, starts_on__gte=begun_from)
    held = list(taught.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))
    return _doubt(seats_of_classes(held), at)


def doubt_sitting(*, at: datetime, sitting: Sitting) -> int:
    """Put every seat of a sitting in doubt, because the sitting itself changed; how many."""
    return _doubt(Registration.objects.filter(sitting=sitting), at)


def doubt_seats(*, at: datetime, seats: Collection[int]) -> int:
    """Put these seats (primary keys) in doubt; how many."""
    return _doubt(Registration.objects.filter(pk__in=seats), at)


def doubt_fallen(*, at: datetime) -> int:
    """Judge every seat of a sitting still to come by reading, and put those in doubt that do not stand or cannot be
    judged; how many.
    """
    doubted = 0
    for sitting in sittings_to_come(at):
        for seats in _pieces(undoubted_seats(sitting)):
            doubted += doubt_seats(at=at, seats=[each.pk for each in _fallen(seats, sitting, at)])
    return doubted


def look_again(*, clock: Callable[[], datetime], most: int = SEATS_PER_PIECE) -> int:
    """Judge the seats that have been in doubt longest; how many were withdrawn. One that fails does not stop others,
    unless nothing can be signed: then all would fail alike, and stay in doubt.

    After a full piece there may be more: a worker is woken for them, unless not one of these could be judged.
    """
    waiting = _booked().filter(doubted_at__isnull=False, sitting__starts_at__gt=clock()).order_by("doubted_at", "pk")
    seats = list(waiting.only("pk", "uuid", "doubted_at")[:most])
    looked_at = withdrawn = 0
    for seat in seats:
        try:
            at = clock()
            with noting_what_cannot_be_signed(by=None, at=at, subject=seat, since=seat.doubted_at):
                withdrawn += _look_at(seat.pk, at)
            looked_at += 1
        except SigningUnavailable:
            return withdrawn
        except Exception:
            log.exception("seat %s stays in doubt", seat.pk)
    if looked_at and len(seats) == most:
        # Without an end, those that sweeps began meanwhile would all go on beside each other.
        _wake(expires=SWEEP_S)
    return withdrawn


@transaction.atomic
def _look_at(pk: int, at: datetime) -> bool:
    """Judge one seat; whether it was withdrawn."""
    row = Registration.objects.get(pk=pk)
    locked = lock_gate(row.learner_id, [row.sitting_id])
    sitting = locked.sittings[row.sitting_id]
    seat = Registration.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
    if seat.state != RegistrationState.BOOKED or seat.doubted_at is None or at >= sitting.starts_at:
        return False
    verdict = holding(locked.learner, sitting, at)
    # Only the doubt that was there before judging is answered: one that came meanwhile is looked at in its turn.
    judged = _booked().filter(pk=pk, doubts=seat.doubts)
    if verdict.eligible:
        judged.update(doubted_at=None)
        return False
    decision = keep_decision(locked.learner, sitting, verdict)
    if not judged.update(state=RegistrationState.WITHDRAWN, withdrawn_at=at, withdrawal=decision, doubted_at=None):
        raise RuntimeError("the seat changed while it was judged")
    codes = [each.code for each in verdict.verdict.unmet]
    detail = {"decision": str(decision.uuid), "seat": seat.seat, "unmet": codes}
    record(verb="registration.withdrawn", subject=seat, by=None, at=at, detail=detail)
    tell_withdrawn(at=at, registration=seat, sitting=sitting)
    wake_seating()
    return True


def _pieces(seats: QuerySet[Registration]) -> Iterator[list[Registration]]:
    """All of them in the order of their keys, so many at once as a worker looks at."""
    last = 0
    while piece := list(seats.filter(pk__gt=last).order_by("pk")[:SEATS_PER_PIECE]):
        yield piece
        last = piece[-1].pk


def _fallen(seats: list[Registration], sitting: Sitting, at: datetime) -> list[Registration]:
    """Those that do not stand. When judging fails, halves are judged until it is known who cannot be."""
    try:
        with transaction.atomic():
            made = holding_many([each.learner for each in seats], sitting, at)
    except Exception:
        if len(seats) == 1:
            log.exception("seat %s cannot be judged and is in doubt", seats[0].pk)
            return seats
        half = len(seats) // 2
        return [*_fallen(seats[:half], sitting, at), *_fallen(seats[half:], sitting, at)]
    return [each for each in seats if not made[each.learner_id].eligible]


def _doubt(seats: QuerySet[Registration], at: datetime) -> int:
    coming = still_to_come(seats, at)
    with transaction.atomic():
        # Locked in one order: two who doubt many at once must not wait for each other.
        locked = coming.select_for_update(of=("self",), no_key=True).order_by("learner_id", "pk")
        found = Registration.objects.filter(pk__in=list(locked.values_list("pk", flat=True)))
        doubted = found.update(doubted_at=at, doubts=F("doubts") + 1)
        if doubted:
            transaction.on_commit(_wake, robust=True)
    return doubted


def _booked() -> QuerySet[Registration]:
    return Registration.objects.filter(state=RegistrationState.BOOKED)


def _wake(expires: int | None = None) -> None:
    try:
        current_app.send_task(LOOK_AGAIN_TASK, retry=False, expires=expires)
    except Exception:
        log.warning("no worker was woken to look at seats; the next sweep will", exc_info=True)
