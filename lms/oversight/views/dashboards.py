"""Dashboards of a class, an institution and a region, and where the work of staff and authorities begins."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lms.accounts.models import Role
from lms.accounts.queries import roles_of
from lms.enrollments.models import TrainingClass
from lms.hours.queries.clocks import today
from lms.institutions.models import Institution
from lms.institutions.queries import regions_of
from lms.oversight.models import InstitutionDay
from lms.oversight.queries.classes import SORTS, as_of, class_figures, learner_rows, learners_of
from lms.oversight.queries.days import DayHours, last_days
from lms.oversight.queries.places import (
    Figures,
    Place,
    classes_of,
    classes_with_figures,
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
from lms.oversight.views.drawing import days_chart, kinds_chart, refusals_chart, spread_chart, standing_bar
from lms.oversight.views.rows import class_row, learner_row, place_name, place_row, place_url
from lms.oversight.views.sheets import class_sheets, institution_sheets, region_sheets
from lms.oversight.views.where import where_chart
from lms.workbooks import workbook_response

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
    "refused": gettext_lazy("Most not counted first"),
}


def figures_view(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """To be read by who is logged in and kept by no cache; figures that are hidden look like those that are not."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except FiguresNotFound:
            raise Http404 from None

    return login_required(never_cache(require_GET(answer)))


@figures_view
def workplace(request: HttpRequest) -> HttpResponse:
    """Where staff and teachers work; an authority goes on to its region. Refused for whoever is neither."""
    places = workplaces_of(request.user)
    if places:
        return _institution_page(request, places[0], places[1:])
    region = highest_region_of(request.user)
    if region is None:
        raise PermissionDenied
    return redirect("region_dashboard", code=region.code)


@figures_view
def institution_dashboard(request: HttpRequest, institution: UUID) -> HttpResponse:
    """The classes of one institution, its hours by day, what was refused and where, and what waits."""
    return _institution_page(request, institution_seen(request.user, institution), [])


@figures_view
def institution_workbook(request: HttpRequest, institution: UUID) -> HttpResponseBase:
    """The tables of an institution: its classes, its hours by day, what was refused."""
    found, day = institution_seen(request.user, institution), _today()
    days, classes = _institution_days(found, day), classes_with_figures(found, day)
    sheets = institution_sheets(classes_of(found), days, institution_figures(found), classes)
    return workbook_response(f"{found.name_zh}-{day}", sheets)


@figures_view
def region_dashboard(request: HttpRequest, code: str) -> HttpResponse:
    """The regions below, the institutions of this one, how far their learners are, and what was refused where."""
    region = region_seen(request.user, code)
    figures = region_figures(region, _today(), regions_of(request.user))
    context = {
        "region": {"name": place_name(region), "code": region.code},
        "institutions_url": f"{reverse('institutions')}?{urlencode({'region': region.code})}",
        "above": _links(figures.above),
        "regions": [place_row(each) for each in figures.regions],
        "institutions": [place_row(each) for each in figures.institutions],
        "waiting": waiting_in(request.user, region),
        "workbook": reverse("region_workbook", args=[region.code]),
        **_charts(request, figures.total, figures.days, figures.everywhere),
    }
    return render(request, "oversight/region.html", context)


@figures_view
def region_workbook(request: HttpRequest, code: str) -> HttpResponseBase:
    """The tables of a region: the regions below, its institutions, its hours by day, what was refused."""
    region, day = region_seen(request.user, code), _today()
    return workbook_response(
        f"{region.name_zh}-{day}", region_sheets(region_figures(region, day, regions_of(request.user)))
    )


