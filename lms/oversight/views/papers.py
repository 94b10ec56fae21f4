"""The PDF of a document, made when somebody asks for it: nothing is kept that could differ from the row."""

import logging
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lms.oversight.models import Document
from lms.oversight.queries.documents import DocumentNotFound, document_for, verified
from lms.oversight.rules.papers import paper_of
from lms.paper_codes import grouped
from lms.printing import FontMissing, pdf_of

TYPESETTING = Path(__file__).resolve().parents[1] / "typesetting"

log = logging.getLogger(__name__)


@login_required
@never_cache
@require_GET
def document_pdf(request: HttpRequest, document: UUID) -> HttpResponse:
    """For whoever may see the document; 503 on a machine that has no Chinese font."""
    try:
        found = document_for(request.user, document)
    except DocumentNotFound:
        raise Http404 from None
    try:
        printed = printed_document(found)
    except FontMissing as missing:
        log.error("no document can be printed: %s", missing)
        return render(request, "oversight/not_printable.html", {"reason": str(missing)}, status=503)
    headers = {"Content-Disposition": f'inline; filename="{found.number}.pdf"'}
    return HttpResponse(printed, content_type="application/pdf", headers=headers)


def printed_document(found: Document) -> bytes:
    """The PDF as the document stands now: a revoked one says so across the page."""
    address = settings.BASE_URL.rstrip("/") + reverse("verify_document", args=[grouped(found.code)])
    data = paper_of(
        found.snapshot,
        kind=found.kind,
        number=found.number,
        code=found.code,
        digest=found.digest,
        issued_on=timezone.localdate(found.issued_at, timezone.get_default_timezone()),
        address=address,
        state=verified(found).state,
    )
    return pdf_of(TYPESETTING / f"{found.kind}.typ", data, address=address, at=found.issued_at)
