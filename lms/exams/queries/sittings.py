"""Reading sittings and registrations. Sittings of published plans are announced to everybody with an account; a
registration is seen by its learner and by the examiners of its exam institution."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.enrollments.models import Enrollment, EnrollmentState
from lms.exams.models import (
    PlaceState,
    PlanState,
    Registration,
    RegistrationState,
    Sitting,
    WaitingPlace,
)
from lms.institutions.models import Institution
from lms.institutions.queries import institutions_of

SITTINGS_MAX = 200
INSTEAD_MAX = 12
"""Sittings that are offered instead of one."""


class SittingNotFound(LookupError):
    """There is no such sitting for this viewer."""


class RegistrationNotFound(LookupError):
    """There is no such registration for this viewer: absent and hidden look alike."""


@dataclass(frozen=True, slots=True)
class ListedSitting:
    """A sitting as a viewer sees it: `state` is cancelled, registered, closed, waiting, open or full.

    `left` counts no seat that is promised to one of the `waiting`. `registration` is the viewer's own booked one,
    `place` the viewer's own on the waiting list.
    """

    sitting: Sitting
    left: int
    waiting: int
    state: str
    registration: Registration | None
    place: WaitingPlace | None


def sittings_for(
    viewer: Viewer, at: datetime, *, syllabi: Collection[int] | None = None, with_cancelled: bool = False
) -> list[ListedSitting]:
    """Sittings still to come, soonest first; of these syllabi (primary keys) only, if any are named."""
    if not isinstance(viewer, User) or not viewer.is_active:
        return []
    coming = _announced().filter(starts_at__gt=at)
    if syllabi is not None:
        coming = coming.filter(syllabus__in=syllabi)
    if not with_cancelled:
        coming = coming.filter(cancelled_at__isnull=True)
    return _listed(viewer, coming[:SITTINGS_MAX], at)


def own_syllabi(viewer: Viewer) -> set[int]:
    """Syllabi (primary keys) of the classes that the viewer is in."""
    if not isinstance(viewer, User):
        return set()
    own = Enrollment.objects.filter(learner=viewer, state=EnrollmentState.ACTIVE)
    return set(own.values_list("training_class__syllabus_version__syllabus_id", flat=True))


def sittings_instead_of(viewer: User, sitting: Sitting, at: datetime) -> list[ListedSitting]:
    """Other sittings of the same syllabus that have a seat to give now, the soonest ones."""
    others = _announced().filter(syllabus=sitting.syllabus_id, cancelled_at__isnull=True, opens_at__lte=at)
    has_a_seat = Q(booked__lt=F("capacity") - F("waiting"))
    others = others.filter(has_a_seat, closes_at__gt=at).exclude(pk=sitting.pk)
    return _listed(viewer, others[:INSTEAD_MAX], at)


def next_sitting(viewer: User, at: datetime, syllabi: Collection[int]) -> ListedSitting | None:
    """The soonest sitting still to come of any of these syllabi."""
    coming = _announced().filter(starts_at__gt=at, cancelled_at__isnull=True, syllabus__in=syllabi).first()
    return next(iter(_listed(viewer, [coming], at)), None) if coming else None


def sitting_for(viewer: Viewer, uuid: UUID, at: datetime) -> ListedSitting:
    """One sitting of a published plan, also one that is past or was cancelled; SittingNotFound otherwise."""
    found = _announced().filter(uuid=uuid).first() if isinstance(viewer, User) and viewer.is_active else None
    if found is None or not isinstance(viewer, User):
        raise SittingNotFound("no such sitting")
    return _listed(viewer, [found], at)[0]


def registrations_of(viewer: User) -> QuerySet[Registration]:
    """The viewer's own booked seats, soonest first."""
    return (
        Registration.objects.filter(learner=viewer, state=RegistrationState.BOOKED)
        .select_related("sitting__site", "sitting__room", "sitting__syllabus", "decision", "instead_of")
        .order_by("sitting__starts_at", "pk")
    )


