"""The client credentials grant (RFC 6749, 4.4), the only one that is offered: an id and a secret for a token.

Clients and tokens are allauth's (its identity provider), with its ways of hashing; its own endpoint for all grants
needs another package and brings pages for people along (docs/decisions/0009).
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.idp.oidc import app_settings
from allauth.idp.oidc.models import Token
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from lms.exchange.models import ExchangeClient
from lms.exchange.queries.clients import ClientNotFound, client_with_id, may_read
from lms.exchange.rules.scopes import granted


class BadCredentials(PermissionError):
    """No such client, a wrong secret, or revoked: nobody is told which."""


class ScopeRefused(ValueError):
    """More was asked for than this client may read."""


@dataclass(frozen=True, slots=True)
class Issued:
    """`value` is known here and now only; what is kept is its hash."""

    value: str
    lifetime_s: int
    scopes: Sequence[str]


@sensitive_variables()
def issue_token(*, at: datetime, client_id: str, secret: str, scope: str = "") -> Issued:
    """A fresh token for whoever knows the secret. `scope` are words; without any, all that the client may read.

    Raises BadCredentials, ScopeRefused.
    """
    client = _proven(client_id, secret)
    scopes = granted(scope, client.client.get_scopes())
    if scopes is None:
        raise ScopeRefused(scope)
    value, lifetime_s = secrets.token_urlsafe(32), app_settings.ACCESS_TOKEN_EXPIRES_IN
    token = Token(
        type=Token.Type.ACCESS_TOKEN,
        client=client.client,
        created_at=at,
        expires_at=at + timedelta(seconds=lifetime_s),
    )
    token.set_value(value)
    token.set_scopes(list(scopes))
    with transaction.atomic():
        # A client that was revoked a moment ago would be left with this one.
        if not may_read(ExchangeClient.objects.select_for_update(of=("self",)).get(pk=client.pk)):
            raise BadCredentials("revoked")
        Token.objects.filter(client=client.client_id, expires_at__lte=at).delete()
        token.save(force_insert=True)
    return Issued(value, lifetime_s, scopes)


@sensitive_variables()
def _proven(client_id: str, secret: str) -> ExchangeClient:
    try:
        client = client_with_id(client_id)
    except ClientNotFound:
        # As long as comparing takes, so that time does not tell which ids exist.
        make_password(secret)
        raise BadCredentials("no such client") from None
    if not client.client.check_secret(secret) or not may_read(client):
        raise BadCredentials("wrong secret, or revoked")
    return client
