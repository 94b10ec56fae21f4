"""Reading sittings and registrations. Sittings are announced to everybody with an account; a registration is seen by
its learner and by the examiners of its exam institution."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.exams.models import Registration, RegistrationState, Sitting
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
    """Sittings still to come, soonest first. `state` is registered, open, full or closed."""
    if not isinstance(viewer, User) or not viewer.is_active:
        return []
    coming = list(_with_places().filter(starts_at__gt=at)[:SITTINGS_MAX])
    own = {each.sitting_id: each for each in registrations_of(viewer).filter(sitting__in=coming)}
    return [_listed(each, own.get(each.pk), at) for each in coming]


def next_sitting(viewer: User, at: datetime, syllabi: Collection[int]) -> ListedSitting | None:
    """The soonest sitting still to come of any of these syllabi."""
    coming = _with_places().filter(starts_at__gt=at, syllabus__in=syllabi).first()
    return _listed(coming, registrations_of(viewer).filter(sitting=coming).first(), at) if coming else None


def sitting_for(viewer: Viewer, uuid: UUID, at: datetime) -> ListedSitting:
    """One sitting, also a past one; SittingNotFound otherwise."""
    found = _with_places().filter(uuid=uuid).first() if isinstance(viewer, User) and viewer.is_active else None
    if found is None or not isinstance(viewer, User):
        raise SittingNotFound("no such sitting")
    return _listed(found, registrations_of(viewer).filter(sitting=found).first(), at)


def registrations_of(viewer: User) -> QuerySet[Registration]:
    """The viewer's own booked seats, soonest first."""
    return (
        Registration.objects.filter(learner=viewer, state=RegistrationState.BOOKED)
        .select_related("sitting__site", "sitting__syllabus", "decision")
        .order_by("sitting__starts_at", "pk")
    )


def withdrawn_seat(viewer: User, sitting: Sitting) -> Registration | None:
    """The viewer's last seat in this sitting if it was taken away again; the reasons are in its `withdrawal`."""
    last = Registration.objects.filter(learner=viewer, sitting=sitting).select_related("withdrawal").order_by("-pk")
    found = last.first()
    return found if found is not None and found.state == RegistrationState.WITHDRAWN else None


def registration_for(viewer: Viewer, uuid: UUID) -> Registration:
    """One's own registration in any state, or one at an exam institution where one examines."""
    found = Registration.objects.select_related("sitting__site__institution", "learner").filter(uuid=uuid).first()
    if found is None or not isinstance(viewer, User) or not viewer.is_active:
        raise RegistrationNotFound("no such registration")
    if found.learner_id != viewer.pk and not examines(viewer, found.sitting.site.institution):
        raise RegistrationNotFound("no such registration")
    return found


def examines(person: Viewer, institution: Institution) -> bool:
    """May the person act for this exam institution? Role and place, both now."""
    return has_role(person, Role.EXAMINER) and institutions_of(person).filter(pk=institution.pk).exists()


def _with_places() -> QuerySet[Sitting]:
    # A count of its own for each sitting that is listed: a join would group the seats of all sittings first.
    seats = Registration.objects.filter(sitting=OuterRef("pk"), state=RegistrationState.BOOKED).order_by()
    booked = seats.values("sitting").annotate(booked=Count("pk")).values("booked")
    return (
        Sitting.objects.select_related("site__institution", "syllabus")
        .annotate(booked=Coalesce(Subquery(booked), 0))
        .order_by("starts_at", "pk")
    )


def _listed(sitting: Sitting, registration: Registration | None, at: datetime) -> ListedSitting:
    booked: int = sitting.booked  # type: ignore[attr-defined]
    left = max(sitting.capacity - booked, 0)
    if registration is not None:
        state = "registered"
    elif not sitting.opens_at <= at < sitting.closes_at:
        state = "closed"
    else:
        state = "open" if left else "full"
    return ListedSitting(sitting, left, state, registration)
