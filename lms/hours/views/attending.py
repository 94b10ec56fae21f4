"""What a learner's phone opens when it scanned the code on the teacher's screen: one button, and then what it did."""

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from lms.enrollments.models import Kind
from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.actions.sheets import sign_in, sign_out
from lms.hours.forms.attendance import problem_text
from lms.hours.models import AttendanceSheet
from lms.hours.queries.attendance import AttendanceNotFound, last_presence, own_enrollment, signed_sheet
from lms.hours.queries.clocks import ms_of
from lms.hours.rules.attendance import DIRECTIONS, is_code_good

DEVICE_COOKIE = "attendance_device"
DEVICE_S = 365 * 24 * 3600
"""The same phone is the same phone for a year, whoever is logged in on it."""


class MarkForm(forms.Form):
    uuid = forms.UUIDField(widget=forms.HiddenInput)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def attend(request: HttpRequest, sheet: UUID, direction: str, code: str) -> HttpResponse:
    """A scanned code. Looking at it changes nothing; the button makes the mark at the server's time."""
    found = _own_sheet(request, sheet)
    if direction not in DIRECTIONS:
        raise Http404
    device = request.COOKIES.get(DEVICE_COOKIE) or secrets.token_urlsafe(24)
    at = datetime.now(UTC)
    if request.method == "POST":
        answer = _marked(request, found, direction, code, _digest(device), at)
    else:
        is_good = is_code_good(bytes(found.secret), found.uuid, direction, code, ms_of(at))
        answer = _scanned_page(request, found, direction, problem="" if is_good else "code")
    answer.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=DEVICE_S,
        path="/attend/",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return answer


@login_required
@never_cache
@require_GET
def attended(request: HttpRequest, sheet: UUID) -> HttpResponse:
    """What the last mark did: in since when, or out with how much counted."""
    found = _own_sheet(request, sheet)
    presence = last_presence(request.user, found)  # type: ignore[arg-type]
    if presence is None:
        raise Http404
    context = {
        "sheet": _facts(found),
        "in_at": presence.in_at,
        "out_at": presence.out_at,
        "ended_at": presence.ended_at,
        "ms": presence.credited_ms,
        "present_ms": ms_of(presence.out_at) - ms_of(presence.in_at) if presence.out_at else 0,
    }
    return render(request, "hours/attended.html", context)


def _marked(
    request: HttpRequest, found: AttendanceSheet, direction: str, code: str, device: str, at: datetime
) -> HttpResponse:
    form = MarkForm(request.POST)
    if not form.is_valid():
        return _scanned_page(request, found, direction, problem="code")
    told: dict[str, Any] = {"by": request.user, "at": at, "sheet": found, "code": code, "device": device}
    try:
        if direction == "in":
            sign_in(uuid=form.cleaned_data["uuid"], **told)
        else:
            sign_out(**told)
    except AttendanceRefused as refused:
        return _scanned_page(request, found, direction, problem=refused.code)
    return redirect("attended", found.uuid)


def _scanned_page(request: HttpRequest, found: AttendanceSheet, direction: str, problem: str) -> HttpResponse:
    presence = last_presence(request.user, found)  # type: ignore[arg-type]
    context = {
        "sheet": _facts(found),
        "direction": direction,
        "problem": problem_text(problem) if problem else "",
        "form": MarkForm(initial={"uuid": uuid4()}),
        "since": presence.in_at if presence is not None and presence.ended_at is None else None,
        "attended_url": reverse("attended", args=[found.uuid]),
    }
    return render(request, "hours/attend.html", context, status=409 if problem else 200)


def _own_sheet(request: HttpRequest, uuid: UUID) -> AttendanceSheet:
    """The sheet, for a learner of its class; whoever is none is told what is told of no sheet."""
    try:
        found = signed_sheet(uuid)
    except AttendanceNotFound:
        raise Http404 from None
    if own_enrollment(request.user, found) is None:  # type: ignore[arg-type]
        raise Http404
    return found


def _facts(found: AttendanceSheet) -> dict[str, Any]:
    return {
        "title": f"{found.module.name} · {Kind(found.kind).label}",
        "class_title": found.training_class.title,
        "place": found.place,
        "from": found.from_at,
        "to": found.to_at,
    }


def _digest(device: str) -> str:
    return hashlib.sha256(device.encode()).hexdigest()
