"""Hypothesis as a learner with two devices, two lessons and every bad idea, on the real actions and a real database.

Each step goes to the product and to `reference.Reference`; what they answer must be equal to the millisecond. After
each example the ledger must verify, and hold what the reference holds. An example is undone by a savepoint.

Some limits are made shorter (see `ground`), so that an example of thirty steps meets them.
"""

import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from courses.models import LessonKind, LessonVersion
from lms.enrollments.models import ClassLesson, ClassState, Enrollment, SyllabusVersion, TrainingClass
from lms.hours.actions.appeals import AppealRefused
from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.actions.beats import record_beat
from lms.hours.actions.checks import answer_check, fail_lapsed_checks
from lms.hours.actions.sessions import StudyRefused, close_idle_sessions, close_session, open_session
from lms.hours.models import Appeal, Entry, PresenceCheck, Refusal, StudyClock
from lms.hours.queries.balances import confirmed_hours
from lms.hours.queries.clocks import moment_of, ms_of
from lms.hours.queries.progress import progress_of
from lms.hours.queries.verification import differences
from lms.hours.rules import checks, limits
from lms.hours.rules.values import Beat
from tests.integration.hours.classroom import held
from tests.integration.hours.judges import Court, appealed, decided, make_court, proposed
from tests.model.reference import Reference, Seat, bits, end_of_day
from tests.world import NOON, make_lesson

PIECE_MS_MAX = 200_000
UNPROVEN_MS_MAX = 400_000
NOON_MS = ms_of(NOON)
NIGHT_MS = end_of_day(NOON_MS) - NOON_MS - 60_000
"""A minute before midnight, after noon."""
Answer = TypeVar("Answer")

elapsed = (
    st.just(15_000)
    | st.integers(0, 20_000)
    | st.integers(20_000, 75_000)
    | st.sampled_from([0, 75_000, 75_001, 90_000, 105_000, 120_000, 120_001])
    | st.integers(76_000, 130_000)
)
drift = st.just(0) | st.just(0) | st.integers(-3_000, 3_000) | st.sampled_from([-20_000, 2_000, 2_001, 60_000])
late = st.just(0) | st.just(0) | st.just(0) | st.integers(0, 3_000)
places = st.integers(0, 40_000) | st.integers(0, 320_000)
caps = st.sampled_from([1, 2, 4, 240])
meanwhile = st.one_of(
    st.tuples(st.just("away"), st.integers(1_000, 300_000)),
    st.tuples(st.just("sweeper"), st.sampled_from([0, 119_999, 120_000, 120_001, 240_001])),
    st.tuples(st.just("midnight"), st.integers(1, 40_000)),
    st.tuples(st.just("cap"), caps),
)
spans = st.tuples(st.integers(0, 20_000) | st.integers(0, 200_000), st.integers(1, 120_000))
DEVICES = ("phone", "desktop-1")
LESSONS = ("long", "brief")


@dataclass
class Ground:
    """What all examples of a machine stand on."""

    court: Court
    versions: dict[str, LessonVersion]


@contextmanager
def ground(monkeypatch: pytest.MonkeyPatch, starts: Sequence[int] = (0, NIGHT_MS)) -> Iterator[Ground]:
    """A learner with two readings (no keys are needed), and limits that thirty steps can reach.

    `starts` is when examples may start, in milliseconds after noon.
    """
    monkeypatch.setattr(limits, "STRETCH_MS_MAX", PIECE_MS_MAX)
    monkeypatch.setattr(checks, "UNPROVEN_MS_MAX", UNPROVEN_MS_MAX)
    court = make_court()
    planned = court.world.training_class
    TrainingClass.objects.filter(pk=planned.pk).update(state=ClassState.PLANNED)
    versions = {
        "long": make_lesson(LessonKind.READING, "停电", 300_000),
        "brief": make_lesson(LessonKind.READING, "验电", 40_000),
    }
    for ordinal, version in enumerate(versions.values(), start=3):
        ClassLesson.objects.create(
            training_class=planned, module=court.world.theory, lesson_version=version, ordinal=ordinal
        )
    TrainingClass.objects.filter(pk=planned.pk).update(state=ClassState.ACCEPTED)
    Learning.ground, Learning.starts, Learning.monkeypatch = Ground(court, versions), starts, monkeypatch
    yield Learning.ground


