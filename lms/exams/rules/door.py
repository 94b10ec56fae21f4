"""The door: when somebody is let in, and the address behind the code on a ticket."""

from datetime import datetime, timedelta
from uuid import UUID

OPENS_BEFORE = timedelta(minutes=60)
LATE_AT_MOST = timedelta(minutes=30)
"""Who comes later than this after the beginning is not let in 迟到30分钟不得入场."""


def door_reason(starts_at: datetime, at: datetime) -> str | None:
    """Why nobody is let in at this moment: `door_not_open`, `door_closed`, or None."""
    if at < starts_at - OPENS_BEFORE:
        return "door_not_open"
    return "door_closed" if at > starts_at + LATE_AT_MOST else None


def door_path(registration: UUID) -> str:
    """Where whoever stands at the door finds this seat, below the site's own address."""
    return f"/exams/door/{registration}/"
