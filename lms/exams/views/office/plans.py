"""An exam plan: drafted, filled with sittings and proposed by the office, decided on by the authority, published."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.accounts.models import Role
from lms.accounts.queries import roles_of
from lms.enrollments.models import spoken
from lms.exams.actions import (
    PlanStepRefused,
    SittingRefused,
    UuidTaken,
    decide_plan,
    draft_plan,
    propose_plan,
    publish_plan,
    remove_sitting,
    schedule_sitting,
)
from lms.exams.actions.plans import CHANGEABLE
from lms.exams.models import ExamPlan, PlanState, Sitting
from lms.exams.queries import SittingNotFound, examines
from lms.exams.queries.plans import (
    PlanNotFound,
    against_deciding,
    in_training,
    offices_of,
    plan_for,
    plans_seen,
    sites_of,
    sittings_of,
)
from lms.exams.queries.seats import console_for
from lms.exams.views.office.desks import PLANS_PER_PAGE, require_office
from lms.exams.views.office.forms import DecisionForm, PlanForm, SittingForm, sent
from lms.exams.views.office.rows import plan_row, plan_state, plan_way, sitting_row
from lms.exams.views.office.words import against_deciding_text, problem_text, step_text

READERS = frozenset({Role.AUTHORITY.value, Role.ADMINISTRATOR.value})


@login_required
@never_cache
@require_GET
def exam_plans(request: HttpRequest) -> HttpResponse:
    """Plans that were proposed to the viewer's authority, those that wait first."""
    if not roles_of(request.user) & READERS:
        raise PermissionDenied
    page = Paginator(plans_seen(request.user), PLANS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"plans": [plan_row(each) for each in page.object_list], "page": page}
    return render(request, "exams/office/plans.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def draft_exam_plan(request: HttpRequest) -> HttpResponse:
    """A new plan; its sittings are added afterwards."""
    require_office(request)
    offices = offices_of(request.user)
    form = PlanForm(sent(request), offices=offices)
    if request.method == "POST" and form.is_valid():
        try:
            plan = draft_plan(by=request.user, at=datetime.now(UTC), **form.cleaned_data)
        except SittingRefused as refused:
            form.refuse(refused)
        except UuidTaken:
            form.add_error(None, _("This page was used for something else already; open it anew."))
        else:
            messages.success(request, _("The draft is there. Add its sittings."))
            return redirect("exam_plan", plan.uuid)
    context = {"form": form, "has_office": bool(offices)}
    return render(request, "exams/office/new_plan.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_GET
def exam_plan(request: HttpRequest, plan: UUID) -> HttpResponse:
    """One plan, for its office and for the authority to which it was proposed."""
    return _page(request, _plan(request, plan))


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new_sitting(request: HttpRequest, plan: UUID) -> HttpResponse:
    """One more exam of a plan that is not proposed."""
    found = _own_plan(request, plan)
    form = SittingForm(sent(request), plan=found)
    if request.method == "POST" and form.is_valid():
        try:
            schedule_sitting(by=request.user, at=datetime.now(UTC), plan=found, **form.cleaned_data)
        except SittingRefused as refused:
            form.refuse(refused)
        except UuidTaken:
            form.add_error(None, _("This page was used for something else already; open it anew."))
        except PlanStepRefused as refused:
            messages.error(request, step_text(refused))
            return redirect("exam_plan", found.uuid)
        else:
            messages.success(request, _("The sitting was added."))
            return redirect("exam_plan", found.uuid)
    context = {
        "form": form,
        "plan": {"title": found.title, "url": reverse("exam_plan", args=[found.uuid])},
        "has_rooms": any(each.rooms.all() for each in sites_of(request.user)),
    }
    return render(request, "exams/office/new_sitting.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def remove_exam_sitting(request: HttpRequest, sitting: UUID) -> HttpResponse:
    """Take a sitting out of a plan that is not proposed."""
    try:
        found = console_for(request.user, sitting)
    except SittingNotFound:
        raise Http404 from None
    plan = found.plan
    told = _("The sitting was taken out of the plan.")
    return _step(request, plan, lambda: remove_sitting(by=request.user, at=datetime.now(UTC), sitting=found), told)


@login_required
@require_POST
def propose_exam_plan(request: HttpRequest, plan: UUID) -> HttpResponse:
    found = _own_plan(request, plan)
    told = _("The plan was proposed to the authority; nothing of it changes while it is read.")
    return _step(request, found, lambda: propose_plan(by=request.user, at=datetime.now(UTC), plan=found), told)


@login_required
@require_POST
def publish_exam_plan(request: HttpRequest, plan: UUID) -> HttpResponse:
    found = _own_plan(request, plan)
    told = _("The plan is published; learners see its sittings.")
    return _step(request, found, lambda: publish_plan(by=request.user, at=datetime.now(UTC), plan=found), told)


@login_required
@require_POST
def decide_exam_plan(request: HttpRequest, plan: UUID) -> HttpResponse:
    """Approve or return. Refused to whoever is not above the office or ever worked there (403)."""
    found = _plan(request, plan)
    form = DecisionForm(request.POST)
    if against_deciding(request.user, found):
        raise PermissionDenied
    if not form.is_valid():
        return _page(request, found, form, status=422)
    approves = form.cleaned_data["verb"] == "approve"
    try:
        at, reason = datetime.now(UTC), form.cleaned_data["reason"]
        decide_plan(by=request.user, at=at, plan=found, approves=approves, reason=reason)
    except SittingRefused as refused:
        form.refuse(refused)
        return _page(request, found, form, status=422)
    except PlanStepRefused as refused:
        messages.error(request, step_text(refused))
    else:
        messages.success(request, _("The plan was approved.") if approves else _("The plan was returned."))
    return redirect("exam_plan", found.uuid)


def _plan(request: HttpRequest, uuid: UUID) -> ExamPlan:
    try:
        return plan_for(request.user, uuid)
    except PlanNotFound:
        raise Http404 from None


def _own_plan(request: HttpRequest, uuid: UUID) -> ExamPlan:
    """Of one's own office; the authority that reads it looks no different from a stranger here."""
    found = _plan(request, uuid)
    if not examines(request.user, found.institution):
        raise Http404
    return found


def _step(request: HttpRequest, plan: ExamPlan, step: Callable[[], object], told: str) -> HttpResponse:
    try:
        step()
    except PlanStepRefused as refused:
        messages.error(request, step_text(refused))
    except SittingRefused as refused:
        for _field, value, allowed in refused.problems:
            messages.error(request, problem_text(value, allowed))
    else:
        messages.success(request, told)
    return redirect("exam_plan", plan.uuid)


def _page(request: HttpRequest, plan: ExamPlan, form: DecisionForm | None = None, status: int = 200) -> HttpResponse:
    sittings = sittings_of(plan)
    is_own = examines(request.user, plan.institution)
    waits = plan.state == PlanState.PROPOSED
    against = against_deciding(request.user, plan) if waits and not is_own else None
    context = {
        "plan": {
            "uuid": plan.uuid,
            "title": plan.title,
            "office": spoken(plan.institution.name_zh, plan.institution.name_en),
            "region": spoken(plan.institution.region.name_zh, plan.institution.region.name_en),
            "drafted_by": plan.drafted_by,
            "proposed_at": plan.proposed_at,
            "reason": plan.reason,
            "decided_at": plan.decided_at,
            "decided_by": plan.decided_by,
            **plan_state(plan),
        },
        "way": plan_way(plan),
        "is_own": is_own,
        "is_changeable": is_own and plan.state in CHANGEABLE,
        "is_published": plan.state == PlanState.PUBLISHED,
        "sites": _by_site(sittings),
        "totals": {"sittings": len(sittings), "seats": sum(each.capacity for each in sittings)},
        "demand": [] if is_own else _demand(plan, sittings),
        "form": (form or DecisionForm()) if waits and not is_own and against is None else None,
        "against": against_deciding_text(against) if against else "",
    }
    return render(request, "exams/office/plan.html", context, status=status)


def _by_site(sittings: list[Sitting]) -> list[dict[str, Any]]:
    """Sites with their rooms, rooms with their sittings by time."""
    sites: dict[int, dict[str, Any]] = {}
    for each in sittings:
        site = sites.setdefault(
            each.site_id,
            {"name": each.site.name, "address": each.site.address, "seats": each.site.seats, "rooms": {}},
        )
        room = site["rooms"].setdefault(
            each.room_id, {"name": each.room.name, "seats": each.room.seats, "sittings": []}
        )
        room["sittings"].append(sitting_row(each))
    return [{**site, "rooms": list(site["rooms"].values())} for site in sites.values()]


def _demand(plan: ExamPlan, sittings: list[Sitting]) -> list[dict[str, Any]]:
    """Seats of the plan by syllabus, beside the learners of the region who are in training for it."""
    syllabi = {each.syllabus_id: each.syllabus for each in sittings}
    learners = in_training(plan.institution.region, list(syllabi))
    return [
        {
            "name": syllabus.name,
            "seats": sum(each.capacity for each in sittings if each.syllabus_id == pk),
            "learners": learners.get(pk, 0),
        }
        for pk, syllabus in syllabi.items()
    ]
