"""Teachers, their files and certificates: applied for by them and who employs them, decided by the authority above."""

import uuid
from datetime import date

from lms.institutions.actions import certify_teacher
from lms.teachers.actions.files import accept_application, apply_for_file
from tests.faces import picture
from tests.integration.access.rows import Row
from tests.integration.access.world import AccessWorld
from tests.world import NOON

ABOVE = "login: nobody; {}; 404: elsewhere; 403: *"
BELOW = "login: nobody; 200: authority province elsewhere admin; 403: *"
OWN = "login: nobody; {}: teacher colleague; 403: *"
EMPLOYER = "login: nobody; {}: staff; 404: rival; 403: *"
NO_GET = NO_POST = "login: nobody; 405: *"
TERM = {"valid_from": "2026-01-01", "valid_to": "2029-01-01"}

ROWS = {
    "find_teacher": Row("200: *", "405: *"),
    "my_teaching": Row(OWN.format(200), NO_POST),
    "apply_for_my_file": Row(OWN.format(200), OWN.format(422)),
    "institution_teachers": Row("login: nobody; 200: staff rival; 403: *", NO_POST),
    "institution_teacher": Row(EMPLOYER.format(200), NO_POST, given={"person": "certified_teacher"}),
    "apply_for_file": Row(EMPLOYER.format(200), EMPLOYER.format(422), given={"person": "certified_teacher"}),
    # Applied for by staff: it is staff's to take back, and the teacher, who may read it, is told so.
    "take_back_file_application": Row(NO_GET, "login: nobody; 302: staff; 403: colleague; 404: *"),
    "teacher_photo": Row(
        "login: nobody; 200: teacher staff authority province admin; 404: *",
        NO_POST,
        given={"person": "certified_teacher"},
    ),
    "application_photo": Row("login: nobody; 200: colleague staff authority province admin; 404: *", NO_POST),
    "teachers": Row(BELOW, NO_POST),
    "teachers_workbook": Row(BELOW, NO_POST),
    "file_applications": Row(BELOW, NO_POST),
    "file_application": Row(ABOVE.format("200: authority province admin"), NO_POST),
    "decide_file_application": Row(
        NO_GET,
        "login: nobody; 302: authority province; 404: elsewhere; 403: *",
        sent={"verb": "return", "reason": "请补资质"},
    ),
    "teacher": Row(
        ABOVE.format("200: authority province admin"),
        ABOVE.format("302: authority province"),
        given={"person": "certified_teacher"},
        sent={"uuid": "5a0b6c7d-8e9f-4a1b-b2c3-d4e5f6a7b8c9", "number": "T 2", **TERM},
    ),
    "revoke_teacher_certificate": Row(
        "login: nobody; 405: *",
        ABOVE.format("302: authority province"),
        given={"person": "certified_teacher", "certificate": "teacher_certificate"},
        sent={"on": "2026-06-01", "why": "离岗"},
    ),
}


def furnish(world: AccessWorld) -> None:
    person = world.visitors["teacher"]
    term = {"valid_from": date(2026, 1, 1), "valid_to": date(2029, 1, 1)}
    made = certify_teacher(by=None, at=NOON, uuid=uuid.uuid4(), person=person, number="T 1", **term)
    world.given |= {"certified_teacher": person.uuid, "teacher_certificate": made.uuid}
    _files(world)


def _files(world: AccessWorld) -> None:
    """The teacher has a file; for the colleague staff has applied, and it waits."""
    said = {"trades": ["electrician"], "practising_since": date(2015, 6, 1), "qualifications": "高级工程师"}
    more = {"at": NOON, "photo": picture(), **said}
    teacher, colleague = world.visitors["teacher"], world.visitors["colleague"]
    own = apply_for_file(by=teacher, uuid=uuid.uuid4(), person=teacher, institution=None, **more)
    accept_application(by=world.visitors["authority"], at=NOON, application=own)
    staff, place = world.visitors["staff"], world.court.world.institution
    waiting = apply_for_file(by=staff, uuid=uuid.uuid4(), person=colleague, institution=place, **more)
    world.given["application"] = waiting.uuid
