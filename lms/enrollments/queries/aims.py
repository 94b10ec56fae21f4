"""Which module a lesson is meant for, and how far the lessons meant for it reach."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone

from courses.models import Lesson
from courses.queries import newest_versions
from lms.enrollments.models import Kind, LessonAim, Module, Requirement
from lms.enrollments.rules.units import done_hours, hours_to_ms, missing_hours
from lms.institutions.queries import owners_of_lessons


@dataclass(frozen=True, slots=True)
class Reach:
    """How a lesson of `lesson_ms` fits the online hours of the module it is meant for.

    `others_ms` is what the newest versions of the same owner's other lessons for this module give.
    """

    module: Module
    required_hours: Decimal
    required_ms: int
    lesson_ms: int
    others_ms: int
    lesson_hours: Decimal
    total_hours: Decimal
    missing_hours: Decimal

    @property
    def bar(self) -> dict[str, int]:
        """Thousandths of a bar as long as what is asked, or as what there is if that is more."""
        whole = max(self.required_ms, self.others_ms + self.lesson_ms, 1)
        return {"others": self.others_ms * 1000 // whole, "lesson": self.lesson_ms * 1000 // whole}


def aim_of(lesson: Lesson) -> Module | None:
    aim = LessonAim.objects.filter(lesson=lesson).select_related("module__syllabus_version__syllabus").first()
    return aim.module if aim else None


def modules_to_aim_at() -> QuerySet[Module]:
    """Modules with online hours in syllabi that are in force or will be."""
    today = timezone.localdate()
    modules = Module.objects.filter(requirements__kind=Kind.ONLINE).select_related("syllabus_version__syllabus")
    return modules.exclude(syllabus_version__in_force_to__lte=today).order_by(
        "syllabus_version__syllabus__code", "syllabus_version__number", "ordinal"
    )


def reach_of(lesson: Lesson, lesson_ms: int) -> Reach | None:
    """None when the authors named no module, or the module has no online hours."""
    module = aim_of(lesson)
    asked = Requirement.objects.filter(module=module, kind=Kind.ONLINE).first() if module else None
    if module is None or asked is None:
        return None
    minutes = module.syllabus_version.online_minutes
    required_ms = hours_to_ms(asked.hours, minutes)
    others_ms = sum(version.duration_ms for version in newest_versions(_others(lesson, module)))
    total_ms = lesson_ms + others_ms
    return Reach(
        module=module,
        required_hours=asked.hours,
        required_ms=required_ms,
        lesson_ms=lesson_ms,
        others_ms=others_ms,
        lesson_hours=done_hours(lesson_ms, minutes),
        total_hours=done_hours(total_ms, minutes),
        missing_hours=missing_hours(required_ms - total_ms, minutes),
    )


def _others(lesson: Lesson, module: Module) -> list[Lesson]:
    aimed = list(Lesson.objects.filter(aim__module=module, withdrawn_at=None))
    owners = owners_of_lessons([lesson, *aimed])
    return [each for each in aimed if each.pk != lesson.pk and owners.get(each.pk) == owners.get(lesson.pk)]
