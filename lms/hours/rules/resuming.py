"""Where a session goes on when it is opened, and what its day still holds. Pure."""

from lms.hours.rules.days import Day
from lms.hours.rules.spans import Spans, outside
from lms.hours.rules.values import Clock, Terms


def resume_at_ms(clock: Clock, duration_ms: int, covered: Spans) -> int:
    """Where this session was; for a new one the first place that is not covered yet; the start when all is."""
    if clock.seq and clock.position_ms < duration_ms:
        return clock.position_ms
    missing = outside((0, duration_ms), covered)
    return missing[0][0] if missing else 0


def day_left_ms(clock: Clock, terms: Terms, day: Day) -> int:
    """What of the cap is left on a day; a clock that was last heard on another day has all of it."""
    same_day = clock.day is not None and clock.day.date == day.date
    return max(0, terms.day_cap_ms - (clock.day_ms if same_day else 0))
