"""Roles change in the app below: then the groups of the shelves must follow. Wagtail begins a review: the log tells."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from lms.accounts.models import User
from lms.institutions.actions.reviews import record_submission
from lms.institutions.actions.shelves import keep_shelves_of
from lms.institutions.models import ReviewState


def on_roles_changed(sender: Any, *, person: User, at: datetime, **kwargs: Any) -> None:
    """Receiver of `lms.accounts.signals.roles_changed`, inside the transaction of the change."""
    keep_shelves_of(at=at, person=person)


def on_submitted(sender: Any, *, instance: Any, user: Any, **kwargs: Any) -> None:
    """Receiver of Wagtail's `task_submitted`, from its editor and from `actions.reviews.submit` alike."""
    if isinstance(instance, ReviewState):
        record_submission(by=user, at=timezone.now(), review=instance)
