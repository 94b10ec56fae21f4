"""Class hours 学时 and milliseconds: the edge between what a syllabus asks and what the ledger holds.

A class hour lasts as many minutes as the syllabus version says for its kind, so a conversion always takes those
minutes. Inside everything is whole milliseconds; class hours are shown with two decimal places. What is done is
rounded down and what is missing is rounded up: nobody is ever shown more than was earned.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

MS_PER_MINUTE = 60_000
SHOWN = Decimal("0.01")


def hours_to_ms(hours: Decimal, minutes: int) -> int:
    """Milliseconds that `hours` class hours of `minutes` last; a part of a millisecond counts as a whole one."""
    if minutes <= 0:
        raise ValueError(f"a class hour lasts at least one minute, not {minutes}")
    return int((hours * minutes * MS_PER_MINUTE).to_integral_value(rounding=ROUND_CEILING))


def done_hours(ms: int, minutes: int) -> Decimal:
    """Class hours earned in `ms`, rounded down."""
    return _shown(ms, minutes, ROUND_FLOOR)


def missing_hours(ms: int, minutes: int) -> Decimal:
    """Class hours that `ms` still missing milliseconds are, rounded up; nothing missing is 0."""
    return _shown(max(ms, 0), minutes, ROUND_CEILING)


def plain(hours: Decimal) -> str:
    """`27`, `1.94`: as a person writes it, without trailing zeros or an exponent."""
    text = f"{hours:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shown(ms: int, minutes: int, rounding: str) -> Decimal:
    if minutes <= 0:
        raise ValueError(f"a class hour lasts at least one minute, not {minutes}")
    # Whole cents of an hour by integers: a Decimal division would round once before we do.
    cents, rest = divmod(ms * 100, minutes * MS_PER_MINUTE)
    if rest and rounding == ROUND_CEILING:
        cents += 1
    return Decimal(cents) * SHOWN
