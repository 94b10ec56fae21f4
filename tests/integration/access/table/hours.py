"""Studying, one's own hours, appeals and classes. The appeal waits for its proposal."""

from tests.integration.access.rows import Row

JUDGED = "login: nobody; 200: staff rival authority province elsewhere admin; 403: *"
ROWS = {
    "my_hours": Row("login: nobody; 200: *", "login: nobody; 405: *"),
    "appeal_refusal": Row("login: nobody; 200: learner; 404: *", "login: nobody; 200: learner; 404: *"),
    "appeal_entry": Row("login: nobody; 200: learner; 404: *", "login: nobody; 200: learner; 404: *"),
    "my_appeal": Row("login: nobody; 200: learner; 404: *", "login: nobody; 405: *"),
    "my_checks": Row("login: nobody; 200: *", "login: nobody; 302: *"),
    "study": Row("login: nobody; 200: learner; 403: *", "login: nobody; 405: *", given={"lesson": "film"}),
    "lesson_captions": Row("401: nobody; 200: learner; 403: *", "405: *", given={"lesson": "film"}),
    "lesson_master": Row("401: nobody; 200: learner; 403: *", "405: *", given={"lesson": "film"}),
    "lesson_playlist": Row("401: nobody; 200: learner; 403: *", "405: *", given={"lesson": "film"}),
    "lesson_key": Row("401: nobody; 200: learner; 403: *", "405: *", given={"lesson": "film"}),
    "classes": Row(JUDGED, "login: nobody; 405: *"),
    "class": Row("login: nobody; 200: staff authority province admin; 404: *", "login: nobody; 405: *"),
    "appeals": Row(JUDGED, "login: nobody; 405: *"),
    "appeal": Row("login: nobody; 200: staff authority province admin; 404: *", "login: nobody; 405: *"),
    "propose_correction": Row("login: nobody; 405: *", "login: nobody; 422: staff authority province admin; 404: *"),
    "decide_appeal": Row("login: nobody; 405: *", "login: nobody; 422: staff authority province admin; 404: *"),
}
