"""Publishing freezes a version; nothing else does, and nothing changes what was frozen."""

from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from wagtail.log_actions import LogContext

from courses.actions.freezing import freeze_version
from courses.actions.pages import create_chapter, create_video_lesson, publish
from courses.models import ChapterPage, LessonVersion, NotPublishable, TextbookPage, VideoLessonPage
from lms.audit.models import Event
from tests.integration.courses.builders import AT, CHAPTER_UUID, LESSON_UUID, section


def test_a_draft_freezes_nothing(video_page: VideoLessonPage) -> None:
    assert not LessonVersion.objects.exists()
    assert not video_page.live


def test_publishing_a_video_freezes_the_measured_length(video_page: VideoLessonPage, moderator: Any) -> None:
    version = publish(by=moderator, at=AT, page=video_page)

    assert version is not None
    assert (version.number, version.title, version.duration_ms) == (1, "脱离电源", 30_480)
    assert version.sections == [{"title": "脱离电源", "from_ms": 0, "to_ms": 30_480, "html": ""}]
    assert (version.asset, version.published_by, version.published_at) == (video_page.asset, moderator, AT)
    assert version.lesson.uuid == LESSON_UUID


def test_publishing_a_chapter_freezes_its_sections(chapter: ChapterPage) -> None:
    version = publish(by=None, at=AT, page=chapter)

    assert version is not None
    assert version.duration_ms == 25_000
    assert [(part["title"], part["from_ms"], part["to_ms"]) for part in version.sections] == [
        ("电流对人体的危害", 0, 17_000),
        ("先停电", 17_000, 25_000),
    ]
    assert version.sections[1]["html"] == '<div class="reading-text"><p>断开开关。</p></div>'


def test_publishing_again_without_a_change_freezes_nothing(chapter: ChapterPage) -> None:
    first = publish(by=None, at=AT, page=chapter)
    chapter.refresh_from_db()
    chapter.intro = "列表里的介绍不属于版本。"
    chapter.save_revision()

    again = publish(by=None, at=AT, page=chapter)

    assert again == first
    assert ChapterPage.objects.get().intro == "列表里的介绍不属于版本。"
    assert LessonVersion.objects.count() == 1


def test_a_changed_chapter_gets_the_next_number_and_the_first_stays(chapter: ChapterPage) -> None:
    first = publish(by=None, at=AT, page=chapter)
    chapter.refresh_from_db()
    chapter.body = [{"type": "section", "value": section("先停电", "断开开关，拔出插头。")}]
    chapter.save_revision()

    second = publish(by=None, at=AT, page=chapter)

    assert first is not None and second is not None
    assert (first.number, second.number) == (1, 2)
    assert LessonVersion.objects.get(number=1).sections == first.sections


def test_a_draft_of_a_live_page_freezes_nothing(chapter: ChapterPage) -> None:
    publish(by=None, at=AT, page=chapter)
    chapter.refresh_from_db()
    chapter.body = [{"type": "section", "value": section("先停电", "草稿")}]

    chapter.save_revision()

    assert LessonVersion.objects.count() == 1


def test_freezing_leaves_an_audit_row(chapter: ChapterPage, moderator: Any) -> None:
    publish(by=moderator, at=AT, page=chapter)

    event = Event.objects.get(verb="lesson.version_frozen")
    assert (event.by, event.at, event.subject_id) == (moderator, AT, str(CHAPTER_UUID))
    assert event.detail["number"] == 1


def test_a_picture_replaced_later_stays_in_the_frozen_version(textbook: TextbookPage, picture: Any) -> None:
    content = [{"type": "picture", "value": {"image": picture.pk, "alt": "一张图", "caption": ""}}]
    page = create_chapter(
        by=None,
        at=AT,
        parent=textbook,
        uuid=CHAPTER_UUID,
        slug="p",
        title="图",
        sections=[{"heading": "看图", "content": content}],
    )
    version = publish(by=None, at=AT, page=page)
    assert version is not None
    name = version.sections[0]["html"].split('src="/media/')[1].split('"')[0]

    picture.delete()

    assert name.startswith("lessons/pictures/")
    assert default_storage.exists(name)


def test_what_a_block_let_through_is_not_frozen(textbook: TextbookPage) -> None:
    page = create_chapter(
        by=None,
        at=AT,
        parent=textbook,
        uuid=CHAPTER_UUID,
        slug="x",
        title="脚本",
        sections=[section("一", '先停电<script>steal()</script><img src="x" onerror="steal()"><a href="//e">e</a>')],
    )

    version = publish(by=None, at=AT, page=page)

    assert version is not None
    html = version.sections[0]["html"]
    assert "<script" not in html
    assert "onerror" not in html
    assert "<a" not in html


def test_tables_and_warnings_are_frozen_as_words(textbook: TextbookPage) -> None:
    table = {
        "columns": [{"type": "text", "heading": "环境"}, {"type": "number", "heading": "电压"}],
        "rows": [{"values": ["潮湿", "24 V"]}],
        "caption": "安全电压",
    }
    content = [
        {"type": "table", "value": table},
        {"type": "warning", "value": {"level": "danger", "text": "<p>严禁带电作业。</p>"}},
    ]
    page = create_chapter(
        by=None,
        at=AT,
        parent=textbook,
        uuid=CHAPTER_UUID,
        slug="t",
        title="表",
        sections=[{"heading": "电压", "content": content}],
    )

    version = publish(by=None, at=AT, page=page)

    assert version is not None
    html = version.sections[0]["html"]
    assert "<caption>安全电压</caption>" in html
    assert '<td class="number">24 V</td>' in html
    assert "notice-stop" in html
    assert "严禁带电作业。" in html


