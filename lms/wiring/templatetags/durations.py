"""Milliseconds, class hours and shares as people read them.

Inside everything is integer milliseconds; these filters are the edge. Time that a learner has is rounded down,
never up: a page must not promise a second that the ledger does not hold.
"""

from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

register = template.Library()

MS_PER_SECOND = 1_000
MS_PER_MINUTE = 60_000
# One online class hour (AQ 8011-2023); a page that knows the syllabus passes its own figure.
MINUTES_PER_CLASS_HOUR = 30


def split_ms(duration_ms: int) -> tuple[int, int, int]:
    """Whole hours, minutes and seconds of a duration; a negative duration is none."""
    seconds = max(int(duration_ms), 0) // MS_PER_SECOND
    return seconds // 3600, seconds // 60 % 60, seconds % 60


def whole_percent(part: float, whole: float) -> int:
    """The share in percent, rounded down and kept in 0..100: 99.9 is not yet 100. Nothing asked is 100."""
    if whole <= 0:
        return 100
    return int(max(0, min(100, part * 100 // whole)))


@register.filter
def duration(duration_ms: int | None) -> str:
    """`750000` -> "12 min 30 s"; the largest two units, so that a row stays short."""
    hours, minutes, seconds = split_ms(duration_ms or 0)
    if hours:
        return _("%(h)d h %(m)d min") % {"h": hours, "m": minutes}
    if minutes:
        return _("%(m)d min %(s)d s") % {"m": minutes, "s": seconds} if seconds else _("%(m)d min") % {"m": minutes}
    return _("%(s)d s") % {"s": seconds}


@register.filter
def timecode(position_ms: int | None) -> str:
    """`750000` -> "12:30"; a place on a time line."""
    hours, minutes, seconds = split_ms(position_ms or 0)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def class_hours(duration_ms: int | None, minutes: int = MINUTES_PER_CLASS_HOUR) -> str:
    """`2700000` -> "1.5": class hours, at most two decimals, rounded down, no trailing zeros."""
    hours = Decimal(max(int(duration_ms or 0), 0)) / (minutes * MS_PER_MINUTE)
    return plain_number(hours.quantize(Decimal("0.01"), rounding=ROUND_FLOOR))


@register.filter
def plain_number(value: Decimal | float | int | str | None) -> str:
    """`1.50` -> "1.5", `88.00` -> "88": a count without noise."""
    if value is None or value == "":
        return "0"
    return f"{Decimal(str(value)).normalize():f}"


@register.filter
def minute_of_day(at: datetime | None) -> int:
    """The place of a moment on a strip of 1440 minutes, in the zone in which days are counted."""
    if at is None:
        return 0
    local = timezone.localtime(at) if timezone.is_aware(at) else at
    return local.hour * 60 + local.minute


@register.filter
def strip_minutes(duration_ms: int | None) -> int:
    """The length of a stretch on the strip of a day: whole minutes, at least 5, so that a short one can be seen."""
    return max(int(duration_ms or 0) // MS_PER_MINUTE, 5)


@register.filter
def percent_of(part: float | None, whole: float | None) -> int:
    """`{{ 45|percent_of:60 }}` -> 75."""
    return whole_percent(float(part or 0), float(whole or 0))


@register.filter
def arc(percent: float | None, more: float | None = 0) -> str:
    """The length of a ring's arc out of 100, for stroke-dasharray: never longer than the ring."""
    length = min(max(float(percent or 0), 0) + max(float(more or 0), 0), 100)
    return f"{length:g}"
