"""Who teaches a class, and so may show its sign-in code and see who is there."""

from django.db.models import QuerySet

from lms.accounts.models import Role
from lms.accounts.queries import Viewer, roles_of
from lms.enrollments.models import TrainingClass
from lms.institutions.queries import institutions_of

TEACHING = frozenset({Role.TEACHER.value, Role.INSTITUTION.value})


def teaches(viewer: Viewer, training_class: TrainingClass) -> bool:
    """Staff of the class's institution, or a teacher who works there."""
    return taught_by(viewer).filter(pk=training_class.pk).exists()


def taught_by(viewer: Viewer) -> QuerySet[TrainingClass]:
    """The classes that the viewer teaches, newest first."""
    if not roles_of(viewer) & TEACHING:
        return TrainingClass.objects.none()
    return (
        TrainingClass.objects.filter(institution__in=institutions_of(viewer))
        .select_related("institution__region", "syllabus_version__syllabus")
        .order_by("-starts_on", "-pk")
    )
