"""The authority of a region reads reported classes and accepts or returns them."""

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
from django.views.decorators.http import require_GET, require_POST

from lms.accounts.models import Role
from lms.accounts.queries import masked_identity, roles_of
from lms.enrollments import actions
from lms.enrollments.actions import ClassRefused
from lms.enrollments.forms.classes import ReturnForm
from lms.enrollments.models import EnrollmentState, TrainingClass
from lms.enrollments.queries import ClassNotFound, plan_warnings, roster
from lms.enrollments.queries.planning import plan_of, steps_of, teachers_named_in
from lms.enrollments.queries.reports import may_decide, report_for, reports_for
from lms.enrollments.rules.units import done_hours
from lms.enrollments.texts import plan_text
from lms.enrollments.views.desk import step_rows
from lms.enrollments.views.places import now
from lms.enrollments.views.planning import class_head, module_row, teacher_names

REPORTS_PER_PAGE = 50
PEOPLE_PER_PAGE = 100
SEE_REPORTS = frozenset({Role.AUTHORITY.value, Role.ADMINISTRATOR.value})


@login_required
@never_cache
@require_GET
def class_reports(request: HttpRequest) -> HttpResponse:
    """Classes that wait for an answer, those that begin soonest first; or those that were answered."""
    _require_authority(request)
    is_answered = request.GET.get("show") == "answered"
    found = reports_for(request.user, is_answered=is_answered)
    page = Paginator(found, REPORTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "reports": [
            {**class_head(each), "reported_at": each.reported_at, "learners": each.learners, "url": _url(each)}  # type: ignore[attr-defined]
            for each in page.object_list
        ],
        "page": page,
        "is_answered": is_answered,
        "parameter": "show=answered&page" if is_answered else "page",
    }
    return render(request, "enrollments/class_reports.html", context)


@login_required
@never_cache
@require_GET
def class_report(request: HttpRequest, training_class: UUID) -> HttpResponse:
    return _page(request, _report(request, training_class), ReturnForm())


@login_required
@never_cache
@require_POST
def accept_class(request: HttpRequest, training_class: UUID) -> HttpResponse:
    group = _report(request, training_class)
    try:
        actions.accept_class(by=request.user, at=now(), training_class=group)
    except ClassRefused as refused:
        for problem in refused.problems:
            messages.error(request, plan_text(problem))
        return redirect("class_report", group.uuid)
    messages.success(request, _("Accepted: %(title)s") % {"title": group.title})
    return redirect("class_reports")


@login_required
@never_cache
@require_POST
def return_class(request: HttpRequest, training_class: UUID) -> HttpResponse:
    group = _report(request, training_class)
    form = ReturnForm(request.POST)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            actions.return_class(by=request.user, at=now(), training_class=group, reason=reason)
        except ClassRefused as refused:
            for problem in refused.problems:
                form.add_error("reason" if problem.field == "reason" else None, plan_text(problem))
        else:
            messages.success(request, _("Returned: %(title)s") % {"title": group.title})
            return redirect("class_reports")
    return _page(request, group, form)


def _page(request: HttpRequest, group: TrainingClass, form: ReturnForm) -> HttpResponse:
    people = roster(request.user, group).filter(state=EnrollmentState.ACTIVE)
    page = Paginator(people, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    minutes = group.syllabus_version.online_minutes
    context = {
        "training_class": {**class_head(group), "reported_at": group.reported_at},
        "modules": [module_row(group, each) for each in plan_of(group)],
        "warnings": [
            {
                "module": each.module.name,
                "required_hours": done_hours(each.required_ms, minutes),
                "planned_hours": done_hours(each.planned_ms, minutes),
            }
            for each in plan_warnings(group)
        ],
        "is_suspended": group.institution.suspended_at is not None,
        "teachers": teacher_names(group),
        "named": teachers_named_in(group, now()),
        "people": [
            {
                "name": each.learner,
                "identity": masked_identity(each.learner),
                "is_verified": each.learner.identity_verified_at is not None,
                "added_at": each.enrolled_at,
                "is_later": group.reported_at is not None and each.enrolled_at > group.reported_at,
            }
            for each in page.object_list
        ],
        "page": page,
        "history": step_rows(steps_of(request.user, group)),
        "form": form if may_decide(request.user, group) else None,
    }
    return render(request, "enrollments/class_report.html", context, status=422 if form.errors else 200)


def _report(request: HttpRequest, uuid: UUID) -> TrainingClass:
    _require_authority(request)
    try:
        return report_for(request.user, uuid)
    except ClassNotFound:
        raise Http404 from None


def _require_authority(request: HttpRequest) -> None:
    if not roles_of(request.user) & SEE_REPORTS:
        raise PermissionDenied


def _url(group: TrainingClass) -> Any:
    return reverse("class_report", args=[group.uuid])
