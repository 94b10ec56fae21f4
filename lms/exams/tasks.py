"""Work of this app beside the requests; each task makes one call."""

from celery import shared_task
from django.utils import timezone

from lms.exams.actions import holding, seating


@shared_task(name=holding.LOOK_AGAIN_TASK)
def look_again() -> int:
    """Judge the seats in doubt; woken when one comes into doubt or more are left, and every twenty seconds."""
    return holding.look_again(clock=timezone.now)


@shared_task(name="lms.exams.doubt_fallen")
def doubt_fallen() -> int:
    """Once a night every seat to come is judged, whatever nobody told of; one that does not stand comes into doubt."""
    return holding.doubt_fallen(at=timezone.now())


@shared_task(name=seating.SEAT_TASK)
def seat_waiting() -> int:
    """Give free seats to who waits; woken when one comes free, and every minute."""
    return seating.seat_waiting(clock=timezone.now)
