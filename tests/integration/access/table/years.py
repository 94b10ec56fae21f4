"""Years of continuing education: the evidence of a claim is the claimant's and the province's authority's. A year at a
glance is a teacher's own, and whoever has the code of a statement may look at it.
"""

import uuid
from datetime import timedelta

from lms.institutions.models import Institution
from lms.paper_codes import grouped
from lms.teachers.actions import claim_hours
from lms.teachers.actions.statements import issue_statement
from tests.integration.access.rows import Row
from tests.integration.access.world import AccessWorld
from tests.integration.teachers.academy import PDF, make_version, opened
from tests.world import NOON

TEACHERS_STEP = "login: nobody; 302: teacher colleague; 404: learner outsider elsewhere reviewer; 403: *"
GET_ALONE = "login: nobody; 405: *"
OWN = "login: nobody; 200: teacher; 404: *"
TEACHERS = "login: nobody; 200: teacher colleague; 403: *"

ROWS = {
    "teaching_year": Row(TEACHERS, GET_ALONE),
    "teaching_year_of": Row(TEACHERS, GET_ALONE, given={"year": "year_number"}),
    "take_part_in_year": Row(GET_ALONE, TEACHERS_STEP),
    "new_claim": Row(TEACHERS, "login: nobody; 422: teacher; 409: colleague; 403: *"),
    "teaching_claim": Row(OWN, GET_ALONE),
    "take_claim_back": Row(GET_ALONE, "login: nobody; 302: teacher; 404: *"),
    "issue_statement": Row(GET_ALONE, TEACHERS_STEP, sent={"uuid": "7a0b6c7d-8e9f-4a1b-b2c3-d4e5f6a7b8c9"}),
    "statement_pdf": Row(OWN, GET_ALONE),
    "verify_statement": Row("200: *", "405: *", given={"code": "statement_code"}),
    "claim_evidence": Row("login: nobody; 200: teacher province admin; 404: *", "login: nobody; 405: *"),
}


def furnish(world: AccessWorld) -> None:
    """The province's year, hosted by the other institution; the class's teacher claims two hours of a seminar in it."""
    host = Institution.objects.get(memberships__person=world.visitors["rival"])
    year = opened(world.visitors["province"], world.court.world, host, make_version(), 2026, lessons=())
    seminars = year.training_class.syllabus_version.modules.get(ordinal=2)
    claim = claim_hours(
        by=world.visitors["teacher"],
        at=NOON + timedelta(hours=3),
        uuid=uuid.uuid4(),
        education_year=year,
        module=seminars,
        kind="classroom",
        from_at=NOON,
        to_at=NOON + timedelta(hours=2),
        title="教师研修班",
        place="省培训中心",
        evidence=[("证明.pdf", PDF)],
    )
    issued = issue_statement(
        by=world.visitors["teacher"], at=NOON + timedelta(hours=4), uuid=uuid.uuid4(), education_year=year
    )
    world.given |= {
        "evidence": claim.evidence.get().uuid,
        "education_year": year.uuid,
        "year_number": year.year,
        "claim": claim.uuid,
        "statement": issued.uuid,
        "statement_code": grouped(issued.code),
    }
