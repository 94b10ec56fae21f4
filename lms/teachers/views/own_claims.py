"""A teacher's own claims: making one, looking at it, taking it back while it waits."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.accounts.models import Role, User
from lms.accounts.queries import has_role
from lms.enrollments.models import Kind
from lms.enrollments.rules.units import done_hours
from lms.hours.queries.attendance import standing_of
from lms.hours.queries.clocks import ms_of
from lms.teachers.actions import ClaimRefused, YearRefused, claim_hours, take_claim_back
from lms.teachers.forms.own_claims import ClaimForm
from lms.teachers.models import Claim, ClaimState, EducationYear, Evidence
from lms.teachers.queries import ClaimNotFound, own_claim, own_years, takes_part_because
from lms.teachers.rules.claims import Problem
from lms.teachers.texts import claim_state_text, problem_text
from lms.teachers.views import moments
from lms.teachers.views.moments import day_of, viewer_of
from lms.teachers.views.year import OPEN_STATES

KILOBYTE = 1024


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new_claim(request: HttpRequest) -> HttpResponse:
    """The form, with every year that takes claims of this teacher; refused, it is shown again with each reason."""
    viewer = viewer_of(request)
    if not has_role(viewer, Role.TEACHER):
        raise PermissionDenied
    years, because = _years(viewer, request.GET.get("year", ""))
    if not years:
        status = 200 if request.method == "GET" else 409
        return render(request, "teachers/new_claim.html", {"because": because}, status=status)
    form = ClaimForm(request.POST, request.FILES, years=years) if request.method == "POST" else ClaimForm(years=years)
    if form.is_valid():
        try:
            made = claim_hours(by=viewer, at=moments.now(), **form.claimed())
        except (ClaimRefused, YearRefused) as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, _("The claim was sent. Somebody of the authority looks at it."))
            return redirect("teaching_claim", made.uuid)
    context = {"form": form, "years": [each.year for each in years]}
    return render(request, "teachers/new_claim.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_GET
def teaching_claim(request: HttpRequest, claim: UUID) -> HttpResponse:
    """One claim of the teacher's own, with its evidence and what became of it."""
    return render(request, "teachers/own_claim.html", {"claim": _shown(_own(request, claim))})


@login_required
@require_POST
def take_back(request: HttpRequest, claim: UUID) -> HttpResponse:
    """Whoever was decided about meanwhile is told so."""
    found = _own(request, claim)
    try:
        take_claim_back(by=viewer_of(request), at=moments.now(), claim=found)
    except ClaimRefused as refused:
        for each in refused.problems:
            messages.error(request, problem_text(each))
    else:
        messages.success(request, _("You took the claim back. Its time is free again."))
    return redirect("teaching_claim", found.uuid)


def _own(request: HttpRequest, claim: UUID) -> Claim:
    try:
        return own_claim(viewer_of(request), claim)
    except ClaimNotFound:
        raise Http404 from None


def _years(viewer: User, wanted: str) -> tuple[list[EducationYear], str]:
    """The teacher's years that take claims, the newest first, or the one that is wanted; with none, why."""
    at = moments.now()
    rows = [each.education_year for each in own_years(viewer, day_of(at)) if each.state in OPEN_STATES]
    because = {each.pk: takes_part_because(viewer, each, at) for each in rows}
    found = [each for each in rows if not because[each.pk]]
    told = next((problem_text(Problem("year", because[each.pk], str(each.year))) for each in rows), "")
    return [each for each in found if str(each.uuid) == wanted] or found, told


def _shown(claim: Claim) -> dict[str, Any]:
    minutes = claim.education_year.training_class.syllabus_version.minutes_of(claim.kind)
    ms = ms_of(claim.to_at) - ms_of(claim.from_at)
    counts_ms = _counts_ms(claim)
    return {
        "uuid": claim.uuid,
        "year": claim.education_year.year,
        "title": claim.title,
        "place": claim.place,
        "text": claim.text,
        "category": claim.module.name,
        "kind": Kind(claim.kind).label,
        "from": claim.from_at,
        "to": claim.to_at,
        "hours": done_hours(ms, minutes),
        "claimed_at": claim.claimed_at,
        "state": claim.state,
        "label": claim_state_text(claim.state),
        "is_waiting": claim.state == ClaimState.WAITING,
        "decided_at": claim.decided_at,
        "decided_by": str(claim.decided_by) if claim.decided_by else "",
        "reason": claim.reason,
        "entry": claim.entry.number if claim.entry else None,
        "counts": done_hours(counts_ms, minutes),
        "is_cut": claim.entry is not None and counts_ms < ms,
        "evidence": [_file(each) for each in claim.evidence.all()],
    }


def _counts_ms(claim: Claim) -> int:
    """What still counts of an accepted claim: two people may have taken some of it back."""
    if claim.entry is None:
        return 0
    enrollment = claim.entry.enrollment_id
    found = standing_of([enrollment], claim.module, claim.kind, claim.from_at, claim.to_at)
    return found.get(enrollment, 0)


def _file(file: Evidence) -> dict[str, Any]:
    return {"uuid": file.uuid, "name": file.name, "kilobytes": max(1, file.size // KILOBYTE)}
