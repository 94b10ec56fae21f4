"""Which requirements a class is judged by, and what is known of the people that they speak of."""

from collections.abc import Collection
from datetime import date

from lms.enrollments.models import Syllabus
from lms.exams.models import HeldCertificate, RequirementSet
from lms.exams.rules.requirements import Enacted, Requirements


def enacted_for(syllabus: Syllabus) -> list[Enacted]:
    """All sets that could speak of this syllabus, in one statement: few rows, whatever the province has."""
    found = RequirementSet.objects.select_related("region", "syllabus").order_by("number")
    return [_enacted(each) for each in found if each.syllabus_id in (None, syllabus.pk)]


def held_on(learners: Collection[int], syllabus: Syllabus, day: date) -> set[int]:
    """Those of these learners (primary keys) who held a valid certificate of the syllabus' trade on that day."""
    valid = HeldCertificate.objects.filter(
        learner__in=learners,
        category=syllabus.category,
        trade=syllabus.trade,
        issued_on__lte=day,
        expires_on__gte=day,
    )
    return set(valid.values_list("learner", flat=True))


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
