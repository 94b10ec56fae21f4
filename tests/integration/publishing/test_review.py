"""The committee: nothing goes live without an outsider's decision, whatever address is tried."""

import uuid
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from wagtail.models import WorkflowState

from courses.actions.pages import create_course, create_video_lesson
from courses.models import ChapterPage, LessonVersion
from lms.accounts.actions import grant_role
from lms.accounts.models import Role
from lms.audit.models import Event
from lms.institutions.actions import join_institution, leave_institution
from lms.institutions.actions.reviews import AlreadyDecided, approve, comment_on, reject, submit
from lms.institutions.models import ReviewState
from lms.institutions.models.publishing import NotTheirsToDecide, ReasonMissing, SubmissionChanged
from media_pipeline.actions.captions import save_captions
from media_pipeline.rules.captions import Cue
from tests.films import make_film
from tests.integration.publishing.stage import Stage, browser, fresh, make, rewrite, submitted
from tests.world import NOON


def live(stage: Stage) -> bool:
    return ChapterPage.objects.get(pk=stage.bobs.chapter.pk).live


def test_an_approved_chapter_is_live_and_frozen_in_the_reviewers_name(stage: Stage) -> None:
    review = submitted(stage.bobs)

    approve(by=stage.rita, at=NOON, review=review, comment="很好")

    version = LessonVersion.objects.get(lesson=stage.bobs.chapter.lesson)
    assert live(stage)
    assert (version.number, version.published_by, version.published_at) == (1, stage.rita, NOON)
    assert list(Event.objects.filter(verb__startswith="review.").order_by("pk").values_list("verb", "by")) == [
        ("review.submitted", stage.bobs.staff.pk),
        ("review.approved", stage.rita.pk),
    ]


def test_a_rejection_needs_reasons_and_gives_the_page_back(stage: Stage) -> None:
    review = submitted(stage.bobs)

    with pytest.raises(ReasonMissing):
        reject(by=stage.rita, at=NOON, review=review, reason="  ")
    reject(by=stage.rita, at=NOON, review=review, reason="缺图")

    review.refresh_from_db()
    edit = browser(stage.bobs.staff).get(reverse("wagtailadmin_pages:edit", args=[stage.bobs.chapter.pk]))
    assert (review.status, review.comment) == ("rejected", "缺图")
    assert not live(stage)
    assert "缺图" in edit.content.decode()


def test_returned_mended_submitted_anew_and_approved(stage: Stage) -> None:
    reject(by=stage.rita, at=NOON, review=submitted(stage.bobs), reason="缺图")
    rewrite(stage.bobs, "改好了。")

    again = submitted(stage.bobs)
    approve(by=stage.rita, at=NOON, review=again)

    assert live(stage)
    assert "改好了" in LessonVersion.objects.get().sections[0]["html"]
    assert WorkflowState.objects.filter(status="in_progress").count() == 0


@pytest.mark.parametrize("why", ["wrote it", "submitted it", "works there", "worked there once", "is no reviewer"])
def test_who_has_a_part_in_it_decides_nothing(stage: Stage, why: str) -> None:
    walter = make("walter", Role.REVIEWER)
    if why == "is no reviewer":
        walter = make("quentin", Role.ADMINISTRATOR)
    if why == "wrote it":
        rewrite(stage.bobs, "瓦尔特写的。", by=walter)
        rewrite(stage.bobs, "又改了。")
    if why in {"works there", "worked there once"}:
        join_institution(by=None, at=NOON, person=walter, institution=stage.bobs.institution)
    if why == "worked there once":
        leave_institution(by=None, at=NOON, person=walter, institution=stage.bobs.institution)
    review = submitted(stage.bobs)
    if why == "submitted it":
        WorkflowState.objects.filter(pk=review.workflow_state_id).update(requested_by=walter)
    review = ReviewState.objects.get(pk=review.pk)

    for decide in (
        lambda: approve(by=walter, at=NOON, review=review),
        lambda: reject(by=walter, at=NOON, review=review, reason="不行"),
        # Past the action, as a view of Wagtail's would.
        lambda: review.task.specific.on_action(review, walter, "approve"),
        lambda: review.approve(user=walter),
        lambda: review.approve(user=None),
    ):
        with pytest.raises(NotTheirsToDecide):
            decide()

    answer = browser(walter).post(reverse("decide_review", args=[review.pk]), {"verb": "approve", "words": ""})
    assert answer.status_code == 403
    assert not live(stage)


