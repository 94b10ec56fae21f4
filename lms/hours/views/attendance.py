"""The sheets of a class, a new one, and hours that were held without one: for who teaches, staff and the authority."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from lms.accounts.queries import masked_identity
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, Kind, TrainingClass
from lms.enrollments.queries import roster, teaches
from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.actions.attendance_proposals import propose_attendance
from lms.hours.actions.sheets import open_sheet
from lms.hours.forms.attendance import MissedHoursForm, SheetForm, held_hours
from lms.hours.models import AttendanceProposal, AttendanceSheet, ProposalState
from lms.hours.queries.attendance import AttendanceNotFound, attended_class_for, proposals_of, sheets_of
from lms.institutions.queries import staffs

LESSON = timedelta(minutes=90)
"""What a new sheet suggests: from now on, for two class hours."""


@login_required
@never_cache
@require_GET
def attendance(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """The class's meetings and the hours proposed for it. The authority reads; who teaches goes on from here."""
    group = class_seen(request, training_class)
    page: Any = sheets_of(group, request.GET.get("page"))
    page.object_list = [sheet_row(each) for each in page.object_list]
    facts = class_facts(request, group)
    is_open = group.state == ClassState.ACCEPTED and held_hours(group).exists()
    context = {
        "training_class": facts,
        "sheets": page,
        "proposals": [proposal_row(each) for each in proposals_of(group)],
        "new_url": reverse("new_sheet", args=[group.uuid]) if is_open and facts["is_taught"] else None,
        "missed_url": reverse("missed_hours", args=[group.uuid]) if is_open and facts["is_run"] else None,
    }
    return render(request, "hours/attendance.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_sheet(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """Open a sheet; then its screen is the next page."""
    group = class_seen(request, training_class)
    if not teaches(request.user, group):
        raise Http404
    now = timezone.localtime()
    times = {"date": now.date(), "begins": now.time(), "ends": (now + LESSON).time()}
    form = SheetForm(request.POST or None, training_class=group, initial=times)
    if request.method == "POST" and form.is_valid():
        from_at, to_at = form.span()
        what = form.cleaned_data["what"]
        try:
            sheet = open_sheet(
                by=request.user,  # type: ignore[arg-type]
                at=datetime.now(UTC),
                uuid=form.cleaned_data["uuid"],
                training_class=group,
                module=what.module,
                kind=what.kind,
                from_at=from_at,
                to_at=to_at,
                place=form.cleaned_data["place"],
            )
        except AttendanceRefused as refused:
            form.refuse(refused)
        else:
            return redirect("sheet", sheet.uuid)
    context = {"training_class": class_facts(request, group), "form": form, "head": heads(form)}
    return render(request, "hours/new_sheet.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def missed_hours(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """Propose hours that nobody signed for; somebody outside the institution decides."""
    group = class_seen(request, training_class)
    if not staffs(request.user, group.institution):
        raise Http404
    people = active_roster(request, group)
    form = MissedHoursForm(request.POST or None, training_class=group, roster=people)
    if request.method == "POST" and form.is_valid():
        from_at, to_at = form.span()
        what = form.cleaned_data["what"]
        try:
            propose_attendance(
                by=request.user,  # type: ignore[arg-type]
                at=datetime.now(UTC),
                uuid=form.cleaned_data["uuid"],
                training_class=group,
                module=what.module,
                kind=what.kind,
                from_at=from_at,
                to_at=to_at,
                enrollments=form.present(),
                reason=form.cleaned_data["reason"],
                evidence=form.cleaned_data["evidence"],
            )
        except AttendanceRefused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("The hours were sent to the authority. They count when it accepts them."))
            return redirect("attendance", group.uuid)
    context = {
        "training_class": class_facts(request, group),
        "form": form,
        "head": heads(form),
        "words": [form["reason"], form["evidence"]],
        "rows": [
            {"name": each.learner, "identity": masked_identity(each.learner), "present": form[f"present_{each.uuid}"]}
            for each in people
        ],
    }
    return render(request, "hours/missed_hours.html", context, status=422 if form.errors else 200)


def class_seen(request: HttpRequest, uuid: UUID) -> TrainingClass:
    """The class of an address, or 404."""
    try:
        return attended_class_for(request.user, uuid)
    except AttendanceNotFound:
        raise Http404 from None


def active_roster(request: HttpRequest, group: TrainingClass) -> list[Enrollment]:
    """Who is in the class now, for its staff."""
    return [each for each in roster(request.user, group) if each.state == EnrollmentState.ACTIVE]


def class_facts(request: HttpRequest, group: TrainingClass) -> dict[str, Any]:
    """The class as a trail shows it; a teacher who is no staff has no page of the class to go back to."""
    is_run = staffs(request.user, group.institution)
    is_taught = is_run or teaches(request.user, group)
    return {
        "title": group.title,
        "url": reverse("class", args=[group.uuid]) if is_run or not is_taught else None,
        "attendance_url": reverse("attendance", args=[group.uuid]),
        "is_run": is_run,
        "is_taught": is_taught,
    }


def sheet_row(sheet: AttendanceSheet) -> dict[str, Any]:
    """A sheet in a list."""
    return {
        "title": f"{sheet.module.name} · {Kind(sheet.kind).label}",
        "class_title": sheet.training_class.title,
        "place": sheet.place,
        "from": sheet.from_at,
        "to": sheet.to_at,
        "is_open": sheet.closed_at is None,
        "now": sheet.now,  # type: ignore[attr-defined]
        "ever": sheet.ever,  # type: ignore[attr-defined]
        "url": reverse("sheet", args=[sheet.uuid]),
    }


def proposal_row(found: AttendanceProposal) -> dict[str, Any]:
    """A proposal in a list."""
    return {
        "title": f"{found.module.name} · {Kind(found.kind).label}",
        "class_title": found.training_class.title,
        "from": found.from_at,
        "to": found.to_at,
        "reason": found.reason,
        "learners": found.number,  # type: ignore[attr-defined]
        "state": found.state,
        "label": ProposalState(found.state).label,
        "url": reverse("attendance_proposal", args=[found.uuid]),
    }


def heads(form: Any) -> list[Any]:
    """The fields at the head of a form: date and times side by side, the others alone."""
    return [form[name] for name in ("what", "date", "begins", "ends", "place") if name in form.fields]
