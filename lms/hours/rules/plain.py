"""The short way of the counting rule: somebody watches on, beat after beat, and nothing else is the matter.

Of a hundred beats ninety-nine are so, and at seven in the evening a province sends them all. Whatever is in any way
unusual is left to the rule itself; that both say the same is a property of their tests, over all that can happen.
"""

from lms.hours.rules import limits
from lms.hours.rules.delivery import delivered_to_ms
from lms.hours.rules.values import Beat, Clock, Lesson, Outcome, Stretch, Terms


def count_plain(clock: Clock, beat: Beat, at_ms: int, lesson: Lesson, terms: Terms) -> Outcome | None:
    """What the beat comes to, when the open stretch goes on over new media within its time; None in any other case."""
    (_tolerance, _seq, last_ms, from_ms, playing, visible, carry_ms, _leased, late_ms, ahead_from_ms, _ahead, day,
        day_ms, _gap_from, _gap, busy_until_ms, stretch) = clock  # fmt: skip
    seq, event, to_ms, goes_on, is_seen, _from_ms = beat
    if not (playing and visible and goes_on and is_seen) or (event != "tick" and event != "play"):
        return None
    if stretch is None or last_ms is None or day is None or late_ms:
        return None
    elapsed_ms, advance_ms = at_ms - last_ms, to_ms - from_ms
    available_ms = min(elapsed_ms + carry_ms, at_ms - stretch.from_ms - stretch.ms)
    if not (
        0 < elapsed_ms <= limits.GAP_MS_MAX
        and 0 < advance_ms <= available_ms
        and advance_ms <= available_ms * terms.max_rate_permille // 1000
        and day_ms + advance_ms <= terms.day_cap_ms
        and at_ms <= day.ends_ms
        and at_ms - stretch.from_ms < limits.STRETCH_MS_MAX
        and busy_until_ms <= last_ms
        and to_ms <= lesson.duration_ms
        and stretch.media_to_ms == from_ms
        and (not lesson.covered or lesson.covered[-1][1] <= from_ms)
        and delivered_to_ms((from_ms, to_ms), lesson.delivered) == to_ms
        and (ahead_from_ms is None or at_ms - ahead_from_ms < limits.TOLERANCE_WINDOW_MS)
    ):
        return None
    longer = Stretch(stretch.from_ms, at_ms, stretch.media_from_ms, to_ms, stretch.ms + advance_ms)
    return Outcome(
        clock._replace(
            seq=seq,
            at_ms=at_ms,
            position_ms=to_ms,
            carry_ms=min(available_ms - advance_ms, limits.CARRY_MS_MAX),
            day_ms=day_ms + advance_ms,
            stretch=longer,
        ),
        advance_ms,
    )
