"""When somebody is let in: the door opens before the exam and closes some time after it began."""

from datetime import datetime, timedelta

OPENS_BEFORE = timedelta(minutes=60)
LATE_AT_MOST = timedelta(minutes=30)
"""Who comes later than this after the beginning is not let in 迟到30分钟不得入场."""


def door_reason(starts_at: datetime, at: datetime) -> str | None:
    """Why nobody is let in at this moment: `door_not_open`, `door_closed`, or None."""
    if at < starts_at - OPENS_BEFORE:
        return "door_not_open"
    return "door_closed" if at > starts_at + LATE_AT_MOST else None
