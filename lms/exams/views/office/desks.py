"""Where an exam office begins: what is to be done, exams to come, plans; and its sites with their rooms."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from lms.accounts.models import Role
from lms.accounts.queries import has_role
from lms.enrollments.models import spoken
from lms.exams.actions import SittingRefused, UuidTaken, add_room, open_site
from lms.exams.models import ExamPlan, PlanState, Site, Sitting
from lms.exams.queries.plans import SiteNotFound, coming_sittings, offices_of, plans_of, site_for, sites_of
from lms.exams.views.office.forms import RoomForm, SiteForm, sent
from lms.exams.views.office.rows import plan_row, sitting_row

PLANS_PER_PAGE = 20
STILL_SHOWN = timedelta(hours=6)
"""An exam stays on the first page for so long after it began."""
CHIEF_BY = timedelta(days=7)
PLANS_TO_DO = (PlanState.RETURNED, PlanState.APPROVED, PlanState.DRAFT)


def require_office(request: HttpRequest) -> None:
    if not has_role(request.user, Role.EXAMINER):
        raise PermissionDenied


@login_required
@never_cache
@require_GET
def exam_office(request: HttpRequest) -> HttpResponse:
    """The start page of an exam office."""
    require_office(request)
    at = datetime.now(UTC)
    coming = coming_sittings(request.user, at - STILL_SHOWN)
    page = Paginator(plans_of(request.user), PLANS_PER_PAGE).get_page(request.GET.get("page"))
    unfinished = plans_of(request.user).filter(state__in=PLANS_TO_DO)[:PLANS_PER_PAGE]
    context = {
        "offices": [spoken(each.name_zh, each.name_en) for each in offices_of(request.user)],
        "to_do": [*_plans_to_do(unfinished), *_sittings_to_do(coming, at)],
        "sittings": [sitting_row(each) for each in coming],
        "plans": [plan_row(each) for each in page.object_list],
        "page": page,
    }
    return render(request, "exams/office/office.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def exam_sites(request: HttpRequest) -> HttpResponse:
    """Sites with their rooms; a POST opens a site."""
    require_office(request)
    offices = offices_of(request.user)
    form = SiteForm(sent(request), offices=offices)
    if request.method == "POST" and form.is_valid():
        try:
            site = open_site(by=request.user, at=datetime.now(UTC), **form.cleaned_data)
        except (SittingRefused, UuidTaken) as refused:
            _refuse(form, refused)
        else:
            messages.success(request, _("The site was opened. Add its rooms."))
            return redirect("exam_site", site.uuid)
    sites = [_site_row(each) for each in sites_of(request.user)]
    context = {"sites": sites, "form": form, "has_office": bool(offices)}
    return render(request, "exams/office/sites.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def exam_site(request: HttpRequest, site: UUID) -> HttpResponse:
    """One site; a POST adds a room."""
    try:
        found = site_for(request.user, site)
    except SiteNotFound:
        raise Http404 from None
    form = RoomForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            add_room(by=request.user, at=datetime.now(UTC), site=found, **form.cleaned_data)
        except (SittingRefused, UuidTaken) as refused:
            _refuse(form, refused)
        else:
            messages.success(request, _("The room was added."))
            return redirect("exam_site", found.uuid)
    context = {"site": _site_row(found), "form": form}
    return render(request, "exams/office/site.html", context, status=422 if form.errors else 200)


def _refuse(form: SiteForm | RoomForm, refused: SittingRefused | UuidTaken) -> None:
    if isinstance(refused, SittingRefused):
        form.refuse(refused)
    else:
        form.add_error(None, _("This page was used for something else already; open it anew."))


def _site_row(site: Site) -> dict[str, Any]:
    used: int = site.used  # type: ignore[attr-defined]
    return {
        "name": site.name,
        "address": site.address,
        "seats": site.seats,
        "used": used,
        "left": site.seats - used,
        "used_percent": round(100 * used / site.seats) if site.seats else 0,
        "rooms": [{"name": each.name, "seats": each.seats} for each in site.rooms.all()],
        "url": reverse("exam_site", args=[site.uuid]),
    }


def _plans_to_do(plans: Iterable[ExamPlan]) -> Iterable[dict[str, str]]:
    """What waits for this office and not for the authority."""
    asked = {
        PlanState.RETURNED: _("Returned with a reason: mend it and propose it again"),
        PlanState.APPROVED: _("Approved: publish it, so that learners see it"),
        PlanState.DRAFT: _("Draft: finish it and propose it"),
    }
    for each in plans:
        url = reverse("exam_plan", args=[each.uuid])
        yield {"title": each.title, "text": asked[PlanState(each.state)], "url": url}


def _sittings_to_do(sittings: Iterable[Sitting], at: datetime) -> Iterable[dict[str, str]]:
    for each in sittings:
        url = reverse("exam_console", args=[each.uuid])
        if each.cancelled_at is not None or each.starts_at < at:
            continue
        if not each.has_chief and each.starts_at - at < CHIEF_BY:  # type: ignore[attr-defined]
            yield {"title": each.title, "text": _("No chief examiner is on duty yet"), "url": url}
        if each.doubted:  # type: ignore[attr-defined]
            text = _("Seats in doubt: %(n)d; each is looked at within a minute")
            yield {"title": each.title, "text": text % {"n": each.doubted}, "url": url}  # type: ignore[attr-defined]