def test_an_earlier_author_may_review_what_came_after_it_was_live(stage: Stage) -> None:
    walter = make("walter", Role.REVIEWER)
    rewrite(stage.bobs, "瓦尔特写的。", by=walter)
    approve(by=stage.rita, at=NOON, review=submitted(stage.bobs))
    rewrite(stage.bobs, "鲍勃后来写的。")

    approve(by=walter, at=NOON, review=submitted(stage.bobs))

    assert LessonVersion.objects.count() == 2


def staff_who_reviews(stage: Stage) -> Any:
    """The worst case: Bob, who wrote it, works there and is on the committee too."""
    grant_role(by=None, at=NOON, person=stage.bobs.staff, role=Role.REVIEWER)
    return browser(fresh(stage.bobs.staff))


def test_an_author_on_the_committee_approves_by_no_address(stage: Stage) -> None:
    review, bob, page = submitted(stage.bobs), staff_who_reviews(stage), stage.bobs.chapter.pk
    approving = {"action-workflow-action": "1", "workflow-action-name": "approve"}
    fields = {"title": "高处作业", "slug": "one", "body-count": "0", "next": ""}

    answers = [
        bob.post(reverse("decide_review", args=[review.pk]), {"verb": "approve", "words": ""}),
        bob.post(reverse("wagtailadmin_pages:workflow_action", args=[page, "approve", review.pk])),
        bob.get(reverse("wagtailadmin_pages:collect_workflow_action_data", args=[page, "approve", review.pk])),
        bob.post(reverse("wagtailadmin_pages:edit", args=[page]), {**fields, **approving}),
        bob.post(reverse("wagtailadmin_pages:edit", args=[page]), {**fields, "action-publish": "1"}),
        bob.post(f"/admin/bulk/wagtailcore/page/publish/?id={page}"),
    ]

    assert [answer.status_code for answer in answers][:3] == [403, 404, 404]
    assert answers[5].status_code == 404
    assert not live(stage)
    assert not LessonVersion.objects.exists()
    review.refresh_from_db()
    assert review.status == "in_progress"


