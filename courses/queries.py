"""Every read of courses. Published structure is public; content is for editors, and for learners through a class.

A class is planned from `current_versions_of`; whoever studies reads the version of the class, never the page.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from wagtail.models import Page
from wagtail.permissions import page_permission_policy

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

ENTER_PERMISSION = "wagtailadmin.access_admin"
EDITING = {"add", "change", "publish"}


class LessonUnknown(Exception):
    """No lesson has this uuid, or nothing of it was ever published."""


class CatalogueMissing(Exception):
    """The site has no catalogue page: its root was replaced by hand."""


@dataclass(frozen=True)
class Branch:
    """A page of the catalogue and what is below it. `duration_ms` is None above lessons and before publication."""

    title: str
    url: str
    lesson: uuid.UUID | None = None
    kind: str | None = None
    duration_ms: int | None = None
    branches: tuple["Branch", ...] = field(default=())


@dataclass(frozen=True)
class Shelf:
    """A course or a textbook, and the newest version of each published lesson in it, in order."""

    title: str
    versions: tuple[LessonVersion, ...]


@dataclass(frozen=True)
class Planned:
    """A course or textbook with the newest versions of its live lessons, and where it stands: its own path in the
    page tree and that of its centre."""

    path: str
    centre_path: str
    title: str
    versions: tuple[LessonVersion, ...]


def may_enter(viewer: Any) -> bool:
    """Whether this person may enter the content administration at all."""
    return bool(viewer.is_active and viewer.has_perm(ENTER_PERMISSION))


def may_preview(viewer: Any) -> bool:
    """Whether this person edits pages somewhere, and so may see content without studying it (and without earning)."""
    return may_enter(viewer) and page_permission_policy.user_has_any_permission(viewer, EDITING)


def may_edit_lesson(viewer: Any, lesson: Lesson) -> bool:
    """Whether this person may change the lesson's page. Nobody, once that was deleted."""
    page = page_of(lesson)
    return page is not None and may_enter(viewer) and page.permissions_for_user(viewer).can_edit()


def shelves_to_edit(viewer: Any) -> list[Shelf]:
    """Courses and textbooks with published lessons whose pages this person may change, in the catalogue's order."""
    if not may_enter(viewer):
        return []
    pages = page_permission_policy.instances_user_has_permission_for(viewer, "change")
    lessons = [
        (path, lesson)
        for model in (VideoLessonPage, ChapterPage)
        for path, lesson in model.objects.filter(pk__in=pages).values_list("path", "lesson_id")
    ]
    newest = {each.lesson_id: each for each in _latest_versions().filter(lesson__in=[pk for _path, pk in lessons])}
    found: dict[str, list[LessonVersion]] = {}
    for path, lesson in sorted(lessons):
        if lesson in newest:
            found.setdefault(path[: -Page.steplen], []).append(newest[lesson])
    titles = dict(Page.objects.filter(path__in=found).values_list("path", "title"))
    return [Shelf(titles[path], tuple(versions)) for path, versions in found.items()]


def catalogue() -> CataloguePage:
    page: CataloguePage | None = CataloguePage.objects.first()
    if page is None:
        raise CatalogueMissing
    return page


def lesson_by_uuid(lesson_uuid: uuid.UUID) -> Lesson:
    lesson = Lesson.objects.filter(uuid=lesson_uuid).first()
    if lesson is None:
        raise LessonUnknown(str(lesson_uuid))
    return lesson


def page_of(lesson: Lesson) -> LessonPage | None:
    """The page that editors work on; None when it was deleted. Its versions stay."""
    model = {"video": VideoLessonPage, "reading": ChapterPage}[lesson.kind]
    page: LessonPage | None = model.objects.filter(lesson=lesson).first()
    return page


def latest_version(lesson_uuid: uuid.UUID) -> LessonVersion:
    """What a class planned now would study. LessonUnknown before the first publication."""
    versions = LessonVersion.objects.filter(lesson__uuid=lesson_uuid).select_related("lesson", "asset")
    version = versions.order_by("-number").first()
    if version is None:
        raise LessonUnknown(str(lesson_uuid))
    return version


