"""How far the learners of classes are, for staff and authority; from totals, in a number of queries that stays flat."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from lms.enrollments.models import Enrollment, EnrollmentState, Requirement, SyllabusVersion, TrainingClass
from lms.enrollments.rules.units import done_hours
from lms.hours.models import ModuleHours


@dataclass(frozen=True, slots=True)
class Standing:
    """Confirmed class hours of what is asked; more than asked of one module or kind fills no other."""

    required_hours: Decimal
    confirmed_hours: Decimal

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 means that nothing is missing."""
        return int(self.confirmed_hours * 100 / self.required_hours) if self.required_hours else 100


def standings(enrollments: Collection[Enrollment]) -> dict[int, Standing]:
    """By enrollment id; `training_class.syllabus_version` of each must be loaded."""
    versions = {each.pk: each.training_class.syllabus_version for each in enrollments}
    return _standings(versions, ModuleHours.objects.filter(enrollment__in=list(versions)))


def class_percents(classes: Collection[TrainingClass]) -> dict[int, int]:
    """The mean progress of the active learners, by class id; a class without learners is at 0."""
    versions = {each.pk: each.syllabus_version for each in classes}
    # Plain rows: a page of classes has thousands of learners, and a model instance of each costs more than the rest.
    placed = dict(
        Enrollment.objects.filter(training_class__in=list(versions), state=EnrollmentState.ACTIVE).values_list(
            "pk", "training_class"
        )
    )
    found = _standings(
        {enrollment: versions[group] for enrollment, group in placed.items()},
        ModuleHours.objects.filter(enrollment__training_class__in=list(versions)),
    )
    percents: dict[int, list[int]] = defaultdict(list)
    for enrollment, group in placed.items():
        percents[group].append(found[enrollment].percent)
    return {each.pk: sum(percents[each.pk]) // max(len(percents[each.pk]), 1) for each in classes}


def _standings(versions: dict[int, SyllabusVersion], totals: QuerySet[ModuleHours]) -> dict[int, Standing]:
    """Of each enrollment id with its syllabus version; `totals` may hold more than theirs."""
    asked = _asked(set(versions.values()))
    confirmed: dict[int, dict[tuple[int, str], int]] = defaultdict(dict)
    for enrollment, module, kind, ms in totals.values_list("enrollment", "module", "kind", "confirmed_ms"):
        confirmed[enrollment][module, kind] = ms
    return {each: _standing(version, asked, confirmed[each]) for each, version in versions.items()}


def _asked(versions: Iterable[SyllabusVersion]) -> dict[int, list[Requirement]]:
    asked: dict[int, list[Requirement]] = defaultdict(list)
    for each in Requirement.objects.filter(module__syllabus_version__in=versions).select_related("module"):
        asked[each.module.syllabus_version_id].append(each)
    return asked


def _standing(
    version: SyllabusVersion, asked: dict[int, list[Requirement]], confirmed: dict[tuple[int, str], int]
) -> Standing:
    required, done = Decimal(0), Decimal(0)
    for each in asked[version.pk]:
        earned = done_hours(confirmed.get((each.module_id, each.kind), 0), version.minutes_of(each.kind))
        required += each.hours
        # Shown hours have two places, asked ones three: what is enough in milliseconds must fill the bar.
        is_enough = confirmed.get((each.module_id, each.kind), 0) >= each.hours * version.minutes_of(each.kind) * 60_000
        done += each.hours if is_enough else min(earned, each.hours)
    return Standing(required, done)
