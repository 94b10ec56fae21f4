"""Periodic work on logins; the task makes one call."""

from celery import shared_task
from django.utils import timezone

from lms.accounts.actions import forget_expired_logins


@shared_task
def forget_expired() -> int:
    """Every night: logins that ended by time leave no rows behind."""
    return forget_expired_logins(at=timezone.now())
