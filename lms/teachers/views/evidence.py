"""A file of a claim, for the claimant and for the authority above: it has no other address."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lms.teachers.queries import ClaimNotFound, evidence_for
from lms.teachers.rules.claims import PDF


@login_required
@never_cache
@require_GET
def claim_evidence(request: HttpRequest, evidence: UUID) -> HttpResponse:
    """What its first bytes say it is, and never run in a page of ours. At most ten megabytes, so read as a whole."""
    try:
        found = evidence_for(request.user, evidence)
        with found.file.open("rb") as file:
            content = file.read()
    except (ClaimNotFound, FileNotFoundError):
        raise Http404 from None
    headers = {
        "Content-Disposition": content_disposition_header(found.content_type == PDF, found.name) or "inline",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type=found.content_type, headers=headers)
