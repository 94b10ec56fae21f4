"""Who asks: the person of the session cookie, or of an app's X-Session-Token. Suspended people are nobody.

A cookie is sent by a browser whoever made the request, so with it every writing method needs the CSRF token as well.
A token is sent by the app alone and needs none; a request that carries a token is judged by the token.
"""

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, APIKeyHeader
from ninja.utils import check_csrf

from lms.accounts.models import User
from lms.api.problems import csrf_failed
from lms.hours.queries.handshakes import person_of_request

TOKEN_LENGTH_MAX = 100
"""Tokens are session keys of 32 places."""


class PersonRequest(HttpRequest):
    """A request that an endpoint gets: `auth` is the person who asks."""

    auth: User


class SessionToken(APIKeyHeader):
    param_name = "X-Session-Token"

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        # No cache or database is asked for what cannot be a token: PostgreSQL would choke on a NUL.
        is_token = key is not None and key.isprintable() and 0 < len(key) <= TOKEN_LENGTH_MAX
        return person_of_request(request) if is_token else None


class SessionCookie(APIKeyCookie):
    param_name = settings.SESSION_COOKIE_NAME

    def _get_key(self, request: HttpRequest) -> str | None:
        return request.COOKIES.get(self.param_name)

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        if not key or request.headers.get("X-Session-Token"):
            return None
        person = person_of_request(request)
        # Asked after the person: a stranger is told to log in, not to send a token.
        if person is not None and check_csrf(request) is not None:
            raise csrf_failed()
        return person
