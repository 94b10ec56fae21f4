"""Periodic work on figures and on what waits; each task makes one call."""

from datetime import UTC, datetime

from celery import shared_task

from lms.oversight.actions.standings import refresh_standings
from lms.oversight.actions.telling import tell_waiting


@shared_task
def refresh_running() -> int:
    """Every few minutes: classes in which something happened, and after midnight all that run."""
    return refresh_standings(at=datetime.now(UTC))


@shared_task
def refresh_all() -> int:
    """Every night, ended classes too: a decision on an appeal changes hours that were long done."""
    return refresh_standings(at=datetime.now(UTC), with_ended=True)


@shared_task
def tell_what_waits() -> int:
    """Every morning: a letter to who has to decide on something."""
    return tell_waiting(at=datetime.now(UTC))
