"""Sittings, registrations, requirements, certificates. The sitting is to come, and the learner is registered for it."""

from tests.integration.access.rows import Row
from tests.integration.access.world import AccessWorld

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
    "cancel_registration": Row("login: nobody; 405: *", "login: nobody; 302: learner examiner; 404: *"),
}


def furnish(world: AccessWorld) -> None:
    syllabus = world.court.world.training_class.syllabus_version.syllabus
    world.given["alice"] = world.visitors["learner"].uuid
    SEEN["syllabus"] = str(syllabus.pk)
