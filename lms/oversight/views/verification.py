"""What a stranger sees who scans the code of a paper, and the form for whoever has no camera.

Everybody may look, so this tells little, and how often is bounded per address. A code is 100 random bits: nobody finds
one by trying, so when nothing can be counted it is answered all the same, for the inspector at the site. Numbers follow
each other, so they cost more, and when nothing can be counted they are not answered.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lms.accounts.guard import address_of, ask_later, spent, unlisted
from lms.enrollments.models import Kind, spoken
from lms.oversight.forms.documents import VerifyForm
from lms.oversight.queries.documents import Verification, is_revoked, verification
from lms.oversight.rules.documents import read_number
from lms.oversight.rules.papers import totals_of
from lms.oversight.texts.documents import STATES
from lms.paper_codes import grouped, masked_name, read_code

POINTS_PER_MINUTE = 60
"""An inspector scans a paper every few seconds; a whole site behind one address still comes through."""
CODE_POINTS = 1
NUMBER_POINTS = 6


@never_cache
@require_GET
def verify(request: HttpRequest) -> HttpResponse:
    """The form; what was typed leads to its page."""
    if "q" not in request.GET:
        return unlisted(render(request, "oversight/verify.html", {"form": VerifyForm()}))
    form = VerifyForm(request.GET)
    if form.is_valid():
        code, number = read_code(form.cleaned_data["q"]), read_number(form.cleaned_data["q"])
        if code or number:
            return redirect("verify_document", grouped(code) if code else number)
    return unlisted(render(request, "oversight/verify.html", {"form": form, "unknown": True}, status=404))


@never_cache
@require_GET
def verify_document(request: HttpRequest, code: str) -> HttpResponse:
    """Valid, revoked, no longer covered, or unknown (404); 429 for whoever asks too often."""
    if not _may_ask(address_of(request), is_code=read_code(code) is not None):
        return ask_later(request, "oversight/verify_later.html")
    found = verification(code)
    if found is None:
        return unlisted(
            render(request, "oversight/verify.html", {"form": VerifyForm({"q": code}), "unknown": True}, status=404)
        )
    return unlisted(render(request, "oversight/verification.html", {"document": _shown(found)}))


def _shown(found: Verification) -> dict[str, Any]:
    document, snapshot = found.document, found.document.snapshot
    totals = totals_of(snapshot)
    return {
        "state": found.state,
        "state_label": STATES[found.state],
        "kind_label": document.get_kind_display(),
        "number": document.number,
        "code": grouped(document.code),
        "name": masked_name(snapshot["name"]),
        "syllabus": spoken(snapshot["syllabus_zh"], snapshot["syllabus_en"]),
        "institution": spoken(snapshot["institution_zh"], snapshot["institution_en"]),
        "issued_at": document.issued_at,
        "revoked_at": document.revocation.revoked_at if is_revoked(document) else None,
        "totals": [{"label": Kind(each.kind).label, "each": each} for each in totals],
        "digest": document.digest,
    }


def _may_ask(address: str, *, is_code: bool) -> bool:
    points = spent("verify", address, CODE_POINTS if is_code else NUMBER_POINTS)
    return is_code if points is None else points <= POINTS_PER_MINUTE
