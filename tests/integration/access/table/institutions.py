"""Institutions as their authority sees them: found, suspended, let go on, known by a credit code; opened by an
administrator."""

from tests.integration.access.rows import Row

ABOVE = "login: nobody; {}: authority province admin; 404: elsewhere; 403: *"
NO_GET = "login: nobody; 405: *"

ROWS = {
    "institutions": Row("login: nobody; 200: authority province elsewhere admin; 403: *", "login: nobody; 405: *"),
    "open_institution": Row("login: nobody; 200: admin; 403: *", "login: nobody; 422: admin; 403: *"),
    "institution_file": Row(ABOVE.format(200), "login: nobody; 405: *"),
    "suspend_institution": Row(NO_GET, ABOVE.format(302), sent={"reason": "弄虚作假"}),
    "lift_suspension": Row(NO_GET, ABOVE.format(302), sent={"reason": "已整改"}),
    "set_credit_code": Row(NO_GET, ABOVE.format(302), sent={"credit_code": "91350100M000100Y43"}),
}
