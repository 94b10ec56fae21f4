"""Who is asking: the client behind a token, and whom it acts for."""

from dataclasses import dataclass
from datetime import datetime

from allauth.idp.oidc.models import Client, Token
from django.db.models import QuerySet

from lms.exchange.models import ExchangeClient

TEXT_MAX = 100
"""Longer is no client id and no token of ours; PostgreSQL would choke on a NUL, so it must be printable as well."""


class ClientNotFound(LookupError):
    """There is no such client."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A client with a valid token, and what the token lets it read."""

    client: ExchangeClient
    scopes: frozenset[str]

    @property
    def pk(self) -> int:
        """What its requests are counted by."""
        return self.client.pk


def client_with_id(client_id: str) -> ExchangeClient:
    """The client with this public id, revoked or not; for the command line and the token endpoint. Raises
    ClientNotFound."""
    found = _clients().filter(client_id=client_id).first() if _is_plain(client_id) else None
    if found is None:
        raise ClientNotFound("no such client")
    return found


def may_read(client: ExchangeClient) -> bool:
    """Not revoked, and not for a suspended institution."""
    return client.revoked_at is None and (client.institution is None or client.institution.suspended_at is None)


def reader_of(token: str, at: datetime) -> Reader | None:
    """Whoever holds this token now. Asked anew at each request, so that revoking works at once. One statement."""
    if not _is_plain(token):
        return None
    found = (
        Token.objects.by_value(token)
        .filter(type=Token.Type.ACCESS_TOKEN, expires_at__gt=at)
        .select_related("client__exchange__region", "client__exchange__institution")
        .first()
    )
    client: Client | None = found.client if found else None
    if found is None or client is None or not hasattr(client, "exchange") or not may_read(client.exchange):
        return None
    return Reader(client.exchange, frozenset(found.get_scopes()) & frozenset(client.get_scopes()))


def _clients() -> QuerySet[ExchangeClient]:
    return ExchangeClient.objects.select_related("client", "region", "institution")


def _is_plain(text: str) -> bool:
    return 0 < len(text) <= TEXT_MAX and text.isascii() and text.isprintable()
