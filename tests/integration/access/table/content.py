"""Courses and videos for editors, the questions of presence checks, uploads, and published files."""

import uuid
from datetime import UTC, datetime

from media_pipeline.actions.resumable import NewUpload, begin_upload
from tests.integration.access.rows import Row
from tests.integration.access.world import AccessWorld

NO_POST = "login: nobody; 405: *"
# Whoever may change the lesson: staff of the institution on whose shelf it stands.
EDITED = "login: nobody; {}: staff admin; 404: *"
LESSON = {"lesson": "page_lesson"}
# Editors of something else are inside the content administration, and find nothing there.
OWN = "{}: staff admin; 404: rival reviewer; enter: *"
# A reviewer edits nothing, and is sent back to the first page of the content administration.
EDITORS = "{}: staff rival admin; 302: reviewer; enter: *"
# A chooser offers everybody their own.
INSIDE = "{}: staff rival reviewer admin; enter: *"
NO = INSIDE.format(405)
ENTERING = "login: nobody; 302: staff rival reviewer admin; 403: *"
# Whoever may upload begins one; the answers to an empty request. Somebody else's upload is not there.
SENDERS = "401: nobody; {}: staff rival admin; 403: *"
ONES_OWN = "401: nobody; {}: staff; 404: rival admin; 403: *"

ROWS = {
    "courses_admin_login": Row(ENTERING, ENTERING),
    "questioned_lessons": Row("login: nobody; 200: staff rival admin; 403: *", NO_POST),
    "question": Row(EDITED.format(200), EDITED.format(200)),
    "retire_question": Row(NO_POST, EDITED.format(302)),
    "lesson_questions": Row(EDITED.format(200), NO_POST, given=LESSON),
    "new_question": Row(EDITED.format(200), EDITED.format(200), given=LESSON),
    "carry_questions": Row(NO_POST, EDITED.format(302), given=LESSON),
    "media_file": Row("404: *", "405: *"),
    "uploads": Row("405: *", SENDERS.format(412)),
    "upload": Row(
        ONES_OWN.format(200),
        "405: *",
        {
            "HEAD": SENDERS.format(412),
            "PATCH": SENDERS.format(412),
            "DELETE": SENDERS.format(412),
            "OPTIONS": "204: *",
        },
    ),
    "videos:index": Row(EDITORS.format(200), EDITORS.format(405)),
    "videos:results": Row(EDITORS.format(200), EDITORS.format(405)),
    "videos:add": Row(EDITORS.format(200), EDITORS.format(200)),
    "videos:asset": Row(OWN.format(200), NO),
    "videos:progress": Row(OWN.format(200), NO),
    "videos:again": Row(NO, OWN.format(302)),
    "videos:preview": Row(OWN.format(200), NO),
    "videos:preview_playlist": Row(OWN.format(200), NO),
    "videos:preview_key": Row(OWN.format(200), NO),
    "videos:captions": Row(OWN.format(200), OWN.format(422)),
    "videos:captions_edit": Row(OWN.format(200), OWN.format(422)),
    "videos:captions_check": Row(NO, OWN.format(200)),
    "videos:captions_withdraw": Row(NO, OWN.format(302)),
    "videos:captions_file": Row(OWN.format(200), NO),
    "video_chooser:choose": Row(INSIDE.format(200), NO),
    "video_chooser:choose_results": Row(INSIDE.format(200), NO),
    "video_chooser:chosen": Row(OWN.format(200), NO),
    "video_chooser:chosen_multiple": Row(INSIDE.format(200), NO),
}


def furnish(world: AccessWorld) -> None:
    """An upload that staff has begun."""
    new = NewUpload(uuid.uuid4(), "film.mp4", bytes_total=6)
    world.given["upload_uuid"] = new.uuid
    begin_upload(by=world.visitors["staff"], at=datetime.now(UTC), new=new)