def test_a_video_that_is_not_ready_cannot_be_published(course: Any, waiting_asset: Any) -> None:
    page = create_video_lesson(
        by=None, at=AT, parent=course, uuid=LESSON_UUID, slug="w", title="等待", asset=waiting_asset
    )

    with pytest.raises(NotPublishable) as refusal:
        publish(by=None, at=AT, page=page)

    assert list(refusal.value.message_dict) == ["asset"]
    page.refresh_from_db()
    assert not page.live
    assert not LessonVersion.objects.exists()


def test_wagtails_own_publication_is_refused_too(course: Any, waiting_asset: Any) -> None:
    page = create_video_lesson(
        by=None, at=AT, parent=course, uuid=LESSON_UUID, slug="w", title="等待", asset=waiting_asset
    )

    with pytest.raises(NotPublishable):
        page.latest_revision.publish()

    page.refresh_from_db()
    assert not page.live


def test_nothing_is_frozen_by_hand_from_an_unready_video(course: Any) -> None:
    page = create_video_lesson(by=None, at=AT, parent=course, uuid=LESSON_UUID, slug="w", title="等待", asset=None)

    with pytest.raises(NotPublishable):
        freeze_version(by=None, at=AT, page=page)

    assert not LessonVersion.objects.exists()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE courses_lessonversion SET duration_ms = 99000000", "DELETE FROM courses_lessonversion"],
)
def test_postgresql_refuses_to_change_a_version(chapter: ChapterPage, statement: str) -> None:
    publish(by=None, at=AT, page=chapter)

    with pytest.raises(DatabaseError, match="permission denied for table courses_lessonversion"), transaction.atomic():
        connection.cursor().execute(statement)

    assert LessonVersion.objects.get().duration_ms == 25_000


def test_postgresql_keeps_a_lessons_identity(chapter: ChapterPage) -> None:
    with pytest.raises(DatabaseError, match="identity"), transaction.atomic():
        connection.cursor().execute("UPDATE courses_lesson SET kind = 'video'")


def test_a_deleted_page_leaves_its_versions(chapter: ChapterPage) -> None:
    publish(by=None, at=AT, page=chapter)

    ChapterPage.objects.get().delete()

    assert LessonVersion.objects.get().lesson.uuid == CHAPTER_UUID


def test_a_copied_page_is_another_lesson(chapter: ChapterPage) -> None:
    publish(by=None, at=AT, page=chapter)
    chapter.refresh_from_db()

    copy = chapter.copy(update_attrs={"slug": "copy", "title": "副本"}, copy_revisions=True, keep_live=False)
    version = publish(by=None, at=AT, page=copy)

    assert version is not None
    assert version.lesson.uuid != CHAPTER_UUID
    assert version.number == 1


def _form(page: VideoLessonPage, **fields: Any) -> dict[str, Any]:
    chapters = {"chapters-count": "0"}
    comments = {f"comments-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS")}
    values = {"title": page.title, "slug": page.slug, "intro": "", "asset": page.asset_id}
    return {**chapters, **comments, "comments-MAX_NUM_FORMS": "", **values, **fields}


def test_a_publication_by_wagtails_own_means_freezes_in_the_publishers_name(
    moderator: Any, video_page: VideoLessonPage
) -> None:
    with LogContext(user=moderator):
        video_page.latest_revision.publish(user=moderator)

    version = LessonVersion.objects.get()
    assert (version.duration_ms, version.published_by) == (30_480, moderator)


def test_a_publish_button_pressed_all_the_same_saves_a_draft(
    client: Any, moderator: Any, video_page: VideoLessonPage
) -> None:
    client.force_login(moderator)
    url = reverse("wagtailadmin_pages:edit", args=[video_page.pk])

    answer = client.post(url, _form(video_page, title="新题目", **{"action-publish": "1"}))

    assert answer.status_code == 302
    video_page.refresh_from_db()
    assert not video_page.live
    assert video_page.latest_revision.as_object().title == "新题目"
    assert not LessonVersion.objects.exists()


def test_the_form_says_why_an_unready_video_cannot_be_submitted(
    client: Any, moderator: Any, video_page: VideoLessonPage, waiting_asset: Any
) -> None:
    client.force_login(moderator)
    url = reverse("wagtailadmin_pages:edit", args=[video_page.pk])

    answer = client.post(url, _form(video_page, asset=waiting_asset.pk, **{"action-submit": "1"}))

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["asset"]
    assert not LessonVersion.objects.exists()


def test_a_draft_may_wait_for_its_video(
    client: Any, moderator: Any, video_page: VideoLessonPage, waiting_asset: Any
) -> None:
    client.force_login(moderator)
    url = reverse("wagtailadmin_pages:edit", args=[video_page.pk])

    answer = client.post(url, _form(video_page, asset=waiting_asset.pk))

    assert answer.status_code == 302, answer.context["form"].errors
    video_page.refresh_from_db()
    assert video_page.latest_revision.as_object().asset == waiting_asset
