"""How people stand before an exam, as the gate itself judges it now; nothing here decides anything anew.

A client of a region sees a verdict only when it rests on training in its region: `hours` of another's are not told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lms.accounts.models import User
from lms.enrollments.models import Enrollment, EnrollmentState
from lms.exams.models import Registration, RegistrationState, Sitting
from lms.exams.queries.verdicts import Eligibility, eligibility, eligibility_many
from lms.exchange.models import ExchangeClient
from lms.exchange.queries.reach import (
    NothingThere,
    class_for,
    enrollments_for,
    next_sitting_for,
    person_for,
    sitting_for,
)
from lms.exchange.rules.requirements import requirements_met


@dataclass(frozen=True, slots=True)
class Standing:
    """One person before one sitting. `requirements_met` leaves out what is only about booking a seat."""

    person: User
    sitting: Sitting
    found: Eligibility
    requirements_met: bool
    is_registered: bool


@dataclass(frozen=True, slots=True)
class Standings:
    """A page of a class. `next_after` is the enrollment to go on behind, None on the last page."""

    sitting: Sitting
    standings: Sequence[Standing]
    next_after: UUID | None


def standing_for(viewer: ExchangeClient, person: UUID, sitting: UUID, at: datetime) -> Standing:
    """Raises NothingThere."""
    place = sitting_for(viewer, sitting)
    learner = person_for(viewer, person, place)
    found = eligibility(learner, place, at)
    if found.enrollment is not None and not enrollments_for(viewer).filter(pk=found.enrollment.pk).exists():
        raise NothingThere("judged by training that this client does not see")
    return _standing(learner, place, found, _registered(place, [learner]))


def class_standings(
    viewer: ExchangeClient,
    training_class: UUID,
    at: datetime,
    *,
    sitting: UUID | None = None,
    after: UUID | None = None,
    limit: int,
) -> Standings:
    """Active learners of a class before a sitting of its syllabus (without one: the soonest to come), in the order in
    which they were enrolled. Raises NothingThere.

    All learners of a page are judged by the gate's own reading together, in the same number of statements as one.
    """
    found_class = class_for(viewer, training_class)
    place = sitting_for(viewer, sitting) if sitting else next_sitting_for(viewer, found_class, at)
    if place.syllabus_id != found_class.syllabus_version.syllabus_id:
        raise NothingThere("no sitting of this class's syllabus")
    seen = enrollments_for(viewer)
    rows = seen.filter(training_class=found_class, state=EnrollmentState.ACTIVE).select_related("learner")
    if after is not None:
        rows = rows.filter(pk__gt=_place_of(found_class.pk, after))
    listed = list(rows[: limit + 1])
    learners = [each.learner for each in listed[:limit]]
    judged = eligibility_many(learners, place, at)
    visible = _visible(viewer, judged.values())
    registered = _registered(place, learners)
    return Standings(
        sitting=place,
        standings=[
            _standing(each, place, judged[each.pk], registered)
            for each in learners
            if (rests_on := judged[each.pk].enrollment) is None or rests_on.pk in visible
        ],
        next_after=listed[limit - 1].uuid if len(listed) > limit else None,
    )


def _place_of(class_pk: int, enrollment: UUID) -> int:
    found = Enrollment.objects.filter(training_class=class_pk, uuid=enrollment).values_list("pk", flat=True).first()
    if found is None:
        raise NothingThere("no such place in this class")
    return found


def _visible(viewer: ExchangeClient, judged: Iterable[Eligibility]) -> set[int]:
    pks = [each.enrollment.pk for each in judged if each.enrollment is not None]
    return set(enrollments_for(viewer).filter(pk__in=pks).values_list("pk", flat=True))


def _registered(sitting: Sitting, learners: Sequence[User]) -> set[int]:
    seats = Registration.objects.filter(sitting=sitting, learner__in=learners, state=RegistrationState.BOOKED)
    return set(seats.values_list("learner_id", flat=True))


def _standing(learner: User, sitting: Sitting, found: Eligibility, registered: set[int]) -> Standing:
    codes = [each.code for each in found.verdict.unmet]
    return Standing(learner, sitting, found, requirements_met(codes), learner.pk in registered)
