"""What becomes of a year that was not completed."""

from datetime import date
from fractions import Fraction

import pytest

from lms.teachers.rules.consequences import YearFacts, YearState, bars, of_provinces, owes, year_state

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


OWING = {
    "still to be done": (SHORT, LONG_AGO, True, True),
    "nothing is missing": (FULL, LONG_AGO, True, False),
    "certified on its first day": (SHORT, date(2025, 1, 1), True, True),
    "certified during it": (SHORT, date(2025, 1, 2), True, False),
    "never certified": (SHORT, None, True, False),
    "was elsewhere": (SHORT, LONG_AGO, False, False),
}


@pytest.mark.parametrize("case", OWING)
def test_a_year_is_owed_while_it_runs_and_afterwards_by_the_same_people(case: str) -> None:
    missing, certified, was_there, expected = OWING[case]
    facts = YearFacts(2025, date(2026, 6, 30), missing, certified, was_there)

    assert owes(facts) is expected
    assert (year_state(facts, date(2026, 7, 1)) == YearState.SHORT) is expected


def test_a_year_that_was_completed_in_another_province_is_complete() -> None:
    assert of_provinces(YearState.SHORT, [YearState.SHORT, YearState.COMPLETE]) == YearState.COMPLETE


def test_grace_is_each_provinces_own() -> None:
    assert of_provinces(YearState.SHORT, [YearState.SHORT, YearState.GRACE]) == YearState.SHORT
    assert of_provinces(YearState.GRACE, [YearState.GRACE, YearState.SHORT]) == YearState.GRACE
