"""Sending beside the requests; the task makes one call."""

from celery import shared_task
from django.utils import timezone

from lms.letters import actions


@shared_task(name=actions.SEND_TASK)
def send_letters() -> int:
    """A piece of what is due. Woken by whoever wrote letters, and every half minute."""
    return actions.send_due(clock=timezone.now)
