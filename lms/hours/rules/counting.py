"""The counting rule: what one beat earns. Pure; `docs/hours.md` tells it in prose with worked examples.

`count(clock, beat, at_ms, lesson, terms)` looks at the time between the last accepted beat and this one and answers
with the new clock, what was credited, what was refused and why, and the stretches that ended and have to be posted
as entries. A beat's `playing` and `visible` speak of the time *after* it, so an interval is judged by the beat that
opened it and measured by the beat that closes it.

Whatever comes in, credited time lies inside intervals of the server's clock that are disjoint by construction:
a stretch begins where the last one ended or later, and holds at most as many credited milliseconds as it is long.
"""

from collections.abc import Mapping

from lms.hours.rules import limits
from lms.hours.rules.days import Day
from lms.hours.rules.delivery import delivered_to_ms
from lms.hours.rules.plain import count_plain
from lms.hours.rules.spans import end_of_first_ms, measure_ms, outside, union
from lms.hours.rules.values import Clock, Code, Lesson, Outcome, Said, State, Stretch, Terms


def count(*, clock: Clock, beat: Said, at_ms: int, day: Day, lesson: Lesson, terms: Terms) -> Outcome:
    """Judge the time between the clock's last beat and this one, read at `at_ms` on calendar day `day`.

    The caller has checked that `beat.seq` is new. Times that run backwards count as no time at all.
    """
    plain = count_plain(clock, beat, at_ms, lesson, terms)
    if plain is not None:
        return plain
    return count_any(clock=clock, beat=beat, at_ms=at_ms, day=day, lesson=lesson, terms=terms)


def count_any(*, clock: Clock, beat: Said, at_ms: int, day: Day, lesson: Lesson, terms: Terms) -> Outcome:
    """The rule itself: `count` without its short way."""
    position_ms = min(beat.position_ms, lesson.duration_ms)
    if clock.at_ms is None or clock.day is None:
        waited_ms = 0 if clock.leased_ms is None else max(0, at_ms - clock.leased_ms)
        late = clock._replace(late_ms=min(waited_ms, limits.LATE_MS_MAX))
        outcome = Outcome(clock=_new_day(late, day))
        return _settle(outcome, beat, max(at_ms, clock.busy_until_ms), position_ms, position_ms)
    at_ms = max(at_ms, clock.at_ms)
    reached_ms = _reached_ms(clock, beat, position_ms, lesson)
    outcome = _judge(clock, at_ms, reached_ms, day, lesson, terms)
    return _settle(outcome, beat, at_ms, position_ms, reached_ms)


def close(clock: Clock) -> Outcome:
    """End the open stretch where it stands, as when the lease ends. Nothing is earned by closing."""
    return _end_stretch(Outcome(clock=clock))


def state_of(clock: Clock, terms: Terms) -> State:
    """What the learner's light shows from now on."""
    if not clock.playing:
        return "paused"
    if not clock.visible:
        return "hidden"
    return "counting" if clock.day_ms < terms.day_cap_ms else "capped"


def _reached_ms(clock: Clock, beat: Said, position_ms: int, lesson: Lesson) -> int:
    """How far the media ran before this beat: a seek says where it started, else it tells us nothing."""
    if beat.event != "seek":
        return position_ms
    return clock.position_ms if beat.from_ms is None else min(beat.from_ms, lesson.duration_ms)