def current_versions_of(page: CoursePage | TextbookPage) -> list[LessonVersion]:
    """The latest version of each live lesson of a course or textbook, in order; withdrawn lessons are left out."""
    model = ChapterPage if isinstance(page, TextbookPage) else VideoLessonPage
    order = list(
        model.objects.child_of(page).live().filter(lesson__withdrawn_at=None).values_list("lesson_id", flat=True)
    )
    versions = {version.lesson_id: version for version in _latest_versions().filter(lesson_id__in=order)}
    return [versions[lesson_id] for lesson_id in order if lesson_id in versions]


def planned_lessons() -> list[Planned]:
    """All that a class planned now could study, by course and textbook, in the catalogue's order. Four reads.

    Withdrawn lessons and lessons that are not live are left out, and so are courses without any.
    """
    lessons = [
        (path, lesson)
        for model in (VideoLessonPage, ChapterPage)
        for path, lesson in model.objects.live()
        .filter(lesson__withdrawn_at=None)
        .order_by("path")
        .values_list("path", "lesson_id")
    ]
    newest = {each.lesson_id: each for each in _latest_versions().filter(lesson__in=[pk for _path, pk in lessons])}
    found: dict[str, list[LessonVersion]] = {}
    for path, lesson in sorted(lessons):
        if lesson in newest:
            found.setdefault(path[: -Page.steplen], []).append(newest[lesson])
    titles = dict(Page.objects.filter(path__in=found).values_list("path", "title"))
    return [
        Planned(path, path[: -Page.steplen], titles[path], tuple(versions)) for path, versions in sorted(found.items())
    ]


def lessons_below(page: Page) -> list[Lesson]:
    """Every lesson of a course or textbook, in order, drafts and withdrawn ones too."""
    lessons = [
        (path, lesson)
        for model in (VideoLessonPage, ChapterPage)
        for path, lesson in model.objects.descendant_of(page).values_list("path", "lesson_id")
    ]
    rows = Lesson.objects.in_bulk([lesson for _path, lesson in lessons])
    return [rows[lesson] for _path, lesson in sorted(lessons)]


def may_open_page(viewer: Any, page_id: int, *, only_walks: bool) -> bool:
    """Whether this page of the content administration is this person's: one they have a right on, or, for whoever only
    walks through the tree, one that leads there."""
    pages = page_permission_policy
    if only_walks:
        return bool(pages.explorable_instances(viewer).filter(pk=page_id).exists())
    return bool(pages.instances_user_has_any_permission_for(viewer, EDITING).filter(pk=page_id).exists())


def published_course_tree() -> tuple[Branch, ...]:
    """Centres, their courses and textbooks, their lessons; live pages only. Six reads however much there is."""
    roots = Page.objects.live().public()
    lessons = _lessons_by_parent()
    shelves: dict[str, list[Branch]] = {}
    for model in (CoursePage, TextbookPage):
        for shelf in model.objects.filter(pk__in=roots).order_by("path"):
            branch = Branch(shelf.title, shelf.url, branches=tuple(lessons.get(shelf.path, ())))
            shelves.setdefault(shelf.path[: -Page.steplen], []).append(branch)
    centres = TrainingCentrePage.objects.filter(pk__in=roots).order_by("path")
    return tuple(Branch(page.title, page.url, branches=tuple(shelves.get(page.path, ()))) for page in centres)


def _lessons_by_parent() -> dict[str, list[Branch]]:
    found: dict[str, list[Branch]] = {}
    for model in (VideoLessonPage, ChapterPage):
        for page in model.objects.live().filter(lesson__withdrawn_at=None).with_latest_version().order_by("path"):
            if page.duration_ms is not None:
                branch = Branch(page.title, page.url, page.lesson.uuid, page.kind, page.duration_ms)
                found.setdefault(page.path[: -Page.steplen], []).append(branch)
    return found


def newest_versions(lessons: Iterable[Lesson]) -> list[LessonVersion]:
    """The newest version of each of these lessons that was ever published."""
    return list(_latest_versions().filter(lesson__in=[each.pk for each in lessons]))


def _latest_versions() -> QuerySet[LessonVersion]:
    newest = LessonVersion.objects.filter(lesson=OuterRef("lesson")).order_by("-number").values("pk")[:1]
    return LessonVersion.objects.filter(pk=Subquery(newest)).select_related("lesson", "asset")
