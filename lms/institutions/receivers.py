"""Roles change in the app below: then the groups of the shelves must follow."""

from datetime import datetime
from typing import Any

from lms.accounts.models import User
from lms.institutions.actions.shelves import keep_shelves_of


def on_roles_changed(sender: Any, *, person: User, at: datetime, **kwargs: Any) -> None:
    """Receiver of `lms.accounts.signals.roles_changed`, inside the transaction of the change."""
    keep_shelves_of(at=at, person=person)
