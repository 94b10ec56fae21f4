"""The door of an exam, on an examiner's phone: who stands there, whether they are let in now, and one big button."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from lms.accounts.models import Role
from lms.accounts.queries import has_role
from lms.exams.actions import AdmissionRefused, GateFailed, NotAtTheDoor, admit
from lms.exams.queries import RegistrationNotFound, reasons
from lms.exams.queries.seats import AtTheDoor, TicketNotFound, at_the_door, doors_of, seat_by_ticket
from lms.exams.views.desk import failed
from lms.exams.views.office.forms import TicketForm, sent
from lms.exams.views.office.rows import candidate, sitting_row
from lms.exams.views.office.words import door_text


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def door_desk(request: HttpRequest) -> HttpResponse:
    """For a code that cannot be read: the number of the ticket, within today's exams of this office."""
    # To everybody else the door is not there, whatever the ticket.
    if not has_role(request.user, Role.EXAMINER):
        raise Http404
    at = datetime.now(UTC)
    form = TicketForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("door", seat_by_ticket(request.user, form.cleaned_data["number"], at).uuid)
        except TicketNotFound as missing:
            form.add_error("number", _several() if missing.several else _("No seat of today's exams has this number."))
        except ValueError:
            form.add_error("number", _("A ticket number has at least 8 signs: digits and the letters A to F."))
    context = {"form": form, "sittings": [_door_row(each) for each in doors_of(request.user, at)]}
    return render(request, "exams/office/door_desk.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def door(request: HttpRequest, registration: UUID) -> HttpResponse:
    """What the code of a ticket opens. A POST lets the holder in; refused, it is this page with 409."""
    at = datetime.now(UTC)
    found = _at_the_door(request, registration, at)
    if request.method == "GET":
        return _page(request, found, at)
    try:
        admit(by=request.user, at=at, registration=found.registration)
    except (NotAtTheDoor, AdmissionRefused):
        # Read again: what was refused a moment ago is what the page must say.
        return _page(request, _at_the_door(request, registration, at), at, status=409)
    except GateFailed:
        named = {"title": found.registration.sitting.title, "url": reverse("door", args=[registration])}
        return failed(request, {"sitting": named, "is_door": True})
    messages.success(request, _("Let in: seat %(seat)d") % {"seat": found.registration.seat})
    return redirect("door", registration)


def _several() -> str:
    return _("More than one ticket begins so; type more of its number.")


def _at_the_door(request: HttpRequest, uuid: UUID, at: datetime) -> AtTheDoor:
    try:
        return at_the_door(request.user, uuid, at)
    except RegistrationNotFound:
        raise Http404 from None


def _page(request: HttpRequest, found: AtTheDoor, at: datetime, status: int = 200) -> HttpResponse:
    sitting = found.registration.sitting
    words = {
        "let_in": _("Let in"),
        "admitted": _("Already let in"),
        "unmet": _("Do not let in"),
        "not_booked": _("Do not let in"),
        "door_not_open": _("Not this exam's time"),
        "door_closed": _("Not this exam's time"),
    }
    context = {
        "candidate": candidate(found.registration),
        "sitting": {
            "title": sitting.title,
            "site": sitting.site.name,
            "room": sitting.room.name,
            "starts_at": sitting.starts_at,
            "console_url": reverse("exam_console", args=[sitting.uuid]),
        },
        "state": found.state,
        "verdict": words[found.state],
        "why": door_text(found.state) if found.state in ("not_booked", "door_not_open", "door_closed") else "",
        "reasons": reasons(found.unmet),
        "admission": found.admission,
        "as_of": at,
    }
    return render(request, "exams/office/door.html", context, status=status)


def _door_row(sitting: Any) -> dict[str, Any]:
    return {**sitting_row(sitting), "admitted": sitting.admitted}
