"""A sitting, a seat and a waiting place as templates read them."""

from typing import Any

from django.urls import reverse

from lms.exams.models import Registration, Sitting, WaitingPlace
from lms.exams.queries import ListedSitting
from lms.exams.rules.tickets import ticket_reason


def sitting_row(listed: ListedSitting) -> dict[str, Any]:
    """A sitting as lists and the first page show it; `ticket_url` is there with a seat that has a ticket."""
    return {
        **named(listed.sitting),
        "capacity": listed.sitting.capacity,
        "left": listed.left,
        "waiting": listed.waiting,
        "state": listed.state,
        "ticket_url": ticket_url(listed.registration) if listed.registration else None,
    }


def seat_row(registration: Registration) -> dict[str, Any]:
    return {
        **named(registration.sitting),
        "number": registration.seat,
        "is_in_doubt": registration.doubted_at is not None,
        "ticket_url": ticket_url(registration),
    }


def place_row(place: WaitingPlace, ahead: int) -> dict[str, Any]:
    return {**named(place.sitting), "ahead": ahead}


def named(sitting: Sitting) -> dict[str, Any]:
    """What, when and where."""
    return {
        "title": sitting.title,
        "starts_at": sitting.starts_at,
        "site": sitting.site.name,
        "address": sitting.site.address,
        "room": sitting.room.name,
        "url": reverse("sitting", args=[sitting.uuid]),
    }


def ticket_url(registration: Registration) -> str | None:
    if ticket_reason(registration.state, registration.doubted_at):
        return None
    return reverse("ticket", args=[registration.uuid])
