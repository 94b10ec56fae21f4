"""Applying for a file: the teacher for themselves, staff of an institution for a teacher who works there."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.accounts.models import Role, User
from lms.accounts.queries import has_role
from lms.enrollments.actions import UuidTaken
from lms.institutions.models import Institution
from lms.teachers.actions.files import (
    FileDecided,
    FileRefused,
    WaitsAlready,
    apply_for_file,
    take_back_application,
)
from lms.teachers.actions.photos import BYTES_MAX, PhotoRefused
from lms.teachers.models import FileApplication, FileState
from lms.teachers.queries.applications import (
    ApplicationNotFound,
    application_of_applicant,
    earlier_application,
    history_of,
    last_by_person,
    may_apply,
    may_take_back,
    practice_asked,
    workplaces,
)
from lms.teachers.queries.roster import (
    TeacherNotFound,
    employers,
    oneself,
    teacher_employed,
    teachers_employed,
)
from lms.teachers.queries.trades import trade_names
from lms.teachers.views import moments
from lms.teachers.views.moments import today, viewer_of
from lms.teachers.views.roster.forms import FileForm, beginning
from lms.teachers.views.roster.rows import application_row, certificate_row, place_name, teacher_row
from lms.teachers.views.roster.words import photo_text

_OPEN = (FileState.WAITING, FileState.RETURNED)


@login_required
@never_cache
@require_GET
def my_teaching(request: HttpRequest) -> HttpResponse:
    """The teacher's own file and certificates, and how far the application is."""
    person = _oneself(request)
    history = history_of(person)
    context = {
        "teacher": teacher_row(person, trade_names(), today()),
        "certificates": [certificate_row(each, today()) for each in person.teacher_certificates.all()],
        "latest": _latest(request, history),
        "may_apply": may_apply(request.user, person, None),
        "form_url": reverse("apply_for_my_file"),
    }
    return render(request, "teachers/roster/my_teaching.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def apply_for_my_file(request: HttpRequest) -> HttpResponse:
    """The form of one's own file; what was returned stands in it."""
    person = _oneself(request)
    return _apply(request, person, None, lambda: redirect("my_teaching"), reverse("my_teaching"))


@login_required
@never_cache
@require_GET
def institution_teachers(request: HttpRequest) -> HttpResponse:
    """Who teaches at the institutions that the viewer runs, with files and certificates."""
    _require_staff(request)
    people = list(teachers_employed(request.user))
    trades, day, last = trade_names(), today(), last_by_person(people)
    rows = []
    for each in people:
        waits = last.get(each.pk)
        row = teacher_row(each, trades, day)
        rows.append(
            {
                **row,
                "url": reverse("institution_teacher", args=[each.uuid]),
                "application": FileState(waits.state) if waits and waits.state in _OPEN else None,
            }
        )
    context = {"teachers": rows, "places": [place_name(each) for each in employers(request.user)]}
    return render(request, "teachers/roster/institution_teachers.html", context)


@login_required
@never_cache
@require_GET
def institution_teacher(request: HttpRequest, person: UUID) -> HttpResponse:
    """One of them: file, certificates, and what was applied for here."""
    found = _employed(request, person)
    history = history_of(found)
    context = {
        "teacher": teacher_row(found, trade_names(), today()),
        "certificates": [certificate_row(each, today()) for each in found.teacher_certificates.all()],
        "latest": _latest(request, history),
        "may_apply": _applying_place(request, found) is not None,
        "form_url": reverse("apply_for_file", args=[found.uuid]),
    }
    return render(request, "teachers/roster/institution_teacher.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def apply_for_teachers_file(request: HttpRequest, person: UUID) -> HttpResponse:
    """The form of a teacher's file, filled in by staff."""
    found = _employed(request, person)
    institution = _applying_place(request, found)
    if institution is None:
        raise PermissionDenied
    back = reverse("institution_teacher", args=[found.uuid])
    return _apply(request, found, institution, lambda: redirect("institution_teacher", found.uuid), back)


@login_required
@require_POST
def take_back(request: HttpRequest, application: UUID) -> HttpResponse:
    """By who applied: it is asked for no longer."""
    try:
        found = application_of_applicant(request.user, application)
    except ApplicationNotFound:
        raise Http404 from None
    try:
        take_back_application(by=viewer_of(request), at=moments.now(), application=found)
    except FileDecided:
        messages.error(request, _("It was decided already."))
    else:
        messages.success(request, _("Taken back."))
    if viewer_of(request).pk == found.person_id:
        return redirect("my_teaching")
    return redirect("institution_teacher", found.person.uuid)


def _apply(
    request: HttpRequest,
    person: User,
    institution: Institution | None,
    done: Callable[[], HttpResponse],
    back_url: str,
) -> HttpResponse:
    if not may_apply(request.user, person, institution):
        raise PermissionDenied
    earlier = earlier_application(person, institution)
    form = FileForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial=beginning(earlier),
        trades=trade_names(),
        practice=practice_asked(today()),
        is_kept=earlier is not None,
    )
    if request.method == "POST" and form.is_valid() and _sent(request, form, person, institution):
        told = _("The authority has the application now. Its answer comes by letter and stands here.")
        messages.success(request, told)
        return done()
    context = {
        "form": form,
        "name": str(person),
        "is_own": institution is None,
        "institution": place_name(institution) if institution else "",
        "back_url": back_url,
        "returned": earlier.reason if earlier is not None and earlier.state == FileState.RETURNED else "",
    }
    return render(request, "teachers/roster/apply.html", context, status=422 if form.errors else 200)


def _sent(request: HttpRequest, form: FileForm, person: User, institution: Institution | None) -> bool:
    """Whether it was applied for; what speaks against it stands at its field."""
    said = dict(form.cleaned_data)
    photo = said.pop("photo")
    try:
        # One byte more than is allowed, so that the action refuses it.
        content = photo.read(BYTES_MAX + 1) if photo else None
        apply_for_file(
            by=viewer_of(request), at=moments.now(), person=person, institution=institution, photo=content, **said
        )
    except FileRefused as refused:
        form.refuse(refused)
    except PhotoRefused as refused:
        form.add_error("photo", photo_text(refused))
    except WaitsAlready:
        form.add_error(None, _("Another application for this teacher waits for the authority: take it back first."))
    except UuidTaken:
        form.add_error(None, _("This page was used for something else already; open it anew."))
    return not form.errors


def _latest(request: HttpRequest, history: list[FileApplication]) -> dict[str, Any] | None:
    """The newest application, unless it was accepted: then it is the file. Words of the authority, and the way to take
    it back, are for who applied and for the teacher."""
    if not history or history[0].state == FileState.ACCEPTED:
        return None
    newest = history[0]
    user, is_applicant = viewer_of(request), may_take_back(request.user, newest)
    row = application_row(newest)
    if not (is_applicant or user.pk == newest.person_id):
        row["reason"] = ""
    is_open = is_applicant and newest.state == FileState.WAITING
    return {**row, "take_back_url": reverse("take_back_file_application", args=[newest.uuid]) if is_open else ""}


def _applying_place(request: HttpRequest, person: User) -> Institution | None:
    """The viewer's institution for which the teacher works: of several the one that was opened first."""
    both = workplaces(person).filter(pk__in=employers(request.user).values("pk"))
    return next((each for each in both if may_apply(request.user, person, each)), None)


def _oneself(request: HttpRequest) -> User:
    try:
        return oneself(request.user)
    except TeacherNotFound:
        raise PermissionDenied from None


def _employed(request: HttpRequest, person: UUID) -> User:
    _require_staff(request)
    try:
        return teacher_employed(request.user, person)
    except TeacherNotFound:
        raise Http404 from None


def _require_staff(request: HttpRequest) -> None:
    if not has_role(request.user, Role.INSTITUTION):
        raise PermissionDenied
