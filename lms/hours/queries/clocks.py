"""A learner's clock between its row and the pure rule's value. The only translation between the two."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from courses.models import LessonVersion
from lms.accounts.models import User
from lms.enrollments.models import ClassLesson, SyllabusVersion, TrainingClass
from lms.hours.models import LessonCoverage, StudyClock, StudySession
from lms.hours.rules.days import Day, day_at, day_of
from lms.hours.rules.judging import Gathered
from lms.hours.rules.values import Clock, Lesson, Stretch, Terms

ZONE = ZoneInfo(settings.TIME_ZONE)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a learner has before them: the lease's session, its lesson, and the clock, read under the clock's lock."""

    row: StudyClock
    session: StudySession
    clock: Clock
    lesson: Lesson
    terms: Terms
    coverage: LessonCoverage

    @property
    def learner(self) -> User:
        return self.session.learner

    @property
    def class_lesson(self) -> ClassLesson:
        return self.session.class_lesson

    @property
    def version(self) -> LessonVersion:
        return self.session.class_lesson.lesson_version

    @property
    def training_class(self) -> TrainingClass:
        return self.session.enrollment.training_class

    @property
    def provisional_ms(self) -> int:
        return self.row.provisional_ms

    @property
    def gathered(self) -> Gathered:
        """Refusals that are not posted yet."""
        gathered: Gathered = self.row.open_refused
        return gathered

    @property
    def lesson_ms(self) -> int:
        """All that the lesson has earned: posted and open."""
        return self.coverage.credited_ms + (self.clock.stretch.ms if self.clock.stretch else 0)


def ms_of(moment: datetime) -> int:
    """UTC epoch in whole milliseconds."""
    return int(moment.timestamp() * 1000)


def moment_of(ms: int) -> datetime:
    """The aware UTC datetime of an epoch in milliseconds."""
    return datetime.fromtimestamp(ms / 1000, tz=UTC)


def today(at: datetime) -> Day:
    """The installation's calendar day of a moment."""
    return day_at(ms_of(at), ZONE)


def terms_of(version: SyllabusVersion) -> Terms:
    """The daily cap of a syllabus version in milliseconds of online time."""
    return Terms(day_cap_ms=int(version.daily_cap_hours * version.online_minutes * 60_000))


def clock_of(row: StudyClock) -> Clock:
    """The pure clock of a row."""
    stretch = None
    if row.open_from is not None and row.open_to is not None:
        stretch = Stretch(
            ms_of(row.open_from), ms_of(row.open_to), row.open_media_from_ms, row.open_media_to_ms, row.open_ms
        )
    return Clock(
        tolerance_ms=row.tolerance_ms,
        seq=row.last_seq,
        at_ms=ms_of(row.last_at) if row.last_at else None,
        position_ms=row.position_ms,
        playing=row.playing,
        visible=row.visible,
        carry_ms=row.carry_ms,
        leased_ms=ms_of(row.leased_at) if row.leased_at else None,
        late_ms=row.late_ms,
        ahead_from_ms=ms_of(row.ahead_from) if row.ahead_from else None,
        ahead_ms=row.ahead_ms,
        day=day_of(row.day, ZONE) if row.day else None,
        day_ms=row.day_ms,
        gap_from_ms=ms_of(row.gap_from) if row.gap_from else None,
        gap_ms=row.gap_ms,
        busy_until_ms=ms_of(row.busy_until) if row.busy_until else 0,
        stretch=stretch,
    )


def columns_of(clock: Clock) -> dict[str, Any]:
    """The row's columns of a pure clock, for a narrow update."""
    stretch = clock.stretch
    return {
        "last_seq": clock.seq,
        "last_at": moment_of(clock.at_ms) if clock.at_ms is not None else None,
        "position_ms": clock.position_ms,
        "playing": clock.playing,
        "visible": clock.visible,
        "carry_ms": clock.carry_ms,
        "leased_at": moment_of(clock.leased_ms) if clock.leased_ms is not None else None,
        "late_ms": clock.late_ms,
        "ahead_from": moment_of(clock.ahead_from_ms) if clock.ahead_from_ms is not None else None,
        "ahead_ms": clock.ahead_ms,
        "tolerance_ms": clock.tolerance_ms,
        "day": clock.day.date if clock.day else None,
        "day_ms": clock.day_ms,
        "gap_from": moment_of(clock.gap_from_ms) if clock.gap_from_ms is not None else None,
        "gap_ms": clock.gap_ms,
        "busy_until": moment_of(clock.busy_until_ms) if clock.busy_until_ms else None,
        "open_from": moment_of(stretch.from_ms) if stretch else None,
        "open_to": moment_of(stretch.to_ms) if stretch else None,
        "open_media_from_ms": stretch.media_from_ms if stretch else 0,
        "open_media_to_ms": stretch.media_to_ms if stretch else 0,
        "open_ms": stretch.ms if stretch else 0,
    }


def lock_clock(learner_id: int) -> StudyClock:
    """The learner's clock row, made on first use and locked until the transaction ends."""
    own = StudyClock.objects.select_for_update().filter(learner_id=learner_id)
    row = own.first()
    if row is None:
        StudyClock.objects.bulk_create([StudyClock(learner_id=learner_id)], ignore_conflicts=True)
        row = own.get()
    return row


def holds_lease(learner_id: int, session: UUID) -> bool:
    """Whether a session has the learner's lease now, without a lock: whoever goes on takes it and looks again."""
    return StudyClock.objects.filter(learner_id=learner_id, session__uuid=session).exists()


def locked_desk(learner_id: int) -> Desk | None:
    """The learner's desk, its clock locked; None when no session holds the lease.

    A lock that had to wait for somebody who gave the lease to another session finds none, either: PostgreSQL reads the
    clock anew then, and not what was joined to it. Who must know it takes `lock_clock` first.
    """
    row = (
        StudyClock.objects.select_for_update(of=("self",))
        .select_related(
            "session__learner",
            "session__class_lesson__module",
            "session__class_lesson__lesson_version__lesson",
            "session__enrollment__training_class__syllabus_version",
            "pending_check",
        )
        .filter(learner_id=learner_id)
        .first()
    )
    if row is None or row.session is None:
        return None
    return desk_of(row)


def desk_of(row: StudyClock) -> Desk:
    """The desk of a locked clock row whose session holds the lease."""
    session = row.session
    assert session is not None
    version = session.class_lesson.lesson_version
    coverage = LessonCoverage.objects.filter(learner_id=row.learner_id, lesson_version=version).first()
    if coverage is None:
        coverage = LessonCoverage(learner_id=row.learner_id, lesson_version=version, duration_ms=version.duration_ms)
    return Desk(
        row=row,
        session=session,
        clock=clock_of(row),
        lesson=Lesson(version.duration_ms, coverage.covered, session.delivered if version.asset_id else None),
        terms=terms_of(session.enrollment.training_class.syllabus_version),
        coverage=coverage,
    )
