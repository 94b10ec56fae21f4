"""The authority's roster: who teaches in its regions, found and narrowed, on a page and as a spreadsheet."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lms.accounts.models import Role, User
from lms.accounts.queries import roles_of
from lms.institutions.models import Institution, Region
from lms.institutions.queries import regions_of
from lms.teachers.queries.applications import applications_waiting
from lms.teachers.queries.roster import (
    ALL,
    SHOWN,
    SOON,
    UNFILED,
    WITHOUT,
    Asked,
    RosterFigures,
    figures_below,
    figures_by_region,
    institution_below,
    region_below,
    rows_of,
    teachers_below,
)
from lms.teachers.queries.trades import trade_names
from lms.teachers.views.moments import today
from lms.teachers.views.roster.rows import place_name, teacher_row
from lms.workbooks import Cell, Sheet, workbook_response

TEACHERS_PER_PAGE = 50
WORDS_MAX = 60
SUPERVISE = frozenset({Role.AUTHORITY.value, Role.ADMINISTRATOR.value})
COLUMN_WIDTHS = (14, 12, 40, 14, 10, 22, 14, 14, 50, 40)


def require_supervision(request: HttpRequest) -> None:
    """403 for whoever neither supervises a region nor administers the installation."""
    if not roles_of(request.user) & SUPERVISE:
        raise PermissionDenied


@login_required
@never_cache
@require_GET
def teachers(request: HttpRequest) -> HttpResponse:
    """Who teaches in the viewer's regions. `?q=` finds; `?region=`, `?trade=` and `?institution=` narrow; `?show=`
    keeps those who may not teach, whose certificate lapses, or who have no file."""
    require_supervision(request)
    day, asked, trades = today(), _asked(request), trade_names()
    page = Paginator(teachers_below(request.user, day, asked), TEACHERS_PER_PAGE).get_page(request.GET.get("page"))
    kept = _kept(asked)
    figures = figures_below(request.user, day, asked)
    regions = list(regions_of(request.user))
    context = {
        "teachers": [_row(each, trades) for each in page.object_list],
        "page": page,
        "parameter": urlencode({**kept, **({"show": asked.show} if asked.show else {})}) + "&page",
        "asked": asked,
        "institution": place_name(asked.institution) if asked.institution else "",
        "is_narrowed": bool(kept or asked.show),
        "figures": figures,
        "shown": _ways(asked, kept, figures),
        "regions": [(each.code, place_name(each)) for each in regions],
        "parts": _parts(request, day, asked, regions),
        "trades": list(trades.items()),
        "file_url": f"{reverse('teachers_workbook')}?{urlencode({**kept, 'show': asked.show})}",
        "waiting": applications_waiting(request.user).count(),
    }
    return render(request, "teachers/roster/teachers.html", context)


@login_required
@never_cache
@require_GET
def teachers_workbook(request: HttpRequest) -> HttpResponseBase:
    """The same list as a spreadsheet, whole."""
    require_supervision(request)
    day, asked, trades = today(), _asked(request), trade_names()
    found = rows_of(teachers_below(request.user, day, asked))
    headings = [
        _("Name"),
        _("Standing"),
        _("Trades"),
        _("Practising since"),
        _("Years"),
        _("Number of the certificate"),
        _("Valid from"),
        _("Valid until"),
        _("Qualifications"),
        _("Institutions"),
    ]
    sheet = Sheet(_("Teachers"), headings, _cells(teacher_row(each, trades, day) for each in found), COLUMN_WIDTHS)
    return workbook_response(f"teachers-{day.isoformat()}", [sheet])


def _cells(rows: Iterable[dict[str, Any]]) -> Iterable[tuple[Cell, ...]]:
    for row in rows:
        held = row["file"] or {"trades": [], "since": None, "years": None, "qualifications": []}
        yield (
            *(row["name"], row["state_label"], "；".join(held["trades"]), held["since"], held["years"]),
            *(row["number"], row["valid_from"], row["valid_to"]),
            *("；".join(held["qualifications"]), "；".join(row["works_at"])),
        )


def _row(person: User, trades: dict[str, str]) -> dict[str, Any]:
    return {**teacher_row(person, trades, today()), "url": reverse("teacher", args=[person.uuid])}


def _ways(asked: Asked, kept: dict[str, str], figures: RosterFigures) -> list[dict[str, Any]]:
    """The four lists with how many are on each."""
    counted = (
        (ALL, _("All"), figures.teachers),
        (WITHOUT, _("May not teach today"), figures.without),
        (SOON, _("Run out within 90 days"), figures.lapsing),
        (UNFILED, _("Without a file"), figures.unfiled),
    )
    return [
        {
            "label": label,
            "number": number,
            "is_current": asked.show == show,
            "url": f"?{urlencode({**kept, **({'show': show} if show else {})})}",
        }
        for show, label, number in counted
    ]


def _parts(request: HttpRequest, day: date, asked: Asked, regions: list[Region]) -> list[dict[str, Any]]:
    """The region that is looked at, and those right below it, with their figures. Where none was chosen it is the one
    under which all that the viewer supervises lies; of several such each is told, for no region is above them here."""
    keys = {each.pk for each in regions}
    chosen = [each for each in regions if each.code == asked.region]
    tops = chosen or [each for each in regions if each.parent_id not in keys]
    here = tops[0] if len(tops) == 1 else None
    told = tops if here is None else [here, *(each for each in regions if each.parent_id == here.pk)]
    if len(told) < 2:
        return []
    found = figures_by_region(request.user, day, asked, [each.code for each in told])
    kept = _kept(asked)
    return [
        {
            "name": place_name(each),
            "figures": found[each.code],
            "url": f"?{urlencode({**kept, 'region': each.code})}" if each is not here else "",
        }
        for each in told
        if each.code in found
    ]


def _kept(asked: Asked) -> dict[str, str]:
    given = {
        "q": asked.text,
        "region": asked.region,
        "trade": asked.trade,
        "institution": str(asked.institution.uuid) if asked.institution else "",
    }
    return {name: value for name, value in given.items() if value}


def _asked(request: HttpRequest) -> Asked:
    """What the address asks for; 404 for an institution or region that the viewer does not supervise."""
    words = request.GET.get("q", "")[:WORDS_MAX].replace("\0", "").strip()
    trade = request.GET.get("trade", "")[:WORDS_MAX].replace("\0", "")
    show = request.GET.get("show", ALL)
    institution, region = request.GET.get("institution", ""), request.GET.get("region", "").replace("\0", "")
    found = _institution(request, institution) if institution else None
    if region and region_below(request.user, region) is None:
        raise Http404
    return Asked(words, found, region, trade, show if show in SHOWN else ALL)


def _institution(request: HttpRequest, text: str) -> Institution:
    try:
        found = institution_below(request.user, UUID(text))
    except ValueError:
        raise Http404 from None
    if found is None:
        raise Http404
    return found
