"""Sittings, registrations and waiting places, requirements, certificates. The learner is registered for the sitting,
which is to come, and waits for another one."""

from datetime import UTC, datetime, timedelta

from tests.integration.access.rows import Row
from tests.integration.access.world import AccessWorld
from tests.world import NOON

# Who may not write anybody's certificate is told so; who may write those of others is told nothing of this learner.
CERTIFICATES = "login: nobody; {}; 404: elsewhere; 403: *"
SEEN = {
    "uuid": "6f1c1f0e-6f37-4d0a-9d5a-1c2b3a4d5e6f",
    "number": "T-1",
    "issued_on": "2020-01-01",
    "expires_on": "2026-01-01",
}
ENACTED = {
    "uuid": "0d6c2b1a-3e4f-4a5b-8c7d-9e0f1a2b3c4d",
    "in_force_from": "2098-01-01",
    "classroom_percent": "30",
    "verified_identity": "on",
    "source": "省考核办法第九条",
    "step": "enact",
}

ROWS = {
    "sittings": Row("login: nobody; 200: *", "login: nobody; 405: *"),
    "sitting": Row("login: nobody; 200: *", "login: nobody; 400: *"),
    "requirements": Row("login: nobody; 200: *", "login: nobody; 405: *"),
    "enact_requirements": Row(
        "login: nobody; 200: authority province elsewhere admin; 403: *",
        # Whoever has no region to write for does not get as far as the form; the others must choose one.
        "login: nobody; 422: authority province elsewhere; 302: admin; 403: *",
        sent=ENACTED,
    ),
    "find_certificates": Row(
        "login: nobody; 200: authority province elsewhere examiner; 403: *",
        "login: nobody; 422: authority province elsewhere examiner; 403: *",
    ),
    "held_certificates": Row(
        CERTIFICATES.format("200: authority province examiner"),
        CERTIFICATES.format("302: authority province examiner"),
        given={"learner": "alice"},
        sent=SEEN,
    ),
    "wait_for_a_seat": Row("login: nobody; 405: *", "login: nobody; 400: *"),
    "leave_waiting": Row("login: nobody; 405: *", "login: nobody; 302: learner; 404: *"),
    "change_registration": Row("login: nobody; 405: *", "login: nobody; 400: learner; 404: *"),
    "ticket": Row("login: nobody; 200: learner; 404: *", "login: nobody; 405: *"),
    "cancel_registration": Row("login: nobody; 405: *", "login: nobody; 302: learner examiner; 404: *"),
}


def furnish(world: AccessWorld) -> None:
    """A place on a waiting list; what is written down of a certificate names the syllabus."""
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
    syllabus = world.court.world.training_class.syllabus_version.syllabus
    world.given["alice"] = world.visitors["learner"].uuid
    SEEN["syllabus"] = str(syllabus.pk)
