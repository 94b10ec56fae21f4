"""Addresses of programs outside /api/: where they get a token (RFC 6749), and the keys and addresses that they need
(RFC 7517, RFC 8414). Answers of the token endpoint have OAuth's own form of errors, which its clients know.
"""

import logging
from datetime import UTC, datetime

from allauth.core import ratelimit
from allauth.core.internal.httpkit import extract_basic_auth
from allauth.idp.oidc.models import Client
from allauth.idp.oidc.views import token as allauth_token
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from lms import signing
from lms.exams.actions import SIGNING_UNAVAILABLE
from lms.exchange.actions.tokens import NoToken, make_room_for_token
from lms.exchange.rules.scopes import SCOPES

log = logging.getLogger(__name__)

RETRY_S = 60
UNAVAILABLE = {
    "type": "about:blank",
    "title": "Not possible at the moment",
    "status": 503,
    "code": SIGNING_UNAVAILABLE,
    "detail": "The keys cannot be read right now. Go on with those that you have, and try again later.",
}


@csrf_exempt
@require_POST
@sensitive_post_parameters()
@sensitive_variables()
@cache_control(no_store=True, private=True)
def token(request: HttpRequest) -> HttpResponse:
    """`grant_type=client_credentials` with the client's id and secret, in the form or as HTTP Basic.

    It is allauth's endpoint, behind what that leaves open: its other grants are for people, and end in a crash where
    there are no pages for them.
    """
    if request.POST.get("grant_type") != Client.GrantType.CLIENT_CREDENTIALS:
        return _refused(400, "unsupported_grant_type", "Only client_credentials is offered.")
    if "resource" in request.POST:
        return _refused(400, "invalid_target", "No resource can be chosen here.")
    # Read as allauth reads it: whoever proves to be one client must not be counted as another.
    client_id = extract_basic_auth(request.headers)[0] or request.POST.get("client_id", "")
    if not ratelimit.consume(request, action="exchange_token", key=client_id):
        answer = _refused(429, "temporarily_unavailable", "Too many requests; a token can be used until it expires.")
        answer.headers["Retry-After"] = str(RETRY_S)
        return answer
    try:
        make_room_for_token(at=datetime.now(UTC), client_id=client_id)
    except NoToken:
        answer = _refused(401, "invalid_client", "The client id or the secret is wrong, or the client was revoked.")
        answer.headers["WWW-Authenticate"] = 'Basic realm="xueshi"'
        return answer
    return allauth_token(request)


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


def _refused(status: int, error: str, description: str) -> JsonResponse:
    return JsonResponse({"error": error, "error_description": description}, status=status)
