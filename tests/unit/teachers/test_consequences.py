"""What becomes of a year that was not completed."""

from datetime import date
from fractions import Fraction

import pytest

from lms.teachers.rules.consequences import YearFacts, YearState, bars, nearest, year_state

LONG_AGO = date(2020, 5, 1)
FULL, SHORT = Fraction(0), Fraction(5, 2)
# The year 2025, made up until 2026-06-30: missing, first certified on, day -> how it stands.
DAYS = {
    "while it runs": (SHORT, LONG_AGO, date(2025, 12, 31), "running"),
    "complete": (FULL, LONG_AGO, date(2026, 1, 1), "complete"),
    "the first day of grace": (SHORT, LONG_AGO, date(2026, 1, 1), "grace"),
    "the last day of grace": (SHORT, LONG_AGO, date(2026, 6, 30), "grace"),
    "after grace": (SHORT, LONG_AGO, date(2026, 7, 1), "short"),
    "made up after grace": (FULL, LONG_AGO, date(2026, 7, 1), "complete"),
    "certified on its first day": (SHORT, date(2025, 1, 1), date(2026, 7, 1), "short"),
    "certified during it": (SHORT, date(2025, 1, 2), date(2026, 7, 1), "exempt"),
    "certified after it": (SHORT, date(2026, 3, 1), date(2026, 7, 1), "exempt"),
    "never certified": (SHORT, None, date(2026, 7, 1), "exempt"),
}


@pytest.mark.parametrize("case", DAYS)
def test_a_year_stands_as_the_table_says(case: str) -> None:
    missing, certified, day, expected = DAYS[case]

    assert year_state(YearFacts(2025, date(2026, 6, 30), missing, certified), day) == expected


def test_only_who_is_short_after_grace_is_barred() -> None:
    assert [each.value for each in YearState if bars(each)] == ["short"]


def test_a_year_that_was_completed_in_another_province_is_complete() -> None:
    assert nearest([(YearState.SHORT, SHORT), (YearState.COMPLETE, FULL)]) == (YearState.COMPLETE, FULL)


def test_of_two_that_are_short_the_one_that_misses_less_is_told() -> None:
    assert nearest([(YearState.SHORT, Fraction(9)), (YearState.SHORT, SHORT)]) == (YearState.SHORT, SHORT)
