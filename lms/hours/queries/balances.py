"""Confirmed hours as the exam gate reads them: from the latest entry of each module, never from a total (I9).

An entry carries the balance of its module, so this costs one index look-up per module, however long the history.
"""

from collections.abc import Collection

from django.db.models import F, OuterRef, Subquery

from lms.accounts.models import User
from lms.enrollments.models import Enrollment
from lms.hours.models import Entry

ASKED = "training_class__syllabus_version__modules__requirements"


def confirmed_hours(enrollment: Enrollment) -> dict[tuple[int, str], int]:
    """Confirmed milliseconds by (module id, kind) for every requirement of the enrollment's syllabus version."""
    return confirmed_hours_of([enrollment])[enrollment.pk]


def confirmed_hours_of(enrollments: Collection[Enrollment]) -> dict[int, dict[tuple[int, str], int]]:
    """The same of each enrollment, by its primary key, in one statement; none for no enrollment."""
    found: dict[int, dict[tuple[int, str], int]] = {each.pk: {} for each in enrollments}
    if not found:
        return found
    # The learner is in the key of the ledger: with it only one of its partitions is asked.
    own = Entry.objects.filter(learner_id=OuterRef("learner_id"), enrollment=OuterRef("pk"))
    latest = own.filter(module=OuterRef("module"), kind=OuterRef("kind")).order_by("-number")
    asked = (
        Enrollment.objects.filter(pk__in=found)
        .annotate(module=F(f"{ASKED}__module_id"), kind=F(f"{ASKED}__kind"))
        .annotate(confirmed_ms=Subquery(latest.values("confirmed_after_ms")[:1]))
    )
    for pk, module, kind, confirmed_ms in asked.values_list("pk", "module", "kind", "confirmed_ms"):
        if kind is not None:  # a syllabus version that asks nothing
            found[pk][module, kind] = confirmed_ms or 0
    return found


def last_numbers(learners: Collection[User]) -> dict[int, int]:
    """The number of each learner's newest entry, 0 before the first, in one statement."""
    newest = Entry.objects.filter(learner=OuterRef("pk")).order_by("-number").values("number")[:1]
    people = User.objects.filter(pk__in=[each.pk for each in learners])
    numbers = people.annotate(newest=Subquery(newest)).values_list("pk", "newest")
    return {pk: number or 0 for pk, number in numbers}
