"""Figures of a class and an institution: who works there and the authority above; of a region: its authority."""

from tests.integration.access.rows import Row

NO_POST = "login: nobody; 405: *"
WORKING_THERE = "login: nobody; 200: staff teacher colleague authority province admin; 404: *"
ABOVE = "login: nobody; 200: authority province admin; 404: *"
REGION = {"code": "region_code"}

ROWS = {
    "workplace": Row(
        "login: nobody; 200: staff rival teacher colleague; 302: authority province elsewhere admin; 403: *", NO_POST
    ),
    "institution_dashboard": Row(WORKING_THERE, NO_POST),
    "institution_workbook": Row(WORKING_THERE, NO_POST),
    "region_dashboard": Row(ABOVE, NO_POST, given=REGION),
    "region_workbook": Row(ABOVE, NO_POST, given=REGION),
    "class_dashboard": Row(WORKING_THERE, NO_POST),
    "class_workbook": Row(WORKING_THERE, NO_POST),
}
