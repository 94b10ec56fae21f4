"""A learner's presence checks: the last ones with what became of them, and whether there is more time to answer."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lms.hours.actions.checks import set_extra_time
from lms.hours.models import CheckOutcome, PresenceCheck
from lms.hours.queries.checks import gets_extra_time, judged_checks
from lms.hours.rules.checks import Words, answer_within_ms

CHECKS_SHOWN = 30


@login_required
@require_http_methods(["GET", "POST"])
def my_checks(request: HttpRequest) -> HttpResponse:
    """What presence questions are, what was asked, and the one choice that learners have."""
    learner = request.user
    if request.method == "POST":
        set_extra_time(
            by=learner,  # type: ignore[arg-type]
            at=datetime.now(UTC),
            learner=learner,  # type: ignore[arg-type]
            extra_time=request.POST.get("extra_time") == "yes",
        )
        messages.success(request, _("Saved."))
        return redirect("my_checks")
    context = {
        "extra_time": gets_extra_time(learner),  # type: ignore[arg-type]
        "usual_ms": answer_within_ms(extra_time=False),
        "extra_ms": answer_within_ms(extra_time=True),
        "checks": [_row(each) for each in judged_checks(learner, CHECKS_SHOWN)],  # type: ignore[arg-type]
    }
    return render(request, "hours/my_checks.html", context)


def _row(check: PresenceCheck) -> dict[str, Any]:
    language = get_language() or ""
    options = [Words(**each).spoken(language) for each in check.options]
    return {
        "at": check.asked_at,
        "title": check.session.class_lesson.lesson_version.title,
        "prompt": Words(**check.prompt).spoken(language),
        "choice": options[check.choice] if check.choice is not None else None,
        "passed": check.outcome == CheckOutcome.PASSED,
        "label": CheckOutcome(check.outcome).label,
        "ms": check.ms,
    }
