"""What the lower roots ask of hours, without knowing them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from lms.hours.queries.delivery import studied_version


def may_study(sender: object, *, viewer: Any, lesson_uuid: UUID, **kwargs: object) -> bool:
    """Does a lesson's public page show this viewer the way to study it?"""
    return studied_version(viewer, lesson_uuid, datetime.now(UTC)) is not None