def _judge(clock: Clock, at_ms: int, reached_ms: int, day: Day, lesson: Lesson, terms: Terms) -> Outcome:
    """Credit or refuse the interval from the clock's last beat to `at_ms`. Guards first, the arithmetic last."""
    assert clock.at_ms is not None
    elapsed_ms = at_ms - clock.at_ms
    advance_ms = max(0, reached_ms - clock.position_ms)
    if not (clock.playing and clock.visible):
        return _idle(clock, elapsed_ms, advance_ms, at_ms, day)
    if elapsed_ms > limits.LONG_GAP_MS_MAX:
        return _refuse(clock, "gap", advance_ms, at_ms, day)
    taken_ms = max(0, min(clock.busy_until_ms, at_ms) - clock.at_ms)
    if taken_ms:
        return _after_taken_time(clock, taken_ms, at_ms, reached_ms, day, lesson, terms)
    clock = _with_late_time(_fresh_hour(clock, at_ms), elapsed_ms)
    available_ms = _available_ms(clock, at_ms, elapsed_ms)
    excess_ms = advance_ms - available_ms * terms.max_rate_permille // 1000
    if excess_ms > min(clock.tolerance_ms, limits.TOLERANCE_MS - clock.ahead_ms):
        return _refuse(clock, "too_fast", advance_ms, at_ms, day)
    if elapsed_ms > limits.GAP_MS_MAX:
        drawn = _draw_on_gap_budget(clock, elapsed_ms, at_ms)
        if drawn is None:
            return _refuse(clock, "gap", advance_ms, at_ms, day)
        clock = drawn
    clock = _spend_tolerance(clock, max(0, excess_ms), at_ms)
    return _credit_over_days(clock, at_ms, clock.position_ms + advance_ms, day, lesson, terms)


def _idle(clock: Clock, elapsed_ms: int, advance_ms: int, at_ms: int, day: Day) -> Outcome:
    """A paused or hidden interval: nothing is earned; some of it may belong to a late "play"."""
    outcome = _end_stretch(Outcome(clock=clock))
    late_ms = min(clock.late_ms + outcome.clock.carry_ms + elapsed_ms, limits.LATE_MS_MAX)
    refused: dict[Code, int] = {}
    if advance_ms:
        refused["hidden" if clock.playing else "paused"] = advance_ms
    return outcome._replace(clock=_new_day(outcome.clock, day)._replace(carry_ms=0, late_ms=late_ms), refused=refused)


def _refuse(clock: Clock, code: Code, advance_ms: int, at_ms: int, day: Day) -> Outcome:
    """Nothing is earned and nothing covered; the next interval starts afresh from this beat."""
    outcome = _end_stretch(Outcome(clock=clock))
    refused: dict[Code, int] = {code: advance_ms} if advance_ms else {}
    return outcome._replace(clock=_new_day(outcome.clock, day)._replace(carry_ms=0, late_ms=0), refused=refused)


def _after_taken_time(
    clock: Clock, taken_ms: int, at_ms: int, reached_ms: int, day: Day, lesson: Lesson, terms: Terms
) -> Outcome:
    """Part of the interval is already somebody else's hour (a classroom, say): only the rest can count."""
    assert clock.at_ms is not None
    outcome = _end_stretch(Outcome(clock=clock))
    overlap_ms = min(taken_ms, max(0, reached_ms - clock.position_ms))
    later = outcome.clock._replace(
        at_ms=clock.at_ms + taken_ms,
        position_ms=clock.position_ms + overlap_ms,
        carry_ms=0,
        late_ms=0,
    )
    rest = _judge(later, at_ms, reached_ms, day, lesson, terms)
    refused: dict[Code, int] = {**rest.refused}
    if overlap_ms:
        refused["overlap"] = overlap_ms
    return rest._replace(refused=refused, ended=outcome.ended + rest.ended)


