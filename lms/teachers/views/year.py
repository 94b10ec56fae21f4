"""A teacher's own year at a glance, and the step by which they take part in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lms.accounts.models import Role, User
from lms.accounts.queries import has_role
from lms.enrollments.models import Kind, spoken
from lms.enrollments.rules.units import done_hours
from lms.hours.models import EntrySort
from lms.hours.queries.clocks import ms_of
from lms.hours.queries.overview import EnrollmentHours, LessonProgress, hours_of
from lms.hours.study_texts import refusal_text
from lms.hours.views.pages import lesson_row
from lms.paper_codes import grouped
from lms.teachers.actions import YearRefused, take_part_in_year
from lms.teachers.models import Claim, ClaimState, YearStatement
from lms.teachers.queries import TeacherYear, YearNotFound, own_claims, own_years, takes_part_because, year_for
from lms.teachers.queries.sources import Source, sources_of
from lms.teachers.queries.statements import own_statements
from lms.teachers.rules.claims import Problem
from lms.teachers.rules.closing import OpenLesson, Step, closing, would_count
from lms.teachers.rules.consequences import YearState, last_day, of_provinces
from lms.teachers.rules.forty import NOTHING, class_hours, rounded_down, rounded_up
from lms.teachers.rules.papers import tone_of
from lms.teachers.rules.ring import ring_of, ticks
from lms.teachers.texts import claim_state_text, problem_text, source_text
from lms.teachers.views import moments
from lms.teachers.views.moments import day_of, viewer_of

OPEN_STATES = frozenset({YearState.RUNNING, YearState.GRACE, YearState.SHORT})
"""In which hours can still be earned, or made up."""


@login_required
@never_cache
@require_GET
def teaching_year(request: HttpRequest) -> HttpResponse:
    """The running year, or the newest there is."""
    return _page(request, None)


@login_required
@never_cache
@require_GET
def teaching_year_of(request: HttpRequest, year: int) -> HttpResponse:
    """One year of the teacher's own; the same page."""
    return _page(request, year)


@login_required
@require_POST
def take_part(request: HttpRequest, education_year: UUID) -> HttpResponse:
    """The one step by which a teacher comes in."""
    try:
        found = year_for(request.user, education_year)
    except YearNotFound:
        raise Http404 from None
    try:
        take_part_in_year(by=viewer_of(request), at=moments.now(), education_year=found)
    except YearRefused as refused:
        if any(each.code == "not_a_teacher" for each in refused.problems):
            raise PermissionDenied from None
        for each in refused.problems:
            messages.error(request, problem_text(each))
    else:
        messages.success(
            request, _("You take part in %(year)s. Its online courses are open to you now.") % {"year": found.year}
        )
    return redirect("teaching_year_of", found.year)


def _page(request: HttpRequest, year: int | None) -> HttpResponse:
    viewer, at = viewer_of(request), moments.now()
    rows = own_years(viewer, day_of(at))
    if not has_role(viewer, Role.TEACHER) and not any(each.enrollment for each in rows):
        raise PermissionDenied
    chosen = _chosen(rows, day_of(at).year if year is None else year, request.GET.get("region", ""))
    if chosen is None and year is None and rows:
        chosen = rows[0]
    if chosen is None:
        if year is not None:
            raise Http404
        return render(request, "teachers/no_year.html")
    return render(request, "teachers/year.html", _context(viewer, at, chosen, rows))


def _chosen(rows: Sequence[TeacherYear], year: int, region: str) -> TeacherYear | None:
    """Of several provinces the one that is asked for, else the one where the teacher takes part."""
    of_year = [each for each in rows if each.year == year]
    asked = [each for each in of_year if each.education_year.region.code == region]
    return next(iter([*asked, *(each for each in of_year if each.enrollment), *of_year]), None)


def _context(viewer: User, at: datetime, row: TeacherYear, rows: Sequence[TeacherYear]) -> dict[str, Any]:
    claims = list(own_claims(viewer, row.education_year))
    hours = _hours(viewer, row)
    waits = _waiting_by_category(row, claims, hours)
    categories = _categories(row)
    because = takes_part_because(viewer, row.education_year, at) if row.state in OPEN_STATES else ""
    return {
        "year": _year(row, rows),
        "years": [_tab(each, row, rows) for each in rows],
        "account": row.account,
        "ring": _ring(row, waits),
        "categories": categories,
        "has_sources": any(each["sources"] for each in categories),
        "claims": {state.value: [_claim(each) for each in claims if each.state == state] for state in ClaimState},
        "waiting_hours": rounded_down(sum(waits.values(), NOTHING)),
        "provisional_ms": sum(kind.provisional_ms for kind in hours.kinds) if hours else 0,
        "refused_online": _refused_online(hours),
        "courses": _courses(row, hours),
        "is_open": row.state in OPEN_STATES,
        "takes_part": row.enrollment is not None,
        "cannot_because": problem_text(Problem("year", because, str(row.year))) if because else "",
        "statements": [_statement(each) for each in own_statements(viewer, row.education_year)],
        "statement_uuid": uuid4(),
    }


def _year(row: TeacherYear, rows: Sequence[TeacherYear]) -> dict[str, Any]:
    """`naming` is the state that decides about being named in this province."""
    year, host = row.education_year, row.education_year.training_class.institution
    naming = of_provinces(row.state, [each.state for each in rows if each.year == row.year])
    return {
        "uuid": year.uuid,
        "number": row.year,
        "region": spoken(year.region.name_zh, year.region.name_en),
        "host": spoken(host.name_zh, host.name_en),
        "state": row.state.value,
        "naming": naming.value,
        "ends_on": last_day(row.year),
        "make_up_until": year.make_up_until,
    }


