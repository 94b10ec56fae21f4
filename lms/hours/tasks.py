"""Periodic work on hours; each task makes one call."""

from datetime import UTC, datetime

from celery import shared_task

from lms.hours.actions.checks import fail_lapsed_checks
from lms.hours.actions.sessions import close_idle_sessions


@shared_task
def close_idle() -> int:
    """End sessions whose client vanished; runs every half minute."""
    return close_idle_sessions(at=datetime.now(UTC))


@shared_task
def fail_lapsed() -> int:
    """Take back what vanished learners left unanswered; runs every half minute."""
    return fail_lapsed_checks(at=datetime.now(UTC))