class Learning(RuleBasedStateMachine):
    ground: Ground
    starts: Sequence[int]
    monkeypatch: pytest.MonkeyPatch

    @initialize(
        draw=st.sampled_from([45_000, 90_000, 10_000_000]),
        cap_min=caps,
        lesson=st.sampled_from(LESSONS),
        data=st.data(),
    )
    def morning(self, draw: int, cap_min: int, lesson: str, data: st.DataObject) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now = NOON_MS + data.draw(st.sampled_from(self.starts))
        self.monkeypatch.setattr("lms.hours.actions.settling.drawn_ms", lambda: draw)
        self.monkeypatch.setattr("lms.hours.actions.beats.drawn_ms", lambda: draw)
        durations = {name: version.duration_ms for name, version in self.ground.versions.items()}
        self.reference = Reference(durations, 0, draw, PIECE_MS_MAX, UNPROVEN_MS_MAX)
        self._another_cap(cap_min)
        self.seats: dict[uuid.UUID, Seat] = {}
        self.a_new_session(lesson, DEVICES[0], takeover=False)

    @property
    def learner(self) -> Any:
        return self.ground.court.world.alice

    @property
    def holder(self) -> uuid.UUID | None:
        return next((key for key, seat in self.seats.items() if seat is self.reference.holder), None)

    # Sessions.

    @rule(lesson=st.sampled_from(LESSONS), device=st.sampled_from(DEVICES), takeover=st.booleans())
    def a_new_session(self, lesson: str, device: str, takeover: bool) -> None:
        key = uuid.UUID(int=len(self.seats) + 1)
        self.seats[key] = Seat(lesson, device)
        if not self._open(key, takeover):
            del self.seats[key]

    @rule(data=st.data(), takeover=st.booleans())
    def an_old_session_again(self, data: st.DataObject, takeover: bool) -> None:
        self._open(data.draw(st.sampled_from(list(self.seats))), takeover)

    def _open(self, key: uuid.UUID, takeover: bool) -> bool:
        seat = self.seats[key]
        expected = self.reference.open(seat, self.now, takeover=takeover)
        opened, code = _told(
            lambda: open_session(
                by=self.learner,
                at=moment_of(self.now),
                session=key,
                lesson=self.ground.versions[seat.lesson].lesson.uuid,
                device=seat.device,
                takeover=takeover,
            )
        )
        assert code == expected
        if opened is None:
            return False
        assert _mask(opened.covered) == self.reference.seen[seat.lesson]
        assert opened.desk.clock.seq == seat.seq
        return True

    @rule(data=st.data())
    def closes(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(list(self.seats)))
        self.reference.close(self.seats[key], self.now)
        close_session(by=self.learner, at=moment_of(self.now), session=key)
        self._compare_clock()

    # Beats.

    @rule(steps=st.lists(st.tuples(elapsed, drift, late), min_size=1, max_size=4))
    def plays_on(self, steps: list[tuple[int, int, int]]) -> None:
        for elapsed_ms, drift_ms, late_ms in steps:
            self.now += elapsed_ms
            self._send(self._ahead(elapsed_ms + drift_ms), late_ms=late_ms)

    @rule(elapsed_ms=elapsed, drift_ms=st.sampled_from([700, 1_100, 1_900]), beats=st.integers(2, 4))
    def runs_ahead(self, elapsed_ms: int, drift_ms: int, beats: int) -> None:
        """Each beat claims a little more than passed, and less than the whole tolerance."""
        for _beat in range(beats):
            self.now += elapsed_ms
            self._send(self._ahead(elapsed_ms + drift_ms))

    @rule(elapsed_ms=elapsed, drift_ms=drift, event=st.sampled_from(["play", "pause", "end", "hide", "show"]))
    def says(self, elapsed_ms: int, drift_ms: int, event: str) -> None:
        self.now += elapsed_ms
        playing, visible = event not in ("pause", "end"), event != "hide"
        self._send(self._ahead(elapsed_ms + drift_ms), event if event in ("play", "pause", "end") else "tick",
                   playing=playing, visible=visible)  # fmt: skip

    @rule(elapsed_ms=elapsed, drift_ms=drift, to_ms=places, mute=st.booleans(), playing=st.booleans() | st.just(True))
    def seeks(self, elapsed_ms: int, drift_ms: int, to_ms: int, mute: bool, playing: bool) -> None:
        self.now += elapsed_ms
        self._send(to_ms, "seek", None if mute else self._ahead(elapsed_ms + drift_ms), playing=playing)

    @rule(elapsed_ms=st.sampled_from([0, 1_000, 15_000]), position_ms=places)
    def jumps(self, elapsed_ms: int, position_ms: int) -> None:
        self.now += elapsed_ms
        self._send(position_ms)

    @precondition(lambda self: any(seat.seq for seat in self.seats.values()))
    @rule(data=st.data(), elapsed_ms=elapsed, back=st.integers(0, 3))
    def sends_an_old_beat(self, data: st.DataObject, elapsed_ms: int, back: int) -> None:
        """Replayed, or of a session that lost its lease: nothing changes, and it is told so."""
        key = data.draw(st.sampled_from([key for key, seat in self.seats.items() if seat.seq]))
        seat = self.seats[key]
        self.now += elapsed_ms
        beat = Beat(max(1, seat.seq - back), "tick", seat.position + elapsed_ms, True, True)
        ack, code = _told(lambda: record_beat(by=self.learner, at=moment_of(self.now), session=key, beat=beat))
        if key != self.holder and seat.ended_by == "superseded":
            assert ack is not None
            assert (ack.credited_ms, list(ack.refused)) == (0, ["superseded"])
        else:
            assert code == ("bad_seq" if key == self.holder else "not_open")

    def _ahead(self, advance_ms: int) -> int:
        """The place so far ahead of the last one; whoever lost the lease takes it again first."""
        if self.holder is None:
            self._open(list(self.seats)[-1], True)
        seat = self.reference.holder
        assert seat is not None
        return max(0, seat.position + advance_ms)

    def _send(self, position_ms: int, event: str = "tick", from_ms: int | None = None, *, playing: bool = True,
              visible: bool = True, late_ms: int = 0) -> None:  # fmt: skip
        """`late_ms`: another process read it a little earlier than the last one was counted."""
        self._ahead(0)
        key, seat, at_ms = self.holder, self.reference.holder, self.now - late_ms
        assert key is not None and seat is not None
        beat = Beat(seat.seq + 1, event, position_ms, playing, visible, from_ms)  # type: ignore[arg-type]
        expected = self.reference.beat(at_ms, beat.seq, event, position_ms, from_ms, playing, visible)

        ack = record_beat(by=self.learner, at=moment_of(at_ms), session=key, beat=beat)

        assert (ack.credited_ms, dict(ack.refused)) == expected
        assert ack.lesson_ms == self.reference.earned[seat.lesson]
        assert ack.provisional_ms == self.reference.provisional
        assert (ack.state == "check") == (self.reference.deadline is not None)

    # What others do.

    @rule(what=meanwhile)
    def meanwhile(self, what: tuple[str, int]) -> None:
        """The line is away, the sweeper comes, it is almost midnight, or the rule changes under a running session."""
        name, number = what
        if name == "cap":
            self._another_cap(number)
        elif name == "midnight":
            self.now = max(self.now, end_of_day(self.now) - number)
        else:
            self.now += number
        if name == "sweeper":
            self.reference.sweep(self.now)
            fail_lapsed_checks(at=moment_of(self.now))
            close_idle_sessions(at=moment_of(self.now))
            self._compare_clock()

    def _another_cap(self, minutes: int) -> None:
        SyllabusVersion.objects.update(daily_cap_hours=1, online_minutes=minutes)
        self.reference.cap = minutes * 60_000

    @precondition(lambda self: self.reference.deadline and self.reference.holder)
    @rule(after_ms=st.integers(0, 30_000) | st.sampled_from([119_999, 120_000, 200_000]), right=st.booleans())
    def answers(self, after_ms: int, right: bool) -> None:
        self.now += after_ms
        waiting = PresenceCheck.objects.get(learner=self.learner, outcome="")
        expected = self.reference.answer(self.now, right=right)
        assert self.holder is not None

        verdict = answer_check(
            by=self.learner,
            at=moment_of(self.now),
            session=self.holder,
            check=waiting.uuid,
            choice=waiting.right if right else (waiting.right + 1) % len(waiting.options),
        )

        assert verdict.passed == expected

    @rule(after_ms=st.just(0) | st.integers(0, 60_000), span=spans)
    def sat_in_a_classroom(self, after_ms: int, span: tuple[int, int]) -> None:
        self.now += after_ms
        to_ms, from_ms = self.now - span[0], self.now - span[0] - span[1]
        world = self.ground.court.world
        is_early = from_ms < ms_of(world.enrollment.enrolled_at)
        expected = not is_early and self.reference.attend(from_ms, to_ms)
        _entry, code = _told(
            lambda: held(
                Enrollment.objects.get(pk=world.enrollment.pk),
                world.bob,
                moment_of(from_ms),
                moment_of(to_ms),
                moment_of(self.now),
            )
        )
        assert code == ("" if expected else "before_enrolled" if is_early else "overlap")
        self._compare_clock()

    @rule(data=st.data(), share=st.integers(1, 100), shift_ms=st.integers(-20_000, 20_000) | st.just(0))
    def appeals(self, data: st.DataObject, share: int, shift_ms: int) -> None:
        """A refusal is appealed against; the institution proposes a part of it, the authority accepts."""
        decided = Appeal.objects.filter(learner=self.learner).values("refusal")
        rows = Refusal.objects.filter(learner=self.learner).exclude(code="check_unanswered").exclude(pk__in=decided)
        found = list(rows.select_related("session__class_lesson", "lesson_version").order_by("pk"))
        if not found:
            return
        refusal = data.draw(st.sampled_from(found))
        from_ms, to_ms = ms_of(refusal.from_at), ms_of(refusal.to_at)
        ms = refusal.ms * share // 100
        lower, upper = from_ms + shift_ms, min(to_ms, from_ms + shift_ms + ms + 1_000)
        lesson = next(n for n, version in self.ground.versions.items() if version == refusal.lesson_version)
        expected = self.reference.correct(lesson, (from_ms, to_ms), refusal.ms, lower, upper, ms)
        try:
            with transaction.atomic():
                self._judge(refusal, ms, lower, upper)
        except AppealRefused:
            assert not expected
        else:
            assert expected

    def _judge(self, refusal: Refusal, ms: int, lower: int, upper: int) -> None:
        at, court = moment_of(self.now), self.ground.court
        appeal = appealed(court, refusal=refusal, at=at)
        proposal = proposed(court, appeal, at=at, ms=ms, from_at=moment_of(lower), to_at=moment_of(upper))
        decided(court, proposal, at=at)

    # What must hold.

    def _compare_clock(self) -> None:
        row = StudyClock.objects.filter(learner=self.learner).select_related("session").first()
        if row is None:
            assert self.reference.last is None
            return
        assert (row.session.uuid if row.session else None) == self.holder
        assert row.provisional_ms == self.reference.provisional

    def teardown(self) -> None:
        if not hasattr(self, "seats"):
            return
        try:
            if sys.exc_info()[0] is None:  # what already failed has left the two apart
                self._compare_ledgers()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def _compare_ledgers(self) -> None:
        holder, reference, world = self.holder, self.reference, self.ground.court.world
        if not StudyClock.objects.filter(learner=self.learner).exists():
            return
        assert differences(self.learner.pk) == []
        if holder is not None:
            reference.close(self.seats[holder], self.now)
            close_session(by=self.learner, at=moment_of(self.now), session=holder)
            assert differences(self.learner.pk) == []
        timed = Entry.objects.filter(learner=self.learner, from_at__isnull=False).order_by("from_at")
        posted = [(ms_of(row.from_at), ms_of(row.to_at), row.ms) for row in timed if row.from_at and row.to_at]
        assert posted == sorted(reference.taken)
        assert all(0 < ms <= upper - lower for lower, upper, ms in posted)
        assert all(first[1] <= second[0] for first, second in pairwise(posted))
        assert confirmed_hours(Enrollment.objects.get(pk=world.enrollment.pk)) == {
            (world.theory.pk, "online"): reference.confirmed["studied"],
            (world.practice.pk, "workshop"): reference.confirmed["attended"],
        }
        refused = Counter[str]()
        for code, ms in Refusal.objects.filter(learner=self.learner).values_list("code", "ms"):
            refused[code] += ms
        assert refused == +reference.refused
        for name, version in self.ground.versions.items():
            progress = progress_of(self.learner, version)
            assert (_mask(progress.covered), progress.credited_ms) == (reference.seen[name], reference.earned[name])
            assert progress.credited_ms <= progress.covered_ms <= version.duration_ms


def _told(act: Callable[[], Answer]) -> tuple[Answer | None, str]:
    """What an action answered, and the code it refused with."""
    try:
        return act(), ""
    except (StudyRefused, AttendanceRefused) as refused:
        return None, refused.code


def _mask(spans: list[tuple[int, int]]) -> int:
    return sum(bits(lower, upper) for lower, upper in spans)
