"""The pages of the gate: which sittings there are, what is missing, and the button that always answers."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from lms.exams.actions import GateFailed, RegistrationRefused, UuidTaken, register
from lms.exams.forms import RegisterForm
from lms.exams.queries import own_syllabi, places_to_come, seats_to_come, sittings_for
from lms.exams.views.desk import desk, found_sitting, gate_failed, refusal
from lms.exams.views.rows import place_row, seat_row, sitting_row

OWN_STATES = frozenset({"registered", "waiting"})


@login_required
@never_cache
@require_GET
def sittings(request: HttpRequest) -> HttpResponse:
    """One's own seats and waiting places; then sittings still to come, those of one's own training first."""
    at = datetime.now(UTC)
    own = own_syllabi(request.user)
    shows_all = not own or request.GET.get("show") == "all"
    listed = sittings_for(request.user, at, syllabi=None if shows_all else own, with_cancelled=True)
    context = {
        "seats": [seat_row(each) for each in seats_to_come(request.user, at)],
        "places": [place_row(place, ahead) for place, ahead in places_to_come(request.user, at)],
        "sittings": [sitting_row(each) for each in listed if each.state not in OWN_STATES],
        "shows_all": shows_all,
        "is_in_training": bool(own),
    }
    return render(request, "exams/sittings.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def sitting(request: HttpRequest, sitting: UUID) -> HttpResponse:
    """What is missing for a sitting; a POST asks for a seat, and a refusal is this page with 409."""
    at = datetime.now(UTC)
    found = found_sitting(request, sitting, at)
    if request.method == "GET":
        return _page(request, desk(request, found, at))
    form = RegisterForm(request.POST)
    if not form.is_valid():
        return _page(request, desk(request, found, at), status=400)
    try:
        register(by=request.user, at=at, uuid=form.cleaned_data["registration"], sitting=found.sitting)
    except RegistrationRefused as refused:
        return _page(request, desk(request, found, at, refused=refusal(refused)), status=409)
    except UuidTaken:
        return _page(request, desk(request, found, at), status=409)
    except GateFailed:
        return gate_failed(request, found.sitting)
    messages.success(request, _("You are registered for this exam"))
    return redirect("sitting", sitting)


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, "exams/sitting.html", context, status=status)
