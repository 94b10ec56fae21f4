"""The admission ticket as PDF, for the holder of a seat alone."""

import logging
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lms.exams.queries import NoTicket, RegistrationNotFound, printed_ticket, ticketed_seat
from lms.exams.rules.tickets import ticket_number
from lms.printing import FontMissing

log = logging.getLogger(__name__)


@login_required
@never_cache
@require_GET
def ticket(request: HttpRequest, registration: UUID) -> HttpResponse:
    """409 and a sentence for a seat that has none; 503 on a machine that has no Chinese font."""
    try:
        seat = ticketed_seat(request.user, registration)
        printed = printed_ticket(seat)
    except RegistrationNotFound:
        raise Http404 from None
    except NoTicket as refused:
        return render(request, "exams/no_ticket.html", {"code": refused.code}, status=409)
    except FontMissing as missing:
        log.error("no ticket can be printed: %s", missing)
        return render(request, "exams/no_ticket.html", {"code": "not_printable"}, status=503)
    headers = {"Content-Disposition": f'inline; filename="{ticket_number(seat.uuid)}.pdf"'}
    return HttpResponse(printed, content_type="application/pdf", headers=headers)
