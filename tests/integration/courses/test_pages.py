"""What visitors, editors and strangers may see and do."""

import uuid
from typing import Any

import pytest
from django.urls import reverse

from courses.actions.pages import WrongParent, create_chapter, create_course, create_video_lesson, publish
from courses.actions.permission import MayNotEdit
from courses.actions.pictures import add_picture
from courses.actions.withdrawal import restore_lesson, withdraw_lesson
from courses.models import ChapterPage, CoursePage, TextbookPage, TrainingCentrePage, VideoLessonPage
from courses.queries import LessonUnknown, current_versions_of, latest_version, lesson_by_uuid, published_course_tree
from courses.signals import study_asked
from lms.audit.models import Event
from media_pipeline import sealing
from media_pipeline.models import KeyWindow, Rendition
from tests.integration.courses.builders import AT, CHAPTER_UUID, LESSON_UUID, an_asset, section


@pytest.fixture
def published(
    centre: TrainingCentrePage,
    course: CoursePage,
    textbook: TextbookPage,
    video_page: VideoLessonPage,
    chapter: ChapterPage,
) -> None:
    for page in (centre, course, textbook, video_page, chapter):
        publish(by=None, at=AT, page=page)


def test_a_visitor_reads_what_a_chapter_is_about_but_not_the_chapter(client: Any, published: None) -> None:
    answer = client.get("/learn/electricians/low-voltage/danger/")

    body = answer.content.decode()
    assert answer.status_code == 200
    assert "电流对人体的危害" in body
    assert "断开开关" not in body
    assert f"/study/{CHAPTER_UUID}/" not in body


@pytest.mark.parametrize(
    "path",
    ["", "electricians/", "electricians/first-aid/", "electricians/first-aid/release/", "electricians/low-voltage/"],
)
def test_every_public_page_opens(client: Any, published: None, path: str) -> None:
    assert client.get(f"/learn/{path}").status_code == 200


def test_a_visitor_is_not_given_the_video(client: Any, published: None) -> None:
    body = client.get("/learn/electricians/first-aid/release/").content.decode()

    assert "m3u8" not in body
    assert "<video" not in body


@pytest.mark.parametrize(("label", "answer", "expected"), [("in a class", True, True), ("in none", False, False)])
def test_the_study_button_is_for_those_whose_class_has_the_lesson(
    client: Any, published: None, stranger: Any, label: str, answer: bool, expected: bool
) -> None:
    asked = []

    def classes(sender: Any, *, viewer: Any, lesson_uuid: Any, **kwargs: Any) -> bool:
        asked.append((viewer, lesson_uuid))
        return answer

    others, study_asked.receivers = study_asked.receivers, []
    study_asked.sender_receivers_cache.clear()
    study_asked.connect(classes)
    client.force_login(stranger)
    try:
        body = client.get("/learn/electricians/first-aid/release/").content.decode()
    finally:
        study_asked.receivers = others

    assert asked == [(stranger, LESSON_UUID)]
    assert (f"/study/{LESSON_UUID}/" in body) is expected, label


