"""Who is told of what, in both languages, with a link that opens for them; and that nobody is told twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client

from lms.accounts.models import User
from lms.enrollments.actions import (
    accept_class,
    approve_join,
    ask_to_join,
    refuse_join,
    report_class,
    return_class,
    set_open,
)
from lms.enrollments.models import Enrollment, TrainingClass
from lms.hours.actions.appeals import decide
from lms.hours.models import Appeal
from lms.institutions.actions import lift_suspension, suspend_institution
from lms.institutions.actions.course_reviews import approve_course, reject_course, submit_course
from lms.institutions.actions.reviews import approve, reject
from lms.institutions.models import Membership
from lms.letters.composing import compose
from lms.letters.models import Letter
from lms.letters.texts import KINDS, WAITING_FOR
from tests.integration.exams.builders import NOON, Ground, plan
from tests.integration.hours import classroom, judges
from tests.integration.letters.post import delivered, link_in
from tests.integration.publishing.stage import fresh, make_stage, submitted
from tests.world import make_person, make_world

REASON = "实训场地写得不清楚"


def opens(person: User, path: str) -> int:
    client = Client()
    client.force_login(person)
    return client.get(path).status_code


def reported(ground: Ground) -> TrainingClass:
    group = plan(ground.bob, ground.school, ground.version, [(ground.theory, ground.video)])
    return report_class(by=ground.bob, at=NOON.replace(month=1, day=1), training_class=group)


def test_who_reported_a_class_hears_that_it_was_accepted(ground: Ground) -> None:
    group = reported(ground)

    for _again in range(2):
        accept_class(by=ground.vera, at=NOON, training_class=group)

    sent = delivered()
    assert list(sent) == ["bob@example.test"]
    assert len(mail.outbox) == 1
    letter = sent["bob@example.test"]
    assert letter.subject == f"培训告知已受理：{group.title} / Class accepted: {group.title}"
    assert opens(ground.bob, link_in(letter, "/manage/classes/")) == 200


def test_who_reported_a_class_hears_why_it_was_returned_each_time(ground: Ground) -> None:
    group = reported(ground)
    for day in range(2):
        return_class(by=ground.vera, at=NOON + timedelta(days=day), training_class=group, reason=f"{REASON}{day}")
        report_class(by=ground.bob, at=NOON.replace(month=1, day=1), training_class=group)

    delivered()

    bodies = [str(each.body) for each in mail.outbox]
    assert [body.count(f"{REASON}{day}") for day, body in enumerate(bodies)] == [2, 2]
    assert f"理由： {REASON}0" in bodies[0]
    assert f"Reason: {REASON}0" in bodies[0]
    link = link_in(mail.outbox[0], "/manage/classes/")
    assert link == f"/manage/classes/{group.uuid}/plan/"


@pytest.mark.parametrize(
    ("answer", "subject", "part"),
    [
        (lambda bob, request: approve_join(by=bob, at=NOON, request=request), "您已进入培训班", ""),
        (lambda bob, request: refuse_join(by=bob, at=NOON, request=request, reason=REASON), "您加入培训班", "/join/"),
    ],
    ids=["approved", "refused"],
)
def test_who_asked_to_join_hears_the_answer_once(
    ground: Ground, answer: Callable[..., Any], subject: str, part: str
) -> None:
    set_open(by=ground.bob, at=NOON, training_class=ground.training_class, is_open=True)
    request = ask_to_join(by=ground.charlie, at=NOON, uuid=uuid4(), training_class=ground.training_class)

    answer(ground.bob, request)
    answer(ground.bob, request)

    sent = delivered()
    assert list(sent) == ["charlie@example.test"]
    assert len(mail.outbox) == 1
    assert sent["charlie@example.test"].subject.startswith(subject)
    assert (
        opens(ground.charlie, link_in(sent["charlie@example.test"], f"https://hours.example.test{part or '/'}")) == 200
    )
    assert (REASON in str(sent["charlie@example.test"].body)) is bool(part)


@pytest.mark.parametrize(("verb", "chinese"), [("accept", "已获支持"), ("reject", "未获支持")])
def test_learner_and_proposer_hear_of_an_appeal(db: None, verb: str, chinese: str) -> None:
    court = judges.make_court()

    judges.decided(court, verb=verb, reason=REASON)

    sent = delivered()
    assert sorted(sent) == ["alice@example.test", "bob@example.test"]
    assert chinese in sent["alice@example.test"].subject
    assert all(REASON in str(each.body) for each in sent.values())
    assert opens(court.world.alice, link_in(sent["alice@example.test"], "/my/hours/appeals/")) == 200
    assert opens(court.world.bob, link_in(sent["bob@example.test"], "/manage/appeals/")) == 200


def test_nobody_hears_of_an_appeal_that_was_returned(db: None) -> None:
    court = judges.make_court()
    appeal = judges.proposed(court)

    decide(
        by=court.vera, at=judges.LATER, appeal=appeal, proposal=appeal.proposal or uuid4(), verb="return", reason="?"
    )

    assert Appeal.objects.get().state == "open"
    assert delivered() == {}


def test_each_learner_hears_what_became_of_theirs(db: None) -> None:
    world = make_world()
    dan = make_person("dan", classroom.Role.LEARNER)
    # Dan joined when the hours were over, so he is refused while Alice gets hers.
    late = Enrollment.objects.create(
        learner=dan, training_class=world.training_class, enrolled_at=NOON + timedelta(hours=3)
    )

    classroom.decided(classroom.proposed(world, 0, 5400, enrollments=[world.enrollment, late]))

    sent = delivered()
    assert sorted(sent) == ["alice@example.test", "bob@example.test", "dan@example.test"]
    assert sent["alice@example.test"].subject == "2026-03-02 的学时已批准 / Hours on 2026-03-02 were accepted"
    assert sent["dan@example.test"].subject == "2026-03-02 的学时未获批准 / Hours on 2026-03-02 were not accepted"
    assert "情况属实" not in str(sent["dan@example.test"].body)
    assert "2 人中的 1 人" in str(sent["bob@example.test"].body)
    assert opens(world.bob, link_in(sent["bob@example.test"], "/manage/attendance/")) == 200
    assert opens(world.alice, link_in(sent["alice@example.test"], "/my/hours/")) == 200


@pytest.mark.parametrize("outcome", ["approved", "rejected"])
def test_who_submitted_a_page_hears_it_once_and_not_from_wagtail(
    db: None, settings: Any, tmp_path: Any, outcome: str, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT, settings.PRIVATE_ROOT = tmp_path / "media", tmp_path / "private"
    stage = make_stage()
    with django_capture_on_commit_callbacks(execute=True):
        review = submitted(stage.bobs)
        for _again in range(2):
            if outcome == "approved":
                approve(by=fresh(stage.rita), at=NOON, review=review, comment=REASON)
            else:
                reject(by=fresh(stage.rita), at=NOON, review=review, reason=REASON)

    sent = delivered()

    assert [each.to for each in mail.outbox] == [["bob@example.test"]]
    letter = sent["bob@example.test"]
    assert "高处作业" in letter.subject
    assert str(letter.body).count(REASON) == 2
    assert opens(stage.bobs.staff, link_in(letter, "/manage/reviews/")) == 200


@pytest.mark.parametrize(
    ("verb", "heard"),
    [
        ("accept", "2026-03-02 的学时已被收回 / Hours on 2026-03-02 were taken back"),
        ("reject", "2026-03-02 的学时保留 / Hours on 2026-03-02 stay yours"),
    ],
)
def test_a_learner_hears_that_hours_were_taken_back_or_stay(db: None, verb: str, heard: str) -> None:
    world = make_world()
    sheet = classroom.opened(world)
    classroom.came(world, sheet, 0)
    classroom.left(world, sheet, 7200)

    classroom.decided(classroom.unproposed(world, 3600, 7200), verb=verb)

    sent = delivered()
    assert sorted(sent) == ["alice@example.test", "bob@example.test"]
    assert sent["alice@example.test"].subject == heard
    assert opens(world.alice, link_in(sent["alice@example.test"], "/my/hours/")) == 200
    assert opens(world.bob, link_in(sent["bob@example.test"], "/manage/attendance/")) == 200


@pytest.mark.parametrize("outcome", ["approved", "rejected"])
def test_a_whole_course_is_one_letter_however_many_parts_it_has(
    db: None, settings: Any, tmp_path: Any, outcome: str, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT, settings.PRIVATE_ROOT = tmp_path / "media", tmp_path / "private"
    stage = make_stage()
    with django_capture_on_commit_callbacks(execute=True):
        submission = submit_course(by=fresh(stage.bobs.staff), at=NOON, uuid=uuid4(), page=stage.bobs.textbook)
        if outcome == "approved":
            approve_course(by=fresh(stage.rita), at=NOON, submission=submission, comment=REASON)
        else:
            reject_course(by=fresh(stage.rita), at=NOON, submission=submission, reason=REASON)

    sent = delivered()

    assert submission.parts.count() == 2
    assert [each.to for each in mail.outbox] == [["bob@example.test"]]
    assert REASON in str(sent["bob@example.test"].body)
    assert opens(stage.bobs.staff, link_in(sent["bob@example.test"], "/manage/reviews/")) == 200


def test_who_runs_an_institution_hears_that_it_is_suspended_and_that_it_may_go_on(ground: Ground) -> None:
    teacher = make_person("tess", classroom.Role.TEACHER)
    Membership.objects.create(person=teacher, institution=ground.school, started_at=NOON)
    for _again in range(2):
        suspend_institution(by=ground.vera, at=NOON, institution=ground.school, reason=REASON)
    for _again in range(2):
        lift_suspension(by=ground.vera, at=NOON + timedelta(hours=1), institution=ground.school)

    delivered()

    assert [(each.to, each.subject.split("：")[0]) for each in mail.outbox] == [
        (["bob@example.test"], "安技校已被责令停业 / School is suspended"),
        (["bob@example.test"], "安技校已解除停业 / School is no longer suspended"),
    ]
    assert [str(each.body).count(REASON) for each in mail.outbox] == [2, 0]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_letter_has_both_languages_and_its_address(db: None, kind: str) -> None:
    facts = dict.fromkeys(("title", "starts", "ends", "day", "given", "all", "reason", "year", "hours", "until"), "一")
    facts["institution"] = {"zh-hans": "安技校", "en": ""}  # type: ignore[assignment]
    facts["waiting"] = dict.fromkeys(WAITING_FOR, 3)  # type: ignore[assignment]
    about = {"review": "7", "year": "2026"}.get(kind.split(".")[0]) or str(uuid4())
    letter = Letter(kind=kind, to=make_person("ann", classroom.Role.LEARNER), facts=facts, about=about)
    if KINDS[kind].route in ("home", "my_hours", "my_teaching", ""):
        letter.about = ""

    message = compose(letter)

    chinese, english = str(message.body).split("-" * 40)
    assert any("\u4e00" <= sign <= "\u9fff" for sign in chinese.replace("一", ""))
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in english.replace("一", "").replace("安技校", ""))
    assert "https://hours.example.test/" in chinese
    assert "https://hours.example.test/" in english
    assert "%(" not in message.subject + str(message.body)
