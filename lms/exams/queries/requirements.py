"""Which requirements a class is judged by, and what is known of the people that they speak of."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from lms.enrollments.models import Syllabus
from lms.exams.models import HeldCertificate, RequirementSet
from lms.exams.rules.requirements import Enacted, Requirements


def enacted_for(syllabus: Syllabus) -> list[Enacted]:
    """All sets that could speak of this syllabus, in one statement: few rows, whatever the province has."""
    found = RequirementSet.objects.select_related("region", "syllabus").order_by("number")
    return [_enacted(each) for each in found if each.syllabus_id in (None, syllabus.pk)]


def held_on(pairs: Collection[tuple[int, date]], syllabus: Syllabus) -> set[tuple[int, date]]:
    """Those of these pairs (a learner's primary key, a day) with a certificate of the syllabus' trade valid that day.

    One statement, and none for nobody.
    """
    if not pairs:
        return set()
    own = HeldCertificate.objects.filter(
        learner__in={learner for learner, _day in pairs}, category=syllabus.category, trade=syllabus.trade
    )
    terms = defaultdict(list)
    for learner, issued_on, expires_on in own.values_list("learner", "issued_on", "expires_on"):
        terms[learner].append((issued_on, expires_on))
    return {(learner, day) for learner, day in pairs if any(first <= day <= last for first, last in terms[learner])}


def _enacted(row: RequirementSet) -> Enacted:
    return Enacted(
        syllabus=row.syllabus.code if row.syllabus else "",
        region=row.region.code if row.region else "",
        number=row.number,
        in_force_from=row.in_force_from,
        in_force_to=row.in_force_to,
        asks=Requirements(
            mark=str(row.number),
            classroom_percent=row.classroom_percent,
            reported_class=row.reported_class,
            certified_teachers=row.certified_teachers,
            institution_in_order=row.institution_in_order,
            verified_identity=row.verified_identity,
            earlier_certificate=row.earlier_certificate,
        ),
    )
