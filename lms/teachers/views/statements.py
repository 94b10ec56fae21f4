"""Statements of a teacher's year: issuing one, its PDF, and what a stranger sees who scans its code.

The PDF is made when somebody asks for it: nothing is kept that could differ from the row. Everybody may verify, so the
page tells little, and how often is bounded per address. Nobody finds a code by trying, so when nothing can be counted
it is answered all the same, for whoever stands there with the paper.
"""

import logging
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lms.accounts.guard import address_of, ask_later, spent, unlisted
from lms.accounts.models import Role
from lms.accounts.queries import has_role
from lms.enrollments.models import spoken
from lms.paper_codes import grouped, masked_name
from lms.printing import FontMissing, pdf_of
from lms.teachers.actions.statements import StatementRefused, issue_statement
from lms.teachers.forms.statements import IssueForm
from lms.teachers.models import YearStatement
from lms.teachers.queries import YearNotFound, year_for
from lms.teachers.queries.statements import (
    StatementNotFound,
    VerifiedStatement,
    own_statement,
    statement_of_code,
    verified,
)
from lms.teachers.rules.papers import paper_of
from lms.teachers.texts import statement_problem_text
from lms.teachers.views import moments
from lms.teachers.views.moments import day_of, viewer_of

TYPESETTING = Path(__file__).resolve().parents[1] / "typesetting"
LOOKS_PER_MINUTE = 60
"""A whole site behind one address still comes through."""

log = logging.getLogger(__name__)


@login_required
@require_POST
def issue(request: HttpRequest, education_year: UUID) -> HttpResponse:
    """A statement of the teacher's own year as it stands now."""
    try:
        found = year_for(request.user, education_year)
    except YearNotFound:
        raise Http404 from None
    form = IssueForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This page was not complete. Please open it anew."))
        return redirect("teaching_year_of", found.year)
    try:
        issue_statement(by=viewer_of(request), at=moments.now(), uuid=form.cleaned_data["uuid"], education_year=found)
    except StatementRefused as refused:
        if not has_role(request.user, Role.TEACHER) and refused.is_stranger:
            raise PermissionDenied from None
        for each in refused.problems:
            messages.error(request, statement_problem_text(each))
    else:
        messages.success(request, _("The statement was issued."))
    return redirect(reverse("teaching_year_of", args=[found.year]) + "#statements")


@login_required
@never_cache
@require_GET
def statement_pdf(request: HttpRequest, statement: UUID) -> HttpResponse:
    """For the teacher alone; 503 on a machine that has no Chinese font."""
    try:
        found = own_statement(viewer_of(request), statement)
    except StatementNotFound:
        raise Http404 from None
    try:
        printed = printed_statement(found, day_of(moments.now()))
    except FontMissing as missing:
        log.error("no statement can be printed: %s", missing)
        return render(request, "teachers/not_printable.html", {"reason": str(missing)}, status=503)
    headers = {"Content-Disposition": f'inline; filename="statement-{found.education_year.year}-{found.code[:8]}.pdf"'}
    return HttpResponse(printed, content_type="application/pdf", headers=headers)


@never_cache
@require_GET
def verify_statement(request: HttpRequest, code: str) -> HttpResponse:
    """How the statement stands, or unknown (404); 429 for whoever asks too often."""
    if not _may_look(request):
        return ask_later(request, "teachers/look_later.html")
    found = statement_of_code(code, day_of(moments.now()))
    if found is None:
        return unlisted(render(request, "teachers/unknown_statement.html", status=404))
    return unlisted(render(request, "teachers/statement.html", {"statement": _shown(found)}))


def printed_statement(found: YearStatement, day: date) -> bytes:
    """The PDF as the statement stands on `day`: one whose hours were taken back says so across the page."""
    address = settings.BASE_URL.rstrip("/") + reverse("verify_statement", args=[grouped(found.code)])
    data = paper_of(
        found.facts,
        code=found.code,
        digest=found.digest,
        issued_on=timezone.localdate(found.issued_at, timezone.get_default_timezone()),
        address=address,
        state=verified(found, day).state,
    )
    return pdf_of(TYPESETTING / "year_statement.typ", data, address=address, at=found.issued_at)


def _shown(found: VerifiedStatement) -> dict[str, Any]:
    statement, facts = found.statement, found.statement.facts
    return {
        "state": found.state,
        "name": masked_name(facts["name"]),
        "year": facts["year"],
        "region": spoken(facts["region_zh"], facts["region_en"]),
        "institution": spoken(facts["institution_zh"], facts["institution_en"]),
        "required": facts["required"],
        "counted": facts["counted"],
        "missing": facts["missing"],
        "as_of": date.fromisoformat(facts["as_of"]),
        "issued_at": statement.issued_at,
        "code": grouped(statement.code),
        "digest": statement.digest,
    }


def _may_look(request: HttpRequest) -> bool:
    looks = spent("statement", address_of(request), 1)
    return looks is None or looks <= LOOKS_PER_MINUTE
