"""I1-I5 of the counting rule, for whatever a client may send and whenever it arrives."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lms.hours.rules.counting import close, count, count_any
from lms.hours.rules.days import day_at
from lms.hours.rules.limits import LATE_AT_ONCE_MS, LATE_MS_MAX, LONG_GAP_MS_MAX, TOLERANCE_MS
from lms.hours.rules.plain import count_plain
from lms.hours.rules.spans import measure_ms, union
from lms.hours.rules.values import Beat, Clock, Lesson, Outcome, Stretch, Terms
from tests.timeline import ZONE

LESSON_MS = 600_000
CAP_MS = 240_000
BEFORE_MIDNIGHT_MS = int(datetime(2026, 3, 2, 15, 57, tzinfo=UTC).timestamp() * 1000)

steps = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 20_000), st.integers(0, 200_000)),  # elapsed
        st.one_of(st.integers(-20_000, 20_000), st.integers(-LESSON_MS, LESSON_MS * 2)),  # claimed advance
        st.sampled_from(["play", "tick", "tick", "tick", "pause", "seek", "end"]),
        st.integers(0, LESSON_MS),
        st.booleans() | st.just(True),
        st.booleans() | st.just(True),
    ),
    max_size=40,
)


def run(
    told: list[tuple[int, int, str, int, bool, bool]],
    delivered: list[tuple[int, int]] | None = None,
    *,
    clock: Clock | None = None,
    at_ms: int = BEFORE_MIDNIGHT_MS,
) -> list[tuple[int, Beat, Clock, Outcome]]:
    """Every step as (server time, beat, clock before, outcome); the lease is closed at the end."""
    clock = clock or Clock(tolerance_ms=TOLERANCE_MS)
    position_ms = 0
    covered: list[tuple[int, int]] = []
    done = []
    for seq, (elapsed_ms, advance_ms, event, target_ms, playing, visible) in enumerate(told, start=1):
        at_ms += elapsed_ms
        reached_ms = max(0, position_ms + advance_ms)
        position_ms = target_ms if event == "seek" else reached_ms
        beat = Beat(seq, event, position_ms, playing, visible, reached_ms if event == "seek" else None)  # type: ignore[arg-type]
        before = clock
        outcome = count(
            clock=clock,
            beat=beat,
            at_ms=at_ms,
            day=day_at(at_ms, ZONE),
            lesson=Lesson(LESSON_MS, tuple(covered), delivered),
            terms=Terms(CAP_MS),
        )
        clock = outcome.clock
        covered = union(covered, (stretch.media for stretch in outcome.ended))
        done.append((at_ms, beat, before, outcome))
    done.append((at_ms, Beat(10**6, "end", 0, False, False), clock, close(clock)))
    return done


def stretches(done: list[tuple[int, Beat, Clock, Outcome]]) -> list[Stretch]:
    return [stretch for _at, _beat, _before, outcome in done for stretch in outcome.ended]


@given(steps)
@settings(max_examples=300, deadline=None)
def test_credited_intervals_are_disjoint_and_hold_no_more_than_their_length(told: list) -> None:
    posted = stretches(run(told))

    assert all(a.to_ms <= b.from_ms for a, b in pairwise(posted))
    assert all(0 < s.ms <= s.to_ms - s.from_ms for s in posted)


@given(steps)
@settings(max_examples=300, deadline=None)
def test_every_credited_millisecond_is_posted_once(told: list) -> None:
    done = run(told)

    assert sum(s.ms for s in stretches(done)) == sum(outcome.credited_ms for *_rest, outcome in done)


@given(steps)
@settings(max_examples=300, deadline=None)
def test_credit_is_within_coverage_and_coverage_within_the_lesson(told: list) -> None:
    posted = stretches(run(told))
    covered = union(s.media for s in posted)

    assert sum(s.ms for s in posted) <= measure_ms(covered) <= LESSON_MS
    assert all(0 <= lower < upper <= LESSON_MS for lower, upper in covered)


@given(steps)
@settings(max_examples=300, deadline=None)
def test_no_window_earns_more_than_its_length(told: list) -> None:
    done = run(told)

    for first in range(len(done)):
        earned_ms = 0
        for at_ms, _beat, _before, outcome in done[first + 1 :]:
            earned_ms += outcome.credited_ms
            assert earned_ms <= at_ms - done[first][0] + LONG_GAP_MS_MAX
    assert sum(o.credited_ms for *_rest, o in done) <= done[-1][0] - BEFORE_MIDNIGHT_MS


@given(steps)
@settings(max_examples=300, deadline=None)
def test_media_never_runs_ahead_of_the_clock_by_more_than_one_tolerance(told: list) -> None:
    posted = stretches(run(told))

    media_ms = sum(s.media_to_ms - s.media_from_ms for s in posted)
    time_ms = sum(s.to_ms - s.from_ms for s in posted)
    assert media_ms <= time_ms + TOLERANCE_MS + 1  # the media of a beat over midnight is split to the millisecond


# Watching on, beat after beat, with now and then something else: what the short way is for, and what it must not take.
SECOND = 1000
watching = st.lists(
    st.tuples(
        st.sampled_from([15_000] * 8 + [14_000, 16_500, 60_000, 75_000, 76_000, 1_800_000]),  # elapsed
        st.sampled_from([0] * 8 + [-1_000, 500, 1_500, -15_000, 60_000]),  # advance beyond that
        st.sampled_from(["tick"] * 12 + ["play", "pause", "seek", "end"]),
        st.integers(0, 400) | st.just(0),  # a seek's target, in seconds
        st.sampled_from([True] * 12 + [False]),
        st.sampled_from([True] * 12 + [False]),
        st.sampled_from([0] * 12 + [5_000, 200_000]),  # a classroom hour is entered: its end, from now
    ),
    min_size=5,
    max_size=60,
)
# What the short statement of the group commit writes; all else of a clock's row stands as it was read.
MOVED_BY_A_PLAIN_BEAT = {
    *("seq", "at_ms", "position_ms", "carry_ms", "day_ms"),
    *("stretch", "to_ms", "media_to_ms", "ms"),
}
lessons = st.sampled_from([300 * SECOND, 12_000 * SECOND])
caps = st.sampled_from([200 * SECOND, 20_000 * SECOND])
rates = st.sampled_from([1000, 1000, 500, 1500])
deliveries = st.none() | st.just([(0, 12_000 * SECOND)]) | st.just([(0, 60_000), (90_000, 12_000 * SECOND)])


def for_long(count: int, first_beyond_ms: int = 0) -> list[tuple[int, int, str, int, bool, bool, int]]:
    """Watching on for so many beats; the second one may come a little early."""
    beyond = [0, first_beyond_ms, *[0] * count]
    return [(15_000, beyond_ms, "tick", 0, True, True, 0) for beyond_ms in beyond]


@given(watching, lessons, caps, rates, deliveries)
@example(for_long(40), 12_000 * SECOND, 200 * SECOND, 1000, None)  # to the cap
@example(for_long(60), 12_000 * SECOND, 20_000 * SECOND, 1000, None)  # ten minutes in one stretch
@example(for_long(280, 500), 12_000 * SECOND, 20_000 * SECOND, 1000, None)  # until the hour of tolerance is over
@settings(max_examples=400)
def test_the_short_way_says_what_the_rule_says(
    told: list, lesson_ms: int, cap_ms: int, rate: int, delivered: list[tuple[int, int]] | None
) -> None:
    clock, at_ms, position_ms = Clock(tolerance_ms=TOLERANCE_MS), BEFORE_MIDNIGHT_MS, 0
    covered: list[tuple[int, int]] = []
    for seq, (elapsed_ms, beyond_ms, event, target_s, playing, visible, taken_ms) in enumerate(told, start=1):
        at_ms += elapsed_ms
        reached_ms = max(0, position_ms + elapsed_ms + beyond_ms)
        position_ms = target_s * SECOND if event == "seek" else reached_ms
        beat = Beat(seq, event, position_ms, playing, visible, reached_ms if event == "seek" else None)
        facts = {"clock": clock, "beat": beat, "at_ms": at_ms, "day": day_at(at_ms, ZONE)}
        known = {"lesson": Lesson(lesson_ms, tuple(covered), delivered), "terms": Terms(cap_ms, rate)}

        by_rule = count_any(**facts, **known)  # type: ignore[arg-type]

        assert count(**facts, **known) == by_rule  # type: ignore[arg-type]
        if count_plain(clock, beat, at_ms, known["lesson"], known["terms"]):  # type: ignore[arg-type]
            assert _moved(clock, by_rule.clock) <= MOVED_BY_A_PLAIN_BEAT
        clock = by_rule.clock
        if taken_ms:
            clock = clock._replace(busy_until_ms=max(clock.busy_until_ms, at_ms + taken_ms))
        covered = union(covered, (stretch.media for stretch in by_rule.ended))


def _moved(before: Clock, after: Clock) -> set[str]:
    assert before.stretch is not None and after.stretch is not None
    pairs = [(before, after), (before.stretch, after.stretch)]
    return {name for old, new in pairs for name in old._fields if getattr(old, name) != getattr(new, name)}


def test_who_watches_on_takes_the_short_way() -> None:
    """Beats that come a little early and late; the property above would hold of a short way that nothing takes, too."""
    watched = [(15_000 + late, 15_000 + late, "tick", 0, True, True) for late in (0, 300, -300, 40, 0, -40, 900, -900)]
    run_of_it = run(watched)[2:-1]  # the first beat earns nothing, the second begins the stretch

    terms, lesson = Terms(CAP_MS), Lesson(LESSON_MS)
    assert all(count_plain(before, beat, at_ms, lesson, terms) == told for at_ms, beat, before, told in run_of_it)


@given(steps)
@settings(max_examples=300, deadline=None)
def test_the_first_beat_and_long_silence_earn_nothing(told: list) -> None:
    for at_ms, _beat, before, outcome in run(told)[:-1]:
        if before.at_ms is None or at_ms - before.at_ms > LONG_GAP_MS_MAX:
            assert outcome.credited_ms == 0


@given(steps)
@settings(max_examples=300, deadline=None)
def test_no_day_earns_more_than_its_cap(told: list) -> None:
    days: dict[object, int] = {}
    for stretch in stretches(run(told)):
        day = day_at(stretch.to_ms - 1, ZONE).date
        days[day] = days.get(day, 0) + stretch.ms

    assert all(ms <= CAP_MS for ms in days.values())


@given(steps)
@settings(max_examples=300, deadline=None)
def test_an_interval_that_was_paused_or_hidden_earns_nothing(told: list) -> None:
    for _at, _beat, before, outcome in run(told)[:-1]:
        if not (before.playing and before.visible):
            assert outcome.credited_ms == 0


@given(steps)
@settings(max_examples=200, deadline=None)
def test_no_more_is_refused_and_credited_than_was_claimed(told: list) -> None:
    for _at, beat, before, outcome in run(told)[:-1]:
        reached_ms = beat.from_ms if beat.event == "seek" else beat.position_ms
        claimed_ms = max(0, min(reached_ms or 0, LESSON_MS) - before.position_ms)
        assert outcome.credited_ms + sum(outcome.refused.values()) <= claimed_ms


@given(steps, st.integers(1, 60_000))
@settings(max_examples=200, deadline=None)
def test_time_of_another_hour_is_never_taken(told: list, busy_ms: int) -> None:
    """A classroom hour that was entered while the learner studied ends at `busy_until`."""
    clock = Clock(tolerance_ms=TOLERANCE_MS, busy_until_ms=BEFORE_MIDNIGHT_MS + busy_ms)
    at_ms = BEFORE_MIDNIGHT_MS
    position_ms = 0
    posted: list[Stretch] = []
    for seq, (elapsed_ms, advance_ms, *_rest) in enumerate(told, start=1):
        at_ms += elapsed_ms
        position_ms = max(0, position_ms + advance_ms)
        outcome = count(
            clock=clock,
            beat=Beat(seq, "tick", position_ms, True, True),
            at_ms=at_ms,
            day=day_at(at_ms, ZONE),
            lesson=Lesson(LESSON_MS, union(s.media for s in posted)),
            terms=Terms(CAP_MS),
        )
        clock = outcome.clock._replace()
        posted += outcome.ended
    posted += close(clock).ended

    assert all(s.from_ms >= BEFORE_MIDNIGHT_MS + busy_ms for s in posted)


@given(steps, st.integers(0, 30_000))
@settings(max_examples=300, deadline=None)
def test_late_beats_earn_no_more_than_has_passed_since_the_lease_was_given(told: list, waited_ms: int) -> None:
    leased_ms = BEFORE_MIDNIGHT_MS - waited_ms
    done = run(told, clock=Clock(tolerance_ms=TOLERANCE_MS, leased_ms=leased_ms))

    assert all(s.from_ms >= leased_ms for s in stretches(done))
    assert sum(o.credited_ms for *_rest, o in done) <= done[-1][0] - leased_ms
    assert sum(o.credited_ms for *_rest, o in done) <= done[-1][0] - BEFORE_MIDNIGHT_MS + LATE_MS_MAX


@given(st.integers(0, 60_000), st.integers(0, 60_000), st.integers(0, 60_000))
@settings(max_examples=300, deadline=None)
def test_a_pause_gives_at_once_no_more_than_five_seconds(paused_ms: int, elapsed_ms: int, claimed_ms: int) -> None:
    """0@0 pause, then a play after `paused_ms` and a claim `elapsed_ms` later."""
    told = [
        (0, 0, "pause", 0, False, True),
        (paused_ms, 0, "play", 0, True, True),
        (elapsed_ms, claimed_ms, "tick", 0, True, True),
    ]
    credited_ms = sum(outcome.credited_ms for *_rest, outcome in run(told))

    assert credited_ms <= elapsed_ms + min(paused_ms, LATE_AT_ONCE_MS + elapsed_ms // 2, LATE_MS_MAX)


@given(st.lists(steps, min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_new_sessions_bring_no_new_tolerance(sessions: list) -> None:
    """All within an hour: what is covered beyond the clock's time is one tolerance, whatever the sessions."""
    clock, posted, at_ms = Clock(tolerance_ms=TOLERANCE_MS), list[Stretch](), BEFORE_MIDNIGHT_MS
    for told in sessions:
        done = run([(min(each[0], 10_000), *each[1:]) for each in told], clock=clock, at_ms=at_ms)
        posted += stretches(done)
        last = done[-1][3].clock
        at_ms = done[-1][0]
        clock = Clock(TOLERANCE_MS, leased_ms=at_ms, busy_until_ms=last.busy_until_ms)
        clock = clock._replace(ahead_from_ms=last.ahead_from_ms, ahead_ms=last.ahead_ms)

    media_ms = sum(s.media_to_ms - s.media_from_ms for s in posted)
    time_ms = sum(s.to_ms - s.from_ms for s in posted)
    assert media_ms <= time_ms + TOLERANCE_MS + 1  # the media of a beat over midnight is split to the millisecond


def test_the_tolerance_comes_back_after_an_hour_and_not_before() -> None:
    used = Clock(tolerance_ms=TOLERANCE_MS, ahead_from_ms=BEFORE_MIDNIGHT_MS - 3_600_000, ahead_ms=TOLERANCE_MS)
    claim = [(0, 0, "tick", 0, True, True), (0, 2_000, "tick", 0, True, True)]

    in_time = run(claim, clock=used._replace(ahead_from_ms=BEFORE_MIDNIGHT_MS - 3_599_999))
    after = run(claim, clock=used)

    assert dict(in_time[1][3].refused) == {"too_fast": 2_000}
    assert dict(after[1][3].refused) == {}
