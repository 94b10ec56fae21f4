"""Dashboards of a class, an institution and a region, and where the work of staff and authorities begins."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lms.accounts.models import Role
from lms.accounts.queries import roles_of
from lms.enrollments.models import ClassState, TrainingClass
from lms.hours.queries.clocks import today
from lms.institutions.models import Institution, Region
from lms.institutions.queries import regions_of
from lms.oversight.queries.classes import (
    SORTS,
    LearnerRow,
    as_of,
    class_figures,
    learner_rows,
    learners_of,
)
from lms.oversight.queries.days import last_days
from lms.oversight.queries.places import (
    Place,
    classes_of,
    institution_figures,
    region_figures,
    waiting_at,
    waiting_in,
)
from lms.oversight.queries.reach import (
    FiguresNotFound,
    class_seen,
    highest_region_of,
    institution_seen,
    region_seen,
    workplaces_of,
)
from lms.oversight.rules.progress import Need
from lms.oversight.views.drawing import (
    NEEDS,
    days_chart,
    kinds_chart,
    refusals_chart,
    spread_chart,
    standing_bar,
)
from lms.oversight.views.sheets import class_sheets, classes_sheet, days_sheet, figures_row, place_name, region_sheets
from lms.oversight.views.workbooks import workbook_response

LEARNERS_PER_PAGE = 50
CLASSES_PER_PAGE = 30
# A teacher sees the figures of a class and not its roster.
SEE_ROSTERS = frozenset({Role.INSTITUTION.value, Role.AUTHORITY.value, Role.ADMINISTRATOR.value})
# What a click on a part of the bar shows.
SHOWN: dict[str, frozenset[Need]] = {
    "done": frozenset({Need.DONE}),
    "way": frozenset({Need.ON_WAY}),
    "idle": frozenset({Need.IDLE, Need.BOTH}),
    "behind": frozenset({Need.BEHIND, Need.BOTH}),
}
ORDERS = {
    "need": gettext_lazy("Who needs help first"),
    "name": gettext_lazy("By name"),
    "progress": gettext_lazy("Least progress first"),
    "last": gettext_lazy("Longest away first"),
}


@login_required
@never_cache
@require_GET
def workplace(request: HttpRequest) -> HttpResponse:
    """Where staff and teachers work; an authority goes on to its region. Refused for whoever is neither."""
    places = workplaces_of(request.user)
    if places:
        return _institution_page(request, places[0], places[1:])
    region = highest_region_of(request.user)
    if region is None:
        raise PermissionDenied
    return redirect("region_dashboard", code=region.code)


@login_required
@never_cache
@require_GET
def institution_dashboard(request: HttpRequest, institution: UUID) -> HttpResponse:
    """The classes of one institution, its hours by day, and what waits."""
    return _institution_page(request, _institution(request, institution), [])


@login_required
@never_cache
@require_GET
def institution_workbook(request: HttpRequest, institution: UUID) -> HttpResponseBase:
    """The tables of an institution: its classes, its hours by day."""
    found = _institution(request, institution)
    day = today(datetime.now(UTC)).date
    classes = classes_of(found)
    return workbook_response(
        f"{found.name_zh}-{day}", [classes_sheet(classes), days_sheet(last_days(classes.order_by(), day))]
    )


@login_required
@never_cache
@require_GET
def region_dashboard(request: HttpRequest, code: str) -> HttpResponse:
    """The regions below, the institutions of this one, and how far their learners are."""
    region = _region(request, code)
    day = today(datetime.now(UTC)).date
    figures = region_figures(request.user, region, day, regions_of(request.user))
    context = {
        "region": {"name": place_name(region), "code": region.code},
        "above": [{"name": place_name(each), "url": _url(each)} for each in figures.above],
        "as_of": as_of(),
        "total": figures_row(figures.total),
        "bar": standing_bar(figures.total),
        "regions": [_place_row(each) for each in figures.regions],
        "institutions": [_place_row(each) for each in figures.institutions],
        "waiting": waiting_in(request.user, region),
        "workbook": reverse("region_workbook", args=[region.code]),
    }
    return render(request, "oversight/region.html", context)


@login_required
@never_cache
@require_GET
def region_workbook(request: HttpRequest, code: str) -> HttpResponseBase:
    """The tables of a region: the regions below and its own institutions."""
    region = _region(request, code)
    day = today(datetime.now(UTC)).date
    figures = region_figures(request.user, region, day, regions_of(request.user))
    return workbook_response(f"{region.name_zh}-{day}", region_sheets(figures))


@login_required
@never_cache
@require_GET
def class_dashboard(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """Who is behind, idle or done in a class, what was refused and why, and its hours."""
    group = _class(request, training_class)
    day = today(datetime.now(UTC)).date
    figures = class_figures(group, day)
    sort = request.GET.get("sort", "need")
    show = request.GET.get("show", "")
    rows = learners_of(group, sort, SHOWN.get(show, frozenset()))
    page = Paginator(rows, LEARNERS_PER_PAGE).get_page(request.GET.get("page"))
    learners = [_learner_row(each) for each in learner_rows(figures, page.object_list, day)]  # type: ignore[arg-type]
    context = {
        "training_class": _class_facts(request, group),
        "as_of": figures.as_of,
        "standing": figures.standing,
        "bar": standing_bar(figures.standing) if figures.standing else None,
        "spread": spread_chart(figures.standing.spread, figures.expected_percent) if figures.standing else None,
        "kinds": kinds_chart(figures.kinds),
        "refused": refusals_chart(figures.standing.refused) if figures.standing else [],
        "days": days_chart(figures.days),
        "learners": learners,
        "page": page,
        "sort": sort if sort in SORTS else "need",
        "orders": [{"sort": each, "label": label} for each, label in ORDERS.items()],
        "show": show if show in SHOWN else "",
        "workbook": reverse("class_workbook", args=[group.uuid]),
    }
    return render(request, "oversight/class.html", context)


@login_required
@never_cache
@require_GET
def class_workbook(request: HttpRequest, training_class: UUID) -> HttpResponseBase:
    """The tables of a class: learners, hours of modules, refusals, days."""
    group = _class(request, training_class)
    day = today(datetime.now(UTC)).date
    figures = class_figures(group, day)
    learners = learner_rows(figures, learners_of(group, "need", frozenset()), day)
    return workbook_response(f"{group.title}-{day}", class_sheets(figures, learners))


def _institution_page(request: HttpRequest, found: Institution, others: list[Institution]) -> HttpResponse:
    day = today(datetime.now(UTC)).date
    figures = institution_figures(found, day)
    classes = classes_of(found)
    page: Any = Paginator(classes, CLASSES_PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [_class_row(each) for each in page.object_list]
    context = {
        "institution": {
            "name": place_name(found),
            "region": place_name(found.region),
            "suspended_at": found.suspended_at,
        },
        "above": _regions_above(request, found),
        "others": [{"name": place_name(each), "url": _url(each)} for each in others],
        "is_staff": Role.INSTITUTION in roles_of(request.user),
        "as_of": as_of(),
        "total": figures_row(figures),
        "bar": standing_bar(figures),
        "days": days_chart(last_days(classes.order_by(), day)),
        "waiting": waiting_at(request.user, found),
        "page": page,
        "workbook": reverse("institution_workbook", args=[found.uuid]),
    }
    return render(request, "oversight/institution.html", context)


def _class(request: HttpRequest, uuid: UUID) -> TrainingClass:
    try:
        return class_seen(request.user, uuid)
    except FiguresNotFound:
        raise Http404 from None


def _institution(request: HttpRequest, uuid: UUID) -> Institution:
    try:
        return institution_seen(request.user, uuid)
    except FiguresNotFound:
        raise Http404 from None


def _region(request: HttpRequest, code: str) -> Region:
    try:
        return region_seen(request.user, code)
    except FiguresNotFound:
        raise Http404 from None


def _url(place: Region | Institution) -> str:
    if isinstance(place, Region):
        return reverse("region_dashboard", args=[place.code])
    return reverse("institution_dashboard", args=[place.uuid])


def _regions_above(request: HttpRequest, institution: Institution) -> list[dict[str, str]]:
    """The way back up, for those who came down it."""
    prefixes = [institution.region.code[:length] for length in range(2, len(institution.region.code) + 1, 2)]
    seen = regions_of(request.user).filter(code__in=prefixes).order_by("code")
    return [{"name": place_name(each), "url": _url(each)} for each in seen]


def _place_row(each: Place) -> dict[str, Any]:
    return {
        "name": place_name(each.place),
        "url": _url(each.place),
        "bar": standing_bar(each.figures),
        **figures_row(each.figures),
    }


def _class_row(group: TrainingClass) -> dict[str, Any]:
    standing = getattr(group, "standing", None)
    runs = group.state in (ClassState.ACCEPTED, ClassState.ENDED)
    return {
        "title": group.title,
        "syllabus": group.syllabus_version.syllabus.name,
        "starts_on": group.starts_on,
        "ends_on": group.ends_on,
        "state": group.state,
        "state_label": group.get_state_display(),
        "url": reverse("class_dashboard" if runs else "class", args=[group.uuid]),
        "learners": standing.learners if standing else None,
        "percent": standing.percent if standing else 0,
        "bar": standing_bar(standing) if standing else None,
    }


def _class_facts(request: HttpRequest, group: TrainingClass) -> dict[str, Any]:
    return {
        "title": group.title,
        "syllabus": group.syllabus_version.syllabus.name,
        "institution": place_name(group.institution),
        "institution_url": _url(group.institution),
        "above": _regions_above(request, group.institution),
        "starts_on": group.starts_on,
        "ends_on": group.ends_on,
        "state": group.state,
        "state_label": group.get_state_display(),
        "roster_url": reverse("class", args=[group.uuid]) if roles_of(request.user) & SEE_ROSTERS else None,
    }


def _learner_row(row: LearnerRow) -> dict[str, Any]:
    tones = {Need.DONE: "ok", Need.ON_WAY: "", Need.IDLE: "wait", Need.BEHIND: "stop", Need.BOTH: "stop"}
    return {
        "name": row.name,
        "identity": row.masked_identity,
        "need_label": NEEDS[row.need],
        "tone": tones[row.need],
        "percent": row.percent,
        "confirmed_hours": row.confirmed_hours,
        "required_hours": row.required_hours,
        "refused_ms": row.refused_ms,
        "last_on": row.last_on,
        "idle_days": row.idle_days,
    }
