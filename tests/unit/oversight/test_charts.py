"""Boxes of charts: whole numbers, never outside, and nothing that is there is too small to be seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.oversight.rules.charts import HEIGHT, WIDTH, Box, ceiling, columns, percent, row

COUNTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 1), (1, 1), (2, 2), (3, 4), (5, 5), (6, 8), (9, 10), (10, 10), (11, 20), (41, 50), (99, 100), (801, 1000)],
)
def test_an_axis_ends_at_a_plain_number(value: int, top: int) -> None:
    assert ceiling(value) == top


def test_columns_stand_on_the_ground_and_stack() -> None:
    drawn = columns([[50, 25], [0, 0], [100, 0]], top=100)

    assert (drawn.width, drawn.height) == (30, 100)
    assert drawn.columns == (
        (Box(1, 50, 7, 50, 0), Box(1, 25, 7, 25, 1)),
        (),
        (Box(21, 0, 7, 100, 0),),
    )


def test_a_day_that_lost_more_than_it_got_has_no_column() -> None:
    assert columns([[-5, 0]], top=10).columns == ((),)


def test_a_row_without_a_whole_is_full() -> None:
    assert [(box.x, box.width, box.part) for box in row([3, 0, 1])] == [(0, 750, 0), (750, 250, 2)]


def test_a_row_of_a_whole_leaves_the_rest_empty() -> None:
    assert [(box.x, box.width) for box in row([3], 4)] == [(0, 750)]


def test_one_of_a_hundred_thousand_can_still_be_seen() -> None:
    assert [box.width for box in row([99_999, 1])] == [990, 10]


def test_nothing_is_drawn_of_nothing() -> None:
    assert row([0, 0]) == ()
    assert columns([], top=1).columns == ()


@given(COUNTS)
def test_a_row_is_filled_to_the_end_without_overlap(parts: list[int]) -> None:
    boxes = row(parts)

    assert [box.part for box in boxes] == [place for place, part in enumerate(parts) if part]
    assert [box.x for box in boxes] == [sum(box.width for box in boxes[:place]) for place in range(len(boxes))]
    assert sum(box.width for box in boxes) == (WIDTH if any(parts) else 0)


@given(st.lists(COUNTS, max_size=5))
def test_no_column_leaves_the_box(stacks: list[list[int]]) -> None:
    top = ceiling(max((sum(stack) for stack in stacks), default=1))

    for column in columns(stacks, top).columns:
        assert all(box.y >= 0 and box.y + box.height <= HEIGHT and box.height > 0 for box in column)


@pytest.mark.parametrize(("part", "whole", "share"), [(1, 3, 33), (0, 0, 0), (5, 0, 0), (999, 1000, 99), (7, 5, 100)])
def test_a_share_is_rounded_down(part: int, whole: int, share: int) -> None:
    assert percent(part, whole) == share
