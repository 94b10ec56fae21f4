"""The authority's desk of the forty hours. The county's authority reads how its teachers stand in the province's year,
and has no part in opening it or in its claims; an administrator reads and does not decide. The things are of `years`.
"""

from tests.integration.access.rows import Row

NO_GET = NO_POST = "login: nobody; 405: *"
SUPERVISE = "login: nobody; 200: authority province elsewhere admin; 403: *"
YEAR = "login: nobody; 200: authority province admin; 404: elsewhere; 403: *"
CLAIM = "login: nobody; {}; 404: authority elsewhere; 403: *"

ROWS = {
    "teaching_years": Row(SUPERVISE, NO_POST),
    "open_teaching_year": Row(
        "login: nobody; 200: province elsewhere; 403: *", "login: nobody; 422: province elsewhere; 403: *"
    ),
    "teaching_year_desk": Row(YEAR, NO_POST),
    "teaching_year_workbook": Row(YEAR, NO_POST),
    "claims_desk": Row(SUPERVISE, NO_POST),
    "claim_desk": Row(CLAIM.format("200: province admin"), NO_POST),
    "decide_claim": Row(NO_GET, CLAIM.format("302: province"), sent={"verb": "refuse", "reason": "请补证明"}),
}
