"""The years of an authority's regions, and opening one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from lms.enrollments.actions import ClassRefused, UuidTaken
from lms.enrollments.models import Kind
from lms.enrollments.rules.units import done_hours
from lms.institutions.queries import plannable_shelves
from lms.teachers.actions import YearRefused, open_year
from lms.teachers.forms.years import Category, TermsForm, WhereForm, cap_name, lessons_name
from lms.teachers.models import EducationYear
from lms.teachers.queries import YearNotFound, claims_waiting, openable_regions
from lms.teachers.queries.desk import SupervisedYear, figures_of_years, year_supervised, years_supervised
from lms.teachers.views import moments
from lms.teachers.views.desk.drawing import states_bar
from lms.teachers.views.moments import today, viewer_of
from lms.teachers.views.roster.lists import require_supervision
from lms.teachers.views.roster.rows import place_name

YEARS_PER_PAGE = 12


@login_required
@never_cache
@require_GET
def teaching_years(request: HttpRequest) -> HttpResponse:
    """Every year that teachers of the viewer's regions complete, newest first, with how they stand."""
    require_supervision(request)
    page: Any = Paginator(years_supervised(request.user), YEARS_PER_PAGE).get_page(request.GET.get("page"))
    years = figures_of_years(request.user, list(page.object_list), today())
    context = {
        "years": [_year_row(each) for each in years],
        "page": page,
        "may_open": bool(openable_regions(request.user)),
        "waiting": claims_waiting(request.user).count(),
    }
    return render(request, "teachers/desk/years.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def open_teaching_year(request: HttpRequest) -> HttpResponse:
    """`?region=&year=&institution=&syllabus=` is the first step and shows the second one, which carries it along;
    `?change=` shows the first one again."""
    regions = openable_regions(request.user)
    if not regions:
        raise PermissionDenied
    is_sent = request.method == "POST"
    if is_sent and (known := _known(request)) is not None:
        return redirect("teaching_year_desk", known.uuid)
    given = request.POST if is_sent else request.GET
    is_asked = is_sent or "year" in given
    where = WhereForm(given if is_asked else None, viewer=request.user, regions=regions, day=today())
    if not where.is_valid() or "change" in request.GET:
        status = 422 if where.errors else 200
        return render(request, "teachers/desk/open_where.html", {"where": where}, status=status)
    terms = _terms_form(request, where)
    if is_sent and terms.is_valid():
        opened = _opened(request, where, terms)
        if opened is not None:
            messages.success(request, _("The year is open. Teachers can take part from now on."))
            return redirect("teaching_year_desk", opened.uuid)
    context = {
        "where": where,
        "chosen": _chosen(where),
        "change_url": f"{reverse('open_teaching_year')}?{_query(where)}&change=1",
        "terms": terms,
        "categories": [_category_row(each, terms, where) for each in terms.categories],
    }
    return render(request, "teachers/desk/open_terms.html", context, status=422 if terms.errors else 200)


def _known(request: HttpRequest) -> EducationYear | None:
    """What this form has opened already: it was sent twice."""
    try:
        return year_supervised(request.user, UUID(request.POST.get("uuid", "")))
    except (ValueError, YearNotFound):
        return None


def _terms_form(request: HttpRequest, where: WhereForm) -> TermsForm:
    assert where.version is not None  # the first step is valid
    modules = where.version.modules.prefetch_related("requirements").order_by("ordinal")
    categories = [Category(each, tuple(asked.kind for asked in each.requirements.all())) for each in modules]
    shelves = plannable_shelves(request.user, where.cleaned_data["institution"])
    given = request.POST if request.method == "POST" else None
    return TermsForm(given, year=where.cleaned_data["year"], categories=categories, shelves=shelves)


def _opened(request: HttpRequest, where: WhereForm, terms: TermsForm) -> EducationYear | None:
    """None with the reasons in the form."""
    assert where.version is not None  # the first step is valid
    asked = {name: where.cleaned_data[name] for name in ("region", "year", "institution")}
    try:
        return open_year(
            by=viewer_of(request),
            at=moments.now(),
            syllabus_version=where.version,
            caps=terms.caps(),
            lessons=terms.lessons(),
            **asked,
            **terms.terms(),
        )
    except YearRefused as refused:
        terms.refuse(refused.problems)
    except ClassRefused as refused:
        terms.refuse_class(refused.problems)
    except UuidTaken:
        terms.add_error(None, _("This form was used for something else. Open it anew."))
    return None


def _year_row(each: SupervisedYear) -> dict[str, Any]:
    found = each.education_year
    return {
        "year": found.year,
        "region": place_name(found.region),
        "url": reverse("teaching_year_desk", args=[found.uuid]),
        "claims_url": f"{reverse('claims_desk')}?year={found.uuid}&show=waiting",
        "host": place_name(found.training_class.institution),
        "required_hours": found.required_hours,
        "make_up_until": found.make_up_until,
        "teachers": each.teachers,
        "bar": states_bar(each.states),
        "waiting": each.waiting,
    }


def _chosen(where: WhereForm) -> dict[str, Any]:
    cleaned, version = where.cleaned_data, where.version
    assert version is not None
    return {
        "region": place_name(cleaned["region"]),
        "year": cleaned["year"],
        "institution": place_name(cleaned["institution"]),
        "syllabus": cleaned["syllabus"].name,
        "number": version.number,
        "minutes": version.online_minutes,
    }


def _category_row(each: Category, terms: TermsForm, where: WhereForm) -> dict[str, Any]:
    """A category with its cap and, if it takes online hours, every lesson that may be put into it."""
    lessons = terms[lessons_name(each.module)] if each.is_online else None
    chosen = {str(value) for value in lessons.value() or ()} if lessons else set()
    minutes = where.version.online_minutes if where.version else 0
    return {
        "name": each.module.name,
        "kinds": [Kind(kind).label for kind in each.kinds],
        "cap": terms[cap_name(each.module)],
        "lessons": lessons,
        "shelves": [
            {
                "title": shelf.title,
                "source": shelf.source,
                "owner": shelf.owner,
                "is_open": any(str(version.pk) in chosen for version in shelf.versions),
                "lessons": [
                    {
                        "value": str(version.pk),
                        "title": version.title,
                        "duration_ms": version.duration_ms,
                        "hours": done_hours(version.duration_ms, minutes),
                        "is_chosen": str(version.pk) in chosen,
                    }
                    for version in shelf.versions
                ],
            }
            for shelf in terms.shelves
        ]
        if lessons
        else [],
    }


def _query(where: WhereForm) -> str:
    chosen = {name: where.cleaned_data[name].pk for name in ("region", "institution", "syllabus")}
    return urlencode({**chosen, "year": where.cleaned_data["year"]})
