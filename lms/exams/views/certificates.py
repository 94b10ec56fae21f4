"""Earlier certificates of learners: found by an exact number or address, read, and written down by who has seen them.

The identity number is sent in a form and stands in no address. Whoever was named exactly can be opened again in the
same login: their uuids are remembered in its session.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from lms.accounts.models import User
from lms.accounts.queries import PersonNotFound, masked_identity
from lms.enrollments.models import Syllabus
from lms.exams.actions import RequirementsRefused, UuidTaken, write_certificate
from lms.exams.forms import FindForm, HeldCertificateForm
from lms.exams.models import HeldCertificate
from lms.exams.queries.certificates import (
    HolderNotFound,
    certificates_of,
    holder_for,
    holder_named,
    may_write_certificates,
)

NAMED_KEY = "named_learners"
NAMED_MAX = 20
"""People remembered in a session; the oldest is forgotten."""


@sensitive_post_parameters()
@sensitive_variables()
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """One learner by identity number or e-mail, exactly; absent and hidden look alike. 429 for who tries many."""
    _require_writer(request)
    form = FindForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and not ratelimit.consume(request, action="find_person", user=request.user):
        form.add_error(None, _("Too many searches. Wait a minute; after two hundred in a day, until tomorrow."))
        status = 429
    elif request.method == "POST" and form.is_valid():
        try:
            found = holder_named(request.user, form.cleaned_data["who"].strip())
        except (PersonNotFound, HolderNotFound):
            form.add_error("who", _("Nobody is registered with exactly this."))
        else:
            _remember(request, found)
            return redirect("held_certificates", found.uuid)
    return render(request, "exams/find_certificates.html", {"form": form}, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def certificates(request: HttpRequest, learner: UUID) -> HttpResponse:
    """What a learner held before; a POST writes down a certificate that the viewer has seen."""
    _require_writer(request)
    try:
        found = holder_for(request.user, learner, _named(request))
    except HolderNotFound:
        raise Http404 from None
    if request.method == "GET":
        return _page(request, found, HeldCertificateForm(initial={"uuid": uuid4()}))
    form = HeldCertificateForm(request.POST)
    if form.is_valid():
        try:
            made = write_certificate(by=request.user, at=datetime.now(UTC), learner=found, **form.cleaned_data)
        except RequirementsRefused as refused:
            for name, _value, _allowed in refused.problems:
                form.refuse(name)
        except UuidTaken:
            form.add_error(None, _("Open this page anew: it is not complete."))
        else:
            messages.success(request, _("Written down: %(number)s") % {"number": made.number})
            return redirect("held_certificates", found.uuid)
    return _page(request, found, form, status=422)


def _page(request: HttpRequest, found: User, form: HeldCertificateForm, status: int = 200) -> HttpResponse:
    names = {(each.category, each.trade): each.name for each in Syllabus.objects.order_by("-pk")}
    context = {
        "learner": {
            "name": str(found),
            "identity": masked_identity(found),
            "is_verified": found.identity_verified_at is not None,
        },
        "certificates": [_row(each, names) for each in certificates_of(found)],
        "form": form,
    }
    return render(request, "exams/held_certificates.html", context, status=status)


def _row(each: HeldCertificate, names: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """`names` are those of the trainings of each category and trade."""
    return {
        "number": each.number,
        "training": names.get((each.category, each.trade), each.trade or each.category),
        "issued_on": each.issued_on,
        "expires_on": each.expires_on,
        "is_valid": each.issued_on <= _today() <= each.expires_on,
        "seen_at": each.seen_at,
        "seen_by": str(each.seen_by) if each.seen_by else "",
    }


def _require_writer(request: HttpRequest) -> None:
    if not may_write_certificates(request.user):
        raise PermissionDenied


def _named(request: HttpRequest) -> list[UUID]:
    return [UUID(each) for each in request.session.get(NAMED_KEY, [])]


def _remember(request: HttpRequest, found: User) -> None:
    earlier = [each for each in request.session.get(NAMED_KEY, []) if each != str(found.uuid)]
    request.session[NAMED_KEY] = [*earlier, str(found.uuid)][-NAMED_MAX:]


def _today() -> date:
    return timezone.localdate(datetime.now(UTC), timezone.get_default_timezone())
