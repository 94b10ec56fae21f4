"""Addresses of programs outside /api/: where they get a token (RFC 6749), and the keys and addresses that they need
(RFC 7517, RFC 8414). Answers of the token endpoint have OAuth's own form of errors, which its clients know.
"""

import base64
import binascii
import logging
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from allauth.core import ratelimit
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from lms import signing
from lms.exams.actions import SIGNING_UNAVAILABLE
from lms.exchange.actions.tokens import BadCredentials, ScopeRefused, issue_token
from lms.exchange.rules.scopes import SCOPES

log = logging.getLogger(__name__)

FORM = "application/x-www-form-urlencoded"
RETRY_S = 60
UNAVAILABLE = {
    "type": "about:blank",
    "title": "Not possible at the moment",
    "status": 503,
    "code": SIGNING_UNAVAILABLE,
    "detail": "The keys cannot be read right now. Go on with those that you have, and try again later.",
}


class _Malformed(ValueError):
    """The request is none of RFC 6749."""


@csrf_exempt
@require_POST
@sensitive_post_parameters()
@sensitive_variables()
@cache_control(no_store=True, private=True)
def token(request: HttpRequest) -> JsonResponse:
    """`grant_type=client_credentials` with the client's id and secret, in the form or as HTTP Basic."""
    try:
        if request.content_type != FORM:
            raise _Malformed(f"The body must be {FORM}.")
        client_id, secret = _credentials(request)
    except _Malformed as error:
        return _refused(400, "invalid_request", str(error))
    if request.POST.get("grant_type") != "client_credentials":
        return _refused(400, "unsupported_grant_type", "Only client_credentials is offered.")
    if not ratelimit.consume(request, action="exchange_token", key=client_id):
        answer = _refused(429, "temporarily_unavailable", "Too many requests; a token can be used until it expires.")
        answer.headers["Retry-After"] = str(RETRY_S)
        return answer
    try:
        issued = issue_token(
            at=datetime.now(UTC), client_id=client_id, secret=secret, scope=request.POST.get("scope", "")
        )
    except BadCredentials:
        answer = _refused(401, "invalid_client", "The client id or the secret is wrong, or the client was revoked.")
        answer.headers["WWW-Authenticate"] = 'Basic realm="xueshi"'
        return answer
    except ScopeRefused:
        return _refused(400, "invalid_scope", "This client may not read all of that.")
    told = {
        "access_token": issued.value,
        "token_type": "Bearer",
        "expires_in": issued.lifetime_s,
        "scope": " ".join(issued.scopes),
    }
    return JsonResponse(told)


@require_safe
def jwks(request: HttpRequest) -> JsonResponse:
    """The public keys. Never longer in a cache than a new key is published before it signs.

    An answer without keys would make every attestation a forgery: when they cannot be read it is a 503 that no cache
    keeps, and verifiers go on with the keys that they have.
    """
    try:
        answer = JsonResponse({"keys": signing.published(datetime.now(UTC))})
    except signing.NoSigningKey as error:
        log.error("the public keys cannot be told: %s", error)
        answer = JsonResponse(UNAVAILABLE, status=503, content_type="application/problem+json")
        answer.headers["Retry-After"] = str(RETRY_S)
        patch_cache_control(answer, private=True, no_store=True)
        return answer
    patch_cache_control(answer, public=True, max_age=int(signing.LEAD.total_seconds()))
    return answer


@require_safe
@cache_control(public=True, max_age=int(signing.LEAD.total_seconds()))
def metadata(request: HttpRequest) -> JsonResponse:
    """Where everything is, for clients that discover it."""
    return JsonResponse(
        {
            "issuer": settings.BASE_URL,
            "token_endpoint": settings.BASE_URL + reverse("exchange_token"),
            "jwks_uri": settings.BASE_URL + reverse("jwks"),
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "scopes_supported": list(SCOPES),
        }
    )


@sensitive_variables()
def _credentials(request: HttpRequest) -> tuple[str, str]:
    """The client's id and secret. Raises _Malformed, also when both ways are used at once (RFC 6749, 2.3)."""
    header = request.headers.get("Authorization", "")
    in_form = "client_secret" in request.POST
    if header and in_form:
        raise _Malformed("Send the secret in one place only.")
    if not header:
        return request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    scheme, _blank, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise _Malformed("The header Authorization must be Basic here.")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise _Malformed("The header Authorization cannot be read.") from None
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise _Malformed("The header Authorization cannot be read.")
    return unquote_plus(client_id), unquote_plus(secret)


def _refused(status: int, error: str, description: str) -> JsonResponse:
    return JsonResponse({"error": error, "error_description": description}, status=status)