def _with_late_time(clock: Clock, elapsed_ms: int) -> Clock:
    """Carry what a slow "play" may claim of the time that stood still before it: a little at once, more as time passes.

    Nobody gains by it: the same time would have counted, had the client called itself playing from the start.
    Time of yesterday is not claimed: it would count under today's cap and stand in the ledger under yesterday's date.
    """
    if not clock.late_ms:
        return clock
    assert clock.at_ms is not None and clock.day is not None
    since_midnight_ms = max(0, clock.at_ms - clock.day.begins_ms)
    usable_ms = min(clock.late_ms, limits.LATE_AT_ONCE_MS + elapsed_ms // 2, since_midnight_ms)
    return clock._replace(carry_ms=clock.carry_ms + usable_ms, late_ms=0)


def _fresh_hour(clock: Clock, at_ms: int) -> Clock:
    """The learner's use of tolerance starts again an hour after it began, never with a new session."""
    if clock.ahead_from_ms is None or at_ms - clock.ahead_from_ms < limits.TOLERANCE_WINDOW_MS:
        return clock
    return clock._replace(ahead_from_ms=None, ahead_ms=0)


def _spend_tolerance(clock: Clock, excess_ms: int, at_ms: int) -> Clock:
    if not excess_ms:
        return clock
    return clock._replace(
        tolerance_ms=clock.tolerance_ms - excess_ms,
        ahead_from_ms=at_ms if clock.ahead_from_ms is None else clock.ahead_from_ms,
        ahead_ms=clock.ahead_ms + excess_ms,
    )


def _available_ms(clock: Clock, at_ms: int, elapsed_ms: int) -> int:
    """Time that may be credited up to `at_ms`: what passed, what was carried, never what is already taken."""
    free_from_ms = clock.stretch.from_ms if clock.stretch else clock.busy_until_ms
    used_ms = clock.stretch.ms if clock.stretch else 0
    return min(elapsed_ms + clock.carry_ms, at_ms - free_from_ms - used_ms)


def _draw_on_gap_budget(clock: Clock, elapsed_ms: int, at_ms: int) -> Clock | None:
    """Take the silence from the hour's budget, or None when it does not hold that much.

    The beat interval is not silence: a dead spot of 90 s is a gap of up to 105 s between two beats.
    """
    silence_ms = elapsed_ms - limits.BEAT_EVERY_MS
    if clock.gap_from_ms is None or at_ms - clock.gap_from_ms >= limits.GAP_BUDGET_WINDOW_MS:
        clock = clock._replace(gap_from_ms=at_ms, gap_ms=0)
    if clock.gap_ms + silence_ms > limits.GAP_BUDGET_MS:
        return None
    return clock._replace(gap_ms=clock.gap_ms + silence_ms)


def _credit_over_days(clock: Clock, at_ms: int, to_ms: int, day: Day, lesson: Lesson, terms: Terms) -> Outcome:
    """Credit an interval; one that crosses midnight is split there, each day under its own cap."""
    assert clock.at_ms is not None and clock.day is not None
    midnight_ms = clock.day.ends_ms
    if at_ms <= midnight_ms or at_ms == clock.at_ms:
        return _credit(clock, at_ms, to_ms, lesson, terms)
    # What was carried passed before midnight: it belongs to the first part.
    before_ms = max(0, midnight_ms - clock.at_ms) + clock.carry_ms
    share_ms = (to_ms - clock.position_ms) * before_ms // (at_ms - clock.at_ms + clock.carry_ms)
    before = _end_stretch(_credit(clock, midnight_ms, clock.position_ms + share_ms, lesson, terms))
    tomorrow = _new_day(before.clock, day)._replace(
        at_ms=max(clock.at_ms, midnight_ms),
        position_ms=clock.position_ms + share_ms,
        carry_ms=0,
    )
    covered = union(lesson.covered, (stretch.media for stretch in before.ended))
    after = _credit(tomorrow, at_ms, to_ms, lesson._replace(covered=covered), terms)
    return Outcome(
        clock=after.clock,
        credited_ms=before.credited_ms + after.credited_ms,
        refused=_added(before.refused, after.refused),
        ended=before.ended + after.ended,
    )


def _credit(clock: Clock, at_ms: int, to_ms: int, lesson: Lesson, terms: Terms) -> Outcome:
    """The arithmetic, within one day: min(time, advance, newly covered media, what is left of the cap).

    The advance ends at the first position that was not delivered; the time of what lies beyond it is spent.
    """
    assert clock.at_ms is not None
    available_ms = max(0, _available_ms(clock, at_ms, max(0, at_ms - clock.at_ms)))
    advance_ms = to_ms - clock.position_ms
    to_ms = delivered_to_ms((clock.position_ms, to_ms), lesson.delivered)
    missing_ms = clock.position_ms + advance_ms - to_ms
    new = outside((clock.position_ms, to_ms), lesson.covered)
    if clock.stretch and clock.stretch.media_to_ms > clock.position_ms:
        new = [part for span in new for part in outside(span, (clock.stretch.media,))]
    new_ms = measure_ms(new)
    earned_ms = min(available_ms, new_ms)
    credited_ms = min(earned_ms, max(0, terms.day_cap_ms - clock.day_ms))
    refused: dict[Code, int] = {"not_delivered": missing_ms} if missing_ms else {}
    if advance_ms - missing_ms > new_ms:
        refused["already_covered"] = advance_ms - missing_ms - new_ms
    if earned_ms > credited_ms:
        refused["capped"] = earned_ms - credited_ms
        to_ms = end_of_first_ms(new, credited_ms) if credited_ms else clock.position_ms
    carry_ms = min(max(0, available_ms - advance_ms), limits.CARRY_MS_MAX)
    if not credited_ms:
        # Media that nobody earned anything with is covered only where it is covered already.
        spent = Outcome(clock=clock._replace(carry_ms=carry_ms))
        return (_end_stretch(spent) if advance_ms else spent)._replace(refused=refused)
    stretch = _stretched(clock, at_ms, to_ms, credited_ms)
    credited = clock._replace(carry_ms=carry_ms, day_ms=clock.day_ms + credited_ms, stretch=stretch)
    return Outcome(credited, credited_ms, refused)


def _stretched(clock: Clock, at_ms: int, to_ms: int, credited_ms: int) -> Stretch:
    """The open stretch, lengthened; or a new one."""
    stretch = clock.stretch
    if stretch is None:
        assert clock.at_ms is not None
        from_ms = max(clock.busy_until_ms, clock.at_ms - clock.carry_ms)
        return Stretch(from_ms, at_ms, clock.position_ms, to_ms, credited_ms)
    return Stretch(stretch.from_ms, at_ms, stretch.media_from_ms, to_ms, stretch.ms + credited_ms)


def _settle(outcome: Outcome, beat: Said, at_ms: int, position_ms: int, reached_ms: int) -> Outcome:
    """Set the anchor for the next interval, and end the stretch where it cannot be continued."""
    clock = outcome.clock
    stretch = clock.stretch
    goes_on = beat.playing and beat.visible and beat.event != "end"
    if stretch is not None and (
        not goes_on
        or position_ms != reached_ms
        or stretch.media_to_ms != position_ms
        or at_ms - stretch.from_ms >= limits.STRETCH_MS_MAX
    ):
        outcome = _end_stretch(outcome)
    anchored = outcome.clock._replace(
        seq=beat.seq,
        at_ms=at_ms,
        position_ms=position_ms,
        playing=beat.playing,
        visible=beat.visible,
    )
    return Outcome(anchored, outcome.credited_ms, outcome.refused, outcome.ended)


def _end_stretch(outcome: Outcome) -> Outcome:
    """Hand the open stretch over for posting.

    Time at its end that earned nothing (the beat that ends it was late, say) is cut off and stays carried, so that a
    seek or the tenth minute costs an honest learner nothing. What is left still holds all that was credited and seen.
    """
    clock = outcome.clock
    stretch = clock.stretch
    if stretch is None:
        return outcome
    length_ms = max(stretch.ms, stretch.media_to_ms - stretch.media_from_ms)
    kept_ms = max(0, min(clock.carry_ms, stretch.to_ms - stretch.from_ms - length_ms))
    stretch = stretch._replace(to_ms=stretch.to_ms - kept_ms)
    closed = clock._replace(stretch=None, busy_until_ms=max(clock.busy_until_ms, stretch.to_ms))
    return outcome._replace(clock=closed, ended=(*outcome.ended, stretch))


def _new_day(clock: Clock, day: Day) -> Clock:
    """The day's counter starts again when the calendar day changes; a day never goes back."""
    if clock.day is not None and day.ends_ms <= clock.day.ends_ms:
        return clock
    return clock._replace(day=day, day_ms=0)


def _added(left: Mapping[Code, int], right: Mapping[Code, int]) -> dict[Code, int]:
    return {code: left.get(code, 0) + right.get(code, 0) for code in (*left, *(c for c in right if c not in left))}
