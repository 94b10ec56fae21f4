"""The committee's pages: what waits, and one page with everything that is needed to decide on it; a page that is part
of a whole course leads to the page of the course (course_reviews).

Everybody who may read a submission gets the same page; the decision's form only stands there for who may decide.
"""

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from courses.models import ChapterPage, NotPublishable, VideoLessonPage
from lms.accounts.models import Role
from lms.accounts.queries import has_role
from lms.institutions.actions.reviews import AlreadyDecided, approve, comment_on, reject
from lms.institutions.models import ReviewState
from lms.institutions.models.publishing import NotTheirsToDecide, ReasonMissing, SubmissionChanged
from lms.institutions.queries import PageNotFound, may_comment_on, review_for, reviews_decided, reviews_to_do
from lms.oversight.forms.publishing import CommentForm, DecisionForm
from lms.oversight.queries.reviews import Submission, submission_of
from lms.oversight.texts.reviews import PROBLEMS, STEPS, UNFIT, said
from media_pipeline import queries as media
from media_pipeline.models import Asset, CaptionVersion
from media_pipeline.views import playlists
from media_pipeline.views.captions import caption_file

PER_PAGE = 30


@login_required
@never_cache
@require_GET
def reviews(request: HttpRequest) -> HttpResponse:
    """What waits for the committee, and what it decided last."""
    if not has_role(request.user, Role.REVIEWER):
        raise PermissionDenied
    waiting = Paginator(reviews_to_do(request.user), PER_PAGE).get_page(request.GET.get("waiting"))
    decided = Paginator(reviews_decided(request.user), PER_PAGE).get_page(request.GET.get("decided"))
    context = {
        "waiting": [_row(each) for each in waiting.object_list],
        "waiting_page": waiting,
        "decided": [_row(each) for each in decided.object_list],
        "decided_page": decided,
    }
    return render(request, "oversight/reviews.html", context)


@login_required
@never_cache
@require_GET
def review(request: HttpRequest, review: int) -> HttpResponse:
    found = _found(request, review)
    return redirect(part_url(found)) if found.whole else _review_page(request, found)


@login_required
@require_POST
def decide_review(request: HttpRequest, review: int) -> HttpResponse:
    """Approve or reject; refused, it is the page again with the reasons."""
    found = _found(request, review)
    if found.whole:
        raise PermissionDenied("decided with its whole course")
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _review_page(request, found, deciding=form, status=422)
    words, is_approval = form.cleaned_data["words"], form.cleaned_data["verb"] == DecisionForm.APPROVE
    at = datetime.now(UTC)
    try:
        if is_approval:
            approve(by=request.user, at=at, review=found, comment=words)
        else:
            reject(by=request.user, at=at, review=found, reason=words)
    except NotTheirsToDecide as refused:
        raise PermissionDenied(str(refused)) from None
    except ReasonMissing as refused:
        form.add_error("words", [said(PROBLEMS, code) for code in refused.codes])
    except (SubmissionChanged, AlreadyDecided):
        form.add_error(None, _("It was changed or decided meanwhile. Load the page again."))
    except NotPublishable as refused:
        form.add_error(None, refused.messages)
    else:
        done = _("Approved: it is live now.") if is_approval else _("Returned to the authors with your reasons.")
        messages.success(request, done)
        return redirect("review", found.pk)
    return _review_page(request, found, deciding=form, status=422)


@login_required
@require_POST
def comment_review(request: HttpRequest, review: int) -> HttpResponse:
    found = _found(request, review)
    if not may_comment_on(request.user, found.workflow_state):
        raise PermissionDenied
    form = CommentForm(request.POST)
    if form.is_valid():
        comment_on(
            by=request.user,  # type: ignore[arg-type]
            at=datetime.now(UTC),
            uuid=form.cleaned_data["uuid"],
            submission=found.workflow_state,
            text=form.cleaned_data["text"],
        )
        return redirect(f"{part_url(found)}#said")
    if found.whole:
        messages.error(request, " ".join(str(each) for each in form.errors.get("text", ())))
        return redirect(f"{part_url(found)}#said")
    return _review_page(request, found, commenting=form, status=422)


