"""The waiting list: joining, leaving, and seats that came free going to who waited longest and is still eligible.

Seats are given by a worker, not by whoever freed one: that transaction holds locks of another learner, and the order of
`locking` begins with the learner who is to be seated. Until then the seat is promised: the gate counts it as taken for
everybody who came later.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid5

from celery import current_app
from django.core.exceptions import PermissionDenied
from django.db import transaction

from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.exams.actions.booking import Booking, book
from lms.exams.actions.deciding import keep_decision
from lms.exams.actions.failing import fail_closed
from lms.exams.actions.letters import tell_not_seated, tell_seated, tell_waited_in_vain
from lms.exams.actions.locking import lock_gate
from lms.exams.actions.taken import UuidTaken
from lms.exams.models import PlaceState, Sitting, WaitingPlace
from lms.exams.queries.verdicts import Eligibility, eligibility
from lms.exams.queries.waiting import sittings_to_fill, waiting_in

SEAT_TASK = "lms.exams.seat_waiting"
FULL = "full"
"""The one reason for which somebody may wait."""

log = logging.getLogger(__name__)


class NotWaiting(ValueError):
    """There is nothing to wait for: a seat is free, or something else than a seat is missing (`made` says what)."""

    def __init__(self, made: Eligibility) -> None:
        self.made = made
        super().__init__(", ".join(each.code for each in made.verdict.unmet) or "a seat is free")


def join_waiting(*, by: Viewer, at: datetime, uuid: UUID, sitting: Sitting) -> WaitingPlace:
    """Wait for a seat of a full sitting. The same uuid again, or waiting already, gives the same place.

    Raises NotWaiting, GateFailed, UuidTaken, PermissionDenied.
    """
    if not isinstance(by, User):
        raise PermissionDenied("somebody must be logged in to wait")
    return fail_closed(
        lambda: _join(by, at, uuid, sitting),
        refusals=(NotWaiting, UuidTaken),
        verb="waiting.failed",
        subject=sitting,
        by=by,
        at=at,
    )


def leave_waiting(*, by: Viewer, at: datetime, place: WaitingPlace) -> WaitingPlace:
    """Wait no longer; leaving again changes nothing. Raises PermissionDenied."""
    if not isinstance(by, User) or by.pk != place.learner_id:
        raise PermissionDenied("only who waits may leave")
    with transaction.atomic():
        User.objects.select_for_update(no_key=True, of=("self",)).get(pk=by.pk)
        locked = WaitingPlace.objects.select_for_update(of=("self",), no_key=True).get(pk=place.pk)
        if locked.state == PlaceState.WAITING:
            locked.state, locked.ended_at = PlaceState.LEFT, at
            locked.save(update_fields=["state", "ended_at"])
            record(verb="waiting.left", subject=locked, by=by, at=at)
            wake_seating()
    return locked


def seat_waiting(*, clock: Callable[[], datetime]) -> int:
    """Give every free seat to who waited longest for it; how many were seated. One that fails does not stop others.

    Who waits for a sitting that was cancelled waits no longer, and is told.
    """
    seated = 0
    for sitting in sittings_to_fill(clock()):
        for place in waiting_in(sitting):
            try:
                outcome = _try_to_seat(place, clock())
            except Exception:
                log.exception("waiting place %s stays", place.uuid)
                # Nobody overtakes by somebody else's failure; the next round tries again.
                break
            seated += outcome == PlaceState.SEATED
            if outcome == PlaceState.WAITING:
                break
    return seated


def wake_seating() -> None:
    """A seat may have come free: a worker looks after the commit."""
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    try:
        current_app.send_task(SEAT_TASK, retry=False)
    except Exception:
        log.warning("no worker was woken to give seats; the next round will", exc_info=True)


def _join(by: User, at: datetime, uuid: UUID, sitting: Sitting) -> WaitingPlace:
    with transaction.atomic():
        locked = lock_gate(by.pk, [sitting.pk])
        if known := _known(uuid, locked.learner, sitting):
            return known
        made = eligibility(locked.learner, locked.sittings[sitting.pk], at)
        if [each.code for each in made.verdict.unmet] != [FULL]:
            raise NotWaiting(made)
        decision = keep_decision(locked.learner, sitting, made)
        place = WaitingPlace.objects.create(
            uuid=uuid, learner=locked.learner, sitting=sitting, decision=decision, joined_at=at
        )
        record(verb="waiting.joined", subject=place, by=by, at=at, detail={"sitting": str(sitting.uuid)})
    return place


def _known(uuid: UUID, learner: User, sitting: Sitting) -> WaitingPlace | None:
    existing = WaitingPlace.objects.filter(uuid=uuid).first()
    if existing is not None and (existing.learner_id, existing.sitting_id) != (learner.pk, sitting.pk):
        raise UuidTaken("this uuid belongs to another waiting place")
    waits = WaitingPlace.objects.filter(learner=learner, sitting=sitting, state=PlaceState.WAITING)
    return existing or waits.first()


@transaction.atomic
def _try_to_seat(place: WaitingPlace, at: datetime) -> str:
    """What became of the place: seated, refused, left, or still waiting because there is no seat."""
    locked = lock_gate(place.learner_id, [place.sitting_id])
    sitting = locked.sittings[place.sitting_id]
    now = WaitingPlace.objects.select_for_update(of=("self",), no_key=True).get(pk=place.pk)
    if now.state != PlaceState.WAITING:
        return now.state
    made = eligibility(locked.learner, sitting, at)
    if sitting.cancelled_at is None and FULL in [each.code for each in made.verdict.unmet]:
        return PlaceState.WAITING
    decision = keep_decision(locked.learner, sitting, made)
    if made.eligible:
        # One uuid per place: a worker that is killed after the commit and runs again books nothing twice.
        registration = book(Booking(uuid5(now.uuid, "seat"), locked.learner, sitting, decision), at)
        tell_seated(at=at, registration=registration, sitting=sitting)
        return PlaceState.SEATED
    now.state, now.ended_at, now.ending = PlaceState.REFUSED, at, decision
    now.save(update_fields=["state", "ended_at", "ending"])
    detail = {"decision": str(decision.uuid), "unmet": [each.code for each in made.verdict.unmet]}
    record(verb="waiting.refused", subject=now, by=None, at=at, detail=detail)
    if sitting.cancelled_at is None:
        tell_not_seated(at=at, place=now, sitting=sitting)
    else:
        tell_waited_in_vain(at=at, place=now, sitting=sitting)
    return PlaceState.REFUSED
