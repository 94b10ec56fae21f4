"""Keys a little ahead and not further, and no credit for media that was not delivered, whatever a client sends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.hours.rules.delivery import delivered_to_ms, early_ms
from lms.hours.rules.spans import Span, Spans, measure_ms, outside, union
from lms.hours.rules.values import Beat
from tests.timeline import START, tell
from tests.unit.hours.test_counting_properties import LESSON_MS, run, steps, stretches

spans = st.lists(
    st.tuples(st.integers(0, LESSON_MS), st.integers(1, LESSON_MS)).map(lambda each: (each[0], each[0] + each[1])),
    max_size=4,
).map(lambda found: union(found))

WAITS = [
    ("the start of a new lesson", 0, [], 0, 0),
    ("two windows ahead", 120_000, [], 0, 0),
    ("a millisecond further", 120_001, [], 0, 1),
    ("the third window", 180_000, [], 0, 60_000),
    ("the same after half a minute", 180_000, [], 30_000, 30_000),
    ("the same after a minute", 180_000, [], 60_000, 0),
    ("ahead of what is covered", 720_000, [(0, 600_000)], 0, 0),
    ("further ahead of it", 780_000, [(0, 600_000)], 0, 60_000),
    ("time and coverage do not add up", 780_000, [(0, 600_000)], 600_000, 60_000),
    ("back in what is covered", 60_000, [(0, 600_000)], 0, 0),
    ("a hole before what is covered", 300_000, [(0, 60_000), (540_000, 600_000)], 0, 0),
]


@pytest.mark.parametrize(
    ("from_ms", "covered", "led_ms", "wait_ms"), [row[1:] for row in WAITS], ids=[r[0] for r in WAITS]
)
def test_a_key_waits_until_its_window_is_near(from_ms: int, covered: Spans, led_ms: int, wait_ms: int) -> None:
    assert early_ms((from_ms, from_ms + 60_000), covered=covered, led_ms=led_ms) == wait_ms


@pytest.mark.parametrize(
    ("media", "delivered", "end_ms"),
    [
        ((0, 50), None, 50),
        ((0, 50), [], 0),
        ((0, 50), [(0, 60)], 50),
        ((40, 80), [(0, 60)], 60),
        ((60, 80), [(0, 60)], 60),
        ((10, 200), [(0, 60), (120, 180)], 60),
        ((130, 150), [(0, 60), (120, 180)], 150),
        ((10, 10), [], 10),
    ],
)
def test_media_ends_where_delivery_ends(media: Span, delivered: Spans | None, end_ms: int) -> None:
    assert delivered_to_ms(media, delivered) == end_ms


def test_time_of_what_was_not_delivered_is_spent() -> None:
    """Twenty seconds that were refused may not pay for twenty that are claimed in no time afterwards."""
    told = tell("0@0 40@40 60@60>0 61@20", delivered=[(0, 40_000)], covered=[])

    assert (told.credited_ms, told.covered) == (40_000, [(0, 40_000)])
    assert told.refused == {"not_delivered": 20_000, "too_fast": 20_000}


def test_midnight_does_not_deliver() -> None:
    told = tell(
        "0@0 60@60", start=START.replace(hour=23, minute=59, second=30), delivered=[(0, 10_000), (40_000, 60_000)]
    )

    assert told.covered == [(0, 10_000)]
    assert told.refused == {"not_delivered": 50_000}


@given(steps, spans)
@settings(max_examples=300, deadline=None)
def test_nothing_is_covered_that_was_not_delivered(told: list, delivered: list[Span]) -> None:
    covered = union(stretch.media for stretch in stretches(run(told, delivered)))

    assert all(outside(each, delivered) == [] for each in covered)


@given(steps, spans)
@settings(max_examples=300, deadline=None)
def test_credit_never_exceeds_new_media_that_was_delivered(told: list, delivered: list[Span]) -> None:
    seen: list[Span] = []
    for stretch in stretches(run(told, delivered)):
        new = outside(stretch.media, seen)
        hidden = [part for each in new for part in outside(each, delivered)]
        assert stretch.ms <= measure_ms(new) - measure_ms(hidden)
        seen = union(seen, [stretch.media])


@given(steps, spans)
@settings(max_examples=200, deadline=None)
def test_what_is_refused_and_credited_is_no_more_than_was_claimed(told: list, delivered: list[Span]) -> None:
    for _at, beat, before, outcome in run(told, delivered)[:-1]:
        claimed_ms = max(0, min(_reached_ms(beat), LESSON_MS) - before.position_ms)
        assert outcome.credited_ms + sum(outcome.refused.values()) <= claimed_ms


@given(steps)
@settings(max_examples=200, deadline=None)
def test_a_lesson_that_was_all_delivered_earns_as_one_without_keys(told: list) -> None:
    with_keys, without = run(told, [(0, LESSON_MS)]), run(told)

    assert [outcome for *_rest, outcome in with_keys] == [outcome for *_rest, outcome in without]


def _reached_ms(beat: Beat) -> int:
    reached_ms = beat.from_ms if beat.event == "seek" else beat.position_ms
    return reached_ms or 0
