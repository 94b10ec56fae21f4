"""The pages of the gate: which sittings there are, what is missing, and the button that always answers."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.exams.actions import (
    NotCancellable,
    NotOwnRegistration,
    RegistrationRefused,
    SigningUnavailable,
    UuidTaken,
    cancel_registration,
    register,
)
from lms.exams.forms import RegisterForm
from lms.exams.queries import (
    ListedSitting,
    RegistrationNotFound,
    SittingNotFound,
    eligibility,
    reasons,
    reasons_of,
    registration_for,
    sitting_for,
    sittings_for,
    withdrawn_seat,
)


@login_required
@never_cache
@require_GET
def sittings(request: HttpRequest) -> HttpResponse:
    """Sittings still to come."""
    rows = [sitting_row(each) for each in sittings_for(request.user, datetime.now(UTC))]
    return render(request, "exams/sittings.html", {"sittings": rows})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def sitting(request: HttpRequest, sitting: UUID) -> HttpResponse:
    """What is missing for a sitting; a POST asks for a seat, and a refusal is this page with 409."""
    at = datetime.now(UTC)
    found = _sitting(request, sitting, at)
    if request.method == "GET":
        return _page(request, found, at)
    form = RegisterForm(request.POST)
    if not form.is_valid():
        return _page(request, found, at, status=400)
    try:
        register(by=request.user, at=at, uuid=form.cleaned_data["registration"], sitting=found.sitting)
    except RegistrationRefused as refused:
        return _page(request, found, at, refused=refused, status=409)
    except SigningUnavailable:
        messages.error(request, _("No decision can be signed right now, so no seat was booked. Try again later."))
        return _page(request, found, at, status=503)
    except UuidTaken:
        return _page(request, found, at, status=409)
    messages.success(request, _("You are registered for this exam"))
    return redirect("sitting", sitting)


@login_required
@require_POST
def cancel(request: HttpRequest, registration: UUID) -> HttpResponse:
    """Give a seat back."""
    try:
        found = registration_for(request.user, registration)
        cancel_registration(by=request.user, at=datetime.now(UTC), registration=found)
    except (RegistrationNotFound, NotOwnRegistration):
        raise Http404 from None
    except NotCancellable:
        messages.error(request, _("The exam has begun; the registration can no longer be cancelled."))
    else:
        messages.success(request, _("The registration was cancelled and the seat is free again."))
    return redirect("sitting", found.sitting.uuid)


def _sitting(request: HttpRequest, uuid: UUID, at: datetime) -> ListedSitting:
    try:
        return sitting_for(request.user, uuid, at)
    except SittingNotFound:
        raise Http404 from None


def _page(
    request: HttpRequest,
    listed: ListedSitting,
    at: datetime,
    refused: RegistrationRefused | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"sitting": sitting_row(listed), "registration": None, "refused": refused is not None}
    if listed.registration is not None:
        cancel_url = reverse("cancel_registration", args=[listed.registration.uuid])
        context["registration"] = {
            "registered_at": listed.registration.booked_at,
            "number": listed.registration.seat,
            "cancel_url": cancel_url if at < listed.sitting.starts_at else None,
        }
        return render(request, "exams/sitting.html", context, status=status)
    if seat := withdrawn_seat(request.user, listed.sitting):  # type: ignore[arg-type]
        context["withdrawn"] = {"at": seat.withdrawn_at, "reasons": reasons_of(seat.withdrawal)}  # type: ignore[arg-type]
    context["form"] = RegisterForm(initial={"registration": uuid4()})
    context["eligibility"] = _refusal(refused) if refused else _eligibility(request, listed, at)
    return render(request, "exams/sitting.html", context, status=status)


def _eligibility(request: HttpRequest, listed: ListedSitting, at: datetime) -> dict[str, Any]:
    found = eligibility(request.user, listed.sitting, at)  # type: ignore[arg-type]
    return {
        "eligible": found.eligible,
        "unmet": reasons(found.verdict.unmet),
        "as_of": found.as_of,
        "rule_version": found.verdict.rule_version,
    }


def _refusal(refused: RegistrationRefused) -> dict[str, Any]:
    """The list of the decision that was kept, not one judged anew a moment later."""
    return {
        "eligible": False,
        "unmet": reasons(refused.unmet),
        "as_of": refused.decision.made_at,
        "rule_version": refused.decision.rule_version,
    }


def sitting_row(listed: ListedSitting) -> dict[str, Any]:
    """A sitting as lists and the first page show it."""
    return {
        "title": listed.sitting.title,
        "starts_at": listed.sitting.starts_at,
        "site": listed.sitting.site.name,
        "capacity": listed.sitting.capacity,
        "left": listed.left,
        "state": listed.state,
        "url": reverse("sitting", args=[listed.sitting.uuid]),
    }
