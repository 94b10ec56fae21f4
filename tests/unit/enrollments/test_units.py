from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.enrollments.rules.units import done_hours, hours_to_ms, missing_hours, plain


@pytest.mark.parametrize(
    ("hours", "minutes", "ms"),
    [
        ("1", 30, 1_800_000),
        ("61", 30, 109_800_000),
        ("27", 45, 72_900_000),
        ("1.942", 1, 116_520),
        ("0.001", 1, 60),
    ],
)
def test_class_hours_become_milliseconds_of_their_kind(hours: str, minutes: int, ms: int) -> None:
    assert hours_to_ms(Decimal(hours), minutes) == ms


@pytest.mark.parametrize(
    ("ms", "minutes", "done", "missing"),
    [
        (0, 30, "0.00", "0.00"),
        (1_800_000, 30, "1.00", "1.00"),
        (1_799_999, 30, "0.99", "1.00"),
        (1, 30, "0.00", "0.01"),
        (2_700_000, 45, "1.00", "1.00"),
        (116_519, 1, "1.94", "1.95"),
    ],
)
def test_done_is_rounded_down_and_missing_up(ms: int, minutes: int, done: str, missing: str) -> None:
    assert (done_hours(ms, minutes), missing_hours(ms, minutes)) == (Decimal(done), Decimal(missing))


def test_nothing_missing_is_nought_even_with_a_surplus() -> None:
    assert missing_hours(-5_000, 30) == 0


@pytest.mark.parametrize(("hours", "text"), [("27.000", "27"), ("1.940", "1.94"), ("60", "60"), ("0.00", "0")])
def test_hours_are_written_plainly(hours: str, text: str) -> None:
    assert plain(Decimal(hours)) == text


def test_a_class_hour_of_no_minutes_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one minute"):
        done_hours(1, 0)


@given(ms=st.integers(0, 10**10), minutes=st.integers(1, 240))
def test_shown_hours_never_promise_more_than_was_earned(ms: int, minutes: int) -> None:
    assert hours_to_ms(done_hours(ms, minutes), minutes) <= ms <= hours_to_ms(missing_hours(ms, minutes), minutes)
