"""Periodic work on hours; each task makes one call."""

from datetime import UTC, datetime

from celery import shared_task
from celery.utils.log import get_task_logger

from lms.hours.actions.checks import fail_lapsed_checks, lapse_abandoned
from lms.hours.actions.closing import end_closed_leases
from lms.hours.actions.proving import prove_ledger
from lms.hours.actions.sessions import close_idle_sessions

log = get_task_logger(__name__)


@shared_task
def close_idle() -> int:
    """End sessions whose client vanished; runs every half minute."""
    return close_idle_sessions(at=datetime.now(UTC))


@shared_task
def close_closed() -> int:
    """End sessions whose lesson was closed, also by the calendar (a class's last day); runs every five seconds."""
    return end_closed_leases(at=datetime.now(UTC))


@shared_task
def fail_lapsed() -> int:
    """Take back what vanished learners left unanswered; runs every half minute."""
    return fail_lapsed_checks(at=datetime.now(UTC))


@shared_task
def settle_abandoned() -> int:
    """Every night: take back what stayed provisional for a month without its learner."""
    return lapse_abandoned(at=datetime.now(UTC))


@shared_task
def verify_ledger() -> int:
    """Every night: prove the totals; each difference is an error in the log. Returns how many."""
    proof = prove_ledger(
        clock=lambda: datetime.now(UTC), tell=lambda line: log.error("ledger: %s", line), told_on_the_way=log.info
    )
    return proof.faults
