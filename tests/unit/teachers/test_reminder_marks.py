"""When a teacher is reminded of a year that ends."""

from datetime import date

import pytest

from lms.teachers.rules.reminders import mark_on

# Day -> the mark that was reached last.
DAYS = {
    "2026-01-01": None,
    "2026-10-01": None,
    "2026-10-02": 90,
    "2026-10-03": 90,
    "2026-10-31": 90,
    "2026-11-01": 60,
    "2026-11-30": 60,
    "2026-12-01": 30,
    "2026-12-31": 30,
    "2027-01-01": None,
    "2028-10-02": 90,
}


@pytest.mark.parametrize("day", DAYS)
def test_the_last_mark_is_due_and_no_other(day: str) -> None:
    assert mark_on(date.fromisoformat(day)) == DAYS[day]
