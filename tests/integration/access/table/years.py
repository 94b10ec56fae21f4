"""Years of continuing education: the evidence of a claim is the claimant's and the province's authority's."""

import uuid
from datetime import timedelta

from lms.institutions.models import Institution
from lms.teachers.actions import claim_hours
from tests.integration.access.rows import Row
from tests.integration.access.world import AccessWorld
from tests.integration.teachers.academy import PDF, make_version, opened
from tests.world import NOON

ROWS = {
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
    world.given |= {"education_year": year.uuid, "claim": claim.uuid, "evidence": claim.evidence.get().uuid}
