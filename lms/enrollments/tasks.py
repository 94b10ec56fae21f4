"""Work of this app beside the requests; each task makes one call."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from lms.enrollments.actions import rosters


@shared_task(name=rosters.IMPORT_TASK)
def import_roster(uuid: str) -> None:
    """The task's argument is the import's uuid and nothing else: what it holds stays in the database, sealed."""
    rosters.run_import(clock=timezone.now, uuid=UUID(uuid))


@shared_task(name="lms.enrollments.requeue_imports")
def requeue_imports() -> int:
    """Wake a worker for what waits; runs every half minute."""
    return rosters.requeue_imports(at=timezone.now())
