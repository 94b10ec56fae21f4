"""The demo's courses, made and published by the real actions. Twice changes nothing.

The caller brings the videos: one ready asset for every slug in `SHORT_VIDEO_SLUGS`, and, if the full course is to
have films as well, for those in `FULL_VIDEO_SLUGS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from courses.actions.pages import (
    create_centre,
    create_chapter,
    create_course,
    create_textbook,
    create_video_lesson,
    publish,
)
from courses.actions.pictures import add_picture
from courses.models import CoursePage, LessonVersion, TextbookPage, TrainingCentrePage
from courses.texts import demo_content, demo_textbook
from media_pipeline.models import Asset

SHORT_VIDEO_SLUGS = tuple(str(video["slug"]) for video in demo_content.SHORT_VIDEOS)
FULL_VIDEO_SLUGS = tuple(str(video["slug"]) for video in demo_textbook.VIDEOS)


@dataclass(frozen=True)
class DemoCourses:
    """Latest versions, in the order in which a class studies them."""

    short_videos: tuple[LessonVersion, ...]
    short_chapter: LessonVersion
    full_chapters: tuple[LessonVersion, ...]
    full_videos: tuple[LessonVersion, ...]


def build_demo_courses(*, by: Any, at: datetime, assets: Mapping[str, Asset]) -> DemoCourses:
    """`assets` by slug; full videos without an asset are left out. NotPublishable if one is not ready."""
    centre = create_centre(by=by, at=at, parent=None, **demo_content.CENTRE)
    publish(by=by, at=at, page=centre)
    course = _published(by, at, create_course(by=by, at=at, parent=centre, **demo_content.SHORT_COURSE))
    short = [_video(by, at, course, video, assets[str(video["slug"])]) for video in demo_content.SHORT_VIDEOS]
    primer = _published(by, at, create_textbook(by=by, at=at, parent=centre, **demo_content.SHORT_TEXTBOOK))
    chapter = _chapter(by, at, primer, demo_content.SHORT_CHAPTER)
    book = _published(by, at, create_textbook(by=by, at=at, parent=centre, **demo_textbook.TEXTBOOK))
    chapters = [_chapter(by, at, book, content) for content in demo_textbook.CHAPTERS]
    return DemoCourses(tuple(short), chapter, tuple(chapters), tuple(_full_videos(by, at, centre, assets)))


def _full_videos(by: Any, at: datetime, centre: TrainingCentrePage, assets: Mapping[str, Asset]) -> list[LessonVersion]:
    films = [video for video in demo_textbook.VIDEOS if video["slug"] in assets]
    if not films:
        return []
    course = _published(by, at, create_course(by=by, at=at, parent=centre, **demo_textbook.COURSE))
    return [_video(by, at, course, video, assets[str(video["slug"])]) for video in films]


def _published(by: Any, at: datetime, page: Any) -> Any:
    publish(by=by, at=at, page=page)
    return page


def _video(by: Any, at: datetime, course: CoursePage, video: Mapping[str, Any], asset: Asset) -> LessonVersion:
    page = create_video_lesson(by=by, at=at, parent=course, asset=asset, **video)
    return _frozen(publish(by=by, at=at, page=page))


def _chapter(by: Any, at: datetime, book: TextbookPage, content: Mapping[str, Any]) -> LessonVersion:
    pictures = {
        name: add_picture(by=by, at=at, title=title, name=f"{name}.jpg", content=draw()).pk
        for name, (title, draw) in demo_content.DRAWINGS.items()
    }
    sections = demo_content.stored_sections(content["sections"], pictures=pictures)
    page = create_chapter(by=by, at=at, parent=book, **{**content, "sections": sections})
    return _frozen(publish(by=by, at=at, page=page))


def _frozen(version: LessonVersion | None) -> LessonVersion:
    assert version is not None
    return version
