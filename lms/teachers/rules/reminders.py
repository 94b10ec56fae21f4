"""On which days before a year's end a teacher who is short is reminded."""

from datetime import date

from lms.teachers.rules.consequences import last_day

MARKS = (90, 60, 30)
"""Days before the last day of the year, as the issue of the forty hours asks."""


def mark_on(day: date) -> int | None:
    """The mark that was reached last on `day`; None before the first one.

    A day on which nothing ran is made up for on the next, and after a longer silence only the last mark is due: nobody
    is reminded of the same thing twice on one morning.
    """
    left = (last_day(day.year) - day).days
    return min((mark for mark in MARKS if left <= mark), default=None)
