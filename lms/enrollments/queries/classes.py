"""Reading classes and enrollments. A class is seen by staff of its institution and by the authority above it.

Learners see their own enrollments (`enrollments_of`), never a roster. Who may not see a class is told what is told of
no class.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.enrollments.models import Enrollment, EnrollmentState, Kind, Module, Requirement, TrainingClass
from lms.enrollments.rules.classes import PlannedLesson, shortfalls
from lms.enrollments.rules.units import hours_to_ms
from lms.institutions.queries import institutions_of, regions_of


class ClassNotFound(LookupError):
    """There is no such class for this viewer: absent and hidden look alike."""


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """A module whose lessons cannot give the online hours that it asks."""

    module: Module
    required_ms: int
    planned_ms: int


def classes_for(viewer: Viewer) -> QuerySet[TrainingClass]:
    """Classes that the viewer may see, newest first, each with `learners` (active enrollments)."""
    places = Q(institution__region__in=regions_of(viewer))
    if has_role(viewer, Role.INSTITUTION):
        places |= Q(institution__in=institutions_of(viewer))
    return (
        TrainingClass.objects.filter(places)
        .select_related("institution__region", "syllabus_version__syllabus")
        .annotate(learners=Coalesce(Subquery(_active_learners()), 0))
        .order_by("-starts_on", "-pk")
    )


def _active_learners() -> QuerySet[Enrollment, int]:
    """Counted for the classes that are shown only: a join would group all enrollments of a province for one page."""
    active = Enrollment.objects.filter(training_class=OuterRef("pk"), state=EnrollmentState.ACTIVE).order_by()
    return active.values("training_class").annotate(learners=Count("pk")).values_list("learners", flat=True)


def class_for(viewer: Viewer, uuid: UUID) -> TrainingClass:
    """The class, for those who may see it; ClassNotFound otherwise."""
    found = classes_for(viewer).filter(uuid=uuid).first()
    if found is None:
        raise ClassNotFound("no such class")
    return found


def roster(viewer: Viewer, training_class: TrainingClass) -> QuerySet[Enrollment]:
    """Who is in the class, by name; ClassNotFound for whoever may not see it."""
    class_for(viewer, training_class.uuid)
    return (
        Enrollment.objects.filter(training_class=training_class)
        .select_related("learner", "training_class__institution", "training_class__syllabus_version")
        .order_by("learner__real_name", "pk")
    )


def enrollments_of(learner: User) -> QuerySet[Enrollment]:
    """The learner's own active enrollments, earliest first, with class, institution, syllabus and lessons."""
    return (
        Enrollment.objects.filter(learner=learner, state=EnrollmentState.ACTIVE)
        .select_related("training_class__institution__region", "training_class__syllabus_version__syllabus")
        .prefetch_related(
            "training_class__syllabus_version__modules__requirements",
            "training_class__lessons__lesson_version__lesson",
        )
        .order_by("enrolled_at", "pk")
    )


def plan_warnings(training_class: TrainingClass) -> list[PlanWarning]:
    """Modules whose planned lessons are together shorter than their online hours."""
    version = training_class.syllabus_version
    asked = list(
        Requirement.objects.filter(module__syllabus_version=version, kind=Kind.ONLINE)
        .select_related("module")
        .order_by("module__ordinal")
    )
    modules = {each.module_id: each.module for each in asked}
    online_ms = {each.module_id: hours_to_ms(each.hours, version.online_minutes) for each in asked}
    planned = [
        PlannedLesson(each.module_id, each.lesson_version.lesson_id, each.lesson_version.duration_ms)
        for each in training_class.lessons.select_related("lesson_version")
    ]
    return [
        PlanWarning(modules[each.module], each.required_ms, each.planned_ms) for each in shortfalls(online_ms, planned)
    ]
