"""What a new set of requirements changes, and when: the preview that an authority reads before it enacts."""

from dataclasses import replace
from datetime import date

import pytest

from lms.exams import texts
from lms.exams.rules.requirement_changes import FLAGS, THINGS, changes, coming
from lms.exams.rules.requirements import FIRST, Enacted, Requirements, sets_in_force

NOTHING = replace(FIRST, reported_class=False, institution_in_order=False)
A_FIFTH, A_THIRD = replace(NOTHING, classroom_percent=20), replace(NOTHING, classroom_percent=33)
SPRING, SUMMER, AUTUMN = date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1)


def told(before: Requirements | None, after: Requirements | None) -> list[tuple[str, str]]:
    return [(each.name, each.sort) for each in changes(before, after)]


def a_set(number: int, first: date, *, region: str = "", syllabus: str = "", last: date | None = None) -> Enacted:
    return Enacted(syllabus, region, number, first, last, replace(NOTHING, mark=str(number), verified_identity=True))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (NOTHING, NOTHING, []),
        (NOTHING, replace(NOTHING, verified_identity=True), [("verified_identity", "adds")]),
        (replace(NOTHING, verified_identity=True), NOTHING, [("verified_identity", "drops")]),
        (FIRST, FIRST, [("reported_class", "keeps"), ("institution_in_order", "keeps")]),
        (NOTHING, A_THIRD, [("classroom_percent", "adds")]),
        (A_FIFTH, A_THIRD, [("classroom_percent", "raises")]),
        (A_THIRD, A_FIFTH, [("classroom_percent", "lowers")]),
        (None, FIRST, [("reported_class", "adds"), ("institution_in_order", "adds")]),
        (FIRST, None, [("reported_class", "drops"), ("institution_in_order", "drops")]),
    ],
    ids=["nothing", "one more", "one less", "the same", "a share", "a higher one", "a lower one", "first", "end"],
)
def test_it_says_what_is_added_kept_and_taken_away(
    before: Requirements | None, after: Requirements | None, expected: list[tuple[str, str]]
) -> None:
    assert told(before, after) == expected


def test_only_days_on_which_something_changes_are_coming() -> None:
    first = Enacted("", "", 1, date(2000, 1, 1), None, replace(NOTHING, mark="1"))
    enacted = [
        first,
        a_set(2, SPRING, region="98"),
        replace(first, number=3, in_force_from=SUMMER),  # for the whole country again nothing
        a_set(4, SUMMER, region="99"),
        a_set(5, AUTUMN, syllabus="welding"),
    ]

    assert [each.day for each in coming(enacted, "", "9801", date(2026, 1, 1))] == [SPRING]
    assert [each.day for each in coming(enacted, "", "9801", SPRING)] == []
    assert [each.day for each in coming(enacted, "welding", "", date(2026, 1, 1))] == [AUTUMN]


def test_a_set_that_ends_is_a_change_too() -> None:
    [begins, ends] = coming([a_set(1, SPRING, last=SUMMER)], "", "", date(2026, 1, 1))

    assert (begins.day, ends.day) == (SPRING, SUMMER)
    assert begins.asks is not None
    assert (ends.asks, [each.sort for each in ends.changes]) == (None, ["drops"])


def test_the_sets_in_force_are_the_newest_of_each_place() -> None:
    enacted = [a_set(1, SPRING), a_set(2, SUMMER), a_set(3, SPRING, region="98"), a_set(4, SPRING, region="97")]

    assert [each.number for each in sets_in_force(enacted, "", "9801", AUTUMN)] == [2, 3]
    assert [each.number for each in sets_in_force(enacted, "", "9801", date(2026, 5, 1))] == [1, 3]


def test_everything_that_can_be_asked_has_words() -> None:
    assert set(texts.ASKED) == set(THINGS)
    assert tuple(name for name in THINGS if name != "classroom_percent") == FLAGS
