"""The short way of the counting rule: somebody watches on, beat after beat, and nothing else is the matter.

Of a hundred beats ninety-nine are so, and at seven in the evening a province sends them all. Whatever is in any way
unusual is left to the rule itself; that both say the same is a property of their tests, over all that can happen.
"""

from lms.hours.rules import limits
from lms.hours.rules.delivery import delivered_to_ms
from lms.hours.rules.values import Clock, Event, Lesson, Outcome, Said, Stretch, Terms

GOING_ON: tuple[Event, ...] = ("tick", "play")


def count_plain(clock: Clock, beat: Said, at_ms: int, lesson: Lesson, terms: Terms) -> Outcome | None:
    """What the beat comes to, when the open stretch goes on over new media within its time; None in any other case."""
    (tolerance_ms, _seq, last_ms, from_ms, playing, visible, carry_ms, leased_ms, late_ms, ahead_from_ms, ahead_ms, day,
        day_ms, gap_from_ms, gap_ms, busy_until_ms, stretch) = clock  # fmt: skip
    if not (playing and visible and beat.playing and beat.visible) or beat.event not in GOING_ON:
        return None
    to_ms = beat.position_ms
    if stretch is None or last_ms is None or day is None or late_ms:
        return None
    begun_ms, _to_ms, media_from_ms, media_to_ms, earned_ms = stretch
    elapsed_ms, advance_ms = at_ms - last_ms, to_ms - from_ms
    available_ms = min(elapsed_ms + carry_ms, at_ms - begun_ms - earned_ms)
    day_ms += advance_ms
    if not (
        0 < elapsed_ms <= limits.GAP_MS_MAX
        and 0 < advance_ms <= available_ms
        and advance_ms <= available_ms * terms.max_rate_permille // 1000
        and day_ms <= terms.day_cap_ms
        and at_ms <= day.ends_ms
        and at_ms - begun_ms < limits.STRETCH_MS_MAX
        and busy_until_ms <= last_ms
        and to_ms <= lesson.duration_ms
        and media_to_ms == from_ms
        and (not lesson.covered or lesson.covered[-1][1] <= from_ms)
        and (lesson.delivered is None or delivered_to_ms((from_ms, to_ms), lesson.delivered) == to_ms)
        and (ahead_from_ms is None or at_ms - ahead_from_ms < limits.TOLERANCE_WINDOW_MS)
    ):
        return None
    carry_ms = min(available_ms - advance_ms, limits.CARRY_MS_MAX)
    longer = Stretch(begun_ms, at_ms, media_from_ms, to_ms, earned_ms + advance_ms)
    # All fields in their order, because `_replace` costs as much as all that is above.
    after = Clock(tolerance_ms, beat.seq, at_ms, to_ms, True, True, carry_ms, leased_ms, late_ms, ahead_from_ms,
        ahead_ms, day, day_ms, gap_from_ms, gap_ms, busy_until_ms, longer)  # fmt: skip
    return Outcome(after, advance_ms)
