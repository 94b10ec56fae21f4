"""Applications for files before the authority: those that wait, one of them, and the decision."""

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

from lms.institutions.actions import CertificateRefused
from lms.teachers.actions.files import (
    FileDecided,
    FileRefused,
    accept_application,
    return_application,
)
from lms.teachers.models import FileApplication, FileState
from lms.teachers.queries.applications import (
    DECIDED,
    MINE,
    OTHERS,
    ApplicationNotFound,
    against_deciding,
    application_for,
    applications_seen,
    applications_waiting,
)
from lms.teachers.queries.roster import TeacherNotFound, teacher_for
from lms.teachers.queries.trades import trade_names
from lms.teachers.views import moments
from lms.teachers.views.moments import today, viewer_of
from lms.teachers.views.roster.forms import AcceptForm, ReturnForm
from lms.teachers.views.roster.lists import require_supervision
from lms.teachers.views.roster.rows import application_row, said_in, teacher_row
from lms.teachers.views.roster.words import against_text

APPLICATIONS_PER_PAGE = 40


@login_required
@never_cache
@require_GET
def applications(request: HttpRequest) -> HttpResponse:
    """Those that wait for the viewer first, longest first; those that wait for others; then what was decided."""
    require_supervision(request)
    page: Any = Paginator(applications_seen(request.user), APPLICATIONS_PER_PAGE).get_page(request.GET.get("page"))
    trades, day = trade_names(), today()
    listed: dict[int, list[dict[str, Any]]] = {MINE: [], OTHERS: [], DECIDED: []}
    for each in page.object_list:
        listed[each.turn].append({**application_row(each), "said": said_in(each, trades, day)})
    context = {
        "waiting": listed[MINE],
        "number": applications_waiting(request.user).count(),
        "others": listed[OTHERS],
        "decided": listed[DECIDED],
        "page": page,
    }
    return render(request, "teachers/roster/applications.html", context)


@login_required
@never_cache
@require_GET
def application(request: HttpRequest, application: UUID) -> HttpResponse:
    """What is applied for beside what is on file."""
    require_supervision(request)
    return _page(request, _application(request, application), AcceptForm(), ReturnForm())


@login_required
@require_POST
def decide(request: HttpRequest, application: UUID) -> HttpResponse:
    """`verb` is accept, with a certificate or without, or return, with a reason."""
    require_supervision(request)
    found = _application(request, application)
    accepts = request.POST.get("verb") == "accept"
    accepting = AcceptForm(request.POST if accepts else None)
    returning = ReturnForm(None if accepts else request.POST)
    form: AcceptForm | ReturnForm = accepting if accepts else returning
    if form.is_valid() and _decided(request, found, form):
        return redirect("file_application", found.uuid)
    return _page(request, found, accepting, returning, status=422)


def _decided(request: HttpRequest, found: FileApplication, form: AcceptForm | ReturnForm) -> bool:
    at, by = moments.now(), viewer_of(request)
    try:
        if isinstance(form, AcceptForm):
            accept_application(by=by, at=at, application=found, **form.cleaned_data)
            messages.success(request, _("Accepted: this is the teacher's file now."))
        else:
            return_application(by=by, at=at, application=found, reason=form.cleaned_data["reason"])
            messages.success(request, _("Returned with your reason."))
    except FileDecided:
        messages.error(request, _("It was decided already."))
    except (FileRefused, CertificateRefused) as refused:
        if isinstance(form, ReturnForm):
            form.add_error("reason", _("Say in at most 500 characters what is to be mended."))
        else:
            form.refuse(refused)
        return False
    return True


def _page(
    request: HttpRequest, found: FileApplication, accepting: AcceptForm, returning: ReturnForm, status: int = 200
) -> HttpResponse:
    trades, day = trade_names(), today()
    try:
        teacher = teacher_row(teacher_for(request.user, found.person.uuid, day), trades, day)
    except TeacherNotFound:
        raise Http404 from None
    against = against_deciding(request.user, found) if found.state == FileState.WAITING else None
    is_open = found.state == FileState.WAITING and against is None
    context = {
        "application": application_row(found),
        "said": said_in(found, trades, day),
        "photo_url": reverse("application_photo", args=[found.uuid]),
        "teacher": teacher,
        "teacher_url": reverse("teacher", args=[found.person.uuid]),
        "accepting": accepting if is_open else None,
        "returning": returning if is_open else None,
        "against": against_text(against) if against else "",
    }
    return render(request, "teachers/roster/application.html", context, status=status)


def _application(request: HttpRequest, uuid: UUID) -> FileApplication:
    try:
        return application_for(request.user, uuid)
    except ApplicationNotFound:
        raise Http404 from None
