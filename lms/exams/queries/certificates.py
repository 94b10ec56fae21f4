"""Certificates that learners held before they came, and who may read and write them down.

An examiner and an authority may; of whom they see a record, and of whom they could name exactly (with the card or the
address before them). Nobody gets a list of people here.
"""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, person_named_exactly, roles_of
from lms.enrollments.models import Enrollment
from lms.exams.models import HeldCertificate, Registration
from lms.institutions.queries import institutions_of, regions_of


class HolderNotFound(LookupError):
    """There is no such learner for this viewer: absent and hidden look alike."""


def may_write_certificates(viewer: Viewer) -> bool:
    return bool(roles_of(viewer) & {Role.EXAMINER.value, Role.AUTHORITY.value})


@sensitive_variables()
def holder_named(viewer: Viewer, text: str) -> User:
    """The learner with exactly this identity number or e-mail address. Raises HolderNotFound, PersonNotFound."""
    return _learner(viewer, person_named_exactly(viewer, text).uuid)


def holder_for(viewer: Viewer, uuid: UUID, named: Collection[UUID]) -> User:
    """A learner whom the viewer named exactly before, or whose record they see: an authority of whoever is in a class
    of its region, an examiner of whoever ever registered with their institution. Raises HolderNotFound."""
    found = _learner(viewer, uuid)
    if uuid not in named and not _sees_record(viewer, found):
        raise HolderNotFound("no such learner")
    return found


def certificates_of(learner: User) -> QuerySet[HeldCertificate]:
    """The one that is valid longest first."""
    return HeldCertificate.objects.filter(learner=learner).select_related("seen_by").order_by("-expires_on", "-pk")


def _learner(viewer: Viewer, uuid: UUID) -> User:
    learners = User.objects.filter(role_grants__role=Role.LEARNER, role_grants__ended_at__isnull=True)
    found = learners.filter(uuid=uuid).first() if may_write_certificates(viewer) else None
    if found is None or found == viewer:
        raise HolderNotFound("no such learner")
    return found


def _sees_record(viewer: Viewer, learner: User) -> bool:
    roles = roles_of(viewer)
    if Role.AUTHORITY in roles:
        own = Enrollment.objects.filter(learner=learner, training_class__institution__region__in=regions_of(viewer))
        if own.exists():
            return True
    seats = Registration.objects.filter(learner=learner, sitting__site__institution__in=institutions_of(viewer))
    return Role.EXAMINER in roles and seats.exists()
