"""What a learner does about a seat: give it back, change it for another, wait for one, wait no longer."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lms.exams.actions import (
    GateFailed,
    NotCancellable,
    NotChangeable,
    NotOwnRegistration,
    NotWaiting,
    RegistrationRefused,
    UuidTaken,
    cancel_registration,
    change_registration,
    join_waiting,
    leave_waiting,
)
from lms.exams.forms import ChangeForm, WaitForm
from lms.exams.models import PlaceState, Registration
from lms.exams.queries import ListedSitting, PlaceNotFound, RegistrationNotFound, place_for, registration_for
from lms.exams.views.desk import desk, found_sitting, gate_failed, judged, refusal
from lms.exams.views.rows import named


@login_required
@require_POST
def cancel(request: HttpRequest, registration: UUID) -> HttpResponse:
    """Give a seat back."""
    found = _registration(request, registration)
    try:
        cancel_registration(by=request.user, at=datetime.now(UTC), registration=found)
    except NotOwnRegistration:
        raise Http404 from None
    except NotCancellable:
        messages.error(request, _("The exam has begun; the registration can no longer be cancelled."))
    else:
        messages.success(request, _("The registration was cancelled and the seat is free again."))
    return redirect("sitting", found.sitting.uuid)


@login_required
@require_POST
def change(request: HttpRequest, registration: UUID) -> HttpResponse:
    """Change a seat for one in another sitting; a refusal is the page of the old one, which stays, with 409."""
    at = datetime.now(UTC)
    old = _registration(request, registration)
    if old.learner_id != request.user.pk:
        raise Http404
    form = ChangeForm(request.POST)
    if not form.is_valid():
        return _page(request, desk(request, found_sitting(request, old.sitting.uuid, at), at), status=400)
    wanted = found_sitting(request, form.cleaned_data["sitting"], at)
    uuid = form.cleaned_data["registration"]
    try:
        change_registration(by=request.user, at=at, uuid=uuid, registration=old, sitting=wanted.sitting)
    except RegistrationRefused as refused:
        return _not_changed(request, old, wanted, at, refused)
    except (NotChangeable, UuidTaken):
        messages.error(request, _("This seat cannot be changed for that one; nothing was changed."))
        return redirect("sitting", old.sitting.uuid)
    except GateFailed:
        return gate_failed(request, wanted.sitting)
    messages.success(request, _("Your seat was changed; the old one is free again."))
    return redirect("sitting", wanted.sitting.uuid)


@login_required
@require_POST
def wait(request: HttpRequest, sitting: UUID) -> HttpResponse:
    """Wait for a seat of a full sitting."""
    at = datetime.now(UTC)
    found = found_sitting(request, sitting, at)
    form = WaitForm(request.POST)
    if not form.is_valid():
        return _page(request, desk(request, found, at), status=400)
    try:
        join_waiting(by=request.user, at=at, uuid=form.cleaned_data["place"], sitting=found.sitting)
    except NotWaiting as refused:
        if refused.made.eligible:
            messages.info(request, _("A seat is free; you need not wait for it."))
            return redirect("sitting", sitting)
        return _page(request, desk(request, found, at, refused=judged(refused.made)), status=409)
    except UuidTaken:
        return _page(request, desk(request, found, at), status=409)
    except GateFailed:
        return gate_failed(request, found.sitting)
    messages.success(request, _("You are on the waiting list."))
    return redirect("sitting", sitting)


@login_required
@require_POST
def leave(request: HttpRequest, place: UUID) -> HttpResponse:
    """Wait no longer."""
    try:
        found = place_for(request.user, place)
    except PlaceNotFound:
        raise Http404 from None
    left = leave_waiting(by=request.user, at=datetime.now(UTC), place=found)
    if left.state == PlaceState.SEATED:
        messages.info(request, _("You have been given a seat meanwhile; give it back if you cannot come."))
    else:
        messages.success(request, _("You are not on the waiting list any more."))
    return redirect("sitting", found.sitting.uuid)


def _registration(request: HttpRequest, uuid: UUID) -> Registration:
    try:
        return registration_for(request.user, uuid)
    except RegistrationNotFound:
        raise Http404 from None


def _not_changed(
    request: HttpRequest, old: Registration, wanted: ListedSitting, at: datetime, refused: RegistrationRefused
) -> HttpResponse:
    answer = {**named(wanted.sitting), **refusal(refused)}
    page = desk(request, found_sitting(request, old.sitting.uuid, at), at, not_changed=answer)
    return _page(request, page, status=409)


def _page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    return render(request, "exams/sitting.html", context, status=status)
