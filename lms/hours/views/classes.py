"""Staff pages: the classes of an institution and the roster of one, with how far everybody is.

They stand here and not in the app of classes because only this app knows hours.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lms.accounts.models import Role
from lms.accounts.queries import masked_identity, roles_of
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, TrainingClass, spoken
from lms.enrollments.queries import ClassNotFound, class_for, classes_for, plan_warnings, roster
from lms.enrollments.queries.planning import planning_institutions
from lms.enrollments.rules.units import done_hours
from lms.enrollments.views.desk import desk_of
from lms.hours.queries.rosters import Standing, class_percents, standings
from lms.institutions.queries import institutions_of, staffs

CLASSES_PER_PAGE = 50
LEARNERS_PER_PAGE = 100
SEE_CLASSES = frozenset({Role.INSTITUTION.value, Role.AUTHORITY.value, Role.ADMINISTRATOR.value})


@login_required
@never_cache
@require_GET
def classes(request: HttpRequest) -> HttpResponse:
    """Classes that the viewer's institutions run, or that the viewer supervises."""
    if not roles_of(request.user) & SEE_CLASSES:
        raise PermissionDenied
    page = Paginator(classes_for(request.user), CLASSES_PER_PAGE).get_page(request.GET.get("page"))
    percents = class_percents(list(page.object_list))
    own = list(institutions_of(request.user)[:2])
    context = {
        "institution": {"title": spoken(own[0].name_zh, own[0].name_en)} if len(own) == 1 else None,
        "classes": [_class_row(each, percents[each.pk]) for each in page.object_list],
        "may_plan": bool(planning_institutions(request.user)),
        "page": page,
    }
    return render(request, "enrollments/classes.html", context)


@login_required
@never_cache
@require_GET
def training_class(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """One class: its facts, what its plan lacks, and the roster with everybody's hours."""
    try:
        group = class_for(request.user, training_class)
        active = roster(request.user, group).filter(state=EnrollmentState.ACTIVE)
    except ClassNotFound:
        raise Http404 from None
    page = Paginator(active, LEARNERS_PER_PAGE).get_page(request.GET.get("page"))
    standing = standings(list(page.object_list))
    context = {
        "training_class": {**_class_facts(request, group), "learners": page.paginator.count},
        "desk": desk_of(request.user, group, datetime.now(UTC)),
        "warnings": _warnings(group),
        "roster": [_learner_row(each, standing[each.pk]) for each in page.object_list],
        "page": page,
    }
    return render(request, "enrollments/class.html", context)


def _class_row(group: TrainingClass, percent: int) -> dict[str, Any]:
    return {
        "title": group.title,
        "syllabus": group.syllabus_version.syllabus.name,
        "starts_on": group.starts_on,
        "ends_on": group.ends_on,
        "learners": group.learners,  # type: ignore[attr-defined]
        "percent": percent,
        "state": group.state,
        "state_label": group.get_state_display(),
        "url": reverse("class", args=[group.uuid]),
    }


def _class_facts(request: HttpRequest, group: TrainingClass) -> dict[str, Any]:
    enters_hours = group.state == ClassState.ACCEPTED and staffs(request.user, group.institution)
    return {
        "title": group.title,
        "syllabus": group.syllabus_version.syllabus.name,
        "institution": spoken(group.institution.name_zh, group.institution.name_en),
        "starts_on": group.starts_on,
        "ends_on": group.ends_on,
        "state": group.state,
        "state_label": group.get_state_display(),
        "reported_at": group.reported_at,
        "attendance_url": reverse("attendance", args=[group.uuid]) if enters_hours else None,
    }


def _warnings(group: TrainingClass) -> list[dict[str, Any]]:
    minutes = group.syllabus_version.online_minutes
    return [
        {
            "module": each.module.name,
            "required_hours": done_hours(each.required_ms, minutes),
            "planned_hours": done_hours(each.planned_ms, minutes),
        }
        for each in plan_warnings(group)
    ]


def _learner_row(enrollment: Enrollment, standing: Standing) -> dict[str, Any]:
    return {
        "withdraw_url": reverse("withdraw_participant", args=[enrollment.training_class.uuid, enrollment.uuid]),
        "uuid": enrollment.learner.uuid,
        "name": str(enrollment.learner),
        "identity": masked_identity(enrollment.learner),
        "is_verified": enrollment.learner.identity_verified_at is not None,
        "verify_url": reverse("verify_participant", args=[enrollment.training_class.uuid, enrollment.uuid]),
        "percent": standing.percent,
        "confirmed_hours": standing.confirmed_hours,
        "required_hours": standing.required_hours,
        "missing_hours": standing.required_hours - standing.confirmed_hours,
    }
