"""Claims of hours before the authority: the list, one claim with all that is asked before deciding, the decision."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lms.enrollments.rules.units import done_hours
from lms.hours.queries.clocks import ms_of
from lms.teachers.actions import ClaimRefused, decide_claim
from lms.teachers.models import Claim, ClaimState, EducationYear
from lms.teachers.queries import ClaimNotFound, claim_for
from lms.teachers.queries.desk import (
    SHOWN_STATES,
    ClaimCase,
    ClaimsAsked,
    against_deciding,
    case_of,
    claims_asked,
    claims_by_state,
    decided_by_viewer,
    standing_of,
    years_decided,
)
from lms.teachers.rules.claims import PDF, REASON_MAX
from lms.teachers.rules.forty import rounded_down
from lms.teachers.texts import against_claim_text, problem_text
from lms.teachers.views import moments
from lms.teachers.views.desk.words import CLAIM_MARKS, STATE_LABELS
from lms.teachers.views.moments import day_of, today, viewer_of
from lms.teachers.views.roster.lists import require_supervision
from lms.teachers.views.roster.rows import place_name

CLAIMS_PER_PAGE = 40
WORDS_MAX = 60
LONG_DAYS = 14
"""Who waits longer is shown as somebody who waits long."""


@login_required
@never_cache
@require_GET
def claims_desk(request: HttpRequest) -> HttpResponse:
    """Those that wait first, the longest first. `?show=` keeps a state, `?year=` a year, `?q=` finds."""
    require_supervision(request)
    years = list(years_decided(request.user))
    asked = _asked(request, years)
    page = Paginator(claims_asked(request.user, asked), CLAIMS_PER_PAGE).get_page(request.GET.get("page"))
    listed = list(page.object_list)
    mine = decided_by_viewer(request.user, listed)
    kept = _kept(asked)
    shown = {**kept, **({"show": asked.state} if asked.state else {})}
    context = {
        "claims": [_claim_row(each, today(), each.pk in mine) for each in listed],
        "page": page,
        "parameter": f"{urlencode(shown)}&page" if shown else "page",
        "asked": asked,
        "is_narrowed": bool(shown),
        "ways": _ways(claims_by_state(request.user, asked), kept, asked.state),
        "years": [(str(each.uuid), f"{each.year} · {place_name(each.region)}") for each in years],
        "decides": bool(years),
    }
    return render(request, "teachers/desk/claims.html", context)


@login_required
@never_cache
@require_GET
def claim_desk(request: HttpRequest, claim: UUID) -> HttpResponse:
    """One claim with its evidence, the teacher's year and the other hours of that day."""
    return _page(request, _claim(request, claim))


@login_required
@require_POST
def decide(request: HttpRequest, claim: UUID) -> HttpResponse:
    """`verb` is accept, or refuse with a `reason`."""
    found = _claim(request, claim)
    verb, reason = request.POST.get("verb", ""), request.POST.get("reason", "").replace("\0", "")
    try:
        decided = decide_claim(by=viewer_of(request), at=moments.now(), claim=found, verb=verb, reason=reason)
    except ClaimRefused as refused:
        said = {each.field: problem_text(each) for each in refused.problems}
        return _page(request, _claim(request, claim), said, reason)
    if decided.state == ClaimState.ACCEPTED:
        messages.success(request, _("Accepted: the hours are in the teacher's ledger."))
    else:
        messages.success(request, _("Not accepted; the teacher reads your reason."))
    return redirect("claim_desk", found.uuid)


def _page(request: HttpRequest, found: Claim, said: dict[str, str] | None = None, reason: str = "") -> HttpResponse:
    """`said` is what speaks against the decision that was tried: at the reason, or above both answers."""
    said = said or {}
    waits = found.state == ClaimState.WAITING
    against = against_deciding(request.user, found) if waits else ""
    case = case_of(found, today())
    context = {
        "claim": {**_claim_row(found, today(), False), **_claim_facts(found)},
        "files": [
            {
                "name": each.name,
                "size": each.size,
                "is_picture": each.content_type != PDF,
                "url": reverse("claim_evidence", args=[each.uuid]),
            }
            for each in found.evidence.all()
        ],
        "case": _case_row(case),
        "may_decide": waits and not against,
        "against": against_claim_text(against) if against else "",
        "reason": reason,
        "reason_max": REASON_MAX,
        "reason_said": said.get("reason", ""),
        "problems": [text for field, text in said.items() if field != "reason"],
    }
    return render(request, "teachers/desk/claim.html", context, status=422 if said else 200)


