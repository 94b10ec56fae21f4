"""The demo's courses go live through the real actions, and a second run changes nothing."""

from typing import Any

from courses.actions.demo import SHORT_VIDEO_SLUGS, build_demo_courses
from courses.models import LessonVersion
from lms.audit.models import Event
from tests.integration.courses.builders import AT, an_asset


def _assets() -> dict[str, Any]:
    return {slug: an_asset(state="ready", duration_ms=60_000, ready_at=AT) for slug in SHORT_VIDEO_SLUGS}


def test_the_short_chapter_takes_between_70_and_80_seconds(db: None) -> None:
    courses = build_demo_courses(by=None, at=AT, assets=_assets())

    assert 70_000 <= courses.short_chapter.duration_ms <= 80_000
    assert len(courses.short_chapter.sections) == 4
    assert "lessons/pictures/" in courses.short_chapter.sections[1]["html"]


def test_the_full_textbook_has_six_chapters(db: None) -> None:
    courses = build_demo_courses(by=None, at=AT, assets=_assets())

    assert [version.title[:3] for version in courses.full_chapters] == [
        "第一章",
        "第二章",
        "第三章",
        "第四章",
        "第五章",
        "第六章",
    ]
    assert all(version.duration_ms > 60_000 for version in courses.full_chapters)


def test_a_second_run_changes_nothing(db: None) -> None:
    assets = _assets()
    first = build_demo_courses(by=None, at=AT, assets=assets)
    events = Event.objects.count()

    second = build_demo_courses(by=None, at=AT, assets=assets)

    assert second == first
    assert LessonVersion.objects.count() == 9
    assert Event.objects.count() == events
