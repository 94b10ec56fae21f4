"""Documents, their verification, and ledgers. The learner has completed the class and holds the certificate of it."""

from datetime import timedelta

from lms.accounts.actions import set_identity
from lms.enrollments.models import Enrollment
from lms.oversight.actions.documents import issue_document
from lms.paper_codes import grouped
from tests.integration.access.rows import Row
from tests.integration.access.world import AccessWorld
from tests.integration.exams.builders import made_up_number
from tests.integration.oversight.papers_world import HOUR_ONLINE, HOUR_WORKSHOP, earn
from tests.world import NOON

NO_POST = "login: nobody; 405: *"
CONCERNED = "login: nobody; 200: learner staff authority province admin; 404: *"
ABOVE_ALONE = "login: nobody; 302: authority province; 403: learner staff admin; 404: *"
LEDGERS = "login: nobody; 200: staff rival authority province elsewhere admin; 403: *"

ROWS = {
    "my_documents": Row("login: nobody; 200: *", NO_POST),
    "issue_my_document": Row(NO_POST, "login: nobody; 302: learner; 404: *"),
    "document": Row(CONCERNED, ABOVE_ALONE, sent={"reason": "姓名有误"}),
    "document_pdf": Row(CONCERNED, NO_POST),
    "reissue_document": Row(NO_POST, ABOVE_ALONE),
    "documents": Row("login: nobody; 200: authority province elsewhere admin; 403: *", NO_POST),
    "class_documents": Row("login: nobody; 200: staff authority province admin; 404: *", NO_POST),
    "issue_class_documents": Row(NO_POST, "login: nobody; 302: staff; 403: authority province admin; 404: *"),
    "ledgers": Row(LEDGERS, NO_POST),
    "ledger_file": Row(LEDGERS, NO_POST),
    "verify": Row("200: *", "405: *"),
    "verify_document": Row("200: *", "405: *", given={"code": "document_code"}),
}


def furnish(world: AccessWorld) -> None:
    court = world.court.world
    enrollment, day = Enrollment.objects.get(pk=court.enrollment.pk), NOON + timedelta(days=2)
    set_identity(by=None, at=NOON, person=enrollment.learner, real_name="Alice", identity_number=made_up_number(1))
    earn(enrollment, court.theory, "online", HOUR_ONLINE, from_at=day, at=day)
    day += timedelta(days=1)
    earn(enrollment, court.practice, "workshop", 2 * HOUR_WORKSHOP, from_at=day, at=day)
    document = issue_document(by=world.visitors["staff"], at=day, enrollment=enrollment, kind="certificate")
    world.given |= {"document": document.uuid, "document_code": grouped(document.code), "kind": "certificate"}
