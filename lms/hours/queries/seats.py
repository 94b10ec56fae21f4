"""Seats: what a process remembers of the learners whose beats it judges, read for many at once.

A seat is a desk without the database's objects, so small that twenty thousand fit in a process. It is a memory, not a
lock: it may be old, and whoever decides by it writes only where the clock's `version` is still the one that it read.
What does not touch the clock's version (a class that ends, a lesson that is withdrawn) is at most `FRESH_MS` old.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from lms.enrollments.models import EnrollmentState
from lms.enrollments.rules.classes import StudyPlace, study_place
from lms.hours.queries.clocks import ZONE
from lms.hours.queries.line import Lent, ids_of
from lms.hours.rules.days import Day, day_of
from lms.hours.rules.judging import Gathered
from lms.hours.rules.spans import Packed, Spans
from lms.hours.rules.values import Clock, Lesson, Stretch, Terms

FRESH_MS = 9_000
"""How long a seat is good after it was read or vouched for: an end of study takes effect within ten seconds."""


@dataclass(slots=True)
class Seat:
    """One learner's lease as it was read. `lesson_ms` is what the lesson has earned in posted entries.

    A presence check waits for its answer until `waits_until_ms`. `place` says where the learner studies; `may_study`
    asks it once a day. `is_taken` while a beat that was judged by
    it is not written yet.
    """

    learner_id: int
    fence: int
    version: int
    session: UUID
    session_id: int
    enrollment_id: int
    module_id: int
    lesson_version_id: int
    clock: Clock
    lesson: Lesson
    terms: Terms
    provisional_ms: int
    check_in_ms: int | None
    gathered: Gathered
    waits_until_ms: int | None
    lesson_ms: int
    place: StudyPlace
    is_active: bool
    lesson_uuid: UUID
    read_ms: int
    open_on: date | None = None
    is_taken: bool = False

    def may_study(self, day: Day) -> bool:
        """Whether the lesson may be studied on a day; the answer is kept for that day."""
        if self.open_on == day.date:
            return True
        if self.is_active and not study_place([self.place], day.date)[1]:
            self.open_on = day.date
            return True
        return False


# Moments leave the database as whole milliseconds: no object is made for any of them.
SELECT = """
SELECT c.learner_id, c.fence, c.version, s.uuid, s.id, s.enrollment_id, cl.module_id, cl.lesson_version_id,
    c.tolerance_ms, c.last_seq, {ms[last_at]}, c.position_ms, c.playing, c.visible, c.carry_ms, c.day, c.day_ms,
    {ms[leased_at]}, c.late_ms, {ms[ahead_from]}, c.ahead_ms,
    {ms[gap_from]}, c.gap_ms, {ms[busy_until]},
    {ms[open_from]}, {ms[open_to]}, c.open_media_from_ms, c.open_media_to_ms, c.open_ms,
    c.provisional_ms, c.check_in_ms, c.open_refused::text, (extract(epoch FROM pc.deadline_at) * 1000)::bigint,
    lv.duration_ms, lc.covered::text, coalesce(lc.credited_ms, 0),
    floor(sv.daily_cap_hours * sv.online_minutes * 60000)::bigint,
    e.state, tc.state, tc.starts_on, tc.ends_on, l.withdrawn_at IS NOT NULL, u.is_active,
    CASE WHEN lv.asset_id IS NOT NULL THEN s.delivered::text END, l.uuid
