"""Who trains and who examines 教考分离: asked when somebody is put on duty."""

from django.db.models import QuerySet

from lms.accounts.models import User
from lms.enrollments.models import Enrollment
from lms.exams.models import Registration, RegistrationState, Sitting
from lms.institutions.models import Institution, InstitutionKind, Membership


def trains_anywhere(person: User) -> bool:
    """Whether the person works for any training institution now."""
    open_ones = Membership.objects.filter(person=person, ended_at__isnull=True)
    return open_ones.filter(institution__kind=InstitutionKind.TRAINING).exists()


def served_both_sides(person: User, sitting: Sitting) -> bool:
    """Whether the person ever worked for an institution that trained somebody who has a seat in this sitting."""
    return Membership.objects.filter(person=person, institution__in=trainers_of(sitting)).exists()


def trainers_of(sitting: Sitting) -> QuerySet[Institution]:
    """The institutions that trained those who have a seat in this sitting."""
    seats = Registration.objects.filter(sitting=sitting, state=RegistrationState.BOOKED)
    through = Enrollment.objects.filter(pk__in=seats.values("decision__enrollment"))
    return Institution.objects.filter(pk__in=through.values("training_class__institution"))