def test_a_centres_page_costs_the_same_for_any_number_of_lessons(
    client: Any, published: None, course: CoursePage, ready_asset: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        page = create_video_lesson(
            by=None, at=AT, parent=course, uuid=uuid.uuid4(), slug=f"n{number}", title="课", asset=ready_asset
        )
        publish(by=None, at=AT, page=page)

    with django_assert_max_num_queries(20):
        client.get("/learn/electricians/")
    with django_assert_max_num_queries(20):
        client.get("/learn/electricians/first-aid/")


def test_the_tree_holds_live_lessons_with_their_measured_length(published: None) -> None:
    (centre,) = published_course_tree()

    assert [
        (shelf.title, [(lesson.title, lesson.duration_ms) for lesson in shelf.branches]) for shelf in centre.branches
    ] == [
        ("触电急救", [("脱离电源", 30_480)]),
        ("低压电工作业", [("触电的危险", 25_000)]),
    ]


def test_current_versions_are_those_of_live_lessons_in_order(
    published: None, course: CoursePage, ready_asset: Any
) -> None:
    second = create_video_lesson(
        by=None, at=AT, parent=course, uuid=uuid.uuid4(), slug="second", title="第二节", asset=ready_asset
    )
    publish(by=None, at=AT, page=second)
    create_video_lesson(by=None, at=AT, parent=course, uuid=uuid.uuid4(), slug="draft", title="草稿", asset=ready_asset)

    assert [version.title for version in current_versions_of(course)] == ["脱离电源", "第二节"]


def test_an_unpublished_lesson_has_no_version(video_page: VideoLessonPage) -> None:
    assert lesson_by_uuid(LESSON_UUID) == video_page.lesson
    with pytest.raises(LessonUnknown):
        latest_version(LESSON_UUID)


def test_a_withdrawn_lesson_leaves_the_plans_and_can_come_back(
    published: None, moderator: Any, course: CoursePage, video_page: VideoLessonPage
) -> None:
    lesson = withdraw_lesson(by=moderator, at=AT, lesson=video_page.lesson, reason="画面有误")
    withdrawn = current_versions_of(course)
    restore_lesson(by=moderator, at=AT, lesson=lesson, reason="已更正")

    assert lesson.withdrawn_at == AT
    assert withdrawn == []
    assert [version.title for version in current_versions_of(course)] == ["脱离电源"]
    assert [event.verb for event in Event.objects.filter(by=moderator).order_by("pk")] == [
        "lesson.withdrawn",
        "lesson.restored",
    ]


def test_the_same_uuid_gives_the_same_page(video_page: VideoLessonPage, course: CoursePage) -> None:
    again = create_video_lesson(by=None, at=AT, parent=course, uuid=LESSON_UUID, slug="other", title="别的", asset=None)

    assert again == video_page
    assert VideoLessonPage.objects.count() == 1


def test_a_chapter_has_no_place_in_a_course(course: CoursePage) -> None:
    with pytest.raises(WrongParent):
        create_chapter(
            by=None,
            at=AT,
            parent=course,  # type: ignore[arg-type]
            uuid=CHAPTER_UUID,
            slug="c",
            title="章",
            sections=[section("一", "电")],
        )


def test_a_stranger_may_write_nothing(
    stranger: Any, centre: TrainingCentrePage, textbook: TextbookPage, course: CoursePage, video_page: VideoLessonPage
) -> None:
    attempts = [
        lambda: create_course(by=stranger, at=AT, parent=centre, slug="s", title="课"),
        lambda: create_video_lesson(
            by=stranger, at=AT, parent=course, uuid=uuid.uuid4(), slug="s", title="课", asset=None
        ),
        lambda: create_chapter(
            by=stranger, at=AT, parent=textbook, uuid=uuid.uuid4(), slug="s", title="章", sections=[]
        ),
        lambda: publish(by=stranger, at=AT, page=video_page),
        lambda: withdraw_lesson(by=stranger, at=AT, lesson=video_page.lesson, reason=""),
        lambda: restore_lesson(by=stranger, at=AT, lesson=video_page.lesson, reason=""),
        lambda: add_picture(by=stranger, at=AT, title="图", name="a.jpg", content=b"x"),
    ]
    events = Event.objects.count()

    for attempt in attempts:
        with pytest.raises(MayNotEdit):
            attempt()

    assert Event.objects.count() == events


def test_an_editor_may_draft_but_not_publish(editor: Any, course: CoursePage, ready_asset: Any) -> None:
    page = create_video_lesson(
        by=editor, at=AT, parent=course, uuid=LESSON_UUID, slug="e", title="课", asset=ready_asset
    )

    with pytest.raises(MayNotEdit):
        publish(by=editor, at=AT, page=page)


@pytest.fixture
def playable() -> Any:
    asset = an_asset(state="transcoding", attempt_token=uuid.uuid4(), lease_until=AT)
    Rendition.objects.create(
        asset=asset, width=480, height=270, bandwidth=400_000, codecs="avc1", segments=[["hls/x/0.ts", 4_000]]
    )
    KeyWindow.objects.create(
        asset=asset, ordinal=0, from_ms=0, to_ms=4_000, sealed_key=sealing.seal(b"k" * 16, asset.uuid, 0)
    )
    asset.state, asset.duration_ms, asset.ready_at = "ready", 4_000, AT
    asset.save()
    return asset


def test_an_editor_previews_the_video_with_its_key(client: Any, moderator: Any, playable: Any) -> None:
    client.force_login(moderator)

    master = client.get(reverse("videos:preview", args=[playable.uuid]))
    playlist = client.get(reverse("videos:preview_playlist", args=[playable.uuid, 270]))
    key = client.get(reverse("videos:preview_key", args=[playable.uuid, 0]))

    assert reverse("videos:preview_playlist", args=[playable.uuid, 270]) in master.content.decode()
    assert reverse("videos:preview_key", args=[playable.uuid, 0]) in playlist.content.decode()
    assert key.content == b"k" * 16


@pytest.mark.parametrize("who", ["stranger", "visitor"])
def test_others_cannot_preview(client: Any, stranger: Any, playable: Any, who: str) -> None:
    if who == "stranger":
        client.force_login(stranger)
    addresses = [
        reverse("videos:preview", args=[playable.uuid]),
        reverse("videos:preview_playlist", args=[playable.uuid, 270]),
        reverse("videos:preview_key", args=[playable.uuid, 0]),
    ]

    for address in addresses:
        answer = client.get(address)
        assert answer.status_code in {302, 403}
        assert b"k" * 16 not in answer.content
        assert client.get(address, headers={"X-Requested-With": "XMLHttpRequest"}).status_code == 403


def test_a_preview_of_a_missing_key_is_not_found(client: Any, moderator: Any, playable: Any) -> None:
    client.force_login(moderator)

    assert client.get(reverse("videos:preview_key", args=[playable.uuid, 9])).status_code == 404
    assert client.get(reverse("videos:preview_playlist", args=[playable.uuid, 999])).status_code == 404
    assert client.get(reverse("videos:preview", args=[uuid.uuid4()])).status_code == 404


@pytest.mark.parametrize(
    ("fixture", "expected"),
    [("chapter", "断开开关"), ("video_page", "courses/preview.js"), ("video_page", "/preview/master.m3u8")],
)
def test_an_editor_previews_a_draft(client: Any, editor: Any, request: Any, fixture: str, expected: str) -> None:
    page = request.getfixturevalue(fixture)
    client.force_login(editor)

    answer = client.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))

    assert answer.status_code == 200
    assert expected in answer.content.decode()


def test_a_visitor_to_the_admin_is_sent_to_the_one_login(client: Any, db: None) -> None:
    answer = client.get("/admin/", follow=True)

    assert [address for address, _status in answer.redirect_chain][-1] == "/accounts/login/?next=%2Fadmin%2F"


def test_who_has_no_access_is_told_so_instead_of_going_in_circles(client: Any, stranger: Any) -> None:
    client.force_login(stranger)

    assert client.get("/admin/", follow=True).status_code == 403


def test_the_door_sends_nobody_to_another_site(client: Any, moderator: Any) -> None:
    client.force_login(moderator)

    answer = client.get("/admin/enter/?next=https://elsewhere.example/")

    assert answer.headers["Location"] == "/admin/"


def test_an_editor_enters(client: Any, editor: Any) -> None:
    client.force_login(editor)

    body = client.get("/admin/").content.decode()

    assert "courses/admin.css" in body
    assert "xueshi-admin-mark" in body


@pytest.mark.parametrize("address", ["/admin/bulk/accounts/user/delete/", "/admin/bulk/accounts/user/assign_role/"])
def test_nobody_changes_people_in_bulk(admin_client: Any, address: str) -> None:
    assert admin_client.get(address).status_code == 404
