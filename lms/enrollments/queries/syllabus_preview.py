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

# Unreported classes of one syllabus and region; a province plans some dozens at a time.
UNREPORTED_MAX = 500
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
    """`replaced` is the plan in force before on the new version's first day, with its number, or None."""

    number: int
    replaced_number: int | None
    replaced: VersionPlan | None
    modules: list[rules.ModuleChange]
    totals: list[rules.KindChange]
    falling: list[FallingClass]
    falling_learners: int
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
    falling, apart = _falling(running, plan, replaced, [dated(each) for each in versions], new)
    return Preview(
        number=new.number,
        replaced_number=before.number if before else None,
        replaced=replaced,
        modules=rules.module_changes(replaced.modules if replaced else (), plan.modules),
        totals=rules.total_changes(replaced.modules if replaced else (), plan.modules),
        falling=falling,
        falling_learners=sum(each.learners for each in falling),
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


def _falling(
    running: QuerySet[TrainingClass],
    plan: VersionPlan,
    replaced: VersionPlan | None,
    versions: list[Dated],
    new: Dated,
) -> tuple[list[FallingClass], int]:
    """The classes that fall under the new version, and how many unreported ones do not."""
    active = Count("enrollments", filter=Q(enrollments__state=EnrollmentState.ACTIVE))
    unreported = list(
        running.filter(state__in=rules.UNREPORTED)
        .annotate(learners=active)
        .order_by("starts_on", "pk")[:UNREPORTED_MAX]
    )
    planned_ms: dict[int, dict[str, int]] = {each.pk: {} for each in unreported}
    lengths = (
        ClassLesson.objects.filter(training_class__in=list(planned_ms))
        .order_by()
        .values_list("training_class", "module__name_zh")
        .annotate(length_ms=Sum("lesson_version__duration_ms"))
    )
    for key, name, length_ms in lengths:
        planned_ms[key][name.strip()] = length_ms
    falling = [
        FallingClass(
            each,
            each.learners,
            rules.plan_impact(plan, planned_ms[each.pk]),
            replaced is None or rules.plan_impact(replaced, planned_ms[each.pk]).suffices,
        )
        for each in unreported
        if rules.verdict(_as_running(each), versions, new) == rules.FALLS
    ]
    return falling, len(unreported) - len(falling)


def _as_running(each: TrainingClass) -> rules.RunningClass:
    return rules.RunningClass(each.institution.region.code, each.state, each.starts_on)


def _active() -> QuerySet[Enrollment]:
    return Enrollment.objects.filter(state=EnrollmentState.ACTIVE)
