"""Reading reported classes, for the authority of their region and above."""

from uuid import UUID

from django.db.models import QuerySet

from lms.accounts.models import Role
from lms.accounts.queries import Viewer, has_role
from lms.enrollments.models import ClassState, TrainingClass
from lms.enrollments.queries.classes import ClassNotFound, classes_for
from lms.institutions.queries import institutions_of, regions_of, supervises

ANSWERED = (ClassState.ACCEPTED, ClassState.RETURNED, ClassState.ENDED)


def reports_for(viewer: Viewer, *, is_answered: bool = False) -> QuerySet[TrainingClass]:
    """Reported classes in the viewer's regions: those that wait, the soonest first, or those answered, newest first."""
    found = classes_for(viewer).filter(institution__region__in=regions_of(viewer))
    if is_answered:
        return found.filter(state__in=ANSWERED).order_by("-decided_at", "-pk")
    return found.filter(state=ClassState.REPORTED).order_by("starts_on", "reported_at", "pk")


def report_for(viewer: Viewer, uuid: UUID) -> TrainingClass:
    """A class that was ever reported, in the viewer's regions; ClassNotFound otherwise."""
    found = (
        classes_for(viewer)
        .filter(institution__region__in=regions_of(viewer), uuid=uuid)
        .exclude(state=ClassState.PLANNED)
        .first()
    )
    if found is None:
        raise ClassNotFound("no such report")
    return found


def may_decide(viewer: Viewer, training_class: TrainingClass) -> bool:
    """Is it this viewer's turn? Never of somebody who works for the institution."""
    institution = training_class.institution
    return (
        training_class.state == ClassState.REPORTED
        and has_role(viewer, Role.AUTHORITY)
        and supervises(viewer, institution.region)
        and not institutions_of(viewer).filter(pk=institution.pk).exists()
    )
