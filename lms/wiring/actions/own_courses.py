"""The demo's training institution has courses of its own: an elective that passed the committee, with two questions for
its presence checks, and a course that waits there. Made by the people who would make them; twice changes nothing, and
what was done with them since stays.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from courses.actions.pages import create_course, create_video_lesson
from courses.models import CoursePage, TrainingCentrePage, VideoLessonPage
from courses.queries import latest_version
from courses.rules.video import ChapterMark
from courses.texts import demo_own
from lms.accounts.models import User
from lms.enrollments.actions.aims import aim_lesson
from lms.enrollments.models import SyllabusVersion
from lms.hours.actions.lesson_questions import write_question
from lms.hours.models import LessonQuestion
from lms.hours.rules.checks import Words
from lms.hours.rules.lesson_questions import Draft
from lms.institutions.actions.course_reviews import approve_course, submit_course
from lms.institutions.actions.reviews import comment_on
from lms.institutions.models import CourseSubmission, ReviewState
from lms.institutions.queries import parts_of
from media_pipeline.models import Asset


def add_own_courses(
    *,
    at: datetime,
    staff: User,
    reviewer: User,
    shelf: TrainingCentrePage,
    assets: Mapping[str, Asset],
    syllabus: SyllabusVersion,
    demo_id: Callable[[str], UUID],
) -> None:
    """`assets` are ready and named by the slugs of the short course's films; lessons are aimed at `syllabus`."""
    # Without the rights that Wagtail remembers on the object from before they worked there.
    author = User.objects.get(pk=staff.pk)
    elective, lesson = demo_own.ELECTIVE, demo_own.ELECTIVE_LESSON
    published = _submitted(at, author, shelf, elective, (lesson,), assets, syllabus, demo_id("submission elective"))
    if _waits(published):
        approve_course(by=reviewer, at=at, submission=published, comment="内容准确，同意发布。")
    _ask(at, author, lesson["uuid"], demo_id)
    uuid = demo_id("submission waiting")
    is_new = not CourseSubmission.objects.filter(uuid=uuid).exists()
    course, lessons = demo_own.WAITING, demo_own.WAITING_LESSONS
    waiting = _submitted(at, author, shelf, course, lessons, assets, syllabus, uuid)
    if is_new:
        remarked = parts_of(waiting).last()
        assert remarked is not None
        said = {"uuid": demo_id("remark"), "submission": remarked.workflow_state, "text": demo_own.REMARK}
        # Wagtail stamped the submission itself, a moment after `at`: nothing is said about it before.
        comment_on(by=reviewer, at=remarked.started_at, **said)


def _submitted(
    at: datetime,
    author: User,
    shelf: TrainingCentrePage,
    course: Mapping[str, str],
    lessons: tuple[Mapping[str, Any], ...],
    assets: Mapping[str, Asset],
    syllabus: SyllabusVersion,
    uuid: UUID,
) -> CourseSubmission:
    """Written and submitted once: afterwards it is the institution's, whatever becomes of it."""
    known = CourseSubmission.objects.filter(uuid=uuid).first()
    if known is not None:
        return known
    page = create_course(by=author, at=at, parent=shelf, **course)
    for lesson in lessons:
        _lesson(at, author, page, lesson, assets[lesson["asset"]], syllabus)
    return submit_course(by=author, at=at, uuid=uuid, page=page)


def _lesson(
    at: datetime, author: User, course: CoursePage, lesson: Mapping[str, Any], asset: Asset, syllabus: SyllabusVersion
) -> VideoLessonPage:
    middle_s = (asset.duration_ms or 0) // 2000
    page = create_video_lesson(
        by=author,
        at=at,
        parent=course,
        uuid=lesson["uuid"],
        slug=lesson["slug"],
        title=lesson["title"],
        intro=lesson["intro"],
        asset=asset,
        chapters=[ChapterMark(lesson["second_half"], middle_s)] if middle_s else [],
    )
    if lesson["module"] is not None:
        module = syllabus.modules.get(ordinal=lesson["module"])
        aim_lesson(by=author, at=at, lesson=page.lesson, module=module)
    return page


def _waits(submission: CourseSubmission) -> bool:
    return submission.parts.filter(status=ReviewState.STATUS_IN_PROGRESS).exists()


def _ask(at: datetime, author: User, lesson: UUID, demo_id: Callable[[str], UUID]) -> None:
    version = latest_version(lesson)
    for number, (name, prompt, prompt_en, options, right) in enumerate(demo_own.QUESTIONS, start=1):
        uuid = demo_id(f"question {name}")
        if not LessonQuestion.objects.filter(uuid=uuid).exists():
            from_ms = version.duration_ms * number // (len(demo_own.QUESTIONS) + 1)
            draft = Draft(from_ms, Words(prompt, prompt_en), [Words(*option) for option in options], right)
            write_question(by=author, at=at, uuid=uuid, version=version, draft=draft)
