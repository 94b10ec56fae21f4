"""Periodic work on teachers' years; the task makes one call."""

from datetime import UTC, datetime

from celery import shared_task

from lms.teachers.actions.reminders import remind_short


@shared_task
def remind_teachers() -> int:
    """Every morning: letters to who is short of hours and near the year's end."""
    return remind_short(at=datetime.now(UTC))
