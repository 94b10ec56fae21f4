"""Reading sittings and registrations. Sittings of published plans are announced to everybody with an account; a
registration is seen by its learner and by the examiners of its exam institution."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
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


class SittingNotFound(LookupError):
    """There is no such sitting for this viewer."""


class RegistrationNotFound(LookupError):
    """There is no such registration for this viewer: absent and hidden look alike."""


@dataclass(frozen=True, slots=True)
class ListedSitting:
    """A sitting as a viewer sees it; `registration` is the viewer's own booked one."""

    sitting: Sitting
    left: int
    state: str
    registration: Registration | None


def sittings_for(viewer: Viewer, at: datetime) -> list[ListedSitting]:
    """Sittings still to come, soonest first. `state` is registered, open, full or closed; `left` counts no seat that is
    promised to who waits."""
    if not isinstance(viewer, User) or not viewer.is_active:
        return []
    coming = list(_announced().filter(starts_at__gt=at, cancelled_at__isnull=True)[:SITTINGS_MAX])
    own = {each.sitting_id: each for each in registrations_of(viewer).filter(sitting__in=coming)}
    return [_listed(each, own.get(each.pk), at) for each in coming]


def next_sitting(viewer: User, at: datetime, syllabi: Collection[int]) -> ListedSitting | None:
    """The soonest sitting still to come of any of these syllabi."""
    coming = _announced().filter(starts_at__gt=at, cancelled_at__isnull=True, syllabus__in=syllabi).first()
    return _listed(coming, registrations_of(viewer).filter(sitting=coming).first(), at) if coming else None


def sitting_for(viewer: Viewer, uuid: UUID, at: datetime) -> ListedSitting:
    """One sitting of a published plan, also one that is past or was cancelled; SittingNotFound otherwise."""
    found = _announced().filter(uuid=uuid).first() if isinstance(viewer, User) and viewer.is_active else None
    if found is None or not isinstance(viewer, User):
        raise SittingNotFound("no such sitting")
    return _listed(found, registrations_of(viewer).filter(sitting=found).first(), at)


def registrations_of(viewer: User) -> QuerySet[Registration]:
    """The viewer's own booked seats, soonest first."""
    return (
        Registration.objects.filter(learner=viewer, state=RegistrationState.BOOKED)
        .select_related("sitting__site", "sitting__room", "sitting__syllabus", "decision")
        .order_by("sitting__starts_at", "pk")
    )


def withdrawn_seat(viewer: User, sitting: Sitting) -> Registration | None:
    """The viewer's last seat in this sitting if it was taken away again; the reasons are in its `withdrawal`."""
    last = Registration.objects.filter(learner=viewer, sitting=sitting).select_related("withdrawal").order_by("-pk")
    found = last.first()
    return found if found is not None and found.state == RegistrationState.WITHDRAWN else None


def registration_for(viewer: Viewer, uuid: UUID) -> Registration:
    """One's own registration in any state, or one at an exam institution where one examines."""
    places = ("sitting__site__institution", "sitting__room", "learner")
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


def _listed(sitting: Sitting, registration: Registration | None, at: datetime) -> ListedSitting:
    promised: int = sitting.booked + sitting.waiting  # type: ignore[attr-defined]
    left = max(sitting.capacity - promised, 0)
    if sitting.cancelled_at is not None:
        state = "cancelled"
    elif registration is not None:
        state = "registered"
    elif not sitting.opens_at <= at < sitting.closes_at:
        state = "closed"
    else:
        state = "open" if left else "full"
    return ListedSitting(sitting, left, state, registration)
