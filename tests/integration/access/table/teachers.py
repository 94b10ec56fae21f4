"""Teachers and the certificates by which they may teach: the authority above grants and revokes them."""

import uuid
from datetime import date

from lms.institutions.actions import certify_teacher
from tests.integration.access.rows import Row
from tests.integration.access.world import AccessWorld
from tests.world import NOON

ABOVE = "login: nobody; {}; 404: elsewhere; 403: *"
TERM = {"valid_from": "2026-01-01", "valid_to": "2029-01-01"}

ROWS = {
    "teachers": Row("login: nobody; 200: authority province elsewhere admin; 403: *", "login: nobody; 405: *"),
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
