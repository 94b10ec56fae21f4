"""Work of the installation itself beside the requests; each task makes one call."""

from celery import shared_task
from django.utils import timezone

from lms.wiring import ticking


@shared_task(name=ticking.TICK_TASK)
def tick() -> None:
    """Every half minute: the clock called, and a worker heard it."""
    ticking.tick(at=timezone.now())
