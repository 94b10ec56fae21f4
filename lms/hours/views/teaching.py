"""A teacher's pages: their classes, one sheet with who is there, and the screen with the code that changes."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lms.accounts.queries import roles_of
from lms.enrollments.models import ClassState, Enrollment, Kind
from lms.enrollments.queries.teaching import TEACHING
from lms.hours.actions.attendance_proposals import propose_attendance, propose_taking_back
from lms.hours.actions.sheets import close_sheet
from lms.hours.forms.attendance import ByHandForm
from lms.hours.models import AttendanceSheet, Effect, Presence
from lms.hours.queries.attendance import (
    by_hand_on,
    classes_taught,
    counted_on,
    enrolled_in,
    numbers_on,
    presences_on,
    running_sheets,
    shared_devices,
    sheet_for,
    state_of,
    taught_sheet,
)
from lms.hours.queries.clocks import ms_of
from lms.hours.rules.attendance import DIRECTIONS, code_at, step_left_ms, takes_marks
from lms.hours.views.attendance import class_facts, proposal_label, sheet_row
from lms.hours.views.deciding import found_or_404, stepped

TAKE_BACK_ID = "back_%s"
"""Two forms with the same fields stand on the page of a sheet."""


@login_required
@never_cache
@require_GET
def teach(request: HttpRequest) -> HttpResponse:
    """What is taught today and the classes that one teaches."""
    if not roles_of(request.user) & TEACHING:
        raise PermissionDenied
    page: Any = classes_taught(request.user, request.GET.get("page"))
    page.object_list = [
        {
            "title": each.title,
            "syllabus": each.syllabus_version.syllabus.name,
            "starts_on": each.starts_on,
            "ends_on": each.ends_on,
            "url": reverse("attendance", args=[each.uuid]),
        }
        for each in page.object_list
    ]
    sheets = [sheet_row(each) for each in running_sheets(request.user, datetime.now(UTC))]
    return render(request, "hours/teach.html", {"classes": page, "sheets": sheets})


@login_required
@never_cache
@require_GET
def sheet(request: HttpRequest, sheet: UUID) -> HttpResponse:
    """One meeting: who is in, who was, what looks odd, and marking by hand for whoever has no phone."""
    return _sheet_page(request, _seen(request, sheet))


@login_required
@never_cache
@require_GET
def screen(request: HttpRequest, sheet: UUID) -> HttpResponse:
    """The page for the wall: a large code, which way it leads, and how many are in."""
    found = _taught(request, sheet)
    direction = _direction(request)
    context = {
        **_code_context(found, direction),
        "sheet": _facts(found),
        "code_url": f"{reverse('sheet_code', args=[found.uuid])}?direction={direction}",
        "screen_url": reverse("sheet_screen", args=[found.uuid]),
        "sheet_url": reverse("sheet", args=[found.uuid]),
    }
    return render(request, "hours/screen.html", context)


@login_required
@never_cache
@require_GET
def code(request: HttpRequest, sheet: UUID) -> HttpResponse:
    """The part of the screen that changes; its script asks for it anew every few seconds."""
    return render(request, "hours/_screen_code.html", _code_context(_taught(request, sheet), _direction(request)))


@login_required
@require_POST
def close(request: HttpRequest, sheet: UUID) -> HttpResponse:
    """No more marks on this sheet."""
    found = _taught(request, sheet)
    close_sheet(by=request.user, at=datetime.now(UTC), sheet=found)  # type: ignore[arg-type]
    messages.success(request, _("The sheet is closed."))
    return redirect("sheet", found.uuid)


@login_required
@require_POST
def by_hand(request: HttpRequest, sheet: UUID) -> HttpResponse:
    """A learner without a phone: marked with a reason, which somebody outside the institution decides on."""
    found = _taught(request, sheet)
    form = ByHandForm(request.POST, roster=enrolled_in(found.training_class))
    told = _("Marked. The hours count when the authority accepts them.")
    sent = _proposed(request, found, form, propose_attendance, told)
    return sent or _sheet_page(request, found, form=form, status=422)


@login_required
@require_POST
def take_back(request: HttpRequest, sheet: UUID) -> HttpResponse:
    """A learner whose hours of this meeting should not count: proposed, and decided outside the institution as well."""
    found = _taught(request, sheet)
    form = ByHandForm(request.POST, roster=counted_on(found), auto_id=TAKE_BACK_ID)
    told = _("Sent to the authority. The hours count until it accepts the proposal.")
    sent = _proposed(request, found, form, propose_taking_back, told)
    return sent or _sheet_page(request, found, taking=form, status=422)


def _proposed(
    request: HttpRequest, found: AttendanceSheet, form: ByHandForm, propose: Callable[..., object], told: str
) -> HttpResponse | None:
    def step() -> object:
        from_at, to_at = form.span()
        return propose(
            by=request.user,
            at=datetime.now(UTC),
            uuid=form.cleaned_data["uuid"],
            training_class=found.training_class,
            module=found.module,
            kind=found.kind,
            from_at=from_at,
            to_at=to_at,
            enrollments=[form.enrollment()],
            reason=form.cleaned_data["reason"],
            sheet=found,
        )

    return stepped(request, form, step, told, "sheet", found.uuid)


def _sheet_page(
    request: HttpRequest,
    found: AttendanceSheet,
    form: ByHandForm | None = None,
    taking: ByHandForm | None = None,
    status: int = 200,
) -> HttpResponse:
    presences = presences_on(found)
    shared = shared_devices(presences)
    facts = class_facts(request, found.training_class)
    is_teacher = facts["is_taught"]
    if is_teacher and form is None and found.training_class.state == ClassState.ACCEPTED:
        form = _by_hand_form(found, enrolled_in(found.training_class))
    counted = counted_on(found) if is_teacher and taking is None else []
    if counted:
        taking = _by_hand_form(found, counted, auto_id=TAKE_BACK_ID)
    context = {
        "training_class": facts,
        "sheet": _facts(found),
        "rows": [_presence_row(each, shared.get(each.pk, []), datetime.now(UTC)) for each in presences],
        "shared": len({presence.learner_id for presence in presences if presence.pk in shared}),
        "now": sum(each.ended_at is None for each in presences),
        "ever": len({each.learner_id for each in presences}),
        "hand_marks": [_hand_row(each) for each in by_hand_on(found)],
        "form": form,
        "by_hand_url": reverse("by_hand", args=[found.uuid]),
        "taking": taking,
        "take_back_url": reverse("take_back", args=[found.uuid]),
        "screen_url": reverse("sheet_screen", args=[found.uuid]) if is_teacher else None,
        "close_url": reverse("close_sheet", args=[found.uuid]) if is_teacher else None,
    }
    return render(request, "hours/sheet.html", context, status=status)


def _by_hand_form(found: AttendanceSheet, roster: list[Enrollment], **kwargs: Any) -> ByHandForm:
    begins, ends = timezone.localtime(found.from_at), timezone.localtime(min(found.to_at, datetime.now(UTC)))
    times = {"date": begins.date(), "begins": begins.time(), "ends": max(begins, ends).time()}
    return ByHandForm(roster=roster, initial=times, **kwargs)


def _seen(request: HttpRequest, uuid: UUID) -> AttendanceSheet:
    return found_or_404(sheet_for, request.user, uuid)


def _taught(request: HttpRequest, uuid: UUID) -> AttendanceSheet:
    return found_or_404(taught_sheet, request.user, uuid)


def _direction(request: HttpRequest) -> str:
    wanted = request.GET.get("direction", "in")
    return wanted if wanted in DIRECTIONS else "in"


def _code_context(found: AttendanceSheet, direction: str) -> dict[str, Any]:
    at_ms = ms_of(datetime.now(UTC))
    now, ever = numbers_on(found)
    is_open = found.closed_at is None and takes_marks((ms_of(found.from_at), ms_of(found.to_at)), at_ms)
    link = ""
    if is_open:
        drawn_code = code_at(bytes(found.secret), found.uuid, direction, at_ms)
        link = settings.BASE_URL.rstrip("/") + reverse("attend", args=[found.uuid, direction, drawn_code])
    return {
        "direction": direction,
        "picture": _drawn(link) if link else None,
        "link": link,
        "is_closed": found.closed_at is not None,
        "left_ms": step_left_ms(at_ms),
        "now": now,
        "ever": ever,
    }


def _drawn(link: str) -> SafeString:
    """The QR code as an inline picture: attributes only, dark on white in every colour scheme."""
    picture = segno.make(link, error="m", micro=False).svg_inline(omitsize=True, border=3, light="#fff", svgclass=None)
    return mark_safe(picture)


def _facts(found: AttendanceSheet) -> dict[str, Any]:
    return {
        "title": f"{found.module.name} · {Kind(found.kind).label}",
        "class_title": found.training_class.title,
        "place": found.place,
        "from": found.from_at,
        "to": found.to_at,
        "opened_by": str(found.opened_by),
        "closed_at": found.closed_at,
        "is_open": found.closed_at is None,
    }


def _presence_row(presence: Presence, others: list[Any], at: datetime) -> dict[str, Any]:
    return {
        "name": str(presence.learner),
        "in": presence.in_at,
        "out": presence.out_at,
        "ms": presence.credited_ms,
        "state": state_of(presence, at),
        "others": [str(each) for each in others],
    }


def _hand_row(each: Any) -> dict[str, Any]:
    return {
        "name": str(each.learner),
        "from": each.proposal.from_at,
        "to": each.proposal.to_at,
        "reason": each.proposal.reason,
        "state": each.proposal.state,
        "label": proposal_label(each.proposal.effect, each.proposal.state),
        "takes": each.proposal.effect == Effect.TAKE,
    }
