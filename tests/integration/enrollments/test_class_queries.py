from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lms.accounts.actions import suspend
from lms.enrollments.actions import end_class, enroll, withdraw_enrollment
from lms.enrollments.queries import (
    ClassNotFound,
    class_for,
    classes_for,
    enrollments_of,
    not_studying_because,
    plan_warnings,
    roster,
    studying,
)
from tests.integration.exams.builders import NOON, Ground, Role, make_lesson, make_person, plan


def test_a_class_is_seen_by_its_staff_and_the_authority_only(ground: Ground) -> None:
    admin = make_person("adam", Role.ADMINISTRATOR)

    for person in (ground.bob, ground.vera, admin):
        assert list(classes_for(person)) == [ground.training_class]
        assert class_for(person, ground.training_class.uuid) == ground.training_class
        assert [each.learner for each in roster(person, ground.training_class)] == [ground.alice]
    for stranger in (ground.alice, ground.charlie, ground.edda, AnonymousUser()):
        assert list(classes_for(stranger)) == []
        with pytest.raises(ClassNotFound):
            class_for(stranger, ground.training_class.uuid)
        with pytest.raises(ClassNotFound):
            roster(stranger, ground.training_class)


def test_suspended_staff_see_nothing(ground: Ground) -> None:
    suspend(by=None, at=NOON, person=ground.bob, reason="离职")
    ground.bob.refresh_from_db()

    assert list(classes_for(ground.bob)) == []


def test_a_lesson_is_studied_under_the_learners_enrollment(ground: Ground) -> None:
    lesson = ground.video.lesson.uuid

    found = studying(ground.alice, lesson, NOON)

    assert found == (ground.enrollment, ground.training_class.lessons.get())
    assert not_studying_because(ground.alice, lesson, NOON) == ""
    assert studying(ground.charlie, lesson, NOON) is None
    assert not_studying_because(ground.charlie, lesson, NOON) == "not_enrolled"
    assert not_studying_because(ground.alice, uuid4(), NOON) == "not_enrolled"


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (datetime(2026, 1, 4, 15, 59, tzinfo=UTC), "locked"),
        (datetime(2026, 1, 4, 16, 0, tzinfo=UTC), ""),
        (datetime(2026, 12, 31, 15, 59, tzinfo=UTC), ""),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "locked"),
    ],
)
def test_a_class_is_open_on_its_days_in_the_installations_zone(ground: Ground, at: datetime, reason: str) -> None:
    assert not_studying_because(ground.alice, ground.video.lesson.uuid, at) == reason


def test_an_ended_class_a_withdrawn_lesson_and_a_withdrawn_learner_are_told_apart(ground: Ground) -> None:
    lesson = ground.video.lesson
    lesson.withdrawn_at = NOON
    lesson.save()
    assert not_studying_because(ground.alice, lesson.uuid, NOON) == "withdrawn"

    end_class(by=ground.bob, at=NOON, training_class=ground.training_class)
    assert not_studying_because(ground.alice, lesson.uuid, NOON) == "locked"

    withdraw_enrollment(by=ground.bob, at=NOON, enrollment=ground.enrollment)
    assert not_studying_because(ground.alice, lesson.uuid, NOON) == "not_enrolled"
    assert list(enrollments_of(ground.alice)) == []


def test_a_plan_that_is_too_short_is_warned_of(ground: Ground) -> None:
    warnings = plan_warnings(ground.training_class)

    assert [(each.module, each.required_ms, each.planned_ms) for each in warnings] == [
        (ground.theory, 1_800_000, 1_200_000)
    ]


def test_the_class_pages_are_for_staff_and_authority(ground: Ground, client: Client) -> None:
    address = f"/manage/classes/{ground.training_class.uuid}/"
    assert client.get(address).status_code == 302

    client.force_login(ground.charlie)
    assert client.get("/manage/classes/").status_code == 403
    assert client.get(address).status_code == 404

    client.force_login(ground.bob)
    listed, page = client.get("/manage/classes/"), client.get(address)
    assert (listed.status_code, page.status_code) == (200, 200)
    assert "第一期" in listed.content.decode()
    assert "Alice" in page.content.decode()
    assert "00000019800101001" not in page.content.decode()
    assert f"{address}attendance/" in page.content.decode()

    client.force_login(ground.vera)
    assert f"{address}attendance/" not in client.get(address).content.decode()


def test_the_class_pages_cost_the_same_however_many_learn(ground: Ground, client: Client) -> None:
    client.force_login(ground.bob)
    pages = ["/manage/classes/", f"/manage/classes/{ground.training_class.uuid}/"]
    client.get(pages[0])
    before = [queries_of(client, page) for page in pages]
    for number in range(10):
        learner = make_person(f"learner{number}", Role.LEARNER, serial=100 + number)
        enroll(by=ground.bob, at=NOON, uuid=uuid4(), learner=learner, training_class=ground.training_class)
        plan(ground.bob, ground.school, ground.version, [(ground.theory, make_lesson())])

    after = [queries_of(client, page) for page in pages]
    assert after == before


def queries_of(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200
    return len(captured)
