"""What a client sees: the only way from a client to somebody's enrollment, person, class or sitting."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from lms.accounts.models import User
from lms.enrollments.models import Enrollment, TrainingClass
from lms.exams.models import Registration, RegistrationState, Sitting
from lms.exchange.models import ExchangeClient


class NothingThere(LookupError):
    """There is no such person, class or sitting for this client: absent and hidden look alike."""


def enrollments_for(viewer: ExchangeClient) -> QuerySet[Enrollment]:
    """A region's: in classes of institutions there and below. An exam institution's: of whoever has a seat in one of
    its sittings, in classes of that sitting's syllabus."""
    enrollments = Enrollment.objects.order_by("pk")
    if viewer.region is not None:
        return enrollments.filter(training_class__institution__region__code__startswith=viewer.region.code)
    seats = Registration.objects.filter(
        learner=OuterRef("learner"),
        state=RegistrationState.BOOKED,
        sitting__site__institution=viewer.institution_id,
        sitting__syllabus=OuterRef("training_class__syllabus_version__syllabus"),
    )
    return enrollments.filter(Exists(seats))


def sitting_for(viewer: ExchangeClient, uuid: UUID) -> Sitting:
    """Sittings are announced to everybody; an exam institution asks about its own. Raises NothingThere."""
    found = _sittings(viewer).filter(uuid=uuid).first()
    if found is None:
        raise NothingThere("no such sitting")
    return found


def person_for(viewer: ExchangeClient, uuid: UUID, sitting: Sitting) -> User:
    """A learner who has an enrollment that this client sees, for the sitting's syllabus. Raises NothingThere."""
    own = enrollments_for(viewer).filter(
        learner__uuid=uuid, training_class__syllabus_version__syllabus=sitting.syllabus_id
    )
    found = own.select_related("learner").first()
    if found is None:
        raise NothingThere("no such person")
    return found.learner


def class_for(viewer: ExchangeClient, uuid: UUID) -> TrainingClass:
    """A class of which this client sees somebody. Raises NothingThere."""
    seen = enrollments_for(viewer).filter(training_class__uuid=uuid)
    found = seen.select_related("training_class__syllabus_version").first()
    if found is None:
        raise NothingThere("no such class")
    return found.training_class


def next_sitting_for(viewer: ExchangeClient, training_class: TrainingClass, at: datetime) -> Sitting:
    """The soonest sitting to come of the class's syllabus. Raises NothingThere."""
    coming = _sittings(viewer).filter(syllabus=training_class.syllabus_version.syllabus_id, starts_at__gt=at)
    found = coming.order_by("starts_at", "pk").first()
    if found is None:
        raise NothingThere("no such sitting")
    return found


def _sittings(viewer: ExchangeClient) -> QuerySet[Sitting]:
    sittings = Sitting.objects.select_related("plan", "site__institution", "syllabus")
    return sittings if viewer.institution is None else sittings.filter(site__institution=viewer.institution_id)
