"""One teacher as the authority sees them: the file, what was applied for, and every certificate."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lms.accounts.models import User
from lms.institutions.actions import CertificateRefused, certify_teacher, revoke_certificate
from lms.institutions.models import TeacherCertificate
from lms.institutions.queries import against_certifying, regions_of
from lms.institutions.rules.certificates import EXPIRED
from lms.teachers.models import FileState
from lms.teachers.queries.applications import history_of
from lms.teachers.queries.roster import TeacherNotFound, certificate_for, teacher_for
from lms.teachers.queries.trades import trade_names
from lms.teachers.views import moments
from lms.teachers.views.moments import today
from lms.teachers.views.roster.forms import CertifyForm, RevokeCertificateForm
from lms.teachers.views.roster.lists import require_supervision
from lms.teachers.views.roster.rows import application_row, certificate_row, place_name, teacher_row
from lms.teachers.views.roster.words import against_text


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def teacher(request: HttpRequest, person: UUID) -> HttpResponse:
    """One teacher with file and certificates; a POST of the authority grants one."""
    found = _teacher(request, person)
    if request.method == "GET":
        return _page(request, found, CertifyForm(initial=_beginning()))
    form = CertifyForm(request.POST)
    if form.is_valid():
        try:
            made = certify_teacher(by=request.user, at=moments.now(), person=found, **form.cleaned_data)
        except CertificateRefused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Certified: %(number)s") % {"number": made.number})
            return redirect("teacher", found.uuid)
    return _page(request, found, form, status=422)


@login_required
@never_cache
@require_POST
def revoke(request: HttpRequest, person: UUID, certificate: UUID) -> HttpResponse:
    """A certificate counts no more from a day on. Twice keeps the first day."""
    found = _teacher(request, person)
    try:
        certified = certificate_for(request.user, person, certificate, today())
    except TeacherNotFound:
        raise Http404 from None
    form = RevokeCertificateForm(request.POST, auto_id=f"id_{certificate}_%s")
    if form.is_valid():
        try:
            revoke_certificate(by=request.user, at=moments.now(), certificate=certified, **form.cleaned_data)
        except CertificateRefused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Revoked: %(number)s") % {"number": certified.number})
            return redirect("teacher", person)
    return _page(request, found, CertifyForm(initial=_beginning()), revoking={certificate: form}, status=422)


def _page(
    request: HttpRequest,
    found: User,
    form: CertifyForm,
    revoking: dict[UUID, RevokeCertificateForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    against, day = against_certifying(request.user, found), today()
    applications = [application_row(each) for each in history_of(found)]
    context = {
        "teacher": teacher_row(found, trade_names(), day),
        "places": _places(request, found),
        "applications": applications,
        "waits": next((each for each in applications if each["state"] == FileState.WAITING), None),
        "certificates": [
            _certificate_row(each, not against, (revoking or {}).get(each.uuid))
            for each in found.teacher_certificates.all()
        ],
        "form": None if against else form,
        "against": against_text(against) if against == "works_there" else "",
    }
    return render(request, "teachers/roster/teacher.html", context, status=status)


def _places(request: HttpRequest, found: User) -> list[dict[str, str]]:
    """Where the teacher works; those of the viewer's regions lead to their teachers."""
    below = set(regions_of(request.user).values_list("pk", flat=True))
    rows = []
    for each in found.workplaces:  # type: ignore[attr-defined]
        there = each.institution
        url = f"{reverse('teachers')}?{urlencode({'institution': there.uuid})}" if there.region_id in below else ""
        rows.append({"name": place_name(there), "url": url})
    return rows


def _certificate_row(each: TeacherCertificate, may_write: bool, form: RevokeCertificateForm | None) -> dict[str, Any]:
    row = certificate_row(each, today())
    is_open = may_write and each.revoked_on is None and row["state"] != EXPIRED
    empty = RevokeCertificateForm(initial={"on": max(today(), each.valid_from)}, auto_id=f"id_{each.uuid}_%s")
    return {
        **row,
        "form": (form or empty) if is_open else None,
        "revoke_url": reverse("revoke_teacher_certificate", args=[each.person.uuid, each.uuid]),
    }


def _beginning() -> dict[str, Any]:
    return {"uuid": uuid4(), "valid_from": today()}


def _teacher(request: HttpRequest, person: UUID) -> User:
    require_supervision(request)
    try:
        return teacher_for(request.user, person, today())
    except TeacherNotFound:
        raise Http404 from None
