"""Calendar days of the installation's one zone. A day knows when it ends on the server's clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day and the milliseconds (UTC epoch) at which it and the next one begin."""

    date: date
    begins_ms: int
    ends_ms: int


def day_at(at_ms: int, zone: ZoneInfo) -> Day:
    """The day in which a moment lies."""
    return day_of(datetime.fromtimestamp(at_ms / 1000, tz=UTC).astimezone(zone).date(), zone)


def day_of(date_: date, zone: ZoneInfo) -> Day:
    """A calendar date of the zone with its end."""
    return Day(date_, _midnight_ms(date_, zone), _midnight_ms(date_ + timedelta(days=1), zone))


def _midnight_ms(date_: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(date_, time(), tzinfo=zone).timestamp()) * 1000
