"""The authors' pages: what became of submissions, a lesson's file, two versions, withdrawal, offers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from wagtail.models import Page

from courses.models import CoursePage, Lesson, LessonVersion, NotPublishable, TextbookPage
from courses.queries import may_edit_lesson, newest_versions, page_of
from lms.accounts.models import Role
from lms.accounts.queries import has_role
from lms.enrollments.actions.aims import aim_lesson
from lms.enrollments.queries.aims import aim_of, modules_to_aim_at, reach_of
from lms.institutions.actions.course_reviews import (
    PARTS_MAX,
    NothingToSubmit,
    PartsNotReady,
    SubmissionUuidTaken,
    TooManyParts,
    submit_course,
)
from lms.institutions.actions.offers import OfferRefused, end_offer, offer_course
from lms.institutions.actions.reviews import submit
from lms.institutions.actions.withdrawals import restore, withdraw, withdraw_course
from lms.institutions.models.publishing import ReasonMissing
from lms.institutions.queries import (
    PageNotFound,
    course_for,
    institutions_to_offer,
    lesson_for,
    may_withdraw,
    may_withdraw_page,
    open_offers,
    own_shelves,
    owner_of,
    owner_of_lesson,
    pages_of_staff,
    staffs,
)
from lms.oversight.forms.publishing import AimForm, OfferForm, ReasonForm, SubmitCourseForm, module_label
from lms.oversight.queries.reviews import compared
from lms.oversight.queries.submissions import submissions_of
from lms.oversight.texts.reviews import PROBLEMS, STATES, said


@login_required
@never_cache
@require_GET
def submissions(request: HttpRequest) -> HttpResponse:
    """Every course and lesson of the viewer's institution, and what the committee said."""
    if not has_role(request.user, Role.INSTITUTION):
        raise PermissionDenied
    courses = [(course, uuid4()) for course in submissions_of(request.user)]
    labels = {code: said(STATES, code) for code in STATES}
    shelves = list(own_shelves(request.user))
    return render(request, "oversight/submissions.html", {"courses": courses, "labels": labels, "shelves": shelves})


@login_required
@require_POST
def submit_page(request: HttpRequest, page: int) -> HttpResponse:
    found = pages_of_staff(request.user).filter(pk=page).first()
    if found is None:
        raise Http404
    try:
        submit(by=request.user, page=found)  # type: ignore[arg-type]
    except NotPublishable as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, _("Submitted to the review committee."))
    return redirect("submissions")


