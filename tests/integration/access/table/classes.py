"""Planning, filling and reporting classes: their staff alone. Reports: the authority above. Joining: who has a code.

One class of the institution is planned, open, with the learner asking to join it; one is reported; that of the world
is accepted, with a list and an invitation that wait.
"""

import uuid
from datetime import UTC, date, datetime, timedelta

from lms.enrollments.actions import ask_to_join, check_roster, invite, plan_class, report_class, set_open
from lms.enrollments.models import TrainingClass
from lms.institutions.models import Institution
from tests.integration.access.rows import Row
from tests.integration.access.world import AccessWorld
from tests.integration.enrollments.lists import people
from tests.world import NOON

OWN = "login: nobody; 200: staff; 404: *"
OWN_STEP = "login: nobody; 302: staff; 404: *"
NO_POST = "login: nobody; 405: *"
PLANNED = {"training_class": "planned_class"}
REPORTED = {"training_class": "reported_class"}
CODE = {"code": "invitation_code"}
AUTHORITIES = "authority province elsewhere admin"
# Who has no right to any report is told so; who has one to others is told nothing.
REPORT = "login: nobody; {}; 404: elsewhere; 403: *"

ROWS = {
    "plan_class": Row("login: nobody; 200: staff rival; 403: *", "login: nobody; 200: staff rival; 403: *"),
    "edit_class": Row(OWN, OWN, given=PLANNED),
    "class_lessons": Row(OWN, OWN_STEP, given=PLANNED),
    "report_class": Row(OWN, OWN_STEP, given=PLANNED),
    "end_class": Row(OWN, OWN_STEP),
    "open_class": Row(NO_POST, OWN_STEP),
    "add_participant": Row(OWN, OWN),
    "withdraw_participant": Row(OWN, OWN_STEP),
    "verify_participant": Row(OWN, OWN_STEP, sent={"seen": "on"}),
    "roster_template": Row(OWN, NO_POST),
    "upload_roster": Row(OWN, OWN),
    "roster_import": Row(OWN, NO_POST),
    "import_progress": Row(OWN, NO_POST),
    "confirm_import": Row(NO_POST, OWN_STEP),
    "discard_import": Row(NO_POST, OWN_STEP),
    "invitations": Row(OWN, OWN),
    "revoke_invitation": Row(NO_POST, OWN_STEP),
    "join_requests": Row(OWN, NO_POST, given=PLANNED),
    "decide_join": Row(NO_POST, OWN_STEP, given=PLANNED, sent={"answer": "approve"}),
    "class_reports": Row(f"login: nobody; 200: {AUTHORITIES}; 403: *", NO_POST),
    "class_report": Row(REPORT.format("200: authority province admin"), NO_POST, given=REPORTED),
    "accept_class": Row(NO_POST, REPORT.format("302: authority province"), given=REPORTED),
    "return_class": Row(NO_POST, REPORT.format("302: authority province"), given=REPORTED, sent={"reason": "缺教师"}),
    "join_class": Row("login: nobody; 200: *", "login: nobody; 200: *", given=PLANNED),
    "my_join_request": Row("login: nobody; 200: learner; 404: *", NO_POST),
    "join": Row("200: *", "200: *", given=CODE),
    "join_sign_up": Row("200: nobody; 302: *", "200: nobody; 302: *", given=CODE),
}


def furnish(world: AccessWorld) -> None:
    staff, at = world.visitors["staff"], datetime.now(UTC)
    group = TrainingClass.objects.get(uuid=world.given["training_class"])
    planned, reported = _planned(world, "第二期"), _planned(world, "第三期")
    report_class(by=staff, at=NOON, training_class=reported)
    set_open(by=staff, at=at, training_class=planned, is_open=True)
    asked = ask_to_join(by=world.visitors["learner"], at=at, uuid=uuid.uuid4(), training_class=planned)
    invitation, code = invite(
        by=staff, at=at, uuid=uuid.uuid4(), training_class=group, uses_max=50, expires_at=at + timedelta(days=7)
    )
    roster = check_roster(by=staff, at=at, uuid=uuid.uuid4(), training_class=group, filename="list.csv", rows=people(1))
    world.given |= {
        "planned_class": planned.uuid,
        "reported_class": reported.uuid,
        "module": world.court.world.theory.uuid,
        "enrollment": world.court.world.enrollment.uuid,
        "join_request": asked.uuid,
        "invitation": invitation.uuid,
        "invitation_code": code,
        "roster": roster.uuid,
    }


def _planned(world: AccessWorld, title: str) -> TrainingClass:
    """A class without lessons that may be reported until its first day, far away."""
    institution = Institution.objects.get(uuid=world.given["institution"])
    return plan_class(
        by=world.visitors["staff"],
        at=NOON,
        uuid=uuid.uuid4(),
        institution=institution,
        syllabus_version=world.court.world.training_class.syllabus_version,
        title=title,
        starts_on=date(2098, 1, 5),
        ends_on=date(2098, 12, 31),
        lessons=[(world.court.world.theory, world.court.world.video)],
        place="教学楼 301",
        teachers=[world.visitors["teacher"]],
    )
