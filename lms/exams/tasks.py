"""Work of this app beside the requests; each task makes one call."""

from celery import shared_task
from django.utils import timezone

from lms.exams.actions import holding, seating


@shared_task(name=holding.LOOK_AGAIN_TASK)
def look_again() -> int:
    """Judge the seats in doubt; woken when one comes into doubt, and every twenty seconds."""
    return holding.look_again(clock=timezone.now)


@shared_task(name="lms.exams.doubt_all")
def doubt_all() -> int:
    """Once a night every seat to come is looked at, whatever it was that nobody told of."""
    return holding.doubt_all(at=timezone.now())


@shared_task(name=seating.SEAT_TASK)
def seat_waiting() -> int:
    """Give free seats to who waits; woken when one comes free, and every minute."""
    return seating.seat_waiting(clock=timezone.now)
