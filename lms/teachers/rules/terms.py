"""What the figures of a year may be, before it is opened; afterwards they never change."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from lms.teachers.rules.claims import Problem

FIRST_YEAR = 2016
"""The measures from which the forty hours come."""

YEARS_MAX = 2100
HOURS_MAX = Decimal(1000)


def term_problems(
    *,
    today: date,
    year: int,
    make_up_until: date,
    required_hours: Decimal,
    carry_over_hours_max: Decimal,
    caps: Sequence[tuple[int, Decimal]],
    categories: Collection[int],
) -> list[Problem]:
    """Everything that forbids these figures; `caps` are pairs of a category and class hours."""
    found = []
    if not FIRST_YEAR <= year <= YEARS_MAX:
        found.append(Problem("year", "year", str(year)))
    # Grace that is over already would bar a province at once, and what is opened stays as it is.
    if make_up_until.year <= year or make_up_until <= today:
        found.append(Problem("make_up_until", "make_up_until", make_up_until.isoformat()))
    if not _is_hours(required_hours) or required_hours == 0:
        found.append(Problem("required_hours", "required_hours", str(required_hours)))
    # Compared only when both are hours: NaN is comparable with nothing.
    is_above = _is_hours(required_hours) and _is_hours(carry_over_hours_max) and carry_over_hours_max > required_hours
    if not _is_hours(carry_over_hours_max) or is_above:
        found.append(Problem("carry_over_hours_max", "carry_over_hours_max", str(carry_over_hours_max)))
    seen: set[int] = set()
    for category, hours in caps:
        if category not in categories or category in seen or not _is_hours(hours) or hours == 0:
            found.append(Problem("caps", "caps", str(hours)))
        seen.add(category)
    return found


def _is_hours(hours: Decimal) -> bool:
    return hours.is_finite() and 0 <= hours <= HOURS_MAX and hours == round(hours, 2)