def test_not_even_an_administrator_publishes_by_a_button(stage: Stage) -> None:
    admin, page = browser(make("admin", Role.ADMINISTRATOR)), stage.bobs.textbook.pk
    fields = {"title": "改名", "slug": "book", "intro": "", "edition": "", "approved_by": "", "action-publish": "1"}
    comments = {f"comments-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}

    saved = admin.post(reverse("wagtailadmin_pages:edit", args=[page]), {**fields, **comments})
    made = admin.post(
        reverse("wagtailadmin_pages:add", args=["courses", "textbookpage", stage.bobs.shelf.page.pk]),
        {**fields, **comments, "slug": "new"},
    )
    bulk = admin.post(f"/admin/bulk/wagtailcore/page/publish/?id={page}")

    book = type(stage.bobs.textbook).objects.get(pk=page)
    assert (saved.status_code, made.status_code, bulk.status_code) == (302, 302, 302)
    assert not book.live
    assert book.get_latest_revision_as_object().title == "改名"
    assert not type(book).objects.get(slug="new").live


def test_what_was_changed_meanwhile_is_not_approved(stage: Stage) -> None:
    review = submitted(stage.bobs)
    rewrite(stage.bobs, "审定时偷换的。")

    with pytest.raises(SubmissionChanged):
        approve(by=stage.rita, at=NOON, review=review)

    assert not live(stage)


def test_nobody_edits_what_is_under_review(stage: Stage) -> None:
    submitted(stage.bobs)

    page = ChapterPage.objects.get(pk=stage.bobs.chapter.pk)

    assert page.permissions_for_user(fresh(stage.bobs.staff)).page_locked()


def test_deciding_and_submitting_twice_changes_nothing(stage: Stage) -> None:
    review = submitted(stage.bobs)
    assert submitted(stage.bobs) == review

    approve(by=stage.rita, at=NOON, review=review)
    approve(by=stage.rita, at=NOON, review=review)

    assert LessonVersion.objects.count() == 1
    assert Event.objects.filter(verb="review.approved").count() == 1
    with pytest.raises(AlreadyDecided):
        reject(by=stage.rita, at=NOON, review=review, reason="晚了")


def test_strangers_submit_and_comment_nothing(stage: Stage) -> None:
    review = submitted(stage.bobs)

    for person in (stage.ninas.staff, stage.charlie):
        with pytest.raises(PermissionDenied):
            submit(by=fresh(person), page=stage.bobs.textbook)
        with pytest.raises(PermissionDenied):
            comment_on(by=person, at=NOON, uuid=uuid.uuid4(), submission=review.workflow_state, text="嗨")


def test_the_review_page_shows_content_length_changes_and_what_was_said(stage: Stage) -> None:
    approve(by=stage.rita, at=NOON, review=submitted(stage.bobs))
    rewrite(stage.bobs, "高处作业的正文，先系安全带。最后才上梯子。")
    review = submitted(stage.bobs)
    comment_on(by=stage.rita, at=NOON, uuid=uuid.uuid4(), submission=review.workflow_state, text="请再核对")

    body = browser(stage.rita).get(reverse("review", args=[review.pk])).content.decode()

    assert "最后才上梯子" in body
    assert "<ins>最后才上梯子。</ins>" in body
    assert "<del>再上梯子。</del>" in body
    assert "请再核对" in body
    assert 'value="approve"' in body


def test_the_committee_sees_a_films_captions_and_strangers_do_not(stage: Stage) -> None:
    film = make_film(1, heights=[360]).asset
    assert film is not None
    course = create_course(by=stage.bobs.staff, at=NOON, parent=stage.bobs.shelf.page, slug="films", title="影片")
    page = create_video_lesson(
        by=None, at=NOON, parent=course, uuid=uuid.uuid4(), slug="belt", title="系安全带", asset=film
    )
    review = submitted(stage.bobs, page)
    page_url = reverse("review", args=[review.pk])
    before = browser(stage.rita).get(page_url).content.decode()
    for language, words in (("en", "Buckle up."), ("zh-Hans", "系好安全带。")):
        save_captions(
            by=None,
            at=NOON,
            uuid=uuid.uuid4(),
            asset_uuid=film.uuid,
            language=language,
            cues=[Cue(0, 1_000, words)],
            replaces=0,
        )

    after = browser(stage.rita).get(page_url).content.decode()
    file = reverse("review_captions", args=[review.pk, "en"])

    assert "字幕: 无" in before and "<track" not in before
    assert '字幕: <span lang="zh-Hans">中文（简体）</span>, <span lang="en">English</span>' in after
    assert f'<track kind="captions" srclang="en" label="English" src="{file}">' in after
    assert "Buckle up." in browser(stage.rita).get(file).content.decode()
    assert browser(stage.ninas.staff).get(file).status_code == 404
    assert browser(stage.rita).get(reverse("review_captions", args=[review.pk, "bo"])).status_code == 404


def test_who_opens_the_pages_of_the_review(stage: Stage) -> None:
    review = submitted(stage.bobs)
    people = {
        "rita": stage.rita,
        "bob": stage.bobs.staff,
        "nina": stage.ninas.staff,
        "authority": stage.authority,
        "charlie": stage.charlie,
    }
    pages = ["reviews", "review", "submissions", "lesson_file", "withdraw_lesson", "offers"]
    arguments = {
        "review": [review.pk],
        "lesson_file": [stage.bobs.chapter.lesson.uuid],
        "withdraw_lesson": [stage.bobs.chapter.lesson.uuid],
        "offers": [stage.bobs.textbook.pk],
    }

    answered = {
        name: [browser(person).get(reverse(page, args=arguments.get(page, []))).status_code for page in pages]
        for name, person in people.items()
    }

    assert answered == {
        "rita": [200, 200, 403, 200, 403, 403],
        "bob": [403, 200, 200, 200, 200, 200],
        "nina": [403, 404, 200, 404, 404, 404],
        "authority": [403, 404, 403, 200, 200, 403],
        "charlie": [403, 404, 403, 404, 404, 404],
    }


def test_lists_cost_the_same_for_any_number_of_rows(stage: Stage, django_assert_max_num_queries: Any) -> None:
    submitted(stage.bobs)
    submitted(stage.ninas)
    submitted(stage.bobs, stage.bobs.textbook)
    submitted(stage.ninas, stage.ninas.textbook)

    rita, bob = browser(stage.rita), browser(stage.bobs.staff)

    with django_assert_max_num_queries(13):
        assert rita.get(reverse("reviews")).status_code == 200
    with django_assert_max_num_queries(15):
        assert bob.get(reverse("submissions")).status_code == 200
