"""Reviews, submissions, versions, withdrawal and offers. A lesson of the institution's course waits for the committee.

Its course is offered to the rival's institution, which opens nothing but the planning of classes.
"""

import uuid

from courses.actions.pages import create_course, create_video_lesson
from courses.models import CoursePage
from lms.institutions.actions.course_reviews import submit_course
from lms.institutions.actions.offers import offer_course
from lms.institutions.actions.reviews import submit
from lms.institutions.models import Institution, ReviewState
from media_pipeline.models import Asset
from tests.integration.access.rows import Row
from tests.integration.access.world import AccessWorld
from tests.world import NOON

NO_POST = "login: nobody; 405: *"
REVIEW = "login: nobody; 200: reviewer admin staff; 404: *"
LOOKED_INTO = "login: nobody; 200: reviewer admin staff authority province; 404: *"
MAY_WITHDRAW = "login: nobody; {}: staff authority province; 403: reviewer admin; 404: *"
OWNERS = "login: nobody; {}: staff; 403: reviewer admin authority province; 404: *"
REASON = {"reason": "有误"}
LESSON = {"lesson": "page_lesson"}

ROWS = {
    "reviews": Row("login: nobody; 200: reviewer; 403: *", NO_POST),
    "review": Row(REVIEW, NO_POST),
    "decide_review": Row(
        NO_POST, "login: nobody; 302: reviewer; 403: staff admin; 404: *", sent={"verb": "reject", "words": "缺图"}
    ),
    "comment_review": Row(
        NO_POST,
        "login: nobody; 302: reviewer staff; 403: admin; 404: *",
        sent={"uuid": "99999999-0000-4000-8000-000000000001", "text": "请补图"},
    ),
    "review_master": Row(REVIEW, NO_POST),
    "review_captions": Row(REVIEW, NO_POST),
    "review_playlist": Row(REVIEW, NO_POST),
    "review_key": Row(REVIEW, NO_POST),
    "course_review": Row(REVIEW, NO_POST),
    "decide_course": Row(
        NO_POST, "login: nobody; 302: reviewer; 403: staff admin; 404: *", sent={"verb": "reject", "words": "缺图"}
    ),
    "submissions": Row("login: nobody; 200: staff rival; 403: *", NO_POST),
    "submit_page": Row(NO_POST, "login: nobody; 302: staff; 404: *", given={"page": "page_of_lesson"}),
    "submit_course": Row(
        NO_POST,
        "login: nobody; 302: staff; 404: *",
        given={"page": "page_of_course"},
        sent={"uuid": "99999999-0000-4000-8000-000000000002"},
    ),
    "lesson_file": Row(
        LOOKED_INTO,
        "login: nobody; 302: staff admin; 403: reviewer authority province; 404: *",
        given=LESSON,
        sent={"module": ""},
    ),
    "compare_versions": Row(LOOKED_INTO, NO_POST, given=LESSON),
    "withdraw_lesson": Row(MAY_WITHDRAW.format(200), MAY_WITHDRAW.format(302), given=LESSON, sent=REASON),
    "withdraw_course": Row(MAY_WITHDRAW.format(200), MAY_WITHDRAW.format(302), sent=REASON),
    "offers": Row(OWNERS.format(200), OWNERS.format(200)),
    "end_offer": Row(NO_POST, OWNERS.format(302)),
}


def furnish(world: AccessWorld) -> None:
    staff = world.visitors["staff"]
    course = CoursePage.objects.get(pk=world.given["page"])
    film = Asset.objects.get(uuid=world.given["asset_uuid"])
    page = create_video_lesson(
        by=staff, at=NOON, parent=course, uuid=uuid.uuid4(), slug="belt", title="系安全带", asset=film
    )
    state = submit(by=staff, page=page)
    whole = create_course(by=staff, at=NOON, parent=course.get_parent().specific, slug="ropes", title="绳索")
    submission = submit_course(by=staff, at=NOON, uuid=uuid.uuid4(), page=whole)
    rivals = Institution.objects.get(memberships__person=world.visitors["rival"])
    offer = offer_course(by=staff, at=NOON, uuid=uuid.uuid4(), page=course, to=rivals)
    review = ReviewState.objects.get(pk=state.current_task_state_id)
    world.given |= {
        "review": review.pk,
        "offer": offer.uuid,
        "submission": submission.uuid,
        "page_of_course": course.pk,
    }
