"""Sittings, registrations and waiting places. The learner is registered for the sitting, which is to come, and waits
for another one."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.integration.access.rows import Row
from tests.world import NOON

if TYPE_CHECKING:
    from tests.integration.access.world import AccessWorld

ROWS = {
    "sittings": Row("login: nobody; 200: *", "login: nobody; 405: *"),
    "sitting": Row("login: nobody; 200: *", "login: nobody; 400: *"),
    "wait_for_a_seat": Row("login: nobody; 405: *", "login: nobody; 400: *"),
    "leave_waiting": Row("login: nobody; 405: *", "login: nobody; 302: learner; 404: *"),
    "change_registration": Row("login: nobody; 405: *", "login: nobody; 400: learner; 404: *"),
    "ticket": Row("login: nobody; 200: learner; 404: *", "login: nobody; 405: *"),
    "cancel_registration": Row("login: nobody; 405: *", "login: nobody; 302: learner examiner; 404: *"),
}


def furnish(world: "AccessWorld") -> None:
    """A place on a waiting list."""
    from lms.exams.models import Registration, WaitingPlace
    from tests.sittings import made_up_decision, published_sitting

    seat = Registration.objects.get(uuid=world.given["registration"])
    sitting = published_sitting(
        seat.sitting.site.institution,
        seat.sitting.syllabus,
        starts_at=datetime(2098, 7, 2, tzinfo=UTC),
        opens_at=NOON - timedelta(days=1),
        closes_at=datetime(2098, 7, 1, tzinfo=UTC),
        capacity=3,
    )
    assert seat.decision.enrollment is not None
    decision = made_up_decision(sitting, seat.decision.enrollment)
    place = WaitingPlace.objects.create(learner=seat.learner, sitting=sitting, decision=decision, joined_at=NOON)
    world.given["place"] = place.uuid
