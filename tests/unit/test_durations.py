"""Durations as people read them: never a second more than the ledger holds."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.translation import override

from lms.wiring.templatetags.durations import (
    arc,
    class_hours,
    duration,
    minute_of_day,
    percent_of,
    plain_number,
    strip_minutes,
    timecode,
)


@pytest.mark.parametrize(
    ("duration_ms", "text"),
    [
        (0, "0 s"),
        (999, "0 s"),
        (1_000, "1 s"),
        (59_999, "59 s"),
        (60_000, "1 min"),
        (750_000, "12 min 30 s"),
        (3_600_000, "1 h 0 min"),
        (5_459_000, "1 h 30 min"),
        (-5_000, "0 s"),
        (None, "0 s"),
    ],
)
def test_it_says_a_duration_in_its_two_largest_units(duration_ms, text):
    with override("en"):
        assert duration(duration_ms) == text


@pytest.mark.parametrize(
    ("position_ms", "text"), [(0, "0:00"), (61_500, "1:01"), (750_000, "12:30"), (3_661_000, "1:01:01")]
)
def test_it_writes_a_place_on_a_time_line(position_ms, text):
    assert timecode(position_ms) == text


@pytest.mark.parametrize(
    ("duration_ms", "minutes", "text"),
    [
        (2_700_000, 30, "1.5"),
        (1_799_999, 30, "0.99"),
        (1_800_000, 30, "1"),
        (1_800_000, 45, "0.66"),
        (158_400_000, 30, "88"),
        (None, 30, "0"),
        (-1, 30, "0"),
    ],
)
def test_it_rounds_class_hours_down(duration_ms, minutes, text):
    assert class_hours(duration_ms, minutes) == text


@pytest.mark.parametrize(
    ("value", "text"), [(Decimal("88.00"), "88"), (Decimal("1.50"), "1.5"), (100, "100"), ("", "0"), (None, "0")]
)
def test_it_writes_a_number_without_noise(value, text):
    assert plain_number(value) == text


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(45, 60, 75), (999, 1_000, 99), (5, 0, 100), (70, 60, 100), (-1, 60, 0), (None, 8, 0)],
)
def test_it_does_not_round_up_to_a_hundred_percent(part, whole, percent):
    assert percent_of(part, whole) == percent


@pytest.mark.parametrize(
    ("percent", "more", "length"), [(40, 0, "40"), (90, 30, "100"), (12.5, 1, "13.5"), (None, None, "0")]
)
def test_it_keeps_an_arc_inside_its_ring(percent, more, length):
    assert arc(percent, more) == length


@pytest.mark.parametrize(
    ("at", "minute"),
    [
        (datetime(2026, 11, 23, 0, 0, tzinfo=UTC), 480),
        (datetime(2026, 11, 23, 16, 30, tzinfo=UTC), 30),
        (datetime(2026, 11, 23, 9, 12), 552),  # noqa: DTZ001  (a naive time, as a template may get one)
        (None, 0),
    ],
)
def test_it_places_a_moment_on_the_day_of_the_installation(at, minute):
    with timezone.override("Asia/Shanghai"):
        assert minute_of_day(at) == minute


@pytest.mark.parametrize(("duration_ms", "minutes"), [(1_692_000, 28), (20_000, 5), (None, 5)])
def test_it_keeps_a_short_stretch_visible_on_the_strip(duration_ms, minutes):
    assert strip_minutes(duration_ms) == minutes