def seats_to_come(viewer: Viewer, at: datetime) -> list[Registration]:
    """The viewer's booked seats in exams that are not over, soonest first."""
    return list(registrations_of(viewer).filter(examined__endswith__gt=at)) if isinstance(viewer, User) else []


def seat_elsewhere(viewer: User, sitting: Sitting, at: datetime) -> Registration | None:
    """The viewer's booked seat in another sitting of the same syllabus that is not over."""
    own = registrations_of(viewer).filter(syllabus=sitting.syllabus_id, examined__endswith__gt=at)
    return own.exclude(sitting=sitting).first()


def last_seat(viewer: User, sitting: Sitting) -> Registration | None:
    """The viewer's newest seat in this sitting, in any state; why one was withdrawn is in its `withdrawal`."""
    own = Registration.objects.filter(learner=viewer, sitting=sitting)
    return own.select_related("withdrawal", "given_for__sitting").order_by("-pk").first()


def registration_for(viewer: Viewer, uuid: UUID) -> Registration:
    """One's own registration in any state, or one at an exam institution where one examines."""
    places = ("sitting__site__institution", "sitting__room", "learner", "instead_of")
    found = Registration.objects.select_related(*places).filter(uuid=uuid).first()
    if found is None or not isinstance(viewer, User) or not viewer.is_active:
        raise RegistrationNotFound("no such registration")
    if found.learner_id != viewer.pk and not examines(viewer, found.sitting.site.institution):
        raise RegistrationNotFound("no such registration")
    return found


def examines(person: Viewer, institution: Institution) -> bool:
    """May the person act for this exam institution? Role and place, both now."""
    return has_role(person, Role.EXAMINER) and institutions_of(person).filter(pk=institution.pk).exists()


def _announced() -> QuerySet[Sitting]:
    return with_places(Sitting.objects.filter(plan__state=PlanState.PUBLISHED))


def with_places(sittings: QuerySet[Sitting]) -> QuerySet[Sitting]:
    """`booked` and `waiting` beside each, counted by themselves: a join would group the seats of all sittings first."""
    seats = Registration.objects.filter(sitting=OuterRef("pk"), state=RegistrationState.BOOKED).order_by()
    booked = seats.values("sitting").annotate(booked=Count("pk")).values("booked")
    places = WaitingPlace.objects.filter(sitting=OuterRef("pk"), state=PlaceState.WAITING).order_by()
    waiting = places.values("sitting").annotate(waiting=Count("pk")).values("waiting")
    return (
        sittings.select_related("plan", "room", "site__institution", "syllabus")
        .annotate(booked=Coalesce(Subquery(booked), 0), waiting=Coalesce(Subquery(waiting), 0))
        .order_by("starts_at", "pk")
    )


def _listed(viewer: User, sittings: Iterable[Sitting], at: datetime) -> list[ListedSitting]:
    """With what the viewer has in each: two statements, however many sittings there are."""
    rows = list(sittings)
    if not rows:
        return []
    seats = {each.sitting_id: each for each in registrations_of(viewer).filter(sitting__in=rows)}
    own = WaitingPlace.objects.filter(learner=viewer, sitting__in=rows, state=PlaceState.WAITING)
    places = {each.sitting_id: each for each in own}
    return [_as_seen(each, seats.get(each.pk), places.get(each.pk), at) for each in rows]


def _as_seen(
    sitting: Sitting, registration: Registration | None, place: WaitingPlace | None, at: datetime
) -> ListedSitting:
    booked, waiting = sitting.booked, sitting.waiting  # type: ignore[attr-defined]
    left = max(sitting.capacity - booked - waiting, 0)
    if sitting.cancelled_at is not None:
        state = "cancelled"
    elif registration is not None:
        state = "registered"
    elif not sitting.opens_at <= at < sitting.closes_at:
        state = "closed"
    elif place is not None:
        state = "waiting"
    else:
        state = "open" if left else "full"
    return ListedSitting(sitting, left, waiting, state, registration, place)