@login_required
@require_POST
def submit_whole_course(request: HttpRequest, page: int) -> HttpResponse:
    """The course's page and all lessons of it that have changes, in one step."""
    found = pages_of_staff(request.user).filter(pk=page).first()
    if found is None or not issubclass(found.specific_class, CoursePage | TextbookPage):
        raise Http404
    form = SubmitCourseForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Open this page anew and submit again."))
        return redirect("submissions")
    try:
        given = {"uuid": form.cleaned_data["uuid"], "page": found}
        submit_course(by=request.user, at=datetime.now(UTC), **given)  # type: ignore[arg-type]
    except PartsNotReady as refused:
        for title, sentences in refused.faults:
            messages.error(request, f"{title}: {' '.join(sentences)}")
    except NothingToSubmit:
        messages.error(request, _("Nothing of this course has changes that could be submitted."))
    except TooManyParts:
        messages.error(request, _("At most %(n)s pages are submitted at once.") % {"n": PARTS_MAX})
    except SubmissionUuidTaken:
        messages.error(request, _("Open this page anew and submit again."))
    else:
        messages.success(request, _("The whole course is submitted to the review committee."))
    return redirect("submissions")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def lesson_file(request: HttpRequest, lesson: UUID) -> HttpResponse:
    """A lesson's module, versions and ways on."""
    found = _lesson(request, lesson)
    may_aim = may_edit_lesson(request.user, found)
    form = AimForm(request.POST or None, modules=modules_to_aim_at(), initial={"module": aim_of(found)})
    if request.method == "POST":
        if not may_aim:
            raise PermissionDenied
        if form.is_valid():
            module = form.cleaned_data["module"]
            aim_lesson(by=request.user, at=datetime.now(UTC), lesson=found, module=module)  # type: ignore[arg-type]
            messages.success(request, _("Saved."))
            return redirect("lesson_file", found.uuid)
    versions = list(LessonVersion.objects.filter(lesson=found).defer("sections").order_by("-number"))
    context = {
        **_about(found),
        "form": form if may_aim else None,
        "module_label": module_label(module) if (module := aim_of(found)) else "",
        "reach": reach_of(found, versions[0].duration_ms) if versions else None,
        "versions": [(new, old) for new, old in zip(versions, [*versions[1:], None], strict=False)],
        "may_withdraw": may_withdraw(request.user, found),
    }
    return render(request, "oversight/lesson_file.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def compare_versions(request: HttpRequest, lesson: UUID) -> HttpResponse:
    """`?old=1&new=2`; without them the newest two."""
    found = _lesson(request, lesson)
    numbers = list(LessonVersion.objects.filter(lesson=found).order_by("number").values_list("number", flat=True))
    if not numbers:
        raise Http404
    new = _number(request, "new", numbers[-1])
    old = _number(request, "old", max(new - 1, 1))
    # Only two are read whole: a version holds all words of its lesson.
    chosen = LessonVersion.objects.filter(lesson=found, number__in=[old, new]).select_related("asset")
    versions = {each.number: each for each in chosen}
    if not {old, new} <= set(versions):
        raise Http404
    context = {
        **_about(found),
        "changes": compared(versions[old], versions[new]),
        "old": versions[old],
        "new": versions[new],
        "numbers": numbers,
    }
    return render(request, "oversight/compare.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def withdraw_lesson(request: HttpRequest, lesson: UUID) -> HttpResponse:
    """Withdraw a lesson or let it earn again, with a reason."""
    found = _lesson(request, lesson)
    if not may_withdraw(request.user, found):
        raise PermissionDenied
    is_withdrawn = found.withdrawn_at is not None
    step = restore if is_withdrawn else withdraw

    def act(reason: str) -> None:
        step(by=request.user, at=datetime.now(UTC), lesson=found, reason=reason)

    done = _("The lesson earns again.") if is_withdrawn else _("The lesson is withdrawn and earns nothing any more.")
    context = {**_about(found), "is_withdrawn": is_withdrawn, "is_course": False}
    return _with_reason(request, act, done, context, ("lesson_file", found.uuid))


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def withdraw_whole_course(request: HttpRequest, page: int) -> HttpResponse:
    """Withdraw every lesson of a course or textbook."""
    found = _course(request, page)
    if not may_withdraw_page(request.user, found):
        raise PermissionDenied

    def act(reason: str) -> None:
        withdraw_course(by=request.user, at=datetime.now(UTC), page=found, reason=reason)

    done = _("Every lesson of it is withdrawn and earns nothing any more.")
    context = {"title": found.title, "owner": owner_of(found), "is_withdrawn": False, "is_course": True}
    is_staff = has_role(request.user, Role.INSTITUTION)
    return _with_reason(request, act, done, context, ("submissions",) if is_staff else ("withdraw_course", found.pk))


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def offers(request: HttpRequest, page: int) -> HttpResponse:
    """Whom a course is offered to. Only its owner's staff."""
    found = _own_course(request, page)
    form = OfferForm(request.POST or None, institutions=institutions_to_offer(found))
    if request.method == "POST" and form.is_valid():
        given = {"uuid": form.cleaned_data["uuid"], "to": form.cleaned_data["to"]}
        try:
            offer_course(by=request.user, at=datetime.now(UTC), page=found, **given)
        except OfferRefused as refused:
            form.add_error("to", said(PROBLEMS, refused.code))
        else:
            messages.success(request, _("The course is offered to it."))
            return redirect("offers", found.pk)
    context = {"course": found, "offers": open_offers(found), "form": form}
    return render(request, "oversight/offers.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def end_course_offer(request: HttpRequest, page: int, offer: UUID) -> HttpResponse:
    found = _own_course(request, page)
    ended = open_offers(found).filter(uuid=offer).first()
    if ended is not None:
        end_offer(by=request.user, at=datetime.now(UTC), offer=ended)
        messages.success(request, _("The offer has ended. Classes that have its lessons keep them."))
    return redirect("offers", found.pk)


def _with_reason(
    request: HttpRequest, act: Callable[[str], None], done: str, context: dict[str, Any], target: tuple[Any, ...]
) -> HttpResponse:
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data["reason"])
        except ReasonMissing as refused:
            form.add_error("reason", [said(PROBLEMS, code) for code in refused.codes])
        else:
            messages.success(request, done)
            return redirect(*target)
    return render(request, "oversight/withdraw.html", {**context, "form": form}, status=422 if form.errors else 200)


def _about(lesson: Lesson) -> dict[str, Any]:
    page = page_of(lesson)
    newest = newest_versions([lesson])
    title = newest[0].title if newest else page.title if page else str(lesson.uuid)
    return {"lesson": lesson, "lesson_page": page, "title": title, "owner": owner_of_lesson(lesson)}


def _lesson(request: HttpRequest, uuid: UUID) -> Lesson:
    try:
        return lesson_for(request.user, uuid)
    except PageNotFound:
        raise Http404 from None


def _course(request: HttpRequest, pk: int) -> CoursePage | TextbookPage:
    try:
        return course_for(request.user, pk)
    except PageNotFound:
        raise Http404 from None


def _own_course(request: HttpRequest, pk: int) -> Page:
    found = _course(request, pk)
    owner = owner_of(found)
    if owner is None or not staffs(request.user, owner):
        raise PermissionDenied
    return found


def _number(request: HttpRequest, name: str, default: int) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else default
