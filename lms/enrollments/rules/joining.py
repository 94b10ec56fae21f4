"""When an invitation opens a class, and what a request to join may say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

USES_MAX = 10_000
LASTS_MAX = timedelta(days=90)
REASON_MAX = 300


@dataclass(frozen=True, slots=True)
class Door:
    """An invitation as far as its being open goes. `expires_at` is exclusive."""

    uses: int
    uses_max: int
    expires_at: datetime
    is_revoked: bool


def door_closed(door: Door, at: datetime) -> str:
    """Why nobody comes in by this invitation any more; "" while somebody does."""
    if door.is_revoked:
        return "revoked"
    if at >= door.expires_at:
        return "expired"
    return "used_up" if door.uses >= door.uses_max else ""


def invitation_problems(uses_max: int, made_at: datetime, expires_at: datetime) -> Sequence[str]:
    """Codes of what is wrong with a wanted invitation."""
    found = []
    if not 1 <= uses_max <= USES_MAX:
        found.append("uses")
    if not made_at < expires_at <= made_at + LASTS_MAX:
        found.append("expires")
    return found
