"""Which requirements are in force: the newest of each syllabus and region, and all of those together."""

from datetime import date
from typing import Any

import pytest

from lms.exams.rules.requirements import Enacted, Requirements, in_force, problems_of


def asks(mark: str, **asked: Any) -> Requirements:
    nothing: dict[str, Any] = {
        "classroom_percent": 0,
        "reported_class": False,
        "certified_teachers": False,
        "institution_in_order": False,
        "verified_identity": False,
        "earlier_certificate": False,
    }
    return Requirements(mark=mark, **nothing | asked)


def enacted(
    number: int, begins: date, ends: date | None = None, *, syllabus: str = "", region: str = "", **asked: Any
) -> Enacted:
    return Enacted(syllabus, region, number, begins, ends, asks(str(number), **asked))


YEARS_AGO, SPRING, SUMMER = date(2020, 1, 1), date(2026, 4, 1), date(2026, 7, 1)
COUNTRY = enacted(1, YEARS_AGO, reported_class=True, classroom_percent=10)


@pytest.mark.parametrize(
    ("label", "others", "expected"),
    [
        ("the country alone", [], asks("1", reported_class=True, classroom_percent=10)),
        (
            "a province adds",
            [enacted(2, SPRING, region="53", certified_teachers=True)],
            asks("1 2", reported_class=True, certified_teachers=True, classroom_percent=10),
        ),
        (
            "a province takes nothing away",
            [enacted(2, SPRING, region="53", classroom_percent=5)],
            asks("1 2", reported_class=True, classroom_percent=10),
        ),
        (
            "one syllabus of one city",
            [enacted(2, SPRING, region="5301", syllabus="hv", classroom_percent=30)],
            asks("1 2", reported_class=True, classroom_percent=30),
        ),
        ("another syllabus", [enacted(2, SPRING, syllabus="lv", classroom_percent=30)], COUNTRY.asks),
        ("another province", [enacted(2, SPRING, region="54", classroom_percent=30)], COUNTRY.asks),
        ("not yet in force", [enacted(2, SUMMER, classroom_percent=30)], COUNTRY.asks),
        ("over since that day", [enacted(2, YEARS_AGO, SPRING, region="53", classroom_percent=30)], COUNTRY.asks),
        (
            "a newer one takes the place of the older",
            [enacted(2, SPRING, classroom_percent=5)],
            asks("2", classroom_percent=5),
        ),
        (
            "of the same day the later number",
            [enacted(3, SPRING, classroom_percent=7), enacted(2, SPRING, classroom_percent=5)],
            asks("3", classroom_percent=7),
        ),
    ],
)
def test_sets_in_force_ask_together(label: str, others: list[Enacted], expected: Requirements) -> None:
    assert in_force([COUNTRY, *others], "hv", "530102", SPRING) == expected, label


def test_nothing_is_in_force_before_the_first_was_enacted() -> None:
    assert in_force([COUNTRY], "hv", "53", date(2019, 12, 31)) is None
    assert in_force([], "hv", "53", SPRING) is None


@pytest.mark.parametrize(
    ("percent", "begins", "ends", "expected"),
    [
        (0, SUMMER, None, []),
        (100, date(2026, 4, 2), date(2026, 4, 3), []),
        (101, SPRING, SPRING, ["classroom_percent", "in_force_from", "in_force_to"]),
        (-1, SUMMER, None, ["classroom_percent"]),
    ],
)
def test_a_set_begins_after_the_day_on_which_it_is_enacted(
    percent: int, begins: date, ends: date | None, expected: list[str]
) -> None:
    assert problems_of(percent, begins, ends, SPRING) == expected