def _claim(request: HttpRequest, uuid: UUID) -> Claim:
    require_supervision(request)
    try:
        return claim_for(request.user, uuid)
    except ClaimNotFound:
        raise Http404 from None


def _claim_row(each: Claim, day: date, is_mine: bool) -> dict[str, Any]:
    version = each.education_year.training_class.syllabus_version
    waits = each.state == ClaimState.WAITING
    days = (day - day_of(each.claimed_at)).days
    return {
        "uuid": each.uuid,
        "url": reverse("claim_desk", args=[each.uuid]),
        "title": each.title,
        "name": str(each.person),
        "category": each.module.name,
        "year": each.education_year.year,
        "hours": done_hours(ms_of(each.to_at) - ms_of(each.from_at), version.minutes_of(each.kind)),
        "from_at": each.from_at,
        "to_at": each.to_at,
        "state": each.state,
        "state_label": ClaimState(each.state).label,
        "mark": CLAIM_MARKS[ClaimState(each.state)],
        "claimed_at": each.claimed_at,
        "decided_at": each.decided_at,
        "waits_days": days if waits else None,
        "is_long": waits and days >= LONG_DAYS,
        "is_others": waits and not is_mine,
        "files": getattr(each, "files", 0),
    }


def _claim_facts(found: Claim) -> dict[str, Any]:
    return {
        "kind_label": found.get_kind_display(),
        "place": found.place,
        "text": found.text,
        "decided_by": str(found.decided_by) if found.decided_by else "",
        "reason": found.reason,
        "teacher_url": reverse("teacher", args=[found.person.uuid]),
        "desk_url": reverse("teaching_year_desk", args=[found.education_year.uuid]),
        "region": place_name(found.education_year.region),
    }


def _case_row(case: ClaimCase) -> dict[str, Any]:
    account, category = case.year.account, case.category
    return {
        "hours": rounded_down(case.hours),
        "state_label": STATE_LABELS[standing_of(case.year)],
        "counted_hours": account.counted_hours,
        "required_hours": account.required_hours,
        "missing_hours": account.missing_hours,
        "percent": min(100, int(account.counted * 100 / account.required)),
        "category_hours": category.counted_hours,
        "cap_hours": category.cap_hours,
        "adds_hours": rounded_down(case.adds),
        "is_beyond": case.adds < case.hours,
        "adds_nothing": not case.adds,
        "day": case.day,
        "overlaps": case.is_taken,
    }


def _asked(request: HttpRequest, years: list[EducationYear]) -> ClaimsAsked:
    """404 for a year whose claims do not come before the viewer."""
    words = request.GET.get("q", "")[:WORDS_MAX].replace("\0", "").strip()
    state, given = request.GET.get("show", ""), request.GET.get("year", "")
    year = next((each for each in years if str(each.uuid) == given), None)
    if given and year is None:
        raise Http404
    return ClaimsAsked(words, year, state if state in SHOWN_STATES else "")


def _kept(asked: ClaimsAsked) -> dict[str, str]:
    given = {"q": asked.text, "year": str(asked.education_year.uuid) if asked.education_year else ""}
    return {name: value for name, value in given.items() if value}


def _ways(counted: dict[str, int], kept: dict[str, str], state: str) -> list[dict[str, Any]]:
    """The four lists with how many are on each."""
    labels = ("", _("All")), (ClaimState.WAITING, _("Waiting")), (ClaimState.ACCEPTED, ClaimState.ACCEPTED.label)
    return [
        {
            "label": label,
            "number": counted.get(each, 0) if each else sum(counted.values()),
            "is_current": each == state,
            "url": f"?{urlencode({**kept, **({'show': str(each)} if each else {})})}",
        }
        for each, label in (*labels, (ClaimState.REFUSED, _("Not accepted")))
    ]
