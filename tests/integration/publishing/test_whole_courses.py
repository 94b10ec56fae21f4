"""A course goes to the committee as a whole: one decision for all parts, and none of them another one's fate."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.urls import reverse
from wagtail.models import Page, TaskState, WorkflowState

from courses.actions.pages import create_chapter, create_course, create_video_lesson
from courses.actions.withdrawal import withdraw_lesson
from courses.models import ChapterPage, LessonVersion
from lms.accounts.models import Role, User
from lms.audit.models import Event
from lms.institutions.actions import join_institution, leave_institution
from lms.institutions.actions.course_reviews import (
    NoSuchPart,
    NothingToSubmit,
    PartsNotReady,
    SubmissionUuidTaken,
    approve_course,
    reject_course,
    submit_course,
)
from lms.institutions.actions.reviews import (
    AlreadyDecided,
    NotTheirPage,
    approve,
    comment_on,
    reject,
)
from lms.institutions.models import CourseSubmission, ReviewState
from lms.institutions.models.publishing import NotTheirsToDecide, ReasonMissing, SubmissionChanged
from tests.integration.courses.builders import section
from tests.integration.publishing.stage import Part, Stage, browser, fresh, make, rewrite, submitted
from tests.world import NOON


def chapter(part: Part, title: str) -> ChapterPage:
    return create_chapter(
        by=part.staff,
        at=NOON,
        parent=part.textbook,
        uuid=uuid.uuid4(),
        slug=uuid.uuid4().hex,
        title=title,
        sections=[section("第一节", f"{title}的正文。")],
    )


def whole(part: Part, page: Page | None = None) -> CourseSubmission:
    return submit_course(by=fresh(part.staff), at=NOON, uuid=uuid.uuid4(), page=page or part.textbook)


def parts(submission: CourseSubmission) -> list[ReviewState]:
    return list(submission.parts.order_by("pk"))


def titles(submission: CourseSubmission) -> list[str]:
    return [each.revision.object_str for each in parts(submission)]


def live_pages(part: Part) -> set[str]:
    return set(Page.objects.descendant_of(part.textbook, inclusive=True).live().values_list("title", flat=True))


def test_the_course_and_every_lesson_with_changes_wait_as_one(stage: Stage) -> None:
    chapter(stage.bobs, "梯子")

    submission = whole(stage.bobs)

    assert titles(submission) == ["高处作业教材", "高处作业", "梯子"]
    assert {each.status for each in parts(submission)} == {"in_progress"}
    assert [each.measured_ms is not None for each in parts(submission)] == [False, True, True]
    rows = browser(stage.rita).get(reverse("reviews")).context["waiting"]
    assert [(row["title"], row["parts"]) for row in rows] == [("高处作业教材", 3)]


def test_one_approval_brings_all_parts_live(stage: Stage) -> None:
    chapter(stage.bobs, "梯子")
    submission = whole(stage.bobs)

    approve_course(by=stage.rita, at=NOON, submission=submission, comment="很好")
    approve_course(by=stage.rita, at=NOON, submission=submission)

    assert live_pages(stage.bobs) == {"高处作业教材", "高处作业", "梯子"}
    assert LessonVersion.objects.filter(published_by=stage.rita, published_at=NOON).count() == 2
    assert Event.objects.filter(verb="course.approved", by=stage.rita).count() == 1
    with pytest.raises(AlreadyDecided):
        reject_course(by=stage.rita, at=NOON, submission=submission, reason="晚了")


def test_a_part_that_changed_meanwhile_keeps_all_of_them_back_and_is_named(stage: Stage) -> None:
    submission = whole(stage.bobs)
    rewrite(stage.bobs, "审定时偷换的。")

    with pytest.raises(SubmissionChanged) as refused:
        approve_course(by=stage.rita, at=NOON, submission=submission)
    page = browser(stage.rita).post(reverse("decide_course", args=[submission.uuid]), {"verb": "approve", "words": ""})

    assert refused.value.titles == ("高处作业",)
    assert page.status_code == 422
    assert "送审后又有改动：高处作业。" in page.content.decode()
    assert live_pages(stage.bobs) == set()
    assert {each.status for each in parts(submission)} == {"in_progress"}


def test_a_part_that_cannot_go_live_keeps_all_of_them_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    second = chapter(stage.bobs, "梯子")
    submission = whole(stage.bobs)
    publish = ReviewState._publish

    def broken(self: ReviewState, user: Any = None) -> None:
        if self.workflow_state.object_id == str(second.pk):
            raise RuntimeError("the last part")
        publish(self, user)

    monkeypatch.setattr(ReviewState, "_publish", broken)
    with pytest.raises(RuntimeError):
        approve_course(by=stage.rita, at=NOON, submission=submission)

    assert live_pages(stage.bobs) == set()
    assert not LessonVersion.objects.exists()


def test_a_rejection_returns_all_parts_and_names_those_that_need_work(stage: Stage) -> None:
    second = chapter(stage.bobs, "梯子")
    submission = whole(stage.bobs)

    with pytest.raises(ReasonMissing):
        reject_course(by=stage.rita, at=NOON, submission=submission, reason=" ")
    browser(stage.rita).post(
        reverse("decide_course", args=[submission.uuid]),
        {"verb": "reject", "words": "第二章缺图", "needing_work": [parts(submission)[2].pk]},
    )

    answer = browser(stage.bobs.staff).get(reverse("submissions"))
    ((course, _uuid),) = answer.context["courses"]
    assert {each.status for each in parts(submission)} == {"rejected"}
    assert [row.page.pk for row in course.lessons if row.needs_work] == [second.pk]
    assert (course.reason, course.to_submit) == ("第二章缺图", 3)
    assert answer.content.decode().count("第二章缺图") == 1


def test_only_parts_of_the_course_are_named(stage: Stage) -> None:
    submission, other = whole(stage.bobs), whole(stage.ninas)

    with pytest.raises(NoSuchPart):
        reject_course(by=stage.rita, at=NOON, submission=submission, reason="缺图", needing_work=[parts(other)[0].pk])

    assert {each.status for each in parts(submission)} == {"in_progress"}


def test_returned_mended_and_submitted_anew_as_a_whole(stage: Stage) -> None:
    reject_course(by=stage.rita, at=NOON, submission=whole(stage.bobs), reason="缺图")
    rewrite(stage.bobs, "改好了。")

    approve_course(by=stage.rita, at=NOON, submission=whole(stage.bobs))

    assert "改好了" in LessonVersion.objects.get().sections[0]["html"]
    assert not WorkflowState.objects.active().exists()


def test_a_later_change_of_one_lesson_goes_alone(stage: Stage) -> None:
    approve_course(by=stage.rita, at=NOON, submission=whole(stage.bobs))
    rewrite(stage.bobs, "后来改的。")

    approve(by=stage.rita, at=NOON, review=submitted(stage.bobs))

    assert LessonVersion.objects.count() == 2


def test_only_what_has_changes_goes_with_the_whole(stage: Stage) -> None:
    approve_course(by=stage.rita, at=NOON, submission=whole(stage.bobs))
    chapter(stage.bobs, "梯子")
    waiting = chapter(stage.bobs, "脚手架")
    submitted(stage.bobs, waiting)
    gone = chapter(stage.bobs, "吊篮")
    withdraw_lesson(by=None, at=NOON, lesson=gone.lesson, reason="有误", is_entitled=True)

    assert titles(whole(stage.bobs)) == ["梯子"]


def test_a_course_without_changes_is_not_submitted(stage: Stage) -> None:
    approve_course(by=stage.rita, at=NOON, submission=whole(stage.bobs))

    with pytest.raises(NothingToSubmit):
        whole(stage.bobs)


def test_submitting_twice_is_one_submission(stage: Stage) -> None:
    submission = whole(stage.bobs)
    assert whole(stage.bobs) == submission
    reject_course(by=stage.rita, at=NOON, submission=submission, reason="缺图")

    again = submit_course(by=fresh(stage.bobs.staff), at=NOON, uuid=submission.uuid, page=stage.bobs.textbook)

    assert again == submission
    assert CourseSubmission.objects.count() == 1
    with pytest.raises(SubmissionUuidTaken):
        submit_course(by=fresh(stage.ninas.staff), at=NOON, uuid=submission.uuid, page=stage.ninas.textbook)


def test_a_lesson_without_its_video_keeps_the_course_at_home_and_is_named(stage: Stage) -> None:
    course = create_course(by=stage.bobs.staff, at=NOON, parent=stage.bobs.shelf.page, slug="film", title="片子")
    given: dict[str, Any] = {"by": stage.bobs.staff, "at": NOON, "parent": course, "asset": None}
    create_video_lesson(uuid=uuid.uuid4(), slug="empty", title="空课", **given)

    with pytest.raises(PartsNotReady) as refused:
        whole(stage.bobs, course)
    page = browser(stage.bobs.staff).post(
        reverse("submit_course", args=[course.pk]), {"uuid": uuid.uuid4()}, follow=True
    )

    assert [title for title, _sentences in refused.value.faults] == ["空课"]
    assert "空课: 请选择一个视频" in page.content.decode()
    assert not ReviewState.objects.exists()


@pytest.mark.parametrize("why", ["wrote one part", "submitted it", "is no reviewer"])
def test_who_has_a_part_in_one_part_decides_on_none(stage: Stage, why: str) -> None:
    walter = make("walter", Role.LEARNER if why == "is no reviewer" else Role.REVIEWER)
    if why == "wrote one part":
        rewrite(stage.bobs, "瓦尔特写的。", by=walter)
        rewrite(stage.bobs, "又改了。")
    chapter(stage.bobs, "梯子")
    submission = whole(stage.bobs)
    if why == "submitted it":
        WorkflowState.objects.filter(pk=parts(submission)[1].workflow_state_id).update(requested_by=walter)

    with pytest.raises(NotTheirsToDecide):
        approve_course(by=walter, at=NOON, submission=submission)
    with pytest.raises(NotTheirsToDecide):
        reject_course(by=walter, at=NOON, submission=submission, reason="不行")

    assert live_pages(stage.bobs) == set()
    assert {each.status for each in parts(submission)} == {"in_progress"}


def test_staff_on_the_committee_do_not_pass_their_own_institutions_course(stage: Stage) -> None:
    walter = make("walter", Role.REVIEWER)
    join_institution(by=None, at=NOON, person=walter, institution=stage.bobs.institution)
    leave_institution(by=None, at=NOON, person=walter, institution=stage.bobs.institution)
    submission = whole(stage.bobs)

    with pytest.raises(NotTheirsToDecide) as refused:
        approve_course(by=walter, at=NOON, submission=submission)
    answer = browser(walter).post(reverse("decide_course", args=[submission.uuid]), {"verb": "approve", "words": ""})

    assert refused.value.codes == ("works_there",)
    assert answer.status_code == 403


def test_no_part_is_decided_alone(stage: Stage) -> None:
    review = parts(whole(stage.bobs))[1]

    for decide in (
        lambda: approve(by=stage.rita, at=NOON, review=review),
        lambda: reject(by=stage.rita, at=NOON, review=review, reason="不行"),
        # Past the action, as a view of Wagtail's would.
        lambda: review.task.specific.on_action(review, stage.rita, "approve"),
        lambda: review.approve(user=stage.rita),
    ):
        with pytest.raises(NotTheirsToDecide) as refused:
            decide()
        assert refused.value.codes == ("part_of_course",)
    answer = browser(stage.rita).post(reverse("decide_review", args=[review.pk]), {"verb": "approve", "words": ""})

    assert answer.status_code == 403
    assert live_pages(stage.bobs) == set()


@pytest.mark.parametrize("status", ["approved", "rejected", "cancelled"])
def test_the_database_refuses_parts_of_different_fates(stage: Stage, status: str) -> None:
    review = parts(whole(stage.bobs))[1]

    with connection.cursor() as cursor:
        cursor.execute("UPDATE wagtailcore_taskstate SET status = %s WHERE id = %s", [status, review.pk])
        with pytest.raises(DatabaseError, match="decided together"), transaction.atomic():
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        TaskState.objects.filter(pk=review.pk).update(status="in_progress")


def test_a_part_that_is_taken_back_takes_the_course_back(stage: Stage) -> None:
    submission = whole(stage.bobs)

    parts(submission)[1].workflow_state.cancel(user=stage.bobs.staff)

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert {each.status for each in parts(submission)} == {"cancelled"}
    assert not WorkflowState.objects.active().exists()
    with pytest.raises(AlreadyDecided):
        approve_course(by=stage.rita, at=NOON, submission=submission)
    assert titles(whole(stage.bobs)) == ["高处作业教材", "高处作业"]


def test_a_part_whose_page_was_deleted_is_no_part_any_more(stage: Stage) -> None:
    second = chapter(stage.bobs, "梯子")
    submission = whole(stage.bobs)
    ChapterPage.objects.get(pk=second.pk).delete()

    page = browser(stage.rita).get(reverse("course_review", args=[submission.uuid]))
    approve_course(by=stage.rita, at=NOON, submission=submission)

    assert [part.title for part in page.context["course"].parts] == ["高处作业教材", "高处作业"]
    assert live_pages(stage.bobs) == {"高处作业教材", "高处作业"}


def test_strangers_submit_no_course(stage: Stage) -> None:
    for person in (stage.ninas.staff, stage.charlie, stage.rita):
        with pytest.raises(NotTheirPage):
            submit_course(by=fresh(person), at=NOON, uuid=uuid.uuid4(), page=stage.bobs.textbook)
    with pytest.raises(NotTheirPage):
        whole(stage.bobs, stage.bobs.chapter)


def test_the_page_shows_each_part_with_its_content_and_what_was_said_about_it(stage: Stage) -> None:
    second = chapter(stage.bobs, "梯子")
    submission = whole(stage.bobs)
    review = parts(submission)[2]
    comment_on(by=stage.rita, at=NOON, uuid=uuid.uuid4(), submission=review.workflow_state, text="请再核对")
    address = reverse("course_review", args=[submission.uuid])

    first = browser(stage.rita).get(address).content.decode()
    opened = browser(stage.rita).get(address, {"part": review.pk}).content.decode()
    said = browser(stage.bobs.staff).post(
        reverse("comment_review", args=[review.pk]), {"uuid": uuid.uuid4(), "text": "已核对"}
    )

    assert "梯子的正文" not in first
    assert "1 条意见" in first
    assert f"{second.title}的正文" in opened
    assert "请再核对" in opened
    assert 'value="approve"' in opened
    assert said["Location"] == f"{address}?part={review.pk}#said"
    assert browser(stage.rita).get(reverse("review", args=[review.pk]))["Location"] == f"{address}?part={review.pk}"


@pytest.mark.parametrize("part", ["999999", "0"])
def test_a_part_of_nothing_is_not_found(stage: Stage, part: str) -> None:
    address = reverse("course_review", args=[whole(stage.bobs).uuid])

    assert browser(stage.rita).get(address, {"part": part}).status_code == 404


def test_who_reads_a_course_at_the_committee(stage: Stage) -> None:
    address = reverse("course_review", args=[whole(stage.bobs).uuid])
    people: dict[str, User] = {
        "rita": stage.rita,
        "bob": stage.bobs.staff,
        "nina": stage.ninas.staff,
        "authority": stage.authority,
        "charlie": stage.charlie,
    }

    answered = {name: browser(person).get(address).status_code for name, person in people.items()}

    assert answered == {"rita": 200, "bob": 200, "nina": 404, "authority": 404, "charlie": 404}


@pytest.mark.parametrize("chapters", [1, 8])
def test_the_pages_cost_the_same_for_any_number_of_parts(
    stage: Stage, chapters: int, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for number in range(chapters):
        chapter(stage.bobs, f"第{number}章")
    submission = whole(stage.bobs)
    opened = parts(submission)[1].pk
    rita, bob = browser(stage.rita), browser(stage.bobs.staff)

    with django_assert_max_num_queries(QUERIES["course_review"]):
        assert rita.get(reverse("course_review", args=[submission.uuid]), {"part": opened}).status_code == 200
    with django_assert_max_num_queries(QUERIES["reviews"]):
        assert rita.get(reverse("reviews")).status_code == 200
    with django_assert_max_num_queries(QUERIES["submissions"]):
        assert bob.get(reverse("submissions")).status_code == 200


QUERIES = {"course_review": 34, "reviews": 8, "submissions": 13}
