"""One year for the authority: how its teachers are spread over the hours, who misses most, and the same as a file."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lms.enrollments.models import Kind
from lms.institutions.queries import regions_of, supervises
from lms.teachers.models import EducationYear
from lms.teachers.queries import TeacherStanding, YearNotFound, categories_of
from lms.teachers.queries.desk import YearDesk, desk_of_year, standing_of, year_supervised
from lms.teachers.queries.roster import Asked, region_below
from lms.teachers.queries.trades import trade_names
from lms.teachers.rules.consequences import last_day
from lms.teachers.rules.desk import bands
from lms.teachers.rules.forty import rounded_down
from lms.teachers.views.desk.drawing import bands_chart
from lms.teachers.views.desk.words import STATE_LABELS, STATE_MARKS
from lms.teachers.views.moments import today
from lms.teachers.views.roster.lists import require_supervision
from lms.teachers.views.roster.rows import place_name, teacher_row
from lms.workbooks import Cell, Sheet, workbook_response

TEACHERS_PER_PAGE = 50
WORDS_MAX = 60
SHOWN = ("", "short", "lapsing")
WIDTHS = (14, 18, 12, 12, 12)


@login_required
@never_cache
@require_GET
def teaching_year_desk(request: HttpRequest, education_year: UUID) -> HttpResponse:
    """Those who miss most first. `?q=` finds; `?region=` and `?trade=` narrow; `?show=` keeps who owes hours, or whose
    certificate runs out within 90 days."""
    found, asked, show = _asked(request, education_year)
    trades = trade_names()
    desk = desk_of_year(request.user, found, today(), asked, show)
    page = Paginator(desk.listed, TEACHERS_PER_PAGE).get_page(request.GET.get("page"))
    kept = _kept(asked)
    shown = {**kept, **({"show": show} if show else {})}
    context = {
        "year": _year_facts(request, found),
        "categories": _categories(found),
        "chart": _chart(found, desk),
        "teachers": [_row(each, trades) for each in page.object_list],
        "page": page,
        "parameter": f"{urlencode(shown)}&page" if shown else "page",
        "asked": asked,
        "show": show,
        "is_narrowed": bool(shown),
        "ways": _ways(desk, kept, show, _is_over(found)),
        "is_over": _is_over(found),
        "regions": [(each.code, place_name(each)) for each in _regions(request, found)],
        "trades": list(trades.items()),
        "file_url": f"{reverse('teaching_year_workbook', args=[found.uuid])}?{urlencode(shown)}",
    }
    return render(request, "teachers/desk/year.html", context)


@login_required
@never_cache
@require_GET
def teaching_year_workbook(request: HttpRequest, education_year: UUID) -> HttpResponseBase:
    """The same list as a spreadsheet, whole, with a column for each category."""
    found, asked, show = _asked(request, education_year)
    desk = desk_of_year(request.user, found, today(), asked, show)
    modules = [module.name for module, _cap, _kinds in categories_of(found)]
    headings = [
        _("Name"),
        _("Standing"),
        _("Asked"),
        _("Counted"),
        _("Missing"),
        _("Carried over from the year before"),
        *modules,
        _("Number of the certificate"),
        _("Valid until"),
        _("Trades"),
        _("Institutions"),
    ]
    widths = (*WIDTHS, 16, *(16 for _module in modules), 22, 14, 40, 40)
    rows = _cells(desk.listed, trade_names())
    sheet = Sheet(f"{found.year}", headings, rows, widths)
    return workbook_response(f"{place_name(found.region)}-{found.year}-{today().isoformat()}", [sheet])


def _cells(standings: Iterable[TeacherStanding], trades: dict[str, str]) -> Iterable[tuple[Cell, ...]]:
    day = today()
    for each in standings:
        teacher, account = teacher_row(each.person, trades, day), each.row.account
        yield (
            *(teacher["name"], str(STATE_LABELS[standing_of(each.row)])),
            *(account.required_hours, account.counted_hours, account.missing_hours, account.carried_in_hours),
            *(category.counted_hours for _module, category in each.row.categories),
            *(teacher["number"], teacher["valid_to"]),
            "；".join(teacher["file"]["trades"]) if teacher["file"] else "",
            "；".join(teacher["works_at"]),
        )


def _asked(request: HttpRequest, uuid: UUID) -> tuple[EducationYear, Asked, str]:
    """404 for a year that no teacher of the viewer's regions completes, and for a region they do not supervise."""
    require_supervision(request)
    try:
        found = year_supervised(request.user, uuid)
    except YearNotFound:
        raise Http404 from None
    words = request.GET.get("q", "")[:WORDS_MAX].replace("\0", "").strip()
    trade = request.GET.get("trade", "")[:WORDS_MAX].replace("\0", "")
    region, show = request.GET.get("region", "").replace("\0", ""), request.GET.get("show", "")
    if region and region_below(request.user, region) is None:
        raise Http404
    return found, Asked(text=words, region=region, trade=trade), show if show in SHOWN else ""