def part_url(found: ReviewState) -> str:
    """Where this page is read: on its own, or in its course."""
    if found.whole is None:
        return reverse("review", args=[found.pk])
    return f"{reverse('course_review', args=[found.whole.uuid])}?part={found.pk}"


@login_required
@require_GET
def review_master(request: HttpRequest, review: int) -> HttpResponse:
    asset = _asset(request, review)
    text = media.master_playlist(asset, variant_url=lambda height: reverse("review_playlist", args=[review, height]))
    return playlists.playlist(request, text)


@login_required
@require_GET
def review_playlist(request: HttpRequest, review: int, height: int) -> HttpResponse:
    asset = _asset(request, review)
    try:
        text = media.media_playlist(
            asset,
            height,
            key_url=lambda number: reverse("review_key", args=[review, number]),
            segment_url=playlists.segment_url(request),
        )
    except media.NotReady:
        raise Http404 from None
    return playlists.playlist(request, text)


@login_required
@require_GET
def review_key(request: HttpRequest, review: int, ordinal: int) -> HttpResponse:
    asset = _asset(request, review)
    try:
        key = media.key_of(asset, ordinal)
    except media.WindowUnknown:
        raise Http404 from None
    return playlists.key(key)


@login_required
@require_GET
def review_captions(request: HttpRequest, review: int, language: str) -> HttpResponse:
    try:
        version = media.caption_version(_asset(request, review), language)
    except media.CaptionsUnknown:
        raise Http404 from None
    return caption_file(request, version)


def _found(request: HttpRequest, pk: int) -> ReviewState:
    try:
        return review_for(request.user, pk)
    except PageNotFound:
        raise Http404 from None


def _asset(request: HttpRequest, pk: int) -> Asset:
    """The video that was submitted, as it was submitted."""
    draft = _found(request, pk).revision.as_object()
    asset = draft.asset if isinstance(draft, VideoLessonPage) else None
    if asset is None or asset.duration_ms is None:
        raise Http404
    return asset


def _captions(draft: Any) -> tuple[CaptionVersion, ...]:
    """Captions as they are now: they hang on the video, and are no part of what is decided."""
    if not isinstance(draft, VideoLessonPage) or draft.asset is None:
        return ()
    return media.captions_of(draft.asset, reader=get_language() or "")


def _row(review: ReviewState) -> dict[str, Any]:
    whole = review.whole
    return {
        "title": whole.page.draft_title if whole else review.revision.object_str,
        "url": reverse("course_review", args=[whole.uuid]) if whole else reverse("review", args=[review.pk]),
        "parts": review.parts_count,
        "by": review.workflow_state.requested_by,
        "at": review.finished_at or review.started_at,
        "status": review.status,
        "label": said(STEPS, review.status),
    }


def _review_page(
    request: HttpRequest,
    found: ReviewState,
    *,
    deciding: DecisionForm | None = None,
    commenting: CommentForm | None = None,
    status: int = 200,
) -> HttpResponse:
    submission = submission_of(found)
    is_open = found.status == ReviewState.STATUS_IN_PROGRESS
    unfit = found.unfit_because(request.user) if is_open else ()
    context = {
        **shown(submission),
        "review": found,
        "label": said(STEPS, found.status),
        "is_open": is_open,
        "deciding": (deciding or DecisionForm()) if is_open and not unfit else None,
        "unfit": [said(UNFIT, code) for code in unfit],
        "commenting": (commenting or CommentForm())
        if is_open and may_comment_on(request.user, found.workflow_state)
        else None,
        "is_reviewer": has_role(request.user, Role.REVIEWER),
    }
    return render(request, "oversight/review.html", context, status=status)


def shown(submission: Submission) -> dict[str, Any]:
    """What the templates of one page's content ask for."""
    draft = submission.draft
    return {
        "submission": submission,
        "kind": draft._meta.verbose_name,
        "is_video": isinstance(draft, VideoLessonPage),
        "is_chapter": isinstance(draft, ChapterPage),
        "poster": media.poster_url(draft.asset) if isinstance(draft, VideoLessonPage) and draft.asset else None,
        "captions": _captions(draft),
        "story": [(each, said(STEPS, each.kind)) for each in submission.story],
    }
