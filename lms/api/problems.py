"""What the API answers when it does not do what was asked: problem+json (RFC 9457) with a code that stays the same.

Clients branch on `code`, people read `title` and `detail` in the language of the request. Whatever else helps to mend
the request (`errors`, `unmet`) are members of the same object.
"""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, Throttled, ValidationError
from ninja.responses import NinjaJSONEncoder
from pydantic import Field

from lms.exams.actions import SIGNING_UNAVAILABLE

PROBLEM_TYPE = "application/problem+json"

CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    410: "gone",
    413: "too_large",
    422: "invalid",
    429: "rate_limited",
    500: "internal",
    503: "unavailable",
}
"""The code of a status that nothing more is known about."""

TITLES = {
    400: gettext_lazy("The request cannot be read"),
    401: gettext_lazy("Not logged in"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("This address does not take this method"),
    409: gettext_lazy("Refused in the present state"),
    410: gettext_lazy("Not there any more"),
    413: gettext_lazy("The request is too large"),
    422: gettext_lazy("The request is not valid"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Something went wrong on our side"),
    503: gettext_lazy("Not possible right now"),
}

DETAILS = {
    400: gettext_lazy("Something in the request, its headers or its body cannot be understood."),
    401: gettext_lazy("Log in and send the session's cookie or the header X-Session-Token."),
    403: gettext_lazy("You may not do this."),
    404: gettext_lazy("Nothing is here, or nothing that you may see."),
    405: gettext_lazy("The header Allow names the methods."),
    409: gettext_lazy("It is refused as things stand now."),
    410: gettext_lazy("What this continues is not there any more; start anew."),
    413: gettext_lazy("A body may have at most 64 KiB."),
    422: gettext_lazy("Each entry of errors names a field and what is wrong with it."),
    429: gettext_lazy("Wait as many seconds as the header Retry-After says."),
    500: gettext_lazy("It was noted. Nothing was changed; try again later."),
    503: gettext_lazy("Nothing was changed; try again later."),
}

MESSAGES = {
    "uuid_parsing": gettext_lazy("This is not a UUID."),
    "uuid_type": gettext_lazy("This is not a UUID."),
    "int_parsing": gettext_lazy("This is not a whole number."),
    "int_type": gettext_lazy("This is not a whole number."),
    "string_too_long": gettext_lazy("This is too long."),
    "string_too_short": gettext_lazy("This is missing."),
    "missing": gettext_lazy("This is missing."),
    "extra_forbidden": gettext_lazy("There is no such field."),
}
"""The commonest mistakes in people's words; the rare ones keep the validator's own."""


class FieldError(Schema):
    """`field` is the name of a path or query parameter, or the way to a member of the body (`0.seq`)."""

    field: str
    message: str


class Problem(Schema):
    """An error. Branch on `code`."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] | None = Field(default=None, description="With the code invalid: what is wrong where.")


class ApiProblem(Exception):
    """Raised where the API refuses; becomes the answer, with `headers`. `members` are further ones of the problem."""

    headers: dict[str, str]

    def __init__(self, status: int, code: str, detail: str = "", **members: Any) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.members = members
        self.headers = {}


def not_found() -> ApiProblem:
    """Absent and hidden look alike."""
    return ApiProblem(404, "not_found")


def signing_unavailable() -> ApiProblem:
    return ApiProblem(
        503, SIGNING_UNAVAILABLE, _("Nothing can be signed right now, so nothing was done. Try again later.")
    )


def problem_body(status: int, code: str = "", detail: str = "", **members: Any) -> bytes:
    known = status if status in TITLES else 500 if status >= 500 else 400
    body = {
        "type": "about:blank",
        "title": str(TITLES[known]),
        "status": status,
        "code": code or CODES[known],
        "detail": detail or str(DETAILS[known]),
        **members,
    }
    return json.dumps(body, cls=NinjaJSONEncoder, ensure_ascii=False).encode()


def problem(status: int, code: str = "", detail: str = "", **members: Any) -> HttpResponse:
    """The answer with this problem."""
    return HttpResponse(problem_body(status, code, detail, **members), status=status, content_type=PROBLEM_TYPE)


def answer_with_problems(api: NinjaAPI) -> None:
    """Turn everything that an endpoint or the framework around it raises into a problem."""
    api.add_exception_handler(ApiProblem, _refused)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(Throttled, _throttled)
    api.add_exception_handler(HttpError, _of_the_framework)


def csrf_failed() -> ApiProblem:
    return ApiProblem(403, "csrf_failed", _("Send the cookie csrftoken again as the header X-CSRFToken."))


# `Any`: the framework's type of a handler also allows for exception classes, which never arrive.
def _refused(request: HttpRequest, exc: Any) -> HttpResponse:
    response = problem(exc.status, exc.code, exc.detail, **exc.members)
    for name, value in exc.headers.items():
        response.headers[name] = value
    return response


def _invalid(request: HttpRequest, exc: Any) -> HttpResponse:
    return problem(422, errors=[_field_error(error) for error in exc.errors])


def _throttled(request: HttpRequest, exc: Any) -> HttpResponse:
    response = problem(429)
    response.headers["Retry-After"] = str(exc.wait)
    return response


def _of_the_framework(request: HttpRequest, exc: Any) -> HttpResponse:
    # Its messages are English and not meant for people; the one 400 that it raises is a body that is no JSON.
    if exc.status_code == 400:
        return problem(400, "bad_json", _("The body must be JSON in UTF-8."))
    return problem(exc.status_code)


def _field_error(error: dict[str, Any]) -> dict[str, str]:
    source, *place = error["loc"]
    # The first step into a body is the name of our own parameter, which no client knows.
    names = place[1:] if source == "body" else place
    known = MESSAGES.get(error["type"])
    return {"field": ".".join(str(name) for name in names) or source, "message": str(known or error["msg"])}