def _kept(asked: Asked) -> dict[str, str]:
    given = {"q": asked.text, "region": asked.region, "trade": asked.trade}
    return {name: value for name, value in given.items() if value}


def _is_over(found: EducationYear) -> bool:
    """Nobody is short of a year that still runs."""
    return today() > last_day(found.year)


def _ways(desk: YearDesk, kept: dict[str, str], show: str, is_over: bool) -> list[dict[str, Any]]:
    """The three lists with how many are on each."""
    counted = (
        ("", _("All teachers"), desk.everybody),
        ("short", _("Short of hours") if is_over else _("Have hours still to do"), desk.owing),
        ("lapsing", _("Certificate runs out within 90 days"), desk.lapsing),
    )
    return [
        {
            "label": label,
            "number": len(listed),
            "is_current": each == show,
            "url": f"?{urlencode({**kept, **({'show': each} if each else {})})}#teachers",
        }
        for each, label, listed in counted
    ]


def _regions(request: HttpRequest, found: EducationYear) -> Any:
    return regions_of(request.user).filter(code__startswith=found.region.code)


def _chart(found: EducationYear, desk: YearDesk) -> dict[str, Any]:
    drawn = bands(Fraction(found.required_hours), [each.row.account.counted for each in desk.everybody])
    return bands_chart(drawn, is_over=_is_over(found))


def _year_facts(request: HttpRequest, found: EducationYear) -> dict[str, Any]:
    training_class = found.training_class
    decides = supervises(request.user, found.region)
    return {
        "year": found.year,
        "region": place_name(found.region),
        "required_hours": found.required_hours,
        "carry_over_hours_max": found.carry_over_hours_max,
        "make_up_until": found.make_up_until,
        "host": place_name(training_class.institution),
        "syllabus": training_class.syllabus_version.syllabus.name,
        "opened_at": found.opened_at,
        "lessons": training_class.lessons.count(),
        "claims_url": f"{reverse('claims_desk')}?year={found.uuid}" if decides else "",
    }


def _categories(found: EducationYear) -> list[dict[str, Any]]:
    return [
        {
            "name": module.name,
            "cap": None if cap is None else rounded_down(cap),
            "kinds": [kind.label for kind in Kind if kind.value in kinds],
        }
        for module, cap, kinds in categories_of(found)
    ]


def _row(each: TeacherStanding, trades: dict[str, str]) -> dict[str, Any]:
    account, state = each.row.account, standing_of(each.row)
    return {
        **teacher_row(each.person, trades, today()),
        "url": reverse("teacher", args=[each.person.uuid]),
        "counted_hours": account.counted_hours,
        "required_hours": account.required_hours,
        "missing_hours": account.missing_hours,
        "percent": min(100, int(account.counted * 100 / account.required)),
        "standing": state,
        "standing_label": STATE_LABELS[state],
        "mark": STATE_MARKS[state],
        "takes_part": each.row.enrollment is not None,
    }
