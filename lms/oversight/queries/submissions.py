"""What became of what an institution wrote: every course, textbook and lesson of its shelf with its state."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from wagtail.models import Page

from courses.models import ChapterPage, CoursePage, TextbookPage, VideoLessonPage
from lms.accounts.queries import Viewer
from lms.institutions.models import ReviewState
from lms.institutions.queries import pages_of_staff

DRAFT, IN_REVIEW, RETURNED, LIVE, CHANGED, WITHDRAWN = "draft", "in_review", "returned", "live", "changed", "withdrawn"


@dataclass(frozen=True, slots=True)
class Row:
    """`lesson` and `kind` (video, reading) of a lesson; `duration_ms` as it was last published."""

    page: Page
    state: str
    review: int | None
    reason: str
    lesson: UUID | None = None
    kind: str = ""
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """A course or textbook and its lessons."""

    row: Row
    lessons: tuple[Row, ...]


def submissions_of(viewer: Viewer) -> list[Course]:
    """Of all shelves that the viewer fills, in the order of the tree. Five reads."""
    pages = list(pages_of_staff(viewer))
    reviews = _last_reviews(pages)
    lessons = {
        each.pk: each
        for model in (VideoLessonPage, ChapterPage)
        for each in model.objects.filter(pk__in=[page.pk for page in pages]).with_latest_version()
    }
    shelves = {page.path: page for page in pages if issubclass(page.specific_class, CoursePage | TextbookPage)}
    below: dict[str, list[Row]] = {path: [] for path in shelves}
    for page in pages:
        if page.pk in lessons:
            lesson = lessons[page.pk]
            row = _row(page, reviews.get(page.pk), is_withdrawn=lesson.lesson.withdrawn_at is not None)
            told = Row(page, row.state, row.review, row.reason, lesson.lesson.uuid, lesson.kind, lesson.duration_ms)
            below[page.path[: -Page.steplen]].append(told)
    return [Course(_row(page, reviews.get(page.pk)), tuple(below[path])) for path, page in shelves.items()]


def _last_reviews(pages: Iterable[Page]) -> dict[int, ReviewState]:
    """The last of each page: however often it was submitted, one row is read."""
    ids = [str(page.pk) for page in pages]
    reviews = ReviewState.objects.filter(workflow_state__object_id__in=ids).select_related("workflow_state")
    last = reviews.order_by("workflow_state__object_id", "-started_at", "-pk").distinct("workflow_state__object_id")
    return {int(each.workflow_state.object_id): each for each in last}


def _row(page: Page, review: ReviewState | None, *, is_withdrawn: bool = False) -> Row:
    status = review.status if review else ""
    if is_withdrawn:
        state = WITHDRAWN
    elif status == ReviewState.STATUS_IN_PROGRESS:
        state = IN_REVIEW
    elif status == ReviewState.STATUS_REJECTED:
        state = RETURNED
    elif page.live:
        state = CHANGED if page.has_unpublished_changes else LIVE
    else:
        state = DRAFT
    reason = review.comment if review and state == RETURNED else ""
    return Row(page, state, review.pk if review else None, reason)
