"""How a learner wants to be checked: with more time to answer, or with the usual one."""

from datetime import UTC, datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lms.hours.actions.checks import set_extra_time
from lms.hours.queries.checks import gets_extra_time
from lms.hours.rules.checks import answer_within_ms


@login_required
@require_http_methods(["GET", "POST"])
def my_checks(request: HttpRequest) -> HttpResponse:
    """What presence questions are, and the one choice that learners have."""
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
    }
    return render(request, "hours/my_checks.html", context)
