"""The sheets of a class, a new one, and hours to be counted or taken back: for who teaches, staff and the authority."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

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
from lms.hours.actions.attendance_proposals import propose_attendance, propose_taking_back
from lms.hours.actions.sheets import open_sheet
from lms.hours.forms.attendance import MissedHoursForm, SheetForm, TakeBackForm, held_hours
from lms.hours.models import AttendanceProposal, AttendanceSheet, Effect, ProposalState
from lms.hours.queries.attendance import attended_class_for, attended_in, proposals_of, sheets_of
from lms.hours.views.deciding import found_or_404, stepped
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
    is_held = held_hours(group).exists()
    is_open = is_held and group.state == ClassState.ACCEPTED
    context = {
        "training_class": facts,
        "sheets": page,
        "proposals": [proposal_row(each) for each in proposals_of(group)],
        "new_url": reverse("new_sheet", args=[group.uuid]) if is_open and facts["is_taught"] else None,
        "missed_url": reverse("missed_hours", args=[group.uuid]) if is_open and facts["is_run"] else None,
        "take_back_url": reverse("take_hours_back", args=[group.uuid]) if is_held and facts["is_run"] else None,
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
    group = _class_run(request, training_class)
    people = active_roster(request, group)
    form = MissedHoursForm(request.POST or None, training_class=group, roster=people)
    told = _("The hours were sent to the authority. They count when it accepts them.")
    return _propose_page(request, group, form, propose_attendance, told)


@login_required
@require_http_methods(["GET", "POST"])
def take_hours_back(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """Propose that hours which count are taken back; somebody outside the institution decides."""
    group = _class_run(request, training_class)
    form = TakeBackForm(request.POST or None, training_class=group, roster=attended_in(group))
    told = _("The proposal was sent to the authority. The hours count until it accepts it.")
    return _propose_page(request, group, form, propose_taking_back, told)


def _class_run(request: HttpRequest, uuid: UUID) -> TrainingClass:
    """The class of an address, for staff of its institution."""
    group = class_seen(request, uuid)
    if not staffs(request.user, group.institution):
        raise Http404
    return group


def _propose_page(
    request: HttpRequest, group: TrainingClass, form: MissedHoursForm, propose: Callable[..., object], told: str
) -> HttpResponse:
    def step() -> object:
        from_at, to_at = form.span()
        what = form.cleaned_data["what"]
        return propose(
            by=request.user,
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

    sent = stepped(request, form, step, told, "attendance", group.uuid) if request.method == "POST" else None
    if sent is not None:
        return sent
    context = {
        "training_class": class_facts(request, group),
        "takes": isinstance(form, TakeBackForm),
        "form": form,
        "head": heads(form),
        "words": [form["reason"], form["evidence"]],
        "rows": [
            {"name": each.learner, "identity": masked_identity(each.learner), "present": form[f"present_{each.uuid}"]}
            for each in form.roster
        ],
    }
    return render(request, "hours/propose_hours.html", context, status=422 if form.errors else 200)


def class_seen(request: HttpRequest, uuid: UUID) -> TrainingClass:
    """The class of an address, or 404."""
    return found_or_404(attended_class_for, request.user, uuid)


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
        "takes": found.effect == Effect.TAKE,
        "state": found.state,
        "label": proposal_label(found.effect, found.state),
        "url": reverse("attendance_proposal", args=[found.uuid]),
    }


def proposal_label(effect: str, state: str) -> str:
    """Where a proposal stands; to take hours back says so, for whoever only reads the label."""
    if effect == Effect.GIVE or state == ProposalState.PROPOSED:
        return str(ProposalState(state).label)
    return _("Hours taken back") if state == ProposalState.ACCEPTED else _("The hours stand")


def heads(form: Any) -> list[Any]:
    """The fields at the head of a form: date and times side by side, the others alone."""
    return [form[name] for name in ("what", "date", "begins", "ends", "place") if name in form.fields]
