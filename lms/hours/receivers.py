"""What other apps and the lower roots ask of hours, or tell them, without knowing them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from lms.hours.actions.notices import login_digest, login_ended, tell
from lms.hours.queries.delivery import studied_version


def may_study(sender: object, *, viewer: Any, lesson_uuid: UUID, **kwargs: object) -> bool:
    """Does a lesson's public page show this viewer the way to study it?"""
    return studied_version(viewer, lesson_uuid, datetime.now(UTC)) is not None


def end_login(sender: object, *, request: Any, user: Any, **kwargs: object) -> None:
    """Somebody logs out: the sockets of that login close."""
    if user is not None and user.pk:
        tell(login_ended(user.pk, login_digest(request.session.session_key)))


def end_all_logins(sender: object, *, person: Any, **kwargs: object) -> None:
    """Somebody was suspended: all of their sockets close."""
    tell(login_ended(person.pk, None))