@figures_view
def class_dashboard(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """Who is behind, idle or done in a class, what was refused and why, and its hours."""
    group, day = class_seen(request.user, training_class), _today()
    figures = class_figures(group, day)
    standing = figures.standing
    sort, show = request.GET.get("sort", "need"), request.GET.get("show", "")
    rows = learners_of(group, sort, SHOWN.get(show, frozenset()))
    page = Paginator(rows, LEARNERS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "training_class": _class_facts(request, group),
        "as_of": figures.as_of,
        "standing": standing,
        "bar": standing_bar(standing) if standing else None,
        "spread": spread_chart(standing.spread, figures.expected_percent) if standing else None,
        "kinds": kinds_chart(figures.kinds),
        "refused": refusals_chart(standing.refused) if standing else [],
        "days": days_chart(figures.days),
        "learners": [learner_row(each) for each in learner_rows(figures, page.object_list, day)],  # type: ignore[arg-type]
        "page": page,
        "sort": sort if sort in SORTS else "need",
        "orders": [{"sort": each, "label": label} for each, label in ORDERS.items()],
        "show": show if show in SHOWN else "",
        "workbook": reverse("class_workbook", args=[group.uuid]),
    }
    return render(request, "oversight/class.html", context)


@figures_view
def class_workbook(request: HttpRequest, training_class: UUID) -> HttpResponseBase:
    """The tables of a class: learners, hours of modules, refusals, days."""
    group, day = class_seen(request.user, training_class), _today()
    figures = class_figures(group, day)
    learners = learner_rows(figures, learners_of(group, "need", frozenset()), day)
    return workbook_response(f"{group.title}-{day}", class_sheets(figures, learners))


def _institution_page(request: HttpRequest, found: Institution, others: list[Institution]) -> HttpResponse:
    day = _today()
    page: Any = Paginator(classes_of(found), CLASSES_PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [class_row(each) for each in page.object_list]
    above = _regions_above(request, found)
    file_url = reverse("institution_file", args=[found.uuid]) if above else None
    context = {
        "institution": {"name": place_name(found), "suspended_at": found.suspended_at, "file_url": file_url},
        "above": above,
        "others": _links(others),
        "is_staff": Role.INSTITUTION in roles_of(request.user),
        "waiting": waiting_at(request.user, found),
        "page": page,
        "workbook": reverse("institution_workbook", args=[found.uuid]),
        **_charts(request, institution_figures(found), _institution_days(found, day), classes_with_figures(found, day)),
    }
    return render(request, "oversight/institution.html", context)


def _charts(request: HttpRequest, total: Figures, days: list[DayHours], places: Iterable[Place]) -> dict[str, Any]:
    """What the pages of an institution and a region have in common; `places` are where something may be refused."""
    return {
        "as_of": as_of(),
        "total": total,
        "bar": standing_bar(total),
        "days": days_chart(days),
        "refused": refusals_chart(total.refused),
        "where": where_chart(total, places, request.GET.get("code", "")),
    }


def _today() -> date:
    return today(datetime.now(UTC)).date


def _institution_days(institution: Institution, day: date) -> list[DayHours]:
    return last_days(InstitutionDay.objects.filter(institution=institution), day)


def _links(places: Iterable[Any]) -> list[dict[str, str]]:
    return [{"name": place_name(each), "url": place_url(each)} for each in places]


def _regions_above(request: HttpRequest, institution: Institution) -> list[dict[str, str]]:
    """The way back up, for those who came down it."""
    prefixes = [institution.region.code[:length] for length in range(2, len(institution.region.code) + 1, 2)]
    return _links(regions_of(request.user).filter(code__in=prefixes).order_by("code"))


def _class_facts(request: HttpRequest, group: TrainingClass) -> dict[str, Any]:
    return {
        "title": group.title,
        "syllabus": group.syllabus_version.syllabus.name,
        "institution": place_name(group.institution),
        "institution_url": place_url(group.institution),
        "above": _regions_above(request, group.institution),
        "starts_on": group.starts_on,
        "ends_on": group.ends_on,
        "state": group.state,
        "state_label": group.get_state_display(),
        "roster_url": reverse("class", args=[group.uuid]) if roles_of(request.user) & SEE_ROSTERS else None,
    }
