"""Which open courses would close a year, and how much of what waits could count."""

from fractions import Fraction

import pytest

from lms.teachers.rules.closing import STEPS_MAX, OpenLesson, closing, would_count
from lms.teachers.rules.forty import CategoryAccount

ONLINE, SAFETY = 1, 2


def categories(online: str, cap: str | None = "20") -> list[CategoryAccount]:
    counted = Fraction(online)
    return [
        CategoryAccount(ONLINE, counted, counted, None if cap is None else Fraction(cap)),
        CategoryAccount(SAFETY, Fraction(0), Fraction(0), None),
    ]


# Counted online of at most 20, missing, lessons as category:hours left -> what each gives.
PLANS: dict[str, tuple[str, str, str, str]] = {
    "the first closes it": ("0", "2", "1:3 1:3", "a:3"),
    "two are needed": ("0", "4", "1:3 1:3 1:3", "a:3 b:3"),
    "all together are not enough": ("0", "40", "1:3 1:3", "a:3 b:3"),
    "only half of one fits under the cap": ("18", "9", "1:3 1:3 2:3", "a:2 c:3"),
    "the category is full": ("20", "9", "1:3 2:1", "b:1"),
    "nothing is left to earn": ("0", "9", "1:0 2:1", "b:1"),
    "nothing is missing": ("0", "0", "1:3", ""),
    "no course is open": ("0", "9", "", ""),
}


@pytest.mark.parametrize("case", PLANS)
def test_courses_are_named_until_they_close_the_year(case: str) -> None:
    online, missing, lessons, expected = PLANS[case]
    listed = [each.split(":") for each in lessons.split()]
    opened = [OpenLesson(chr(97 + n), int(each[0]), Fraction(each[1])) for n, each in enumerate(listed)]

    steps = closing(categories(online), Fraction(missing), opened)

    assert " ".join(f"{each.lesson}:{each.gives}" for each in steps) == expected


def test_a_whole_catalogue_is_not_proposed() -> None:
    many = [OpenLesson(number, ONLINE, Fraction(1, 10)) for number in range(50)]

    assert len(closing(categories("0", cap=None), Fraction(40), many)) == STEPS_MAX


def test_what_waits_counts_up_to_the_cap_of_its_category() -> None:
    waits = {ONLINE: Fraction(5), SAFETY: Fraction(3)}

    assert would_count(categories("18"), waits) == 5
    assert would_count(categories("20"), waits) == 3
    assert would_count(categories("18", cap=None), waits) == 8
    assert would_count(categories("18"), {}) == 0
