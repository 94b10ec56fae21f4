"""A whole course before the committee: one page with its parts, one of them open, and one decision for all."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from courses.models import NotPublishable
from lms.accounts.models import Role
from lms.accounts.queries import has_role
from lms.institutions.actions.course_reviews import approve_course, reject_course
from lms.institutions.actions.reviews import AlreadyDecided
from lms.institutions.models import CourseSubmission, ReviewState
from lms.institutions.models.publishing import NotTheirsToDecide, ReasonMissing, SubmissionChanged
from lms.institutions.queries import PageNotFound, course_submission_for, may_comment_on, parts_of
from lms.oversight.forms.publishing import CommentForm, CourseDecisionForm, DecisionForm
from lms.oversight.queries.course_reviews import course_under_review
from lms.oversight.texts.reviews import PROBLEMS, STEPS, UNFIT, said
from lms.oversight.views.reviews import shown


@login_required
@never_cache
@require_GET
def course_review(request: HttpRequest, submission: UUID) -> HttpResponse:
    """`?part=` names the part that is open; without it the first."""
    return _page(request, _found(request, submission), request.GET.get("part", ""))


@login_required
@require_POST
def decide_course(request: HttpRequest, submission: UUID) -> HttpResponse:
    """Approve or return all parts; refused, it is the page again with the reasons."""
    found = _found(request, submission)
    form = CourseDecisionForm(request.POST, parts=_choices(parts_of(found)))
    if not form.is_valid():
        return _page(request, found, request.POST.get("part", ""), deciding=form)
    words, is_approval = form.cleaned_data["words"], form.cleaned_data["verb"] == DecisionForm.APPROVE
    given: dict[str, Any] = {"by": request.user, "at": datetime.now(UTC), "submission": found}
    try:
        if is_approval:
            approve_course(**given, comment=words)
        else:
            reject_course(**given, reason=words, needing_work=form.cleaned_data["needing_work"])
    except NotTheirsToDecide as refused:
        raise PermissionDenied(str(refused)) from None
    except ReasonMissing as refused:
        form.add_error("words", [said(PROBLEMS, code) for code in refused.codes])
    except SubmissionChanged as refused:
        changed = _("Changed since it was submitted: %(titles)s. Nothing went live; the course must be submitted anew.")
        form.add_error(None, changed % {"titles": ", ".join(refused.titles)})
    except AlreadyDecided:
        form.add_error(None, _("It was changed or decided meanwhile. Load the page again."))
    except NotPublishable as refused:
        form.add_error(None, refused.messages)
    else:
        done = _("Approved: the whole course is live now.") if is_approval else _("Returned to the authors.")
        messages.success(request, done)
        return redirect("course_review", found.uuid)
    return _page(request, found, request.POST.get("part", ""), deciding=form)


def _found(request: HttpRequest, uuid: UUID) -> CourseSubmission:
    try:
        return course_submission_for(request.user, uuid)
    except PageNotFound:
        raise Http404 from None


def _page(
    request: HttpRequest, found: CourseSubmission, part: str, *, deciding: CourseDecisionForm | None = None
) -> HttpResponse:
    opened = int(part) if part.isascii() and part.isdigit() and len(part) < 10 else None
    course = course_under_review(found, opened)
    if course is None:
        raise Http404
    reviews = [part.review for part in course.parts]
    is_open = course.status == ReviewState.STATUS_IN_PROGRESS
    unfit = found.unfit_because(request.user) if is_open else ()
    may_comment = is_open and may_comment_on(request.user, course.opened.review.workflow_state)
    context = {
        **shown(course.opened),
        "course": course,
        "review": course.opened.review,
        "label": said(STEPS, course.status),
        "is_open": is_open,
        "deciding": (deciding or CourseDecisionForm(parts=_choices(reviews))) if is_open and not unfit else None,
        "unfit": [said(UNFIT, code) for code in unfit],
        "commenting": CommentForm() if may_comment else None,
        "is_reviewer": has_role(request.user, Role.REVIEWER),
    }
    return render(request, "oversight/course_review.html", context, status=422 if deciding else 200)


def _choices(reviews: Iterable[ReviewState]) -> list[tuple[int, str]]:
    return [(each.pk, f"{number}. {each.revision.object_str}") for number, each in enumerate(reviews, start=1)]
