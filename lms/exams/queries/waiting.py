"""Reading the waiting lists."""

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.exams.models import PlaceState, PlanState, RegistrationState, Sitting, WaitingPlace

SITTINGS_MAX = 200
"""Sittings that one round of the worker fills; the rest comes with the next."""
PLACES_MAX = 200


class PlaceNotFound(LookupError):
    """There is no such waiting place for this viewer: absent and hidden look alike."""


def waiting_in(sitting: Sitting) -> QuerySet[WaitingPlace]:
    """Who waits for a seat of this sitting, who came first before."""
    waiting = WaitingPlace.objects.filter(sitting=sitting, state=PlaceState.WAITING)
    return waiting.select_related("learner").order_by("pk")[:PLACES_MAX]


def sittings_to_fill(at: datetime) -> list[Sitting]:
    """Sittings open for registration that have both a free seat and somebody who waits for one; and those that were
    cancelled while somebody waits, who must be told."""
    waits = WaitingPlace.objects.filter(sitting=OuterRef("pk"), state=PlaceState.WAITING)
    booked = Count("registrations", filter=Q(registrations__state=RegistrationState.BOOKED))
    has_seat = Q(cancelled_at__isnull=True, opens_at__lte=at, closes_at__gt=at, seats_booked__lt=F("capacity"))
    waited_for = Sitting.objects.filter(Exists(waits), plan__state=PlanState.PUBLISHED).annotate(seats_booked=booked)
    found = waited_for.filter(has_seat | Q(cancelled_at__isnull=False, starts_at__gt=at))
    return list(found.order_by("pk")[:SITTINGS_MAX])


def place_of(viewer: Viewer, sitting: Sitting) -> WaitingPlace | None:
    """The viewer's newest place on the list of this sitting, in any state."""
    if not isinstance(viewer, User):
        return None
    return WaitingPlace.objects.filter(learner=viewer, sitting=sitting).select_related("ending").order_by("-pk").first()


def place_for(viewer: Viewer, uuid: UUID) -> WaitingPlace:
    """The viewer's own place; PlaceNotFound otherwise."""
    own = WaitingPlace.objects.filter(learner=viewer) if isinstance(viewer, User) else WaitingPlace.objects.none()
    found = own.select_related("sitting").filter(uuid=uuid).first()
    if found is None:
        raise PlaceNotFound("no such waiting place")
    return found


def places_to_come(viewer: Viewer, at: datetime) -> list[tuple[WaitingPlace, int]]:
    """Where the viewer waits for a seat that may still come, soonest exam first, and how many came before."""
    if not isinstance(viewer, User):
        return []
    before = WaitingPlace.objects.filter(sitting=OuterRef("sitting"), state=PlaceState.WAITING, pk__lt=OuterRef("pk"))
    counted = before.order_by().values("sitting").annotate(ahead=Count("pk")).values("ahead")
    own = WaitingPlace.objects.filter(
        learner=viewer, state=PlaceState.WAITING, sitting__cancelled_at__isnull=True, sitting__closes_at__gt=at
    )
    rows = own.select_related("sitting__site", "sitting__room").annotate(ahead=Coalesce(Subquery(counted), 0))
    return [(each, each.ahead) for each in rows.order_by("sitting__starts_at", "pk")]


def ahead_of(place: WaitingPlace) -> int:
    """How many wait for the same sitting and came before."""
    return WaitingPlace.objects.filter(sitting=place.sitting_id, state=PlaceState.WAITING, pk__lt=place.pk).count()
