"""What other apps and the lower roots ask of hours, or tell them, without knowing them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from lms.hours.actions.closing import end_closed_leases
from lms.hours.actions.notices import login_digest, login_ended, tell
from lms.hours.queries.closed import Closed
from lms.hours.queries.delivery import studied_version

CLOSED_AT_ONCE = 100
"""Leases that a click may end before it answers; the periodic task goes on with the others within five seconds."""


def may_study(sender: object, *, viewer: Any, lesson_uuid: UUID, **kwargs: object) -> bool:
    """Does a lesson's public page show this viewer the way to study it?"""
    return studied_version(viewer, lesson_uuid, datetime.now(UTC)) is not None


def end_login(sender: object, *, request: Any, user: Any, **kwargs: object) -> None:
    """Somebody logs out: the sockets of that login close."""
    if user is not None and user.pk:
        tell(login_ended(user.pk, login_digest(request.session.session_key)))


def end_all_logins(sender: object, *, person: Any, **kwargs: object) -> None:
    """Somebody was suspended: once that is committed all of their sockets close, and their lease ends."""

    def end() -> None:
        tell(login_ended(person.pk, None))
        end_closed_leases(at=datetime.now(UTC), closed=Closed(learner=person), limit=CLOSED_AT_ONCE)

    transaction.on_commit(end, robust=True)


def close_lesson(sender: object, *, lesson: Any, **kwargs: object) -> None:
    """A lesson was withdrawn: whoever studies it is told."""
    end_closed_leases(at=datetime.now(UTC), closed=Closed(lesson=lesson), limit=CLOSED_AT_ONCE)


def close_class(sender: object, *, training_class: Any, **kwargs: object) -> None:
    """A class ended: whoever studies in it is told."""
    end_closed_leases(at=datetime.now(UTC), closed=Closed(training_class=training_class), limit=CLOSED_AT_ONCE)


def close_enrollment(sender: object, *, enrollment: Any, **kwargs: object) -> None:
    """Somebody left a class: once that is committed they are told, if they study in it now."""

    def end() -> None:
        end_closed_leases(at=datetime.now(UTC), closed=Closed(enrollment=enrollment), limit=CLOSED_AT_ONCE)

    transaction.on_commit(end, robust=True)
