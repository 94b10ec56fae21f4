"""What anybody may look up: whether somebody may teach today.

Only teachers whose certificate is valid today, only what stands on a notice board: name, trades, institutions, until
when. Names can be tried one after the other, so how often is bounded per address, and when nothing can be counted
nothing is answered.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lms.accounts.guard import address_of, ask_later, spent, unlisted
from lms.accounts.models import User
from lms.teachers.queries.roster import FOUND_MAX, valid_teachers
from lms.teachers.queries.trades import trade_names
from lms.teachers.rules.roster import SEARCH_MAX, SEARCH_MIN, masked_number, names_of, search_words
from lms.teachers.views.moments import today
from lms.teachers.views.roster.forms import SearchForm
from lms.teachers.views.roster.rows import place_name

QUESTIONS_PER_MINUTE = 20
"""Who looks for a teacher types a few names; a hall behind one address still comes through."""


@never_cache
@require_GET
def find_teacher(request: HttpRequest) -> HttpResponse:
    """The form, and who was found; 429 for whoever asks too often."""
    if "q" not in request.GET:
        return unlisted(render(request, "teachers/roster/find.html", {"form": SearchForm()}))
    form = SearchForm(request.GET)
    words = search_words(form.cleaned_data["q"]) if form.is_valid() else None
    if words is None:
        if not form.errors:
            form.add_error("q", _("Type %(least)s to %(most)s characters.") % {"least": SEARCH_MIN, "most": SEARCH_MAX})
        return unlisted(render(request, "teachers/roster/find.html", {"form": form}, status=422))
    asked = spent("teachers", address_of(request), 1)
    if asked is None or asked > QUESTIONS_PER_MINUTE:
        return ask_later(request, "teachers/roster/find_later.html")
    found, trades, day = valid_teachers(words, today()), trade_names(), today()
    context = {
        "form": form,
        "words": words,
        "day": day,
        "found": [_shown(each, trades) for each in found[:FOUND_MAX]],
        "has_more": len(found) > FOUND_MAX,
    }
    return unlisted(render(request, "teachers/roster/find.html", context))


def _shown(person: User, trades: dict[str, str]) -> dict[str, Any]:
    """Whoever came from `valid_teachers`: there is a valid certificate, the longest first."""
    certificate = person.teacher_certificates.all()[0]
    held = person.teacher_file.application.trades if hasattr(person, "teacher_file") else []
    ends = [each for each in (certificate.valid_to, certificate.revoked_on) if each is not None]
    return {
        "name": str(person),
        "number": masked_number(certificate.number),
        "valid_to": min(ends),
        "trades": names_of(held, trades),
        "institutions": [place_name(each.institution) for each in person.workplaces],  # type: ignore[attr-defined]
    }
