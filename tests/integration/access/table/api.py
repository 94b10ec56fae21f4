"""The public API: everybody sees their own, and `401` without a login. An empty body is no message: `422`."""

from tests.integration.access.rows import Row

ROWS = {
    "openapi": Row("200: *", "405: *"),
    "api-v1:me": Row("401: nobody; 200: *", "405: *"),
    "api-v1:enrollments": Row("401: nobody; 200: *", "405: *"),
    "api-v1:hours": Row("401: nobody; 200: *", "405: *"),
    "api-v1:entries": Row("401: nobody; 200: *", "405: *"),
    "api-v1:refusals": Row("401: nobody; 200: *", "405: *"),
    "api-v1:appeals": Row("401: nobody; 200: *", "401: nobody; 422: *"),
    "api-v1:appeal": Row("401: nobody; 200: learner; 404: *", "405: *"),
    "api-v1:lesson": Row("401: nobody; 200: learner; 404: *", "405: *", given={"lesson": "film"}),
    "api-v1:coverage": Row("401: nobody; 200: learner; 404: *", "405: *", given={"lesson": "film"}),
    "api-v1:sittings": Row("401: nobody; 200: *", "405: *"),
    "api-v1:sitting_eligibility": Row("401: nobody; 200: *", "405: *"),
    "api-v1:create_registration": Row("405: *", "401: nobody; 409: *"),
    "api-v1:delete_registration": Row(
        "405: *", "405: *", others={"DELETE": "401: nobody; 204: learner examiner; 404: *"}
    ),
    "api-v1:my_registrations": Row("401: nobody; 200: *", "405: *"),
    "api-v1:change": Row("405: *", "401: nobody; 422: *"),
    "api-v1:ticket": Row("401: nobody; 200: learner; 404: *", "405: *"),
    "api-v1:create_place": Row("405: *", "401: nobody; 409: *"),
    "api-v1:delete_place": Row("405: *", "405: *", others={"DELETE": "401: nobody; 204: learner; 404: *"}),
    "api-v1:my_waiting": Row("401: nobody; 200: *", "405: *"),
    "api-v1:messages": Row("405: *", "401: nobody; 422: *"),
    "api-v1:api-root": Row("404: *", "404: *", others={"DELETE": "404: *"}),
}
