"""Who teaches a class, and so may show its sign-in code and see who is there: staff, and the teachers it names.

The names are part of the report that the authority accepted, and closed since. Whoever else teaches at the institution
is nobody here.
"""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from lms.accounts.models import Role
from lms.accounts.queries import Viewer, roles_of
from lms.enrollments.models import ClassTeacher, TrainingClass
from lms.institutions.queries import institutions_of

TEACHING = frozenset({Role.TEACHER.value, Role.INSTITUTION.value})


def teaches(viewer: Viewer, training_class: TrainingClass) -> bool:
    """Staff of the class's institution, or a teacher whom the class names and who still works there."""
    return taught_by(viewer).filter(pk=training_class.pk).exists()


def taught_by(viewer: Viewer) -> QuerySet[TrainingClass]:
    """The classes that the viewer teaches, newest first."""
    roles = roles_of(viewer)
    if not roles & TEACHING:
        return TrainingClass.objects.none()
    named = ClassTeacher.objects.filter(training_class=OuterRef("pk"), person=viewer.pk)
    is_theirs = Q() if Role.INSTITUTION.value in roles else Q(Exists(named))
    return (
        TrainingClass.objects.filter(is_theirs, institution__in=institutions_of(viewer))
        .select_related("institution__region", "syllabus_version__syllabus")
        .order_by("-starts_on", "-pk")
    )


def teachers_named(classes: Collection[int]) -> dict[int, list[str]]:
    """The names of the teachers of each class, as they were reported; by the id of the class."""
    found: dict[int, list[str]] = defaultdict(list)
    for each in ClassTeacher.objects.filter(training_class__in=classes).select_related("person").order_by("pk"):
        found[each.training_class_id].append(str(each.person))
    return found
