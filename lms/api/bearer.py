"""Who asks at the exchange: the program whose access token is in the header. No person's cookie or token opens it.

What is refused here says so as RFC 6750 wants it, in the header WWW-Authenticate, beside the problem's code.
"""

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security.base import AuthBase

from lms.api import moments
from lms.api.problems import ApiProblem
from lms.exchange.queries.clients import Reader, reader_of
from lms.exchange.rules.scopes import ATTESTATIONS, ELIGIBILITY, HOURS

TOKEN_URL = "/identity/o/api/token"
"""What OpenAPI tells; the route's own name would need the URL map before it is built."""


class ReaderRequest(HttpRequest):
    """A request that an endpoint of the exchange gets: `auth` is the client that asks."""

    auth: Reader


class AccessToken(AuthBase):
    """`Authorization: Bearer` with a token that was given this scope."""

    openapi_type = "oauth2"
    openapi_flows = {
        "clientCredentials": {
            "tokenUrl": TOKEN_URL,
            "scopes": {
                HOURS: "Changes of confirmed hours.",
                ELIGIBILITY: "Whether people may sit an exam, and what is missing.",
                ATTESTATIONS: "The same, signed.",
            },
        }
    }

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Reader:
        scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            detail = _("Get an access token with your client's id and secret and send it as Authorization: Bearer.")
            raise _refused(401, "unauthenticated", detail)
        reader = reader_of(token.strip(), moments.now())
        if reader is None:
            detail = _("The access token is unknown, has expired, or its client was revoked. Get a new one.")
            raise _refused(401, "invalid_token", detail, 'error="invalid_token"')
        if self.scope not in reader.scopes:
            detail = _("The access token was not given the scope %(scope)s.") % {"scope": self.scope}
            raise _refused(403, "insufficient_scope", detail, f'error="insufficient_scope", scope="{self.scope}"')
        return reader


def _refused(status: int, code: str, detail: str, *challenge: str) -> ApiProblem:
    problem = ApiProblem(status, code, detail)
    problem.headers = {"WWW-Authenticate": ", ".join(['Bearer realm="xueshi"', *challenge])}
    return problem
