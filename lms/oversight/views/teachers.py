"""Teachers of the authority's regions and the certificates by which they may teach: found, granted, revoked."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.accounts.models import Role, User
from lms.accounts.queries import roles_of
from lms.enrollments.models import spoken
from lms.institutions.actions import CertificateRefused, certify_teacher, revoke_certificate
from lms.institutions.models import Institution, TeacherCertificate
from lms.institutions.queries import TeacherNotFound, certificate_for, may_certify, teacher_for, teachers_below
from lms.institutions.rules.certificates import EXPIRED, LATER, REVOKED, VALID, Term, state_on
from lms.oversight.forms.teachers import CertifyForm, RevokeCertificateForm
from lms.oversight.queries.reach import FiguresNotFound, institution_seen

TEACHERS_PER_PAGE = 50
WORDS_MAX = 60
SUPERVISE = frozenset({Role.AUTHORITY.value, Role.ADMINISTRATOR.value})


@login_required
@never_cache
@require_GET
def teachers(request: HttpRequest) -> HttpResponse:
    """Who teaches in the viewer's regions. `?q=` finds, `?institution=` keeps one, `?show=without` who may not."""
    _require_supervision(request)
    words = request.GET.get("q", "")[:WORDS_MAX].replace("\0", "").strip()
    chosen = _institution(request)
    without = request.GET.get("show") == "without"
    found = teachers_below(request.user, _today(), text=words, institution=chosen, without=without)
    page = Paginator(found, TEACHERS_PER_PAGE).get_page(request.GET.get("page"))
    kept = {"q": words, **({"institution": str(chosen.uuid)} if chosen else {})}
    context = {
        "teachers": [_teacher_row(each) for each in page.object_list],
        "page": page,
        "parameter": urlencode({**kept, **({"show": "without"} if without else {})}) + "&page",
        "q": words,
        "institution": {"uuid": chosen.uuid, "name": spoken(chosen.name_zh, chosen.name_en)} if chosen else None,
        "is_without": without,
        "all_url": f"?{urlencode(kept)}",
        "without_url": f"?{urlencode({**kept, 'show': 'without'})}",
    }
    return render(request, "oversight/teachers.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def teacher(request: HttpRequest, person: UUID) -> HttpResponse:
    """One teacher with every certificate; a POST of the authority grants one."""
    found = _teacher(request, person)
    if request.method == "GET":
        return _page(request, found, CertifyForm(initial=_beginning()))
    form = CertifyForm(request.POST)
    if form.is_valid():
        try:
            made = certify_teacher(by=request.user, at=datetime.now(UTC), person=found, **form.cleaned_data)
        except CertificateRefused as refused:
            for name, _value, _allowed in refused.problems:
                form.refuse(name)
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
        certified = certificate_for(request.user, person, certificate, _today())
    except TeacherNotFound:
        raise Http404 from None
    form = RevokeCertificateForm(request.POST, auto_id=f"id_{certificate}_%s")
    if form.is_valid():
        try:
            revoke_certificate(by=request.user, at=datetime.now(UTC), certificate=certified, **form.cleaned_data)
        except CertificateRefused as refused:
            for name, _value, _allowed in refused.problems:
                form.refuse(name)
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
    may_write = may_certify(request.user, found)
    context = {
        "teacher": _teacher_row(found),
        "certificates": [
            _certificate_row(each, may_write, (revoking or {}).get(each.uuid))
            for each in found.teacher_certificates.all()
        ],
        "form": form if may_write else None,
    }
    return render(request, "oversight/teacher.html", context, status=status)


def _teacher_row(person: User) -> dict[str, Any]:
    """Whoever came from `teachers_below`. Of several certificates the one that says most about today."""
    terms = [(each, state_on(_term(each), _today())) for each in person.teacher_certificates.all()]
    order = (VALID, LATER, EXPIRED, REVOKED)
    best = min(terms, key=lambda each: order.index(each[1]), default=None)
    return {
        "name": str(person),
        "uuid": person.uuid,
        "url": reverse("teacher", args=[person.uuid]),
        "works_at": [
            {
                "name": spoken(each.institution.name_zh, each.institution.name_en),
                "url": f"{reverse('teachers')}?{urlencode({'institution': each.institution.uuid})}",
            }
            for each in person.workplaces  # type: ignore[attr-defined]
        ],
        "state": best[1] if best else "none",
        "state_label": _state_label(best[1] if best else "none"),
        "number": best[0].number if best else "",
        "valid_to": best[0].valid_to if best else None,
    }


def _certificate_row(each: TeacherCertificate, may_write: bool, form: RevokeCertificateForm | None) -> dict[str, Any]:
    state = state_on(_term(each), _today())
    is_open = may_write and each.revoked_on is None and state != EXPIRED
    empty = RevokeCertificateForm(initial={"on": max(_today(), each.valid_from)}, auto_id=f"id_{each.uuid}_%s")
    return {
        "number": each.number,
        "valid_from": each.valid_from,
        "valid_to": each.valid_to,
        "revoked_on": each.revoked_on,
        "granted_at": each.granted_at,
        "state": state,
        "state_label": _state_label(state),
        "form": (form or empty) if is_open else None,
        "revoke_url": reverse("revoke_teacher_certificate", args=[each.person.uuid, each.uuid]),
    }


def _state_label(state: str) -> str:
    return {
        VALID: _("May teach"),
        LATER: _("Valid later"),
        EXPIRED: _("Run out"),
        REVOKED: _("Revoked"),
        "none": _("No certificate"),
    }[state]


def _term(each: TeacherCertificate) -> Term:
    return Term(each.valid_from, each.valid_to, each.revoked_on)


def _beginning() -> dict[str, Any]:
    return {"uuid": uuid4(), "valid_from": _today()}


def _teacher(request: HttpRequest, person: UUID) -> User:
    _require_supervision(request)
    try:
        return teacher_for(request.user, person, _today())
    except TeacherNotFound:
        raise Http404 from None


def _institution(request: HttpRequest) -> Institution | None:
    text = request.GET.get("institution", "")
    if not text:
        return None
    try:
        return institution_seen(request.user, UUID(text))
    except (ValueError, FiguresNotFound):
        raise Http404 from None


def _require_supervision(request: HttpRequest) -> None:
    if not roles_of(request.user) & SUPERVISE:
        raise PermissionDenied


def _today() -> date:
    return timezone.localdate(datetime.now(UTC), timezone.get_default_timezone())
