"""A whole course before the review committee: submitted in one step, approved or returned in one transaction.

Underneath each page goes through Wagtail's workflow as if it had been submitted alone, so its locks, revisions and
`models.ReviewState` hold for it; one `CourseSubmission` keeps the parts together, and PostgreSQL refuses parts that
were decided differently.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from wagtail.log_actions import LogContext
from wagtail.models import Page, WorkflowState

from courses.actions.freezing import measured_draft, publication
from courses.models import CoursePage, LessonPage, TextbookPage
from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.institutions.actions.letters import tell_course_decided
from lms.institutions.actions.reviews import AlreadyDecided, NotTheirPage, begin
from lms.institutions.models import CourseSubmission, ReviewState
from lms.institutions.models.publishing import NotTheirsToDecide, SubmissionChanged

PARTS_MAX = 500
"""Pages of one submission, the most that a class can plan; they are decided in one transaction."""


class NothingToSubmit(ValueError):
    """Everything of the course is live, withdrawn or with the committee already."""


class TooManyParts(ValueError):
    """More than PARTS_MAX pages at once."""


class PartsNotReady(ValueError):
    """Some lessons could not go live; `faults` is a list of (title, sentences). Nothing was submitted."""

    def __init__(self, faults: list[tuple[str, tuple[str, ...]]]) -> None:
        self.faults = faults
        super().__init__("; ".join(title for title, _sentences in faults))


class NoSuchPart(ValueError):
    """A part was named that is not of this submission."""


class SubmissionUuidTaken(ValueError):
    """This id belongs to the submission of another course."""


def submit_course(*, by: User, at: datetime, uuid: UUID, page: Page) -> CourseSubmission:
    """Put a course or textbook with all its lessons that have changes before the committee.

    Left out is what waits there on its own already, and what was withdrawn. A course that is there as a whole stays as
    it is. Raises NotTheirPage, NothingToSubmit, TooManyParts, PartsNotReady, SubmissionUuidTaken.
    """
    with transaction.atomic(), LogContext(user=by):
        # Two people at once would submit the same pages twice.
        course = Page.objects.select_for_update(of=("self",)).get(pk=page.pk).specific
        if not isinstance(course, CoursePage | TextbookPage) or not course.permissions_for_user(by).can_edit():
            raise NotTheirPage(f"page {page.pk}")
        if (known := _known(uuid, course)) is not None:
            return known
        pages = _with_changes(course)
        lengths = _lengths(pages)
        submission = CourseSubmission.objects.create(uuid=uuid, page_id=course.pk, submitted_by=by, submitted_at=at)
        workflow = course.get_workflow()
        for each in pages:
            state = begin(by=by, page=each, workflow=workflow)
            ReviewState.objects.filter(pk=state.current_task_state_id).update(
                whole=submission, measured_ms=lengths.get(each.pk)
            )
        record(verb="course.submitted", subject=submission, by=by, at=at, detail=_told(submission, len(pages)))
    return submission


def approve_course(*, by: Viewer, at: datetime, submission: CourseSubmission, comment: str = "") -> CourseSubmission:
    """All parts go live and every lesson's version is frozen, or nothing happens.

    Raises NotTheirsToDecide, SubmissionChanged (naming the parts), AlreadyDecided, NotPublishable.
    """
    return _decide(by, at, submission, ReviewState.STATUS_APPROVED, comment, ())


def reject_course(
    *, by: Viewer, at: datetime, submission: CourseSubmission, reason: str, needing_work: Collection[int] = ()
) -> CourseSubmission:
    """All parts go back to the authors with reasons; `needing_work` names parts (keys of their `ReviewState`).

    Raises NotTheirsToDecide, ReasonMissing, AlreadyDecided, NoSuchPart.
    """
    return _decide(by, at, submission, ReviewState.STATUS_REJECTED, reason, needing_work)


def _known(uuid: UUID, course: Page) -> CourseSubmission | None:
    """What was submitted with this id, or waits at the committee as a whole."""
    same = CourseSubmission.objects.filter(uuid=uuid).first()
    if same is not None and same.page_id != course.pk:
        raise SubmissionUuidTaken(str(uuid))
    waiting = CourseSubmission.objects.filter(page=course.pk, parts__status=ReviewState.STATUS_IN_PROGRESS)
    return same or waiting.first()


def _with_changes(course: Page) -> list[Page]:
    """The course and its lessons with something that is not live, locked, in the order of the tree."""
    below = Page.objects.filter(path__startswith=course.path)
    list(below.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    pages = [each for each in below.order_by("path").specific() if not each.live or each.has_unpublished_changes]
    states = WorkflowState.objects.filter(
        object_id__in=[str(each.pk) for each in pages], status=WorkflowState.STATUS_IN_PROGRESS
    )
    waiting = {int(key) for key in states.values_list("object_id", flat=True)}
    found = [each for each in pages if each.pk not in waiting and not _is_withdrawn(each)]
    if not found:
        raise NothingToSubmit(str(course.pk))
    if len(found) > PARTS_MAX:
        raise TooManyParts(str(len(found)))
    return found


def _is_withdrawn(page: Page) -> bool:
    return isinstance(page, LessonPage) and page.lesson.withdrawn_at is not None


def _lengths(pages: list[Page]) -> dict[int, int]:
    """How long each lesson will be (ms), as measured now: its media and its text cannot change while it waits."""
    found: dict[int, int] = {}
    faults: list[tuple[str, tuple[str, ...]]] = []
    for page in pages:
        draft = page.get_latest_revision_as_object()
        if not isinstance(draft, LessonPage):
            continue
        measured = measured_draft(draft)
        if measured is None:
            faults.append((draft.title, tuple(str(each) for each in draft.publishing_faults().values())))
        else:
            found[page.pk] = measured.duration_ms
    if faults:
        raise PartsNotReady(faults)
    return found


def _decide(
    by: Viewer, at: datetime, submission: CourseSubmission, outcome: str, words: str, named: Collection[int]
) -> CourseSubmission:
    with transaction.atomic(), LogContext(user=by), publication(by=by, at=at):
        CourseSubmission.objects.select_for_update(no_key=True).get(pk=submission.pk)
        parts = list(
            ReviewState.objects.select_for_update(of=("self", "taskstate_ptr"))
            .filter(whole=submission.pk)
            .select_related("workflow_state", "revision")
            .order_by("pk")
        )
        if parts and all(each.status == outcome and each.finished_by_id == by.pk for each in parts):
            return submission
        if not parts or any(each.status != ReviewState.STATUS_IN_PROGRESS for each in parts):
            raise AlreadyDecided(parts[0].status if parts else ReviewState.STATUS_CANCELLED)
        if codes := submission.unfit_because(by):
            raise NotTheirsToDecide(codes)
        if not set(named) <= {each.pk for each in parts}:
            raise NoSuchPart(str(sorted(named)))
        if outcome == ReviewState.STATUS_APPROVED:
            _refuse_changed(parts)
        for part in parts:
            part.is_decided_with_the_whole = True
            part.needs_work = part.pk in named
            decide = part.approve if outcome == ReviewState.STATUS_APPROVED else part.reject
            decide(user=by, comment=words.strip())
        detail = {**_told(submission, len(parts)), "needing_work": len(set(named))}
        record(verb=f"course.{outcome}", subject=submission, by=by, at=at, detail=detail)
        tell_course_decided(at=at, submission=submission, outcome=outcome, words=words.strip())
    return submission


def _refuse_changed(parts: list[ReviewState]) -> None:
    """Name all of them at once; each part looks again when it is approved."""
    submitted = {int(each.workflow_state.object_id): each.revision_id for each in parts}
    pages = Page.objects.select_for_update(of=("self",)).filter(pk__in=submitted).order_by("pk")
    changed = [each.draft_title for each in pages if each.latest_revision_id != submitted[each.pk]]
    if changed:
        raise SubmissionChanged(tuple(changed))


def _told(submission: CourseSubmission, parts: int) -> dict[str, int]:
    return {"page": submission.page_id, "parts": parts}
