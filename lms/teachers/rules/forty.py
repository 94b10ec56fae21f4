"""A teacher's year of continuing education 继续教育 as an account: what was earned, what of it counts, what is missing.

Hours are exact fractions of class hours in here, so that a year is the sum of its parts to the last millisecond; what
is shown is rounded at the edge, down for what is done and up for what is missing. Figures are data of the year
(`lms.teachers.models.EducationYear`); forty hours a year: the measures for Yunnan of 2016.
How it counts, with worked tables: docs/teachers.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction

MS_PER_MINUTE = 60_000
NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a year asks, in class hours. `caps` has every category in its order; None is no cap."""

    year: int
    required: Fraction
    carry_over_max: Fraction
    caps: Mapping[int, Fraction | None]


@dataclass(frozen=True, slots=True)
class Earned:
    """Confirmed time of one kind in a category, where a class hour lasts `minutes`.

    `made_up_ms` of it were earned after the year's last day: they fill what is missing and are never carried over.
    """

    category: int
    ms: int
    minutes: int
    made_up_ms: int = 0


@dataclass(frozen=True, slots=True)
class CategoryAccount:
    """`earned` is all that the ledger holds, `counted` what of it counts: never more than `cap`."""

    category: int
    earned: Fraction
    counted: Fraction
    cap: Fraction | None

    @property
    def earned_hours(self) -> Decimal:
        return rounded_down(self.earned)

    @property
    def counted_hours(self) -> Decimal:
        return rounded_down(self.counted)

    @property
    def beyond_cap_hours(self) -> Decimal:
        return rounded_down(self.earned - self.counted)

    @property
    def cap_hours(self) -> Decimal | None:
        return None if self.cap is None else rounded_down(self.cap)


@dataclass(frozen=True, slots=True)
class YearAccount:
    """`carried_in` came from the year before, `carried_out` may go to the next one and no further."""

    year: int
    required: Fraction
    carried_in: Fraction
    carried_out: Fraction
    categories: tuple[CategoryAccount, ...]

    @property
    def earned(self) -> Fraction:
        return sum((each.earned for each in self.categories), NOTHING)

    @property
    def counted(self) -> Fraction:
        """What counts towards `required`: each category up to its cap, and what was carried over."""
        return sum((each.counted for each in self.categories), self.carried_in)

    @property
    def missing(self) -> Fraction:
        return max(self.required - self.counted, NOTHING)

    @property
    def surplus(self) -> Fraction:
        return max(self.counted - self.required, NOTHING)

    @property
    def is_complete(self) -> bool:
        return not self.missing

    @property
    def counted_hours(self) -> Decimal:
        return rounded_down(self.counted)

    @property
    def missing_hours(self) -> Decimal:
        return rounded_up(self.missing)

    @property
    def required_hours(self) -> Decimal:
        return rounded_up(self.required)

    @property
    def carried_in_hours(self) -> Decimal:
        return rounded_down(self.carried_in)

    @property
    def carried_out_hours(self) -> Decimal:
        return rounded_down(self.carried_out)


def year_account(terms: Terms, earned: Iterable[Earned], carried_in: Fraction = NOTHING) -> YearAccount:
    """The account of one year. Time in a category that the year does not have raises KeyError: it is a fault of data.

    Carried over is what counts above `required` and was earned in the year itself, at most `carry_over_max`: what came
    from the year before is used first and does not go further, and made-up hours come too late to be a surplus.
    """
    whole: dict[int, Fraction] = defaultdict(lambda: NOTHING)
    in_time: dict[int, Fraction] = defaultdict(lambda: NOTHING)
    for each in earned:
        if each.category not in terms.caps:
            raise KeyError(f"the year {terms.year} has no category {each.category}")
        whole[each.category] += class_hours(each.ms, each.minutes)
        in_time[each.category] += class_hours(each.ms - each.made_up_ms, each.minutes)
    categories = tuple(
        CategoryAccount(category, whole[category], _capped(whole[category], cap), cap)
        for category, cap in terms.caps.items()
    )
    own = sum((_capped(in_time[category], cap) for category, cap in terms.caps.items()), NOTHING)
    surplus = max(carried_in + own - terms.required, NOTHING)
    carried_out = min(surplus, own, terms.carry_over_max)
    return YearAccount(terms.year, terms.required, carried_in, carried_out, categories)


def accounts_of_years(years: Iterable[tuple[Terms, Iterable[Earned]]]) -> list[YearAccount]:
    """The accounts of one teacher's years, oldest first; a year carries over into the next calendar year only."""
    found: list[YearAccount] = []
    for terms, earned in sorted(years, key=lambda each: each[0].year):
        follows = bool(found) and found[-1].year == terms.year - 1
        found.append(year_account(terms, earned, found[-1].carried_out if follows else NOTHING))
    return found


def class_hours(ms: int, minutes: int) -> Fraction:
    """Class hours of `minutes` that `ms` are, exactly."""
    return Fraction(ms, minutes * MS_PER_MINUTE)


def rounded_down(hours: Fraction) -> Decimal:
    """To hundredths, as it is shown of what is done."""
    return _hundredths(hours, ROUND_FLOOR)


def rounded_up(hours: Fraction) -> Decimal:
    """To hundredths, as it is shown of what is missing."""
    return _hundredths(hours, ROUND_CEILING)


def _capped(hours: Fraction, cap: Fraction | None) -> Fraction:
    return hours if cap is None else min(hours, cap)


def _hundredths(hours: Fraction, rounding: str) -> Decimal:
    cents, rest = divmod(hours.numerator * 100, hours.denominator)
    return Decimal(cents + (1 if rest and rounding == ROUND_CEILING else 0)) / 100
