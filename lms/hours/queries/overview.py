"""What a learner has done and still has to do, per enrollment, module and kind; for pages and the API.

Totals come from `ModuleHours` plus the open stretch of the learner's clock, so a page shows what the last beat earned.
The exam gate does not read this; it reads entries. The number of queries does not depend on how much was studied.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from courses.models import LessonVersion
from lms.accounts.models import User
from lms.enrollments.models import ClassLesson, Enrollment, Kind, Module, SyllabusVersion
from lms.enrollments.queries import enrollments_of
from lms.enrollments.rules.units import done_hours, hours_to_ms, missing_hours
from lms.hours.models import LessonCoverage, ModuleHours, StudyClock
from lms.hours.queries.clocks import terms_of, today

FINISHED_PERCENT = 97
"""From here on a lesson is not offered as the next one; what a class asks is judged by hours, not by this."""


@dataclass(frozen=True, slots=True)
class KindHours:
    """One kind of hours of one module. Milliseconds inside, class hours for showing."""

    kind: str
    required_hours: Decimal
    minutes: int
    confirmed_ms: int
    provisional_ms: int
    refused: dict[str, int]

    @property
    def required_ms(self) -> int:
        return hours_to_ms(self.required_hours, self.minutes)

    @property
    def confirmed_hours(self) -> Decimal:
        return done_hours(self.confirmed_ms, self.minutes)

    @property
    def missing_hours(self) -> Decimal:
        return missing_hours(self.required_ms - self.confirmed_ms, self.minutes)

    @property
    def percent(self) -> int:
        """Confirmed of required, rounded down, 100 at most; a kind of which nothing is asked is done."""
        return min(100, self.confirmed_ms * 100 // self.required_ms) if self.required_ms else 100


@dataclass(frozen=True, slots=True)
class LessonProgress:
    """A lesson of the class plan and how much of it has earned."""

    version: LessonVersion
    credited_ms: int

    @property
    def percent(self) -> int:
        return self.credited_ms * 100 // self.version.duration_ms

    @property
    def is_finished(self) -> bool:
        """Nothing worth going back for: pauses and the last frames cost an honest learner a little."""
        return self.percent >= FINISHED_PERCENT


@dataclass(frozen=True, slots=True)
class ModuleProgress:
    module: Module
    kinds: list[KindHours]
    lessons: list[LessonProgress]


@dataclass(frozen=True, slots=True)
class EnrollmentHours:
    """Everything about the hours of one enrollment."""

    enrollment: Enrollment
    modules: list[ModuleProgress] = field(default_factory=list)

    @property
    def kinds(self) -> list[KindHours]:
        return [kind for module in self.modules for kind in module.kinds]

    @property
    def required_hours(self) -> Decimal:
        return sum((kind.required_hours for kind in self.kinds), Decimal(0))

    @property
    def confirmed_hours(self) -> Decimal:
        """Class hours that count towards what is asked: more than is asked of a kind does not fill another."""
        return sum((min(kind.confirmed_hours, kind.required_hours) for kind in self.kinds), Decimal(0))

    @property
    def missing_hours(self) -> Decimal:
        return sum((kind.missing_hours for kind in self.kinds), Decimal(0))

    @property
    def percent(self) -> int:
        """Share of the class hours asked that is confirmed; 100 only when nothing is missing."""
        if not self.missing_hours:
            return 100
        return min(99, int(self.confirmed_hours * 100 / self.required_hours))


@dataclass(frozen=True, slots=True)
class DayHours:
    """Online time of a learner's calendar day, and the cap of the tightest syllabus that applies."""

    credited_ms: int
    cap_ms: int


def hours_of(learner: User) -> list[EnrollmentHours]:
    """The learner's active enrollments with all hours, earliest enrolled first."""
    enrollments = list(enrollments_of(learner))
    totals = {
        (each.enrollment_id, each.module_id, each.kind): each
        for each in ModuleHours.objects.filter(learner=learner, enrollment__in=enrollments)
    }
    clock = (
        StudyClock.objects.filter(learner=learner)
        .select_related("session__class_lesson")
        .filter(session__isnull=False)
        .first()
    )
    credited = dict(LessonCoverage.objects.filter(learner=learner).values_list("lesson_version_id", "credited_ms"))
    if clock is not None and clock.session is not None:
        version_id = clock.session.class_lesson.lesson_version_id
        credited[version_id] = credited.get(version_id, 0) + clock.open_ms
    return [_enrollment_hours(enrollment, totals, clock, credited) for enrollment in enrollments]


def day_hours(learner: User, at: datetime, version: SyllabusVersion) -> DayHours:
    """What of today's cap is used at `at`, under a syllabus version."""
    row = StudyClock.objects.filter(learner=learner).values_list("day", "day_ms").first()
    used_ms = row[1] if row and row[0] == today(at).date else 0
    return DayHours(used_ms, terms_of(version).day_cap_ms)


def minutes_of(version: SyllabusVersion, kind: str) -> int:
    """Minutes of a class hour of a kind."""
    return {
        Kind.ONLINE.value: version.online_minutes,
        Kind.CLASSROOM.value: version.classroom_minutes,
        Kind.WORKSHOP.value: version.workshop_minutes,
    }[kind]


def _enrollment_hours(
    enrollment: Enrollment,
    totals: dict[tuple[int, int, str], ModuleHours],
    clock: StudyClock | None,
    credited: dict[int, int],
) -> EnrollmentHours:
    version = enrollment.training_class.syllabus_version
    lessons: dict[int, list[ClassLesson]] = defaultdict(list)
    for lesson in enrollment.training_class.lessons.all():
        lessons[lesson.module_id].append(lesson)
    modules = []
    for module in version.modules.all():
        kinds = []
        for asked in sorted(module.requirements.all(), key=lambda each: list(Kind.values).index(each.kind)):
            total = totals.get((enrollment.pk, module.pk, asked.kind))
            kinds.append(
                KindHours(
                    kind=asked.kind,
                    required_hours=asked.hours,
                    minutes=minutes_of(version, asked.kind),
                    confirmed_ms=total.confirmed_ms if total else 0,
                    provisional_ms=(total.provisional_ms if total else 0)
                    + _open_ms(clock, enrollment, module, asked.kind),
                    refused=_refused(total, clock, enrollment, module, asked.kind),
                )
            )
        progress = [
            LessonProgress(each.lesson_version, credited.get(each.lesson_version_id, 0)) for each in lessons[module.pk]
        ]
        modules.append(ModuleProgress(module, kinds, progress))
    return EnrollmentHours(enrollment, modules)


def _is_open_in(clock: StudyClock | None, enrollment: Enrollment, module: Module, kind: str) -> bool:
    return (
        clock is not None
        and clock.session is not None
        and kind == Kind.ONLINE
        and clock.session.enrollment_id == enrollment.pk
        and clock.session.class_lesson.module_id == module.pk
    )


def _open_ms(clock: StudyClock | None, enrollment: Enrollment, module: Module, kind: str) -> int:
    return clock.open_ms if clock is not None and _is_open_in(clock, enrollment, module, kind) else 0


def _refused(
    total: ModuleHours | None, clock: StudyClock | None, enrollment: Enrollment, module: Module, kind: str
) -> dict[str, int]:
    refused = dict(total.refused) if total else {}
    if clock is not None and _is_open_in(clock, enrollment, module, kind):
        for code, (ms, _from_ms, _to_ms) in clock.open_refused.items():
            refused[code] = refused.get(code, 0) + ms
    return refused
