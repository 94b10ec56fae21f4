"""Making and publishing pages from code, by the same road that editors take: a draft, a revision, a publication.

Idempotent: a page that is already there (same parent and slug; for a lesson, same uuid) is given back as it is, and
publishing what is published already does nothing.
"""

import uuid as uuids
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.log_actions import LogContext
from wagtail.models import Page

from courses.actions.freezing import publication
from courses.actions.permission import check_may_add, check_may_publish
from courses.models import (
    CataloguePage,
    ChapterPage,
    CoursePage,
    Lesson,
    LessonPage,
    LessonVersion,
    TextbookPage,
    TrainingCentrePage,
    VideoLessonPage,
)
from courses.queries import catalogue
from courses.rules.video import ChapterMark
from media_pipeline.models import Asset
from media_pipeline.signals import acted

AnyPage = TypeVar("AnyPage", bound=Page)
AnyLessonPage = TypeVar("AnyLessonPage", bound=LessonPage)


class WrongParent(Exception):
    """Such a page has no place below that one (see parent_page_types)."""


def create_centre(
    *, by: Any, at: datetime, slug: str, title: str, intro: str = "", parent: CataloguePage | None = None
) -> TrainingCentrePage:
    page = TrainingCentrePage(slug=slug, title=title, intro=intro)
    return _found_or_added(by, at, parent or catalogue(), page)


def create_course(
    *, by: Any, at: datetime, parent: TrainingCentrePage, slug: str, title: str, intro: str = "", audience: str = ""
) -> CoursePage:
    page = CoursePage(slug=slug, title=title, intro=intro, audience=audience)
    return _found_or_added(by, at, parent, page)


def create_textbook(
    *,
    by: Any,
    at: datetime,
    parent: TrainingCentrePage,
    slug: str,
    title: str,
    intro: str = "",
    edition: str = "",
    approved_by: str = "",
) -> TextbookPage:
    page = TextbookPage(slug=slug, title=title, intro=intro, edition=edition, approved_by=approved_by)
    return _found_or_added(by, at, parent, page)


def create_video_lesson(
    *,
    by: Any,
    at: datetime,
    parent: CoursePage,
    uuid: uuids.UUID,
    slug: str,
    title: str,
    asset: Asset | None,
    intro: str = "",
    chapters: Sequence[ChapterMark] = (),
) -> VideoLessonPage:
    """A draft. The asset may still be in work; publishing will ask for it."""
    page = VideoLessonPage(slug=slug, title=title, intro=intro, asset=asset)
    page.chapters = [
        {"type": "chapter", "value": {"title": mark.title, "starts_at_s": mark.starts_at_s}} for mark in chapters
    ]
    return _added_lesson(by, at, parent, page, uuid)


def create_chapter(
    *,
    by: Any,
    at: datetime,
    parent: TextbookPage,
    uuid: uuids.UUID,
    slug: str,
    title: str,
    sections: Sequence[dict[str, Any]],
    intro: str = "",
) -> ChapterPage:
    """A draft. `sections` is [{"heading", "content": [{"type", "value"}]}] in the stored form of courses.blocks."""
    page = ChapterPage(slug=slug, title=title, intro=intro)
    page.body = [{"type": "section", "value": section} for section in sections]
    return _added_lesson(by, at, parent, page, uuid)


def publish(*, by: Any, at: datetime, page: Page) -> LessonVersion | None:
    """Publish the latest revision. The lesson's version, or None for a page that is no lesson.

    MayNotEdit without the right; NotPublishable when no version can be frozen, and then nothing went live.
    """
    # Read afresh: publishing saves the whole row, and an old instance would bring back an old count of children.
    current = Page.objects.get(pk=page.pk).specific
    check_may_publish(by, current)
    if not current.live or current.has_unpublished_changes:
        with transaction.atomic(), LogContext(user=by), publication(by=by, at=at):
            revision = current.latest_revision or current.save_revision(user=by)
            PublishPageRevisionAction(revision, user=by).execute(skip_permission_checks=True)
            acted.send(sender=type(current), verb="page.published", subject=current, by=by, at=at, detail={})
        page.refresh_from_db()
    return current.latest_version if isinstance(current, LessonPage) else None


def _added_lesson(by: Any, at: datetime, parent: Page, page: AnyLessonPage, uuid: uuids.UUID) -> AnyLessonPage:
    check_may_add(by, parent)
    existing: AnyLessonPage | None = type(page).objects.filter(lesson__uuid=uuid).first()
    if existing is not None:
        return existing
    with transaction.atomic():
        # The page may have been deleted; its lesson lives on and gets a page again.
        page.lesson, _made = Lesson.objects.get_or_create(uuid=uuid, kind=page.kind)
        return _added(by, at, parent, page)


def _found_or_added(by: Any, at: datetime, parent: Page, page: AnyPage) -> AnyPage:
    check_may_add(by, parent)
    existing: AnyPage | None = type(page).objects.child_of(parent).filter(slug=page.slug).first()
    return existing or _added(by, at, parent, page)


def _added(by: Any, at: datetime, parent: Page, page: AnyPage) -> AnyPage:
    """Django's ValidationError when another page has that slug."""
    if not type(page).can_create_at(parent):
        raise WrongParent(f"{type(page).__name__} below {type(parent).__name__}")
    page.live, page.owner = False, by
    with transaction.atomic(), LogContext(user=by):
        # A fresh look at the parent: treebeard counts children in memory.
        parent.specific_class.objects.get(pk=parent.pk).add_child(instance=page)
        # A draft may lack what only publication asks for.
        page.save_revision(user=by, log_action=True, clean=False)
        detail = {"type": page._meta.model_name, "parent": parent.pk}
        acted.send(sender=type(page), verb="page.created", subject=page, by=by, at=at, detail=detail)
    return page
