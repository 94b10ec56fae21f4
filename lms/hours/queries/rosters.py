"""How far the learners of classes are, for staff and authority; from totals, in a number of queries that stays flat."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

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
    versions = {each.training_class.syllabus_version for each in enrollments}
    asked = _asked(versions)
    confirmed: dict[int, dict[tuple[int, str], int]] = defaultdict(dict)
    for total in ModuleHours.objects.filter(enrollment__in=[each.pk for each in enrollments]):
        confirmed[total.enrollment_id][total.module_id, total.kind] = total.confirmed_ms
    return {each.pk: _standing(each.training_class.syllabus_version, asked, confirmed[each.pk]) for each in enrollments}


def class_percents(classes: Collection[TrainingClass]) -> dict[int, int]:
    """The mean progress of the active learners, by class id; a class without learners is at 0."""
    enrollments = list(
        Enrollment.objects.filter(training_class__in=classes, state=EnrollmentState.ACTIVE).select_related(
            "training_class__syllabus_version"
        )
    )
    percents: dict[int, list[int]] = defaultdict(list)
    found = standings(enrollments)
    for each in enrollments:
        percents[each.training_class_id].append(found[each.pk].percent)
    return {each.pk: sum(percents[each.pk]) // max(len(percents[each.pk]), 1) for each in classes}


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
