"""The ring of a year never says more, or less, than the account does."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.teachers.rules.ring import GAP, LEAST, RADIUS, TURN, Ring, arc_path, ring_of, ticks

FORTY = Fraction(40)
HOURS = st.fractions(min_value=0, max_value=60, max_denominator=1_800_000)


def ring(*parts: str, waiting: str = "0") -> Ring:
    return ring_of(FORTY, [Fraction(each) for each in parts], Fraction(waiting))


# What counts, by part, and what waits -> the arcs as tone@start+length, what waits, what lies beyond.
RINGS: dict[str, tuple[tuple[str, ...], str, str, str, int]] = {
    "nothing": (("0", "0"), "0", "", "", 0),
    "nothing but a claim that waits": (("0", "0"), "4", "", "2@0+100", 0),
    "half of one category": (("0", "20"), "0", "1@0+493", "", 0),
    "half of two, and some waits": (("0", "10", "10"), "10", "1@0+243 2@250+243", "3@500+250", 0),
    "carried over, and one category": (("4", "8"), "0", "0@0+93 1@100+193", "", 0),
    "more waits than is missing": (("30", "0"), "20", "0@0+743", "2@750+243", 0),
    "exactly the year, of one": (("0", "40"), "0", "1@0+1000", "", 0),
    "exactly the year, of two": (("0", "30", "10"), "4", "1@0+743 2@750+243", "", 0),
    "beyond by a quarter": (("0", "25", "25"), "0", "1@0+493 2@500+493", "", 250),
    "beyond by more than a turn": (("0", "100"), "0", "1@0+1000", "", 1000),
    "a second of study": (("0", "1/1800", "20"), "0", "1@0+9 2@16+493", "", 0),
}


@pytest.mark.parametrize("case", RINGS)
def test_a_ring_is_drawn_as_the_table_says(case: str) -> None:
    parts, waiting, arcs, waits, beyond = RINGS[case]

    drawn = ring(*parts, waiting=waiting)

    assert " ".join(f"{each.tone}@{each.start}+{each.length}" for each in drawn.arcs) == arcs
    assert (f"{drawn.waiting.tone}@{drawn.waiting.start}+{drawn.waiting.length}" if drawn.waiting else "") == waits
    assert drawn.beyond == beyond


def test_a_ring_that_lacks_a_second_is_not_closed() -> None:
    drawn = ring("0", str(FORTY - Fraction(1, 1800)))

    last = drawn.arcs[-1]
    assert not drawn.is_complete
    assert last.start + last.length == TURN - 2 * GAP


@given(parts=st.lists(HOURS, min_size=1, max_size=7), waiting=HOURS)
def test_arcs_follow_each_other_inside_one_turn_and_all_are_seen(parts: list[Fraction], waiting: Fraction) -> None:
    drawn = ring_of(FORTY, parts, waiting)

    arcs = [*drawn.arcs, *([drawn.waiting] if drawn.waiting else [])]
    ends = [each.start + each.length for each in arcs]
    assert [each.tone for each in drawn.arcs] == [place for place, part in enumerate(parts) if part]
    assert all(each.length >= min(LEAST, TURN - GAP - each.start) > 0 for each in arcs)
    assert all(end <= later.start for end, later in zip(ends, arcs[1:], strict=False))
    assert all(end <= TURN for end in ends)
    assert drawn.is_complete == (sum(parts) >= 40)
    assert drawn.is_complete or all(end <= TURN - GAP for end in ends)


def test_a_quarter_of_a_turn_goes_from_the_top_to_the_right() -> None:
    assert arc_path(0, 250, RADIUS) == "M60.00 16.00A44 44 0 0 1 104.00 60.00"


def test_a_whole_turn_is_two_halves() -> None:
    assert arc_path(0, TURN, RADIUS) == "M60.00 16.00A44 44 0 0 1 60.00 104.00A44 44 0 0 1 60.00 16.00Z"


# What a year asks -> short and long ticks.
TICKS = {"40": (36, 4), "24": (21, 3), "7.5": (7, 1), "100": (45, 5), "1000": (45, 5)}


@pytest.mark.parametrize("required", TICKS)
def test_every_class_hour_has_a_tick_while_there_is_room(required: str) -> None:
    assert tuple(path.count("M") for path in ticks(Fraction(required))) == TICKS[required]
