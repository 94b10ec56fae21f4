"""What a correction may be, and the ways of an appeal; seconds times a thousand are written out as milliseconds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.hours.rules.appeals import (
    Claim,
    Correction,
    Problem,
    Room,
    correction_problems,
    free_stretches,
    media_of,
    state_after,
    text_problems,
    uncovered_ms,
)
from lms.hours.rules.spans import measure_ms, outside, union

STATES = ["open", "proposed", "accepted", "rejected"]
ALLOWED = {
    ("open", "propose"): "proposed",
    ("proposed", "return"): "open",
    ("proposed", "accept"): "accepted",
    ("proposed", "reject"): "rejected",
}
WIDE = Room(taken=(), day_ends_ms=1_000_000, day_used_ms=0, day_cap_ms=1_000_000, uncovered_ms=1_000_000)
CLAIM = Claim(60_000, (100_000, 200_000))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", ["propose", "return", "accept", "reject", "appeal"])
def test_only_the_tables_steps_are_allowed(state: str, verb: str) -> None:
    assert state_after(state, verb) == ALLOWED.get((state, verb))


@pytest.mark.parametrize(
    ("label", "claim", "correction", "room", "codes"),
    [
        ("all of it", CLAIM, Correction(60_000, (100_000, 160_000)), {}, []),
        ("the very end", CLAIM, Correction(60_000, (140_000, 200_000)), {}, []),
        ("beside taken time", CLAIM, Correction(60_000, (110_000, 170_000)), {"taken": [(0, 110_000)]}, []),
        ("nothing", CLAIM, Correction(0, (100_000, 160_000)), {}, ["nothing"]),
        ("less than nothing", CLAIM, Correction(-1, (100_000, 160_000)), {}, ["nothing"]),
        ("one more than was refused", CLAIM, Correction(60_001, (100_000, 200_000)), {}, ["more_than_refused"]),
        ("before it was refused", CLAIM, Correction(60_000, (99_999, 160_000)), {}, ["outside"]),
        ("after it was refused", CLAIM, Correction(60_000, (140_001, 200_001)), {}, ["outside"]),
        ("more than its time", CLAIM, Correction(60_000, (100_000, 159_999)), {}, ["too_short"]),
        ("backwards", CLAIM, Correction(1, (160_000, 100_000)), {}, ["outside", "too_short"]),
        ("no interval", CLAIM, Correction(1, None), {}, ["outside"]),
        ("taken time", CLAIM, Correction(60_000, (110_000, 170_000)), {"taken": [(0, 110_001)]}, ["overlap"]),
        ("over midnight", CLAIM, Correction(60_000, (110_000, 170_000)), {"day_ends_ms": 169_999}, ["midnight"]),
        ("to midnight", CLAIM, Correction(60_000, (110_000, 170_000)), {"day_ends_ms": 170_000}, []),
        ("a full day", CLAIM, Correction(60_000, (100_000, 160_000)), {"day_used_ms": 940_001}, ["day_cap"]),
        ("a full lesson", CLAIM, Correction(60_000, (100_000, 160_000)), {"uncovered_ms": 59_999}, ["lesson_full"]),
        ("voided credit", Claim(60_000, None), Correction(60_000, None), {}, []),
        ("voided credit with time", Claim(60_000, None), Correction(1, (0, 1)), {}, ["outside"]),
        ("too much voided credit", Claim(60_000, None), Correction(60_001, None), {}, ["more_than_refused"]),
    ],
)
def test_a_correction_obeys_what_a_beat_obeys(
    label: str, claim: Claim, correction: Correction, room: dict[str, object], codes: list[str]
) -> None:
    found = correction_problems(claim, correction, replace(WIDE, **room))  # type: ignore[arg-type]

    assert [each.code for each in found] == codes


def test_it_lists_every_problem_at_once() -> None:
    room = Room(taken=[(0, 300_000)], day_ends_ms=150_000, day_used_ms=1, day_cap_ms=60_000, uncovered_ms=0)

    found = correction_problems(CLAIM, Correction(60_001, (90_000, 150_001)), room)

    assert {each.code for each in found} == {
        "more_than_refused",
        "day_cap",
        "lesson_full",
        "outside",
        "midnight",
        "overlap",
    }


@pytest.mark.parametrize(
    ("taken", "midnights", "free"),
    [
        ([], [], [(100, 200)]),
        ([(0, 100), (200, 300)], [], [(100, 200)]),
        ([(120, 130)], [], [(130, 200), (100, 120)]),
        ([(100, 200)], [], []),
        ([], [150], [(100, 150), (150, 200)]),
        ([(140, 150)], [150], [(150, 200), (100, 140)]),
        ([(160, 170), (120, 130)], [100, 145, 200], [(170, 200), (100, 120), (130, 145), (145, 160)]),
    ],
)
def test_free_time_is_offered_longest_first(
    taken: list[tuple[int, int]], midnights: list[int], free: list[tuple[int, int]]
) -> None:
    assert free_stretches((100, 200), taken, midnights) == free


@pytest.mark.parametrize(
    ("covered", "ms", "media"),
    [
        ([], 60, (0, 60)),
        ([(0, 40)], 60, (40, 100)),
        ([(10, 40)], 20, (40, 60)),
        ([(10, 40), (70, 95)], 40, (0, 70)),
        ([(10, 40), (70, 95)], 45, (0, 100)),
    ],
)
def test_a_correction_covers_media_that_has_not_earned(
    covered: list[tuple[int, int]], ms: int, media: tuple[int, int]
) -> None:
    assert media_of(covered, 100, ms) == media


spans = st.lists(st.tuples(st.integers(0, 99), st.integers(1, 40)).map(lambda each: (each[0], each[0] + each[1])))


@given(spans, st.data())
def test_whatever_is_covered_exactly_so_much_new_media_is_added(
    covered: list[tuple[int, int]], data: st.DataObject
) -> None:
    left = uncovered_ms(covered, 200)
    ms = data.draw(st.integers(1, left))

    media = media_of(covered, 200, ms)

    assert 0 <= media[0] < media[1] <= 200
    assert measure_ms(outside(media, union(covered))) == ms


def test_a_full_lesson_has_no_media_left() -> None:
    assert uncovered_ms([(0, 100)], 100) == 0
    with pytest.raises(ValueError):
        media_of([(0, 100)], 100, 1)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("The bridge took my signal.", []),
        ("x" * 30, []),
        ("  ", [Problem("text", "text_missing")]),
        ("x" * 31, [Problem("text", "text_too_long")]),
    ],
)
def test_a_text_says_something(text: str, problems: list[Problem]) -> None:
    assert text_problems("text", text, 30) == problems
