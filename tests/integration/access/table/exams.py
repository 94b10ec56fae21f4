"""Sittings and registrations. The sitting is to come, and the learner is registered for it."""

from tests.integration.access.rows import Row

ROWS = {
    "sittings": Row("login: nobody; 200: *", "login: nobody; 405: *"),
    "sitting": Row("login: nobody; 200: *", "login: nobody; 400: *"),
    "cancel_registration": Row("login: nobody; 405: *", "login: nobody; 302: learner examiner; 404: *"),
}
