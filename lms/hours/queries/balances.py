"""Confirmed hours as the exam gate reads them: from the latest entry of each module, never from a total (I9).

An entry carries the balance of its module, so this costs one index look-up per module, however long the history.
"""

from django.db.models import OuterRef, Subquery

from lms.enrollments.models import Enrollment, Requirement
from lms.hours.models import Entry


def confirmed_hours(enrollment: Enrollment) -> dict[tuple[int, str], int]:
    """Confirmed milliseconds by (module id, kind) for every requirement of the enrollment's syllabus version."""
    own = Entry.objects.filter(learner_id=enrollment.learner_id, enrollment=enrollment)
    latest = own.filter(module=OuterRef("module_id"), kind=OuterRef("kind")).order_by("-number")
    asked = Requirement.objects.filter(
        module__syllabus_version_id=enrollment.training_class.syllabus_version_id
    ).annotate(confirmed_ms=Subquery(latest.values("confirmed_after_ms")[:1]))
    return {
        (module_id, kind): confirmed_ms or 0
        for module_id, kind, confirmed_ms in asked.values_list("module_id", "kind", "confirmed_ms")
    }


def last_number(learner_id: int) -> int:
    """The number of the learner's newest entry, 0 before the first."""
    numbers = Entry.objects.filter(learner_id=learner_id).order_by("-number").values_list("number", flat=True)
    return numbers.first() or 0
