"""Staff plan a class, mend it, choose its lessons, report it and end it."""

from collections.abc import Callable
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
from django.views.decorators.http import require_http_methods, require_POST

from courses.models import LessonVersion
from lms.enrollments import actions
from lms.enrollments.actions import ClassRefused
from lms.enrollments.forms.classes import ChangeClassForm, NewClassForm
from lms.enrollments.models import ClassState, Module, TrainingClass, spoken
from lms.enrollments.queries.planning import (
    ModulePlan,
    local_day,
    plan_of,
    plannable_versions,
    planning_institutions,
    report_problems,
    teachers_named_in,
)
from lms.enrollments.rules.classes import MENDABLE
from lms.enrollments.rules.units import done_hours
from lms.enrollments.texts import plan_text
from lms.enrollments.views.places import now, own_class_or_404, viewer_of

LESSONS_PER_PAGE = 40


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def plan_class(request: HttpRequest) -> HttpResponse:
    """The facts of a new class; lessons and teachers follow on its own pages."""
    institutions = planning_institutions(request.user)
    if not institutions:
        raise PermissionDenied
    form = NewClassForm(request.POST or None, institutions=institutions)
    if request.method == "POST" and form.is_valid() and form.version is not None:
        try:
            planned = actions.plan_class(
                by=request.user,
                at=now(),
                uuid=form.cleaned_data["uuid"],
                institution=form.cleaned_data["institution"],
                syllabus_version=form.version,
                lessons=(),
                **form.facts(),
            )
        except ClassRefused as refused:
            form.refuse(refused.problems)
        except actions.UuidTaken:
            form.add_error(None, _("This form was used for another class. Open it anew."))
        else:
            messages.success(request, _("Planned. Now choose the teachers and the lessons."))
            return redirect("edit_class", planned.uuid)
    return render(request, "enrollments/plan_class.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def edit_class(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """Facts and teachers, and the way to the lessons of each module; closed once it is reported."""
    group = own_class_or_404(request, training_class)
    if group.state not in MENDABLE:
        messages.warning(request, _("What was reported is closed. It can be mended if the authority returns it."))
        return redirect("class", group.uuid)
    form = ChangeClassForm(request.POST or None, training_class=group)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_facts(
                by=request.user,
                at=now(),
                training_class=group,
                teachers=list(form.cleaned_data["teachers"]),
                **form.facts(),
            )
        except ClassRefused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, _("Saved."))
            return redirect("edit_class", group.uuid)
    context = {
        "training_class": class_head(group),
        "form": form,
        "modules": [module_row(group, each) for each in plan_of(group)],
        "report_url": reverse("report_class", args=[group.uuid]),
    }
    return render(request, "enrollments/edit_class.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def class_lessons(request: HttpRequest, training_class: UUID, module: UUID) -> HttpResponse:
    """The lessons of one module: take some out, add others. A lesson counts for one module only."""
    group = own_class_or_404(request, training_class)
    if group.state not in MENDABLE:
        messages.warning(request, _("What was reported is closed. It can be mended if the authority returns it."))
        return redirect("class", group.uuid)
    plan = plan_of(group)
    chosen = next((each for each in plan if each.module.uuid == module), None)
    if chosen is None:
        raise Http404
    if request.method == "POST":
        try:
            _change_lessons(request, group, plan, chosen)
        except ClassRefused as refused:
            for problem in refused.problems:
                messages.error(request, plan_text(problem))
        return redirect(request.get_full_path())
    query = request.GET.get("q", "").strip()[:100]
    placed = {each.lesson_version.lesson_id for part in plan for each in part.lessons}
    offered = plannable_versions(request.user, group.institution).exclude(lesson__in=placed)
    if query:
        offered = offered.filter(title__icontains=query)
    page = Paginator(offered, LESSONS_PER_PAGE).get_page(request.GET.get("page"))
    minutes = group.syllabus_version.online_minutes
    context = {
        "training_class": class_head(group),
        "module": module_row(group, chosen),
        "offered": [_lesson_row(each, minutes) for each in page.object_list],
        "page": page,
        "query": query,
    }
    return render(request, "enrollments/class_lessons.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def report_class(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """All that will be reported, what is missing, and the button that reports it."""
    group = own_class_or_404(request, training_class)
    if request.method == "POST":
        return _step(request, group, actions.report_class, _("Reported. The authority of the region answers."))
    if group.state not in MENDABLE:
        return redirect("class", group.uuid)
    at = now()
    named = teachers_named_in(group, at)
    context = {
        "training_class": class_head(group),
        "modules": [module_row(group, each) for each in plan_of(group)],
        "teachers": teacher_names(group),
        "named": named,
        "missing": [plan_text(each) for each in report_problems(group, at, named)],
        "edit_url": reverse("edit_class", args=[group.uuid]),
    }
    return render(request, "enrollments/report_class.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def end_class(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """Asks once more, for nothing is earned in an ended class."""
    group = own_class_or_404(request, training_class)
    if request.method == "POST":
        return _step(request, group, actions.end_class, _("The class has ended."))
    if group.state != ClassState.ACCEPTED:
        return redirect("class", group.uuid)
    context = {"training_class": class_head(group), "is_early": local_day(now()) <= group.ends_on}
    return render(request, "enrollments/end_class.html", context)


@login_required
@require_POST
def open_class(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """Let learners ask to join by the link of the class, or stop that."""
    group = own_class_or_404(request, training_class)
    actions.set_open(by=request.user, at=now(), training_class=group, is_open=request.POST.get("open") == "yes")
    return redirect("join_requests", group.uuid)


def _step(request: HttpRequest, group: TrainingClass, step: Callable[..., TrainingClass], success: str) -> HttpResponse:
    try:
        step(by=viewer_of(request), at=now(), training_class=group)
    except ClassRefused as refused:
        for problem in refused.problems:
            messages.error(request, plan_text(problem))
    else:
        messages.success(request, success)
    return redirect("class", group.uuid)


def _change_lessons(request: HttpRequest, group: TrainingClass, plan: list[ModulePlan], chosen: ModulePlan) -> None:
    removed = set(request.POST.getlist("remove"))
    wanted = [each for each in request.POST.getlist("add") if each.isdecimal() and len(each) < 19]
    added = list(plannable_versions(request.user, group.institution).filter(pk__in=wanted)) if wanted else []
    lessons: list[tuple[Module, LessonVersion]] = []
    for part in plan:
        kept = [each.lesson_version for each in part.lessons]
        if part is chosen:
            kept = [each for each in kept if str(each.pk) not in removed] + added
        lessons += [(part.module, each) for each in kept]
    actions.change_lessons(by=viewer_of(request), at=now(), training_class=group, lessons=lessons)
    messages.success(request, _("Saved."))


def class_head(group: TrainingClass) -> dict[str, Any]:
    """The facts that stand at the head of every page of a class."""
    return {
        "uuid": group.uuid,
        "title": group.title,
        "url": reverse("class", args=[group.uuid]),
        "syllabus": group.syllabus_version.syllabus.name,
        "institution": spoken(group.institution.name_zh, group.institution.name_en),
        "place": group.place,
        "starts_on": group.starts_on,
        "ends_on": group.ends_on,
        "state": group.state,
        "state_label": group.get_state_display(),
    }


def teacher_names(group: TrainingClass) -> list[str]:
    return [str(each.person) for each in group.teachers.select_related("person")]


def module_row(group: TrainingClass, plan: ModulePlan) -> dict[str, Any]:
    """A module with what it asks and its lessons; online hours beside those that the lessons can give."""
    minutes = group.syllabus_version.online_minutes
    return {
        "name": plan.module.name,
        "url": reverse("class_lessons", args=[group.uuid, plan.module.uuid]),
        "asked": [
            {
                "label": each.label,
                "hours": each.hours,
                "planned": done_hours(each.planned_ms, each.minutes) if each.planned_ms is not None else None,
                "percent": _percent(each.planned_ms, each.hours * each.minutes * 60_000)
                if each.planned_ms is not None
                else None,
            }
            for each in plan.asked
        ],
        "is_online": any(each.kind == "online" for each in plan.asked),
        "lessons": [_lesson_row(each.lesson_version, minutes) for each in plan.lessons],
    }


def _percent(ms: int, asked_ms: Any) -> int:
    return min(100, int(ms * 100 / asked_ms)) if asked_ms else 100


def _lesson_row(version: LessonVersion, minutes: int) -> dict[str, Any]:
    return {
        "pk": version.pk,
        "title": version.title,
        "number": version.number,
        "kind": version.lesson.kind,
        "duration_ms": version.duration_ms,
        "hours": done_hours(version.duration_ms, minutes),
    }
