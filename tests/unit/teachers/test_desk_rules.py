"""How an authority sees its teachers spread over the hours."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from lms.teachers.rules.desk import Box, bands, heights, shares

FORTY = Fraction(40)


def test_forty_hours_fall_into_tens_and_whoever_is_complete_is_in_the_last_band() -> None:
    hours = ["0", "9.99", "10", "19.5", "20", "39.99", "40", "55"]

    found = bands(FORTY, map(Fraction, hours))

    assert [(each.lower, each.upper, each.teachers) for each in found] == [
        (0, 10, 2),
        (10, 20, 2),
        (20, 30, 1),
        (30, 40, 1),
        (40, None, 2),
    ]


def test_another_year_has_quarters_of_its_own() -> None:
    assert [each.lower for each in bands(Fraction(24), [])] == [0, 6, 12, 18, 24]


@given(
    required=st.fractions(min_value=Fraction(1, 100), max_value=1000),
    counted=st.lists(st.fractions(min_value=0, max_value=2000), max_size=30),
)
def test_every_teacher_is_in_one_band(required: Fraction, counted: list[Fraction]) -> None:
    found = bands(required, counted)

    assert sum(each.teachers for each in found) == len(counted)
    assert found[-1].teachers == len([each for each in counted if each >= required])


def test_the_highest_column_fills_the_box_and_one_teacher_of_a_thousand_can_be_seen() -> None:
    assert [(each.y, each.height) for each in heights([0, 1, 1000])] == [(100, 0), (99, 1), (0, 100)]
    assert [each.height for each in heights([0, 0])] == [0, 0]


def test_shares_fill_the_row_without_a_gap() -> None:
    assert shares([1, 0, 2]) == (Box(0, 0, 333, 100), Box(333, 0, 0, 100), Box(333, 0, 667, 100))
    assert shares([0, 0]) == (Box(0, 0, 0, 100), Box(0, 0, 0, 100))
