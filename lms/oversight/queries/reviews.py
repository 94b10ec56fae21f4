"""A submission as the committee sees it: content, length, what changed against what is live, and what was said."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from wagtail.models import Page

from courses.actions.freezing import Measured, measured_draft
from courses.models import ChapterPage, CoursePage, LessonPage, LessonVersion, TextbookPage, VideoLessonPage
from courses.rules.comparing import Comparison, Section, compare
from courses.rules.reading import plain_text
from lms.enrollments.queries.aims import Reach, reach_of
from lms.institutions.models import Institution, ReviewState
from lms.institutions.queries import owner_of, review_history
from media_pipeline.models import Asset


@dataclass(frozen=True, slots=True)
class Changes:
    """Between what is live and what is new. `sections` hold every section; `old_*` is None when nothing was live."""

    old_number: int | None
    old_title: str | None
    new_title: str
    old_ms: int | None
    new_ms: int | None
    is_other_video: bool
    sections: tuple[Comparison, ...]

    @property
    def has_changed(self) -> bool:
        same_words = all(section.state == "same" for section in self.sections)
        return not same_words or self.is_other_video or self.old_title != self.new_title or self.old_ms != self.new_ms


@dataclass(frozen=True, slots=True)
class Said:
    """One step of the story: `kind` is submitted, comment, approved, rejected or cancelled."""

    kind: str
    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A lesson of a course or textbook. `duration_ms` None: never published."""

    title: str
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class Submission:
    """What the review page shows."""

    review: ReviewState
    page: Page
    draft: Page
    owner: Institution | None
    measured: Measured | None
    reach: Reach | None
    changes: Changes
    lessons: tuple[Listed, ...]
    story: tuple[Said, ...]


def submission_of(review: ReviewState) -> Submission:
    """The caller got `review` from a query that takes the viewer."""
    page = Page.objects.get(pk=review.workflow_state.object_id).specific
    draft = review.revision.as_object()
    measured = measured_draft(draft) if isinstance(draft, LessonPage) else None
    return Submission(
        review=review,
        page=page,
        draft=draft,
        owner=owner_of(page),
        measured=measured,
        reach=reach_of(page.lesson, measured.duration_ms) if measured else None,
        changes=_lesson_changes(page, measured) if measured else _shelf_changes(page, draft),
        lessons=tuple(_lessons(page)),
        story=_story(review_history(page)),
    )


def compared(old: LessonVersion, new: LessonVersion) -> Changes:
    """Two versions of a lesson."""
    return _changes(old, new.title, new.sections, new.duration_ms, new.asset)


def _lesson_changes(page: LessonPage, measured: Measured) -> Changes:
    return _changes(page.latest_version, measured.title, measured.sections, measured.duration_ms, measured.asset)


def _changes(
    old: LessonVersion | None, title: str, sections: Iterable[dict[str, Any]], new_ms: int, asset: Asset | None
) -> Changes:
    return Changes(
        old_number=old.number if old else None,
        old_title=old.title if old else None,
        new_title=title,
        old_ms=old.duration_ms if old else None,
        new_ms=new_ms,
        is_other_video=old is not None and old.asset_id != (asset.pk if asset else None),
        sections=compare(_sections(old.sections) if old else [], _sections(sections)),
    )


def _sections(stored: Iterable[dict[str, Any]]) -> list[Section]:
    return [Section(each["title"], plain_text(each["html"])) for each in stored]


def _shelf_changes(page: Page, draft: Page) -> Changes:
    """Of a course, a textbook or a centre: the words about it."""
    return Changes(
        old_number=None,
        old_title=page.title if page.live else None,
        new_title=draft.title,
        old_ms=None,
        new_ms=None,
        is_other_video=False,
        sections=compare(_words(page) if page.live else [], _words(draft)),
    )


def _words(page: Page) -> list[Section]:
    told = [(_("Introduction"), page.intro)]
    if isinstance(page, CoursePage):
        told.append((_("Audience"), page.audience))
    if isinstance(page, TextbookPage):
        told += [(_("Edition"), page.edition), (_("Approved by"), page.approved_by)]
    return [Section(title, text) for title, text in told if text]


def _lessons(page: Page) -> list[Listed]:
    if not isinstance(page, CoursePage | TextbookPage):
        return []
    model = VideoLessonPage if isinstance(page, CoursePage) else ChapterPage
    return [Listed(each.title, each.duration_ms) for each in model.objects.child_of(page).with_latest_version()]


def _story(reviews: Iterable[ReviewState]) -> tuple[Said, ...]:
    """In the order of time. Submitted again in Wagtail's editor, a submission goes on as the same one."""
    found: list[Said] = []
    comments: dict[int, Said] = {}
    for each in reviews:
        submission = each.workflow_state
        found.append(Said("submitted", each.started_at, str(submission.requested_by or ""), ""))
        comments |= {one.pk: Said("comment", one.at, str(one.by), one.text) for one in submission.review_comments.all()}
        if each.finished_at is not None:
            found.append(Said(each.status, each.finished_at, str(each.finished_by or ""), each.comment))
    return tuple(sorted([*found, *comments.values()], key=lambda said: said.at))
