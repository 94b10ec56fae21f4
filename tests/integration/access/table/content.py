"""Courses and videos for editors, the questions of presence checks, and published files."""

from tests.integration.access.rows import Row

ROWS = {
    "courses_admin_login": Row(
        "login: nobody; 302: staff rival reviewer admin; 403: *",
        "login: nobody; 302: staff rival reviewer admin; 403: *",
    ),
    "questioned_lessons": Row("login: nobody; 200: staff rival reviewer admin; 403: *", "login: nobody; 405: *"),
    "question": Row(
        "login: nobody; 200: staff rival reviewer admin; 404: *",
        "login: nobody; 200: staff rival reviewer admin; 404: *",
    ),
    "retire_question": Row("login: nobody; 405: *", "login: nobody; 302: staff rival reviewer admin; 404: *"),
    "lesson_questions": Row(
        "login: nobody; 200: staff rival reviewer admin; 404: *",
        "login: nobody; 405: *",
        given={"lesson": "page_lesson"},
    ),
    "new_question": Row(
        "login: nobody; 200: staff rival reviewer admin; 404: *",
        "login: nobody; 200: staff rival reviewer admin; 404: *",
        given={"lesson": "page_lesson"},
    ),
    "carry_questions": Row(
        "login: nobody; 405: *",
        "login: nobody; 302: staff rival reviewer admin; 404: *",
        given={"lesson": "page_lesson"},
    ),
    "media_file": Row("404: *", "405: *"),
    "courses_preview_master": Row(
        "200: staff rival reviewer admin; enter: *", "405: staff rival reviewer admin; enter: *"
    ),
    "courses_preview_playlist": Row(
        "200: staff rival reviewer admin; enter: *", "405: staff rival reviewer admin; enter: *"
    ),
    "courses_preview_key": Row(
        "200: staff rival reviewer admin; enter: *", "405: staff rival reviewer admin; enter: *"
    ),
    "videos:index": Row("200: staff rival reviewer admin; enter: *", "405: staff rival reviewer admin; enter: *"),
    "videos:results": Row("200: staff rival reviewer admin; enter: *", "405: staff rival reviewer admin; enter: *"),
    "videos:add": Row("200: staff rival reviewer admin; enter: *", "200: staff rival reviewer admin; enter: *"),
    "videos:asset": Row("200: staff rival reviewer admin; enter: *", "405: staff rival reviewer admin; enter: *"),
    "videos:progress": Row("200: staff rival reviewer admin; enter: *", "405: staff rival reviewer admin; enter: *"),
    "videos:again": Row("405: staff rival reviewer admin; enter: *", "302: staff rival reviewer admin; enter: *"),
    "video_chooser:choose": Row(
        "200: staff rival reviewer admin; enter: *", "405: staff rival reviewer admin; enter: *"
    ),
    "video_chooser:choose_results": Row(
        "200: staff rival reviewer admin; enter: *", "405: staff rival reviewer admin; enter: *"
    ),
    "video_chooser:chosen": Row(
        "200: staff rival reviewer admin; enter: *", "405: staff rival reviewer admin; enter: *"
    ),
    "video_chooser:chosen_multiple": Row(
        "200: staff rival reviewer admin; enter: *", "405: staff rival reviewer admin; enter: *"
    ),
}
