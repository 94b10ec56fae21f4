"""An honest learner keeps at least 99 % of what was truly watched, whatever the day was like, and gets no strike."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.honest.phone import Network, Phone, lived
from tests.honest.stories import STORIES, Story


@pytest.mark.parametrize("told", STORIES, ids=lambda each: each.name)
def test_nothing_is_lost_on_a_bad_day(told: Story) -> None:
    day = told.live()

    assert day.strikes == {}
    assert day.share >= 0.99
    assert day.credited_ms <= day.truth_ms


def test_there_are_twenty_five_bad_days() -> None:
    assert len({each.name for each in STORIES}) == len(STORIES) >= 25


steps = st.lists(
    st.one_of(
        st.tuples(st.just("play"), st.integers(20, 300)),
        st.tuples(st.just("pause"), st.integers(5, 900)),
        st.tuples(st.just("stall"), st.integers(2, 70)),
        st.tuples(st.just("back"), st.integers(5, 60)),
        st.tuples(st.just("hide"), st.integers(5, 600)),
    ),
    min_size=1,
    max_size=12,
)


drops = st.lists(st.integers(0, 70), max_size=2) | st.lists(st.integers(0, 58), max_size=3)
"""Any number that stays below the gap limit, or two longer ones: a third is more than the hour's budget of silence."""


@given(steps, drops)
@settings(max_examples=150, deadline=None)
def test_no_honest_day_on_a_steady_line_gets_a_strike(day: list[tuple[str, int]], drops_s: list[int]) -> None:
    """Whatever the learner does, with drops of up to seventy seconds while the first lesson part plays."""
    phone = Phone().play(1200)
    outages = [(100 + 300 * i, 100 + 300 * i + drop_s) for i, drop_s in enumerate(drops_s)]
    for what, for_s in day:
        getattr(phone, what)(for_s)
    phone.pause(0)  # the last beat: what comes after it nobody could have told

    told = lived(phone, Network(outages_s=outages))

    assert told.strikes == {}
    assert told.share >= 0.99
