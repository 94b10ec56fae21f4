"""Sheets, marks on them, and hours that were proposed: who teaches, staff, and the authority above that decides."""

from lms.enrollments.models import TrainingClass
from tests.integration.access.rows import Row
from tests.integration.access.world import AccessWorld
from tests.integration.hours.classroom import at_s, came, opened, proposed

NO_POST = "login: nobody; 405: *"
SEEN = "login: nobody; 200: teacher staff authority province admin; 404: *"
TAUGHT = "login: nobody; {}: teacher staff; 404: *"
RUN = "login: nobody; 200: staff; 404: *"
# The code is one that was never on the screen.
MARK = "login: nobody; 409: learner; 404: *"

ROWS = {
    "attendance": Row(SEEN, NO_POST),
    "new_sheet": Row(TAUGHT.format(200), TAUGHT.format(200)),
    "missed_hours": Row(RUN, RUN),
    "take_hours_back": Row(RUN, RUN),
    "attendance_proposals": Row("login: nobody; 200: staff rival authority province elsewhere admin; 403: *", NO_POST),
    "attendance_proposal": Row("login: nobody; 200: staff authority province admin; 404: *", NO_POST),
    "decide_hours": Row(
        NO_POST,
        "login: nobody; 302: authority province; 403: staff admin; 404: *",
        sent={"verb": "reject", "reason": "不属实"},
    ),
    "teach": Row("login: nobody; 200: teacher colleague staff rival; 403: *", NO_POST),
    "sheet": Row(SEEN, NO_POST),
    "sheet_screen": Row(TAUGHT.format(200), NO_POST),
    "sheet_code": Row(TAUGHT.format(200), NO_POST),
    "close_sheet": Row(NO_POST, TAUGHT.format(302)),
    "by_hand": Row(NO_POST, TAUGHT.format(422)),
    "take_back": Row(NO_POST, TAUGHT.format(422)),
    "attended": Row("login: nobody; 200: learner; 404: *", NO_POST),
    "attend": Row(MARK, MARK, given={"code": "scanned_code"}),
}


def furnish(world: AccessWorld) -> None:
    """A sheet of an afternoon on which the learner signed in, and hours of the next morning that wait."""
    court = world.court.world
    group = TrainingClass.objects.get(pk=court.training_class.pk)
    sheet = opened(court, training_class=group, at=at_s(9_000), from_at=at_s(9_000), to_at=at_s(16_200))
    came(court, sheet, 9_060)
    proposal = proposed(court, 70_000, 72_700, training_class=group, at=at_s(80_000))
    world.given |= {
        "sheet": sheet.uuid,
        "proposal": proposal.uuid,
        "direction": "in",
        "scanned_code": "abcdefghijklmnop",
    }
