"""What becomes of a year that was not completed, and why a teacher may be named in the report of a class or not.

Short at the year's end is flagged. Until the year's `make_up_until` grace runs; after that day nobody who is still
short is named in a new report until the hours are made up. Whoever was first certified during a year, or after it, owes
it nothing, nor does who did not work in the province then and took no part; a year that nobody opened asks nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction


class YearState(StrEnum):
    """`RUNNING` until the last day of the year; then `COMPLETE`, `EXEMPT`, `GRACE` or `SHORT`, of which one bars."""

    RUNNING = "running"
    COMPLETE = "complete"
    EXEMPT = "exempt"
    GRACE = "grace"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class YearFacts:
    """`first_certified_on` is the first day of the teacher's first certificate; None: there never was one. `was_there`:
    they took part in the year, or worked in its province during it.
    """

    year: int
    make_up_until: date
    missing: Fraction
    first_certified_on: date | None
    was_there: bool = True


def last_day(year: int) -> date:
    """On which hours of the year itself can still be held."""
    return date(year, 12, 31)


def is_exempt(year: int, first_certified_on: date | None) -> bool:
    """Whether the year asks nothing of a teacher who was first certified then."""
    return first_certified_on is None or first_certified_on > date(year, 1, 1)


def owes(facts: YearFacts) -> bool:
    """Whether the year asks something of the teacher that is missing: still to be done while it runs, and what they are
    short of when it is over (`GRACE` or `SHORT`)."""
    is_asked = facts.was_there and not is_exempt(facts.year, facts.first_certified_on)
    return is_asked and bool(facts.missing)


def year_state(facts: YearFacts, day: date) -> YearState:
    """How the year stands on `day`, in the installation's zone."""
    if day <= last_day(facts.year):
        return YearState.RUNNING
    if not facts.missing:
        return YearState.COMPLETE
    if not owes(facts):
        return YearState.EXEMPT
    return YearState.GRACE if day <= facts.make_up_until else YearState.SHORT


def bars(state: YearState) -> bool:
    """Whether nobody in this state is named in a new report."""
    return state == YearState.SHORT


def of_provinces(own: YearState, others: Collection[YearState]) -> YearState:
    """How a calendar year stands in a province for a teacher who has the same year in `others` as well: they have one
    clock, so a year that is complete anywhere is a year's worth of hours. Grace is each province's own.
    """
    return YearState.COMPLETE if YearState.COMPLETE in others else own
