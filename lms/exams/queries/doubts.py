"""Which seats rest on an institution or on classes: those that a suspension or a revocation puts in doubt. And which
are judged at night."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from lms.enrollments.models import Enrollment
from lms.exams.models import PlanState, Registration, RegistrationState, Sitting
from lms.institutions.models import Institution, InstitutionKind


def seats_of_trained(institution: Institution) -> QuerySet[Registration]:
    """The seats, in any state, of all who were ever in a class of this institution."""
    trained = Enrollment.objects.filter(learner=OuterRef("learner"), training_class__institution=institution)
    return Registration.objects.filter(Exists(trained))


def seats_of_classes(classes: Collection[int]) -> QuerySet[Registration]:
    """The seats, in any state, of all who were ever in one of these classes (primary keys)."""
    trained = Enrollment.objects.filter(learner=OuterRef("learner"), training_class__in=classes)
    return Registration.objects.filter(Exists(trained))


def still_to_come(seats: QuerySet[Registration], at: datetime) -> QuerySet[Registration]:
    """Those of them that are booked, for an exam that has not begun."""
    return seats.filter(state=RegistrationState.BOOKED, sitting__starts_at__gt=at)


def sittings_to_come(at: datetime) -> QuerySet[Sitting]:
    """Sittings that have not begun and in which somebody has a seat, the soonest first."""
    booked = Registration.objects.filter(sitting=OuterRef("pk"), state=RegistrationState.BOOKED)
    coming = Sitting.objects.filter(Exists(booked), starts_at__gt=at)
    return coming.select_related("plan", "syllabus", "room", "site__institution").order_by("starts_at", "pk")


def undoubted_seats(sitting: Sitting) -> QuerySet[Registration]:
    """The seats of a sitting that nobody doubts yet, with their holders."""
    standing = Registration.objects.filter(sitting=sitting, state=RegistrationState.BOOKED, doubted_at__isnull=True)
    return standing.select_related("learner")


def weight_of(institution: Institution, at: datetime) -> dict[str, int]:
    """What the exam side has that hangs on the institution: `seats` where it trains, `sittings` where it examines."""
    if institution.kind == InstitutionKind.TRAINING:
        return {"seats": still_to_come(seats_of_trained(institution), at).count()}
    planned = Sitting.objects.filter(site__institution=institution, plan__state=PlanState.PUBLISHED)
    return {"sittings": planned.filter(starts_at__gt=at, cancelled_at__isnull=True).count()}