def _tab(each: TeacherYear, shown: TeacherYear, rows: Sequence[TeacherYear]) -> dict[str, Any]:
    region = each.education_year.region
    is_ambiguous = sum(other.year == each.year for other in rows) > 1
    return {
        "number": each.year,
        "region": region.code if is_ambiguous else "",
        "region_name": spoken(region.name_zh, region.name_en) if is_ambiguous else "",
        "state": each.state.value,
        "is_shown": each.education_year.pk == shown.education_year.pk,
    }


def _hours(viewer: User, row: TeacherYear) -> EnrollmentHours | None:
    """Lessons and what is not confirmed yet, of a year that is running."""
    if row.enrollment is None:
        return None
    return next((each for each in hours_of(viewer) if each.enrollment.pk == row.enrollment.pk), None)


def _waiting_by_category(
    row: TeacherYear, claims: Sequence[Claim], hours: EnrollmentHours | None
) -> dict[int, Fraction]:
    """Class hours that may count: of claims that wait, and studied time that is not confirmed yet."""
    version = row.education_year.training_class.syllabus_version
    found = {module.pk: NOTHING for module, _account in row.categories}
    for claim in claims:
        if claim.state == ClaimState.WAITING:
            found[claim.module_id] += class_hours(_ms(claim), version.minutes_of(claim.kind))
    for module in hours.modules if hours else []:
        for kind in module.kinds:
            found[module.module.pk] += class_hours(kind.provisional_ms, kind.minutes)
    return found


def _ring(row: TeacherYear, waits: Mapping[int, Fraction]) -> dict[str, Any]:
    account = row.account
    parts = [account.carried_in, *(each.counted for each in account.categories)]
    ring = ring_of(account.required, parts, would_count(account.categories, waits))
    short, long = ticks(account.required)
    return {
        "arcs": [{"path": each.path, "tone": tone_of(each.tone)} for each in ring.arcs],
        "waiting": ring.waiting.path if ring.waiting else "",
        "beyond": ring.beyond_path,
        "is_complete": ring.is_complete,
        "ticks": short,
        "long_ticks": long,
    }


def _categories(row: TeacherYear) -> list[dict[str, Any]]:
    version = row.education_year.training_class.syllabus_version
    sources = sources_of(row.enrollment) if row.enrollment is not None else {}
    return [
        {
            "name": module.name,
            "tone": tone_of(place),
            "account": account,
            "sources": [_source(each, version.minutes_of(each.kind)) for each in sources.get(module.pk, [])],
        }
        for place, (module, account) in enumerate(row.categories, 1)
    ]


def _source(source: Source, minutes: int) -> dict[str, Any]:
    """Corrections and what was taken back have their reason for a title."""
    is_told = source.sort in (EntrySort.VOID, EntrySort.CORRECTION)
    return {
        "title": source.title or Kind(source.kind).label,
        "label": source_text(source.sort),
        "at": source.at,
        "hours": done_hours(abs(source.ms), minutes),
        "is_taken": source.ms < 0,
        "is_told": is_told,
        "claim": source.claim.uuid if source.claim else None,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    version = claim.education_year.training_class.syllabus_version
    return {
        "uuid": claim.uuid,
        "title": claim.title,
        "category": claim.module.name,
        "from": claim.from_at,
        "hours": done_hours(_ms(claim), version.minutes_of(claim.kind)),
        "state": claim.state,
        "label": claim_state_text(claim.state),
        "reason": claim.reason,
    }


def _refused_online(hours: EnrollmentHours | None) -> list[dict[str, Any]]:
    found: dict[str, int] = {}
    for kind in hours.kinds if hours else []:
        for code, ms in kind.refused.items():
            found[code] = found.get(code, 0) + ms
    return [{"label": refusal_text(code), "ms": ms} for code, ms in sorted(found.items()) if ms]


def _courses(row: TeacherYear, hours: EnrollmentHours | None) -> dict[str, Any] | None:
    """Lessons that are open and not finished, and what they would give; None where nothing can be studied."""
    if hours is None or row.state != YearState.RUNNING or row.account.is_complete:
        return None
    minutes = row.education_year.training_class.syllabus_version.minutes_of(Kind.ONLINE)
    lessons = {
        each.version.pk: (module.module.pk, each)
        for module in hours.modules
        for each in module.lessons
        if not each.is_finished and each.version.lesson.withdrawn_at is None
    }
    steps = closing(
        row.account.categories,
        row.account.missing,
        [OpenLesson(pk, category, _left(each, minutes)) for pk, (category, each) in lessons.items()],
    )
    gives = sum((each.gives for each in steps), NOTHING)
    return {
        "steps": [_step(each, lessons[each.lesson][1]) for each in steps],  # type: ignore[index]
        "gives": rounded_down(gives),
        "left": rounded_up(max(row.account.missing - gives, NOTHING)),
    }


def _left(each: LessonProgress, minutes: int) -> Fraction:
    return class_hours(max(each.version.duration_ms - each.credited_ms, 0), minutes)


def _step(step: Step, lesson: LessonProgress) -> dict[str, Any]:
    return {**lesson_row(lesson), "gives": rounded_down(step.gives), "left": rounded_down(step.left)}


def _statement(statement: YearStatement) -> dict[str, Any]:
    return {
        "uuid": statement.uuid,
        "code": grouped(statement.code),
        "issued_at": statement.issued_at,
        "counted": statement.facts["counted"],
    }


def _ms(claim: Claim) -> int:
    return ms_of(claim.to_at) - ms_of(claim.from_at)
