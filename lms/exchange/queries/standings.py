"""How people stand before an exam, as the gate itself judges it now; nothing here decides anything anew.

A client of a region sees a verdict only when it rests on training in its region: `hours` of another's are not told.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from lms.accounts.models import User
from lms.enrollments.models import Enrollment, EnrollmentState
from lms.exams.models import Registration, RegistrationState, Sitting
from lms.exams.queries.verdicts import Eligibility, eligibility, eligibility_many
from lms.exchange.models import ExchangeClient, StandingChange
from lms.exchange.queries.feeds import stretch_of
from lms.exchange.queries.reach import (
    NothingThere,
    class_for,
    enrollments_for,
    next_sitting_for,
    person_for,
    sitting_for,
)
from lms.exchange.rules.cursors import Cursor
from lms.exchange.rules.requirements import requirements_met

SITTINGS_A_PAGE = 5
"""People before one sitting are judged together, those before another in statements of their own."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One person before one sitting. `requirements_met` leaves out what is only about booking a seat. `seat` is the
    state of the last seat that they had there, None without any."""

    person: User
    sitting: Sitting
    found: Eligibility
    requirements_met: bool
    seat: RegistrationState | None

    @property
    def is_registered(self) -> bool:
        return self.seat == RegistrationState.BOOKED


@dataclass(frozen=True, slots=True)
class Standings:
    """A page of a class. `next_after` is the enrollment to go on behind, None on the last page."""

    sitting: Sitting
    standings: Sequence[Standing]
    next_after: UUID | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A page of what changed: each person before each sitting once, as they stand now. `next` is where to go on, also
    when nothing was found; `has_more`: at once."""

    standings: Sequence[Standing]
    next: Cursor
    has_more: bool


def standing_for(viewer: ExchangeClient, person: UUID, sitting: UUID, at: datetime) -> Standing:
    """Raises NothingThere."""
    place = sitting_for(viewer, sitting)
    learner = person_for(viewer, person, place)
    found = eligibility(learner, place, at)
    if found.enrollment is not None and not enrollments_for(viewer).filter(pk=found.enrollment.pk).exists():
        raise NothingThere("judged by training that this client does not see")
    return _standing(learner, place, found, _seats(place, [learner]))


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
    return Standings(
        sitting=place,
        standings=_judged(learners, place, at, partial(_visible, viewer)),
        next_after=listed[limit - 1].uuid if len(listed) > limit else None,
    )


def standings_since(
    viewer: ExchangeClient,
    since: Cursor,
    at: datetime,
    limit: int,
    *,
    person: UUID | None = None,
    training_class: UUID | None = None,
) -> Changed:
    """Whoever may stand differently before a sitting than at `since`: everybody whom the client sees, or one person or
    class. Raises CursorGone.

    Up to `limit` changes are read, of at most SITTINGS_A_PAGE sittings; the number of statements is bounded by those.
    """
    stretch = stretch_of(StandingChange, since)
    rows = StandingChange.objects.filter(number__gt=since.number, number__lte=stretch.until)
    if person is not None:
        rows = rows.filter(learner__uuid=person)
    if training_class is not None:
        # A region asks about its own classes; an exam institution sees no enrollment behind a seat that it lost.
        classmates = Enrollment.objects.all() if viewer.region is None else enrollments_for(viewer)
        rows = rows.filter(Exists(classmates.filter(training_class__uuid=training_class, learner=OuterRef("learner"))))
    seen = _seen(viewer, rows).select_related("learner", "sitting__plan", "sitting__site__institution")
    listed = list(seen.select_related("sitting__syllabus").order_by("number")[: limit + 1])
    page = _of_few_sittings(listed[:limit])
    end = stretch.end(page[-1] if len(page) < len(listed) else None)
    return Changed(_now(viewer, page, at), end, end.number < stretch.last)


def _seen(viewer: ExchangeClient, rows: QuerySet[StandingChange]) -> QuerySet[StandingChange]:
    """A region's as everywhere. An exam institution learns of whoever has or had a seat with it: also that it is gone,
    and why."""
    if viewer.region is None:
        had = Registration.objects.filter(learner=OuterRef("learner"), sitting=OuterRef("sitting"))
        return rows.filter(Exists(had), sitting__site__institution=viewer.institution_id)
    trained = enrollments_for(viewer).filter(
        learner=OuterRef("learner"), training_class__syllabus_version__syllabus=OuterRef("sitting__syllabus")
    )
    return rows.filter(Exists(trained))


def _of_few_sittings(rows: Sequence[StandingChange]) -> Sequence[StandingChange]:
    """The rows before the first that would bring one sitting too many."""
    sittings: set[int] = set()
    for place, each in enumerate(rows):
        sittings.add(each.sitting_id)
        if len(sittings) > SITTINGS_A_PAGE:
            return rows[:place]
    return rows


def _now(viewer: ExchangeClient, rows: Sequence[StandingChange], at: datetime) -> list[Standing]:
    """Each learner before each sitting once, sitting by sitting."""
    found: list[Standing] = []
    for place in {each.sitting_id: each.sitting for each in rows}.values():
        learners = list({each.learner_id: each.learner for each in rows if each.sitting_id == place.pk}.values())
        found += _judged(learners, place, at, partial(_told_of_changes, viewer))
    return found


def _judged(
    learners: Sequence[User],
    sitting: Sitting,
    at: datetime,
    visible: Callable[[Collection[Enrollment]], Collection[int]],
) -> list[Standing]:
    """Of these learners, in their order, by the gate's own reading together. A verdict that rests on an enrollment that
    is not `visible` (primary keys) is left out."""
    judged, seats = eligibility_many(learners, sitting, at), _seats(sitting, learners)
    told = visible([each.enrollment for each in judged.values() if each.enrollment is not None])
    return [
        _standing(each, sitting, judged[each.pk], seats)
        for each in learners
        if (rests_on := judged[each.pk].enrollment) is None or rests_on.pk in told
    ]


def _place_of(class_pk: int, enrollment: UUID) -> int:
    found = Enrollment.objects.filter(training_class=class_pk, uuid=enrollment).values_list("pk", flat=True).first()
    if found is None:
        raise NothingThere("no such place in this class")
    return found


def _visible(viewer: ExchangeClient, judged: Collection[Enrollment]) -> set[int]:
    pks = [each.pk for each in judged]
    return set(enrollments_for(viewer).filter(pk__in=pks).values_list("pk", flat=True))


def _told_of_changes(viewer: ExchangeClient, judged: Collection[Enrollment]) -> set[int]:
    """An exam institution is told of seats that it lost, and then sees no enrollment of that learner any more."""
    return {each.pk for each in judged} if viewer.region is None else _visible(viewer, judged)


def _seats(sitting: Sitting, learners: Collection[User]) -> dict[int, RegistrationState]:
    """The state of the last seat of each learner who ever had one."""
    seats = Registration.objects.filter(sitting=sitting, learner__in=learners).order_by("pk")
    return {learner: RegistrationState(state) for learner, state in seats.values_list("learner_id", "state")}


def _standing(learner: User, sitting: Sitting, found: Eligibility, seats: Mapping[int, RegistrationState]) -> Standing:
    codes = [each.code for each in found.verdict.unmet]
    return Standing(learner, sitting, found, requirements_met(codes), seats.get(learner.pk))
