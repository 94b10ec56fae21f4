"""Who is at the other end of a handshake, from which site it comes, and which language it reads."""

from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.headless import app_settings as headless
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.timezone import now
from django.utils.translation import get_supported_language_variant

from lms.accounts.models import User
from lms.hours.queries.line import array_of, ids_of

ENDED = """
SELECT login.key FROM unnest(%s::text[], %s::int8[]) AS login(key, learner_id)
WHERE NOT EXISTS (SELECT FROM django_session s WHERE s.session_key = login.key AND s.expire_date > now())
    OR NOT EXISTS (SELECT FROM accounts_user u WHERE u.id = login.learner_id AND u.is_active)
"""


def persons_of(keys: Sequence[str]) -> dict[str, User]:
    """The active people of logins (see `session_key_of`), by key; who is logged out, suspended or unknown is missing.

    Asks the database, not the cache: nobody is let in by a login that is over. The rules of a login are Django's
    (`django.contrib.auth.get_user`): it ends with its password, and while keys are changed the old ones hold.
    """
    logins = Session.objects.filter(session_key__in=[key for key in keys if "\x00" not in key], expire_date__gt=now())
    told = {login.session_key: login.get_decoded() for login in logins}
    people = User.objects.in_bulk({int(data[SESSION_KEY]) for data in told.values() if SESSION_KEY in data})
    found = {key: people.get(int(data.get(SESSION_KEY, 0))) for key, data in told.items()}
    return {key: one for key, one in found.items() if one is not None and _holds(told[key], one)}


def session_key_of(scope: dict[str, Any]) -> str:
    """The key of the login behind a handshake, an app's token (allauth's are session keys) or a cookie; or ""."""
    return _header(scope, b"x-session-token") or _cookie(scope, settings.SESSION_COOKIE_NAME) or ""


def ended_logins(learners: Mapping[str, int]) -> set[str]:
    """Of logins (session key: learner's id), those that are over: logged out, expired, or of somebody suspended."""
    with connection.cursor() as cursor:
        cursor.execute(ENDED, [array_of(list(learners)), ids_of(learners.values())])
        return {row[0] for row in cursor.fetchall()}


def is_own_origin(scope: dict[str, Any]) -> bool:
    """False for a browser page of another site. Apps send no Origin and are known by their token."""
    origin = _header(scope, b"origin")
    if origin is None:
        return True
    return origin in settings.CSRF_TRUSTED_ORIGINS or urlsplit(origin).netloc == _header(scope, b"host")


def language_of(scope: dict[str, Any]) -> str:
    """The language that the person chose for the pages; an app's is what its Accept-Language asks for; else Chinese."""
    chosen = _cookie(scope, settings.LANGUAGE_COOKIE_NAME)
    if chosen is None and _header(scope, b"x-session-token"):
        chosen = (_header(scope, b"accept-language") or "").split(",")[0].split(";")[0].strip()
    try:
        return get_supported_language_variant(chosen or "")
    except LookupError:
        return settings.LANGUAGE_CODE


def _header(scope: dict[str, Any], name: bytes) -> str | None:
    values = [value for key, value in scope.get("headers", []) if key == name]
    return values[0].decode("latin1") if values else None


def _holds(login: Mapping[str, Any], person: User) -> bool:
    digest = login.get(HASH_SESSION_KEY, "")
    known = (person.get_session_auth_hash(), *person.get_session_auth_fallback_hash())
    return (
        person.is_active
        and login.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and any(constant_time_compare(digest, one) for one in known)
    )


def _cookie(scope: dict[str, Any], name: str) -> str | None:
    try:
        morsel = SimpleCookie(_header(scope, b"cookie") or "").get(name)
    except CookieError:
        return None
    return morsel.value if morsel else None


def person_of_request(request: HttpRequest) -> User | None:
    """The active person of an HTTP request: its cookie's, or the one of an app's X-Session-Token."""
    token = request.headers.get("X-Session-Token")
    if token:
        return _person_of_session(_session_of_token(token))
    return request.user if isinstance(request.user, User) and request.user.is_active else None


def _session_of_token(token: str) -> SessionBase | None:
    """PostgreSQL takes no NUL in a text: such a token is nobody's, not an error."""
    return None if "\x00" in token else headless.TOKEN_STRATEGY.lookup_session(token)


def _person_of_session(session: SessionBase | None) -> User | None:
    if session is None:
        return None
    user = get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]
    return user if isinstance(user, User) and user.is_active else None
