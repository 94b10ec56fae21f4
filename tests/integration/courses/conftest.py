"""A small catalogue: one centre, one course, one textbook; an editor, a moderator, and a stranger without rights.

Imports of the project stand inside: this file is read before Django is set up.
"""

import io
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from courses.models import ChapterPage, CoursePage, TextbookPage, TrainingCentrePage, VideoLessonPage
    from media_pipeline.models import Asset


def _people() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model()


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PRIVATE_ROOT = tmp_path / "private"


@pytest.fixture
def moderator(db: None) -> Any:
    """May publish."""
    from tests.integration.courses.builders import everywhere

    person = _people().objects.create_user("moderator@example.test", "a-long-password")
    person.groups.add(everywhere("add", "change", "publish"))
    return person


@pytest.fixture
def editor(db: None) -> Any:
    """May edit and preview, not publish."""
    from tests.integration.courses.builders import everywhere

    person = _people().objects.create_user("editor@example.test", "a-long-password")
    person.groups.add(everywhere("add", "change"))
    return person


@pytest.fixture
def stranger(db: None) -> Any:
    return _people().objects.create_user("stranger@example.test", "a-long-password")


@pytest.fixture
def ready_asset(db: None) -> "Asset":
    from tests.integration.courses.builders import AT, an_asset

    return an_asset(state="ready", duration_ms=30_480, ready_at=AT, percent=100)


@pytest.fixture
def waiting_asset(db: None) -> "Asset":
    from tests.integration.courses.builders import an_asset

    return an_asset(state="uploaded")


@pytest.fixture
def picture(db: None) -> Any:
    from django.core.files.images import ImageFile
    from PIL import Image as Pillow
    from wagtail.images import get_image_model

    drawn = io.BytesIO()
    Pillow.new("RGB", (60, 40), "white").save(drawn, "JPEG")
    drawn.seek(0)
    return get_image_model().objects.create(title="图", file=ImageFile(drawn, name="drawn.jpg"))


@pytest.fixture
def centre(db: None) -> "TrainingCentrePage":
    from courses.actions.pages import create_centre
    from tests.integration.courses.builders import AT

    return create_centre(by=None, at=AT, slug="electricians", title="特种作业人员培训中心")


@pytest.fixture
def course(centre: "TrainingCentrePage") -> "CoursePage":
    from courses.actions.pages import create_course
    from tests.integration.courses.builders import AT

    return create_course(by=None, at=AT, parent=centre, slug="first-aid", title="触电急救")


@pytest.fixture
def textbook(centre: "TrainingCentrePage") -> "TextbookPage":
    from courses.actions.pages import create_textbook
    from tests.integration.courses.builders import AT

    return create_textbook(by=None, at=AT, parent=centre, slug="low-voltage", title="低压电工作业")


@pytest.fixture
def video_page(course: "CoursePage", ready_asset: "Asset") -> "VideoLessonPage":
    from courses.actions.pages import create_video_lesson
    from tests.integration.courses.builders import AT, LESSON_UUID

    return create_video_lesson(
        by=None, at=AT, parent=course, uuid=LESSON_UUID, slug="release", title="脱离电源", asset=ready_asset
    )


@pytest.fixture
def chapter(textbook: "TextbookPage") -> "ChapterPage":
    from courses.actions.pages import create_chapter
    from tests.integration.courses.builders import AT, CHAPTER_UUID, section

    sections = [section("电流对人体的危害", "电" * 100), section("先停电", "断开开关。")]
    return create_chapter(
        by=None, at=AT, parent=textbook, uuid=CHAPTER_UUID, slug="danger", title="触电的危险", sections=sections
    )
