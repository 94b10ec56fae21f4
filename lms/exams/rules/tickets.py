"""The admission ticket 准考证: who gets one, its number, and all that stands on it.

Chinese with the English beside it, whatever language the reader has chosen: the paper is for the door.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lms.exams.rules.door import LATE_AT_MOST, OPENS_BEFORE

BOOKED = "booked"
ABSENT = "—"
NUMBER_DIGITS = 12
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Seat:
    """What a ticket is made from; `starts_at` is in the zone in which it is printed."""

    registration: UUID
    name: str
    identity: str
    title_zh: str
    title_en: str
    office_zh: str
    office_en: str
    site_zh: str
    site_en: str
    address: str
    room_zh: str
    room_en: str
    seat: int
    starts_at: datetime
    minutes: int


def ticket_reason(state: str, doubted_at: datetime | None) -> str | None:
    """Why there is no ticket for a seat: `not_booked`, `in_doubt` (nobody is let in upon it), or None."""
    if state != BOOKED:
        return "not_booked"
    return "in_doubt" if doubted_at is not None else None


def ticket_number(registration: UUID) -> str:
    """Twelve signs of the registration's own number, in fours: no two seats of a sitting share them by chance."""
    signs = registration.hex[:NUMBER_DIGITS].upper()
    return "-".join(signs[place : place + 4] for place in range(0, NUMBER_DIGITS, 4))


def ticket_of(seat: Seat, *, address: str) -> dict[str, Any]:
    """The data of the layout; `address` is what its code leads to."""
    ends_at = seat.starts_at + timedelta(minutes=seat.minutes)
    return {
        "number": ticket_number(seat.registration),
        "address": address,
        "name": seat.name or ABSENT,
        "identity": seat.identity or ABSENT,
        "title_zh": seat.title_zh,
        "title_en": seat.title_en,
        "office_zh": seat.office_zh,
        "office_en": seat.office_en,
        "site_zh": seat.site_zh,
        "site_en": seat.site_en,
        "site_address": seat.address or ABSENT,
        "room_zh": seat.room_zh,
        "room_en": seat.room_en,
        "seat": seat.seat,
        "day_zh": f"{_day(seat.starts_at)} 星期{WEEKDAYS[seat.starts_at.weekday()]}",
        "day_en": seat.starts_at.date().isoformat(),
        "begins": f"{seat.starts_at:%H:%M}",
        "ends": f"{ends_at:%H:%M}",
        "door_opens": f"{seat.starts_at - OPENS_BEFORE:%H:%M}",
        "door_closes": f"{seat.starts_at + LATE_AT_MOST:%H:%M}",
        "opens_before_minutes": _minutes(OPENS_BEFORE),
        "late_minutes": _minutes(LATE_AT_MOST),
    }


def _day(moment: datetime) -> str:
    return f"{moment.year} 年 {moment.month} 月 {moment.day} 日"


def _minutes(time: timedelta) -> int:
    return int(time.total_seconds()) // 60
