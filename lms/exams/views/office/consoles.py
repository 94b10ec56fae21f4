"""The console of a sitting: every seat, who waits, who is on duty; more or fewer seats, cancelling, the list."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lms.exams.actions import (
    DutyRefused,
    SittingRefused,
    UuidTaken,
    assign_officer,
    cancel_sitting,
    change_capacity,
    relieve_officer,
)
from lms.exams.models import Duty, Officer, PlanState, Sitting
from lms.exams.queries import SittingNotFound
from lms.exams.queries.plans import examiners_of
from lms.exams.queries.seats import OfficerNotFound, booked_seats, console_for, officer_for, officers_of, seats_of
from lms.exams.queries.waiting import waiting_in
from lms.exams.views.office.forms import CancelForm, CapacityForm, OfficerForm
from lms.exams.views.office.rows import candidate_rows, seat_map, sitting_row
from lms.exams.views.office.words import duty_text

CANDIDATES_PER_PAGE = 200


@login_required
@never_cache
@require_GET
def exam_console(request: HttpRequest, sitting: UUID) -> HttpResponse:
    return _page(request, found_sitting(request, sitting))


@login_required
@require_POST
def exam_capacity(request: HttpRequest, sitting: UUID) -> HttpResponse:
    """More or fewer seats."""
    told = _("The sitting has another number of seats; whose seat moved gets a letter.")
    return _act(request, sitting, "capacity_form", CapacityForm(request.POST), change_capacity, told)


@login_required
@require_POST
def cancel_exam_sitting(request: HttpRequest, sitting: UUID) -> HttpResponse:
    """The exam does not take place."""
    told = _("The sitting is cancelled. Everybody with a seat gets a letter within a minute.")
    return _act(request, sitting, "cancel_form", CancelForm(request.POST), cancel_sitting, told)


@login_required
@require_POST
def assign_exam_officer(request: HttpRequest, sitting: UUID) -> HttpResponse:
    """Put an examiner on duty; refused, it is the page again with the reason."""
    found = found_sitting(request, sitting)
    form = OfficerForm(request.POST, examiners=examiners_of(found.site.institution))
    if not form.is_valid():
        return _page(request, found, {"officer_form": form}, status=422)
    given = {**form.cleaned_data, "duty": Duty(form.cleaned_data["duty"])}
    try:
        assign_officer(by=request.user, at=datetime.now(UTC), sitting=found, **given)
    except DutyRefused as refused:
        form.add_error("person", duty_text(refused.code))
        return _page(request, found, {"officer_form": form}, status=422)
    except UuidTaken:
        form.add_error(None, _("This page was used for something else already; open it anew."))
        return _page(request, found, {"officer_form": form}, status=422)
    messages.success(request, _("On duty: %(person)s") % {"person": given["person"]})
    return redirect("exam_console", found.uuid)


@login_required
@require_POST
def relieve_exam_officer(request: HttpRequest, officer: UUID) -> HttpResponse:
    try:
        found = officer_for(request.user, officer)
    except OfficerNotFound:
        raise Http404 from None
    relieve_officer(by=request.user, at=datetime.now(UTC), officer=found)
    messages.success(request, _("Relieved: %(person)s") % {"person": found.person})
    return redirect("exam_console", found.sitting.uuid)


def found_sitting(request: HttpRequest, uuid: UUID) -> Sitting:
    """Of one's own exam institution; 404 otherwise."""
    try:
        return console_for(request.user, uuid)
    except SittingNotFound:
        raise Http404 from None


def _act(
    request: HttpRequest, sitting: UUID, name: str, form: Any, act: Callable[..., object], told: str
) -> HttpResponse:
    """Do with a sitting what a form says; refused, it is the page with the form under its name."""
    found = found_sitting(request, sitting)
    if form.is_valid():
        try:
            act(by=request.user, at=datetime.now(UTC), sitting=found, **form.cleaned_data)
        except SittingRefused as refused:
            form.refuse(refused)
        else:
            messages.success(request, told)
            return redirect("exam_console", found.uuid)
    return _page(request, found, {name: form}, status=422)


def _page(
    request: HttpRequest, sitting: Sitting, forms: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    at = datetime.now(UTC)
    booked = booked_seats(sitting)
    page = Paginator(seats_of(sitting), CANDIDATES_PER_PAGE).get_page(request.GET.get("page"))
    is_to_come = sitting.cancelled_at is None and at < sitting.starts_at
    is_published = sitting.plan.state == PlanState.PUBLISHED
    is_over = sitting.cancelled_at is not None or at >= sitting.starts_at + timedelta(minutes=sitting.minutes)
    context = {
        "sitting": {
            **sitting_row(sitting),
            "plan": sitting.plan.title,
            "plan_url": reverse("exam_plan", args=[sitting.plan.uuid]),
            "cancel_reason": sitting.cancel_reason,
            "cancelled_at": sitting.cancelled_at,
            "free": max(sitting.capacity - len(booked), 0),
            "doubted": sum(each.doubted_at is not None for each in booked),
            "admitted": sum(hasattr(each, "admission") for each in booked),
        },
        "seats": seat_map(sitting, booked),
        "candidates": candidate_rows(list(page.object_list)),
        "page": page,
        "waiting": [{"name": each.learner.real_name, "joined_at": each.joined_at} for each in waiting_in(sitting)],
        "officers": [_officer_row(each) for each in officers_of(sitting)],
        "is_published": is_published,
        "is_to_come": is_to_come,
        "is_live": is_published and not is_over,
        "capacity_form": CapacityForm(initial={"capacity": sitting.capacity}),
        "cancel_form": CancelForm(),
        "officer_form": OfficerForm(examiners=examiners_of(sitting.site.institution)),
        "as_of": at,
        **(forms or {}),
    }
    return render(request, "exams/office/console.html", context, status=status)


def _officer_row(officer: Officer) -> dict[str, Any]:
    return {
        "name": str(officer.person),
        "duty": Duty(officer.duty).label,
        "is_chief": officer.duty == Duty.CHIEF,
        "assigned_at": officer.assigned_at,
        "relieved_at": officer.relieved_at,
        "relieve_url": reverse("relieve_exam_officer", args=[officer.uuid]),
    }