FROM hours_studyclock c
JOIN hours_studysession s ON s.id = c.session_id
JOIN enrollments_enrollment e ON e.id = s.enrollment_id
JOIN enrollments_trainingclass tc ON tc.id = e.training_class_id
JOIN enrollments_syllabusversion sv ON sv.id = tc.syllabus_version_id
JOIN enrollments_classlesson cl ON cl.id = s.class_lesson_id
JOIN courses_lessonversion lv ON lv.id = cl.lesson_version_id
JOIN courses_lesson l ON l.id = lv.lesson_id
JOIN accounts_user u ON u.id = c.learner_id
LEFT JOIN hours_presencecheck pc ON pc.id = c.pending_check_id
LEFT JOIN hours_lessoncoverage lc ON lc.learner_id = c.learner_id AND lc.lesson_version_id = cl.lesson_version_id
WHERE c.learner_id = ANY(%s::int8[])
""".format(
    ms={
        column: f"(extract(epoch FROM c.{column}) * 1000)::bigint"
        for column in ("last_at", "leased_at", "ahead_from", "gap_from", "busy_until", "open_from", "open_to")
    }
)


_days: dict[date, Day] = {}


async def read_seats(over: Lent, learner_ids: Iterable[int], *, at_ms: int) -> dict[int, Seat]:
    """The seats of those learners whose clock has a lease, by learner."""
    return {row[0]: _seat(row, at_ms) for row in await over.rows(SELECT, [ids_of(learner_ids)])}


def spans_of(text: str | None) -> Spans:
    """The spans in PostgreSQL's text of an int8multirange: "{[0,1000),[2000,3000)}"."""
    if not text or text == "{}":
        return ()
    return Packed(map(int, text[2:-2].replace("),[", ",").split(",")))


def _seat(row: Sequence[Any], at_ms: int) -> Seat:
    learner_id, fence, version, session, session_id, enrollment_id, module_id, lesson_version_id = row[:8]
    tolerance_ms, seq, last_ms, position_ms, playing, visible, carry_ms, day, day_ms = row[8:17]
    leased_ms, late_ms, ahead_from_ms, ahead_ms = row[17:21]
    gap_from_ms, gap_ms, busy_until_ms, open_from_ms, open_to_ms, media_from_ms, media_to_ms, open_ms = row[21:29]
    provisional_ms, check_in_ms, gathered, waits_until_ms, duration_ms, covered, lesson_ms, cap_ms = row[29:37]
    enrollment_state, class_state, starts_on, ends_on, withdrawn, is_active, delivered, lesson_uuid = row[37:]
    stretch = None
    if open_from_ms is not None:
        stretch = Stretch(open_from_ms, open_to_ms, media_from_ms, media_to_ms, open_ms)
    clock = Clock(
        tolerance_ms=tolerance_ms,
        seq=seq,
        at_ms=last_ms,
        position_ms=position_ms,
        playing=playing,
        visible=visible,
        carry_ms=carry_ms,
        leased_ms=leased_ms,
        late_ms=late_ms,
        ahead_from_ms=ahead_from_ms,
        ahead_ms=ahead_ms,
        day=_day(day) if day else None,
        day_ms=day_ms,
        gap_from_ms=gap_from_ms,
        gap_ms=gap_ms,
        busy_until_ms=busy_until_ms or 0,
        stretch=stretch,
    )
    place = StudyPlace(
        enrollment=enrollment_id,
        enrolled=enrollment_state == EnrollmentState.ACTIVE,
        class_state=class_state,
        starts_on=starts_on,
        ends_on=ends_on,
        lesson_withdrawn=withdrawn,
    )
    return Seat(
        learner_id=learner_id,
        fence=fence,
        version=version,
        session=session,
        session_id=session_id,
        enrollment_id=enrollment_id,
        module_id=module_id,
        lesson_version_id=lesson_version_id,
        clock=clock,
        lesson=Lesson(duration_ms, spans_of(covered), None if delivered is None else spans_of(delivered)),
        terms=Terms(day_cap_ms=cap_ms),
        provisional_ms=provisional_ms,
        check_in_ms=check_in_ms,
        gathered=orjson.loads(gathered),
        waits_until_ms=waits_until_ms,
        lesson_ms=lesson_ms,
        place=place,
        is_active=is_active,
        lesson_uuid=lesson_uuid,
        read_ms=at_ms,
    )


def _day(day: date) -> Day:
    """Days are asked for by every seat and are few."""
    known = _days.get(day)
    if known is None:
        if len(_days) > 1000:
            _days.clear()
        known = _days[day] = day_of(day, ZONE)
    return known
