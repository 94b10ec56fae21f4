"""The authority's list of examiners with their duties to come."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lms.accounts.models import User
from lms.accounts.queries import roles_of
from lms.enrollments.models import spoken
from lms.enrollments.queries.planning import local_day
from lms.exams.models import Duty
from lms.exams.queries.examiners import examiners_below
from lms.exams.views.office.plans import READERS

EXAMINERS_PER_PAGE = 50
DUTIES_SHOWN = 3
WORDS_MAX = 60


@login_required
@never_cache
@require_GET
def examiners(request: HttpRequest) -> HttpResponse:
    """Who examines in the viewer's regions; `?q=` finds by name and institution."""
    if not roles_of(request.user) & READERS:
        raise PermissionDenied
    at = datetime.now(UTC)
    words = request.GET.get("q", "")[:WORDS_MAX].replace("\0", "").strip()
    found = examiners_below(request.user, at, local_day(at), text=words)
    page = Paginator(found, EXAMINERS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "examiners": [_row(each) for each in page.object_list],
        "page": page,
        "parameter": urlencode({"q": words}) + "&page",
        "q": words,
    }
    return render(request, "exams/office/examiners.html", context)


def _row(person: User) -> dict[str, Any]:
    """Whoever came from `examiners_below`."""
    coming = person.coming  # type: ignore[attr-defined]
    offices = person.offices  # type: ignore[attr-defined]
    return {
        "name": str(person),
        "offices": [spoken(each.institution.name_zh, each.institution.name_en) for each in offices],
        "duties": [
            {
                "label": Duty(each.duty).label,
                "title": each.sitting.title,
                "starts_at": each.sitting.starts_at,
                "site": each.sitting.site.name,
            }
            for each in coming[:DUTIES_SHOWN]
        ],
        "more": max(0, len(coming) - DUTIES_SHOWN),
        "is_on_duty": bool(coming),
        "may_teach": person.may_teach,  # type: ignore[attr-defined]
    }
