"""Pages of exam offices and of the authority above them, and the door. The plan is published, the sitting to come."""

from tests.integration.access.rows import Row
from tests.integration.access.world import AccessWorld
from tests.world import NOON

NO_GET = NO_POST = "login: nobody; 405: *"
DESK = "login: nobody; {}: examiner; 403: *"
OWN = "login: nobody; {}: examiner; 404: *"
SEEN = "login: nobody; 200: examiner authority province admin; 404: *"

ROWS = {
    "exam_office": Row(DESK.format(200), NO_POST),
    "exam_sites": Row(DESK.format(200), DESK.format(422)),
    "exam_site": Row(OWN.format(200), OWN.format(422)),
    "draft_exam_plan": Row(DESK.format(200), DESK.format(422)),
    "exam_plans": Row("login: nobody; 200: authority province elsewhere admin; 403: *", NO_POST),
    "examiners": Row("login: nobody; 200: authority province elsewhere admin; 403: *", NO_POST),
    "exam_plan": Row(SEEN, NO_POST),
    "new_exam_sitting": Row(OWN.format(200), OWN.format(422)),
    "propose_exam_plan": Row(NO_GET, OWN.format(302)),
    "publish_exam_plan": Row(NO_GET, OWN.format(302)),
    "decide_exam_plan": Row(
        NO_GET,
        "login: nobody; 302: authority province; 403: examiner admin; 404: *",
        sent={"verb": "approve"},
    ),
    "exam_console": Row(OWN.format(200), NO_POST),
    "remove_exam_sitting": Row(NO_GET, OWN.format(302)),
    "exam_capacity": Row(NO_GET, OWN.format(422)),
    "cancel_exam_sitting": Row(NO_GET, OWN.format(422)),
    "assign_exam_officer": Row(NO_GET, OWN.format(422)),
    "relieve_exam_officer": Row(NO_GET, OWN.format(302)),
    "export_exam_candidates": Row(NO_GET, OWN.format(200), sent={"file_format": "xlsx"}),
    "door_desk": Row(OWN.format(200), OWN.format(422)),
    # Nobody is let in so long before the exam.
    "door": Row(OWN.format(200), OWN.format(409)),
}


def furnish(world: AccessWorld) -> None:
    """The examiner is on duty at the sitting."""
    from lms.exams.models import Officer, Sitting

    sitting = Sitting.objects.select_related("plan", "site").get(uuid=world.given["sitting"])
    officer = Officer.objects.create(sitting=sitting, person=world.visitors["examiner"], duty="chief", assigned_at=NOON)
    world.given |= {"plan": sitting.plan.uuid, "site": sitting.site.uuid, "officer": officer.uuid}
