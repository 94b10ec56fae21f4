"""The page of one sitting, as it stands for who looks at it: a seat, a waiting place, or what is missing for one."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from lms.accounts.models import User
from lms.exams.actions import RegistrationRefused
from lms.exams.actions.seating import FULL
from lms.exams.forms import ChangeForm, RegisterForm, WaitForm
from lms.exams.models import PlaceState, Registration, RegistrationState, Sitting, WaitingPlace
from lms.exams.queries import (
    Eligibility,
    ListedSitting,
    SittingNotFound,
    ahead_of,
    eligibility,
    last_seat,
    place_of,
    reasons,
    reasons_of,
    seat_elsewhere,
    sitting_for,
    sittings_instead_of,
)
from lms.exams.rules.door import LATE_AT_MOST, OPENS_BEFORE
from lms.exams.views.rows import named, sitting_row, ticket_url

RETRY_AFTER_S = 30


def found_sitting(request: HttpRequest, uuid: UUID, at: datetime) -> ListedSitting:
    try:
        return sitting_for(request.user, uuid, at)
    except SittingNotFound:
        raise Http404 from None


def desk(
    request: HttpRequest,
    listed: ListedSitting,
    at: datetime,
    refused: dict[str, Any] | None = None,
    not_changed: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The context of the page. `refused` is what a button was answered; `not_changed` the same of a change."""
    viewer: User = request.user  # type: ignore[assignment]
    sitting = listed.sitting
    context: dict[str, Any] = {"sitting": sitting_row(listed), "registration": None, "refused": refused is not None}
    place = place_of(viewer, sitting)
    if listed.registration is not None:
        context["registration"] = _seat(listed.registration, place, at)
        context["not_changed"] = not_changed
        if at < sitting.starts_at:
            context["others"] = _others(viewer, sitting, at, listed.registration)
        return context
    context |= _what_was(viewer, sitting, place)
    if listed.state == "cancelled" and refused is None:
        context["cancelled"] = {"at": sitting.cancelled_at, "reason": sitting.cancel_reason}
        context["others"] = _others(viewer, sitting, at, seat_elsewhere(viewer, sitting, at))
        return context
    if listed.state == "waiting" and listed.place is not None and refused is None:
        context["waiting"] = _waiting(listed.place)
        return context
    context["form"] = RegisterForm(initial={"registration": uuid4()})
    context["eligibility"] = refused or judged(eligibility(viewer, sitting, at))
    codes = [each["code"] for each in context["eligibility"]["unmet"]]
    context["is_as_above"] = refused is None and _is_said_already(context)
    if codes == [FULL]:
        context["wait_form"] = WaitForm(initial={"place": uuid4()})
    if "registered_elsewhere" in codes and (other := seat_elsewhere(viewer, sitting, at)):
        context["elsewhere"] = {**named(other.sitting), "change": _change(other, sitting) if listed.left else None}
    return context


def refusal(refused: RegistrationRefused) -> dict[str, Any]:
    """The list of the decision that was kept, not one judged anew a moment later."""
    return {
        "eligible": False,
        "unmet": reasons(refused.unmet),
        "as_of": refused.decision.made_at,
        "rule_version": refused.decision.rule_version,
    }


def judged(found: Eligibility) -> dict[str, Any]:
    """A verdict that nothing was booked upon."""
    return {
        "eligible": found.eligible,
        "unmet": reasons(found.verdict.unmet),
        "as_of": found.as_of,
        "rule_version": found.verdict.rule_version,
    }


def gate_failed(request: HttpRequest, sitting: Sitting) -> HttpResponse:
    """Nothing was decided; it may be tried again soon."""
    return failed(request, {"sitting": _titled(sitting)})


def failed(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """`sitting` {title, url}; `is_door` for who looks at somebody else's seat, `is_list` for who wanted all of them."""
    answer = render(request, "exams/gate_failed.html", context, status=503)
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _seat(registration: Registration, place: WaitingPlace | None, at: datetime) -> dict[str, Any]:
    is_to_come = at < registration.sitting.starts_at
    from_the_list = place is not None and place.ending_id == registration.decision_id
    return {
        "registered_at": registration.booked_at,
        "number": registration.seat,
        "door_opens_at": registration.sitting.starts_at - OPENS_BEFORE,
        "door_closes_at": registration.sitting.starts_at + LATE_AT_MOST,
        "is_in_doubt": registration.doubted_at is not None,
        "is_from_the_list": from_the_list,
        "ticket_url": ticket_url(registration),
        "cancel_url": reverse("cancel_registration", args=[registration.uuid]) if is_to_come else None,
    }


def _what_was(viewer: User, sitting: Sitting, place: WaitingPlace | None) -> dict[str, Any]:
    """The seat that the viewer had here, or the waiting that ended without one; whichever ended last."""
    seat = last_seat(viewer, sitting)
    seat_ended_at = (seat.withdrawn_at or seat.cancelled_at) if seat is not None else None
    if place is not None and place.ending is not None and place.state == PlaceState.REFUSED:
        ended_at = place.ended_at
        if seat_ended_at is None or (ended_at is not None and ended_at >= seat_ended_at):
            return {"not_seated": {"at": ended_at, "reasons": reasons_of(place.ending)}}
    if seat is None:
        return {}
    if seat.state == RegistrationState.WITHDRAWN and seat.withdrawal is not None:
        return {"withdrawn": {"at": seat.withdrawn_at, "reasons": reasons_of(seat.withdrawal)}}
    given_for = getattr(seat, "given_for", None)
    return {"given_up": {"at": seat.cancelled_at, "given_for": _titled(given_for.sitting) if given_for else None}}


def _is_said_already(context: dict[str, Any]) -> bool:
    """Does what took the seat away name everything that is missing now?"""
    was = context.get("withdrawn") or context.get("not_seated")
    unmet = [each["text"] for each in context["eligibility"]["unmet"]]
    return bool(unmet) and was is not None and [each["text"] for each in was["reasons"]] == unmet


def _titled(sitting: Sitting) -> dict[str, Any]:
    return {"title": sitting.title, "starts_at": sitting.starts_at, "url": reverse("sitting", args=[sitting.uuid])}


def _waiting(place: WaitingPlace) -> dict[str, Any]:
    return {
        "ahead": ahead_of(place),
        "joined_at": place.joined_at,
        "leave_url": reverse("leave_waiting", args=[place.uuid]),
    }


def _others(viewer: User, sitting: Sitting, at: datetime, seat: Registration | None) -> list[dict[str, Any]]:
    """Sittings to take instead; with a form that changes `seat` for it, or a link alone."""
    found = sittings_instead_of(viewer, sitting, at)
    return [
        {**sitting_row(each), "change": _change(seat, each.sitting) if seat else None}
        for each in found
        if each.registration is None
    ]


def _change(seat: Registration, sitting: Sitting) -> dict[str, Any]:
    initial = {"sitting": sitting.uuid, "registration": uuid4()}
    # No id: a page has one of these forms for each sitting.
    form = ChangeForm(initial=initial, auto_id=False)
    return {"url": reverse("change_registration", args=[seat.uuid]), "form": form}
