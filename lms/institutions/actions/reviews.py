"""Submitting a page to the review committee, commenting, deciding. The decision itself is guarded in
`models.ReviewState`; a whole course is in `course_reviews`.

Idempotent: submitting what is under review changes nothing; the same decision again changes nothing.
"""

from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from wagtail.log_actions import LogContext
from wagtail.models import Page, Workflow, WorkflowState

from courses.actions.freezing import publication
from courses.models import LessonPage, NotPublishable
from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.institutions.actions.letters import tell_review_decided
from lms.institutions.models import ReviewComment, ReviewState
from lms.institutions.models.publishing import ReasonMissing
from lms.institutions.queries import may_comment_on
from lms.institutions.rules.reviewing import REASON_MAX


class NotTheirPage(PermissionDenied):
    """Only who may change a page may submit it."""


class AlreadyDecided(ValueError):
    """Somebody decided otherwise, or the authors took the submission back."""


def submit(*, by: User, page: Page) -> WorkflowState:
    """Put the latest draft before the committee. Raises NotTheirPage, NotPublishable (nothing could be frozen)."""
    if not page.permissions_for_user(by).can_edit():
        raise NotTheirPage(f"page {page.pk}")
    with transaction.atomic(), LogContext(user=by):
        locked = Page.objects.select_for_update(of=("self",)).get(pk=page.pk).specific
        current = locked.current_workflow_state
        if current is not None and current.status == WorkflowState.STATUS_IN_PROGRESS:
            return current
        draft = locked.get_latest_revision_as_object()
        if isinstance(draft, LessonPage) and (faults := draft.publishing_faults()):
            raise NotPublishable(faults)
        return begin(by=by, page=locked, workflow=locked.get_workflow())


def begin(*, by: User, page: Page, workflow: Workflow) -> WorkflowState:
    """Start the committee's workflow on a locked page that is not under review, inside the caller's transaction."""
    if (returned := page.current_workflow_state) is not None:
        # Submitted anew by whoever does it now: `resume` would keep the former submitter's name.
        returned.cancel(user=by)
    if page.latest_revision is None:
        page.save_revision(user=by)
    # The log is written by `record_submission`, as it is for who submits in Wagtail's editor.
    state: WorkflowState = workflow.start(page, by)
    return state


def record_submission(*, by: User | None, at: datetime, review: ReviewState) -> None:
    """A submission began, on whatever way: inside its transaction."""
    page = Page.objects.get(pk=review.workflow_state.object_id)
    detail = {"submission": review.workflow_state_id, "revision": review.revision_id}
    record(verb="review.submitted", subject=page, by=by, at=at, detail=detail)


def comment_on(*, by: User, at: datetime, uuid: UUID, submission: WorkflowState, text: str) -> ReviewComment:
    """Say something without deciding. Raises PermissionDenied, ReasonMissing (nothing said, or too much)."""
    if not may_comment_on(by, submission):
        raise PermissionDenied("not theirs to comment on")
    words = text.strip()
    if not words or len(words) > REASON_MAX:
        raise ReasonMissing(("reason_too_long" if words else "reason_missing",))
    with transaction.atomic():
        said = {"submission": submission, "by": by, "at": at, "text": words}
        comment, is_new = ReviewComment.objects.get_or_create(uuid=uuid, defaults=said)
        if is_new:
            record(verb="review.commented", subject=comment, by=by, at=at, detail={"submission": submission.pk})
    return comment


def approve(*, by: Viewer, at: datetime, review: ReviewState, comment: str = "") -> ReviewState:
    """What was submitted goes live, and a lesson's version is frozen.

    Raises NotTheirsToDecide, SubmissionChanged, AlreadyDecided, NotPublishable.
    """
    return _decide(by, at, review, ReviewState.STATUS_APPROVED, comment)


def reject(*, by: Viewer, at: datetime, review: ReviewState, reason: str) -> ReviewState:
    """Back to the authors, with reasons. Raises NotTheirsToDecide, ReasonMissing, AlreadyDecided."""
    return _decide(by, at, review, ReviewState.STATUS_REJECTED, reason)


def _decide(by: Viewer, at: datetime, review: ReviewState, outcome: str, words: str) -> ReviewState:
    with transaction.atomic(), LogContext(user=by), publication(by=by, at=at):
        locked: ReviewState = ReviewState.objects.select_for_update(of=("self", "taskstate_ptr")).get(pk=review.pk)
        if locked.status == outcome and locked.finished_by_id == by.pk:
            return locked
        if locked.status != ReviewState.STATUS_IN_PROGRESS:
            raise AlreadyDecided(locked.status)
        decide = locked.approve if outcome == ReviewState.STATUS_APPROVED else locked.reject
        decide(user=by, comment=words.strip())
        page = Page.objects.get(pk=locked.workflow_state.object_id)
        detail = {"submission": locked.workflow_state_id, "revision": locked.revision_id}
        record(verb=f"review.{outcome}", subject=page, by=by, at=at, detail=detail)
        tell_review_decided(at=at, review=locked)
    return locked
