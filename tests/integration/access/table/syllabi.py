"""Syllabi are read by everybody and written by the authority; for a region that is not theirs the form says no."""

from tests.integration.access.rows import Row

ROWS = {
    "syllabi": Row("200: *", "405: *"),
    "syllabus": Row("200: *", "405: *"),
    "syllabus_version": Row("200: *", "405: *"),
    "new_syllabus": Row(
        "login: nobody; 200: authority province elsewhere admin; 403: *",
        "login: nobody; 422: authority province elsewhere admin; 403: *",
    ),
    "new_syllabus_version": Row(
        "login: nobody; 200: authority province elsewhere admin; 403: *",
        "login: nobody; 422: authority province elsewhere admin; 403: *",
    ),
}
