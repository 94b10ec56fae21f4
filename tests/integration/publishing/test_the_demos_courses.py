"""The demo's institution has an elective with two questions, and a course that waits at the committee."""

from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from courses.models import CoursePage, LessonVersion
from lms.audit.models import Event
from lms.enrollments.rules.syllabus import Asked, ModulePlan
from lms.hours.models import LessonQuestion
from lms.institutions.actions.course_reviews import reject_course
from lms.institutions.models import CourseSubmission
from lms.oversight.queries.course_reviews import course_under_review
from lms.wiring.actions.own_courses import add_own_courses
from tests.integration.courses.builders import AT, an_asset
from tests.integration.exams.builders import make_version, version_plan
from tests.integration.publishing.stage import Stage
from tests.world import NOON


def add(stage: Stage, **more: Any) -> None:
    add_own_courses(
        at=NOON,
        staff=stage.bobs.staff,
        reviewer=stage.rita,
        shelf=stage.bobs.shelf.page,
        demo_id=lambda name: uuid5(NAMESPACE_URL, name),
        **more,
    )


def given() -> dict[str, Any]:
    asked = (Asked("online", Decimal(1)),)
    modules = [ModulePlan(f"模块{number}", f"Module {number}", asked) for number in range(1, 13)]
    films = {slug: an_asset(state="ready", duration_ms=60_000, ready_at=AT) for slug in FILMS}
    return {"assets": films, "syllabus": make_version(plan=version_plan(*modules))}


FILMS = ("before-you-start", "working-dead")


def test_the_elective_is_live_with_its_questions_and_the_other_course_waits(stage: Stage) -> None:
    add(stage, **given())

    states = dict(CoursePage.objects.values_list("title", "live"))
    questions = LessonQuestion.objects.order_by("from_ms")
    assert states == {"班前安全准备（选修）": True, "配电箱停电检修": False}
    assert list(questions.values_list("from_ms", "right")) == [(20_000, 1), (40_000, 2)]
    (waiting,) = CourseSubmission.objects.filter(parts__status="in_progress").distinct()
    seen = course_under_review(waiting, None)
    assert seen is not None
    assert [(part.title, part.comments) for part in seen.parts] == [
        ("配电箱停电检修", 0),
        ("第一课 检修前的准备", 0),
        ("第二课 停电、验电、接地、挂牌", 1),
    ]
    assert [(reach.module.ordinal, reach.lesson_ms) for reach in seen.reaches] == [(8, 60_000), (10, 60_000)]


def test_a_second_run_changes_nothing_even_after_a_decision(stage: Stage) -> None:
    films = given()
    add(stage, **films)
    waiting = CourseSubmission.objects.filter(parts__status="in_progress").first()
    assert waiting is not None
    reject_course(by=stage.rita, at=NOON, submission=waiting, reason="缺图")
    events, versions = Event.objects.count(), LessonVersion.objects.count()

    add(stage, **films)

    assert (Event.objects.count(), LessonVersion.objects.count()) == (events, versions)
    assert CourseSubmission.objects.count() == 2
