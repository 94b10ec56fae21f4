"""Which module a lesson is meant for, and how far the lessons meant for it reach."""

from collections.abc import Iterable, Mapping, Sequence
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
    """How a lesson of `lesson_ms`, or several of a course together, fit the online hours of the module meant.

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
    return next(iter(reaches_of([lesson], {lesson.pk: lesson_ms})), None)


def reaches_of(lessons: Sequence[Lesson], lengths_ms: Mapping[int, int]) -> list[Reach]:
    """For each module that lessons of one owner are meant for, in the order of the syllabus. Seven reads at most.

    `lengths_ms` says how long each of them is, by its key.
    """
    aims = {each.lesson_id: each.module for each in _aims().filter(lesson__in=lengths_ms)}
    modules = {module.pk: module for module in aims.values()}
    asked = {each.module_id: each for each in Requirement.objects.filter(module__in=modules, kind=Kind.ONLINE)}
    others = _others(lessons, modules) if asked else {}
    return [
        _reach(
            modules[key],
            asked[key],
            lesson_ms=sum(lengths_ms[lesson] for lesson, module in aims.items() if module.pk == key),
            others_ms=others.get(key, 0),
        )
        for key in sorted(asked, key=lambda key: (modules[key].syllabus_version_id, modules[key].ordinal))
    ]


def _aims() -> QuerySet[LessonAim]:
    return LessonAim.objects.select_related("module__syllabus_version__syllabus")


def _reach(module: Module, asked: Requirement, *, lesson_ms: int, others_ms: int) -> Reach:
    minutes = module.syllabus_version.online_minutes
    required_ms = hours_to_ms(asked.hours, minutes)
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


def _others(lessons: Sequence[Lesson], modules: Iterable[int]) -> dict[int, int]:
    """By module how long the other lessons of the same owner are that are meant for it."""
    aimed = list(Lesson.objects.filter(aim__module__in=modules, withdrawn_at=None).select_related("aim"))
    owners = owners_of_lessons([*lessons, *aimed])
    own, known = owners.get(lessons[0].pk), {each.pk for each in lessons}
    meant = {each.pk: each.aim.module_id for each in aimed if each.pk not in known and owners.get(each.pk) == own}
    found: dict[int, int] = {}
    for version in newest_versions([each for each in aimed if each.pk in meant]):
        module = meant[version.lesson_id]
        found[module] = found.get(module, 0) + version.duration_ms
    return found
