"""What a syllabus version that is not written yet would change for the classes that the viewer supervises.

The comparison itself is a rule (rules.syllabus_changes); here its input is read, in a number of queries that does not
grow with the classes.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from lms.accounts.queries import Viewer
from lms.enrollments.models import ClassLesson, ClassState, Enrollment, EnrollmentState, Syllabus, TrainingClass
from lms.enrollments.queries.syllabi import dated, plan_of
from lms.enrollments.rules import syllabus_changes as rules
from lms.enrollments.rules.syllabus import Dated, VersionPlan, in_force
from lms.institutions.models import Region
from lms.institutions.queries import regions_of

# Listed with their plans; all of them are counted.
FALLING_SHOWN_MAX = 200
STAYING_SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class FallingClass:
    """A class that the new version would judge; `sufficed` says whether its plan was enough for the version before."""

    training_class: TrainingClass
    learners: int
    impact: rules.PlanImpact
    sufficed: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """`replaced` is the plan in force before on the new version's first day, with its number, or None. `falling` and
    `staying` count every class; of both only the first ones are shown."""

    number: int
    replaced_number: int | None
    replaced: VersionPlan | None
    modules: list[rules.ModuleChange]
    totals: list[rules.KindChange]
    falling: int
    falling_learners: int
    falling_shown: list[FallingClass]
    staying: int
    staying_learners: int
    staying_shown: list[TrainingClass]
    apart: int


def preview(viewer: Viewer, syllabus: Syllabus | None, plan: VersionPlan, region: Region | None, day: date) -> Preview:
    """`syllabus` is None for one that is new. Classes that have ended by `day` are no longer asked about."""
    versions = list(syllabus.versions.select_related("region").order_by("number")) if syllabus else []
    known = {each.number: each for each in versions}
    new = Dated(len(versions) + 1, region.code if region else "", plan.in_force_from, plan.in_force_to)
    before = in_force(map(dated, versions), new.region, plan.in_force_from)
    replaced = plan_of(known[before.number]) if before else None
    running = _running(viewer, syllabus, region, day)
    reported = running.exclude(state__in=rules.UNREPORTED)
    falling, apart = _falling(running, [dated(each) for each in versions], new)
    return Preview(
        number=new.number,
        replaced_number=before.number if before else None,
        replaced=replaced,
        modules=rules.module_changes(replaced.modules if replaced else (), plan.modules),
        totals=rules.total_changes(replaced.modules if replaced else (), plan.modules),
        falling=len(falling),
        falling_learners=sum(falling.values()),
        falling_shown=_shown(falling, plan, replaced),
        staying=reported.count(),
        staying_learners=_active().filter(training_class__in=reported.values("pk")).count(),
        staying_shown=list(reported.order_by("starts_on", "pk")[:STAYING_SHOWN_MAX]),
        apart=apart,
    )


def _running(viewer: Viewer, syllabus: Syllabus | None, region: Region | None, day: date) -> QuerySet[TrainingClass]:
    if syllabus is None:
        return TrainingClass.objects.none()
    return (
        TrainingClass.objects.filter(
            syllabus_version__syllabus=syllabus,
            institution__region__in=regions_of(viewer),
            institution__region__code__startswith=region.code if region else "",
            ends_on__gte=day,
        )
        .exclude(state=ClassState.ENDED)
        .select_related("institution__region", "syllabus_version")
    )


def _falling(running: QuerySet[TrainingClass], versions: list[Dated], new: Dated) -> tuple[dict[int, int], int]:
    """Learners of each class that falls under the new version, by its key and in order; how many unreported do not.

    All of them, so a row is no more than what the verdict asks for.
    """
    active = Count("enrollments", filter=Q(enrollments__state=EnrollmentState.ACTIVE))
    unreported = (
        running.filter(state__in=rules.UNREPORTED)
        .annotate(learners=active)
        .order_by("starts_on", "pk")
        .values_list("pk", "institution__region__code", "state", "starts_on", "learners")
    )
    falling: dict[int, int] = {}
    apart = 0
    for key, region, state, starts_on, learners in unreported:
        if rules.verdict(rules.RunningClass(region, state, starts_on), versions, new) == rules.FALLS:
            falling[key] = learners
        else:
            apart += 1
    return falling, apart


def _shown(falling: dict[int, int], plan: VersionPlan, replaced: VersionPlan | None) -> list[FallingClass]:
    """The first of them, with what the new version would say to their plans."""
    first = list(falling)[:FALLING_SHOWN_MAX]
    classes = TrainingClass.objects.select_related("institution__region", "syllabus_version").in_bulk(first)
    planned_ms: dict[int, dict[str, int]] = {key: {} for key in first}
    lengths = (
        ClassLesson.objects.filter(training_class__in=first)
        .order_by()
        .values_list("training_class", "module__name_zh")
        .annotate(length_ms=Sum("lesson_version__duration_ms"))
    )
    for key, name, length_ms in lengths:
        planned_ms[key][name.strip()] = length_ms
    return [
        FallingClass(
            classes[key],
            falling[key],
            rules.plan_impact(plan, planned_ms[key]),
            replaced is None or rules.plan_impact(replaced, planned_ms[key]).suffices,
        )
        for key in first
    ]


def _active() -> QuerySet[Enrollment]:
    return Enrollment.objects.filter(state=EnrollmentState.ACTIVE)
