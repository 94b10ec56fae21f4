"""Making and revoking clients. Administrators or the system (the command line); all of it audited."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.idp.oidc.models import Client, Token
from django.db import transaction

from lms.accounts.actions import require_administrator
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.exchange.models import ExchangeClient
from lms.exchange.rules import scopes as rules
from lms.institutions.models import Institution, InstitutionKind, Region

NAME_LENGTH_MAX = 100


class ClientRefused(ValueError):
    """What was given cannot be a client; the text names the field, the value and what is allowed."""


@dataclass(frozen=True, slots=True)
class NewClient:
    """`secret` is known here and now only; None for one that was there already."""

    client: ExchangeClient
    secret: str | None


def create_client(
    *,
    by: Viewer | None,
    at: datetime,
    uuid: UUID,
    name: str,
    scopes: Sequence[str],
    region: Region | None = None,
    institution: Institution | None = None,
) -> NewClient:
    """A program that reads for one body, with a secret that is kept hashed; the same uuid again makes nothing.

    Raises ClientRefused.
    """
    require_administrator(by)
    _check(name, scopes, region, institution)
    with transaction.atomic():
        made = ExchangeClient.objects.select_related("client").filter(uuid=uuid).first()
        if made is not None:
            return NewClient(made, None)
        secret = secrets.token_urlsafe(32)
        client = ExchangeClient.objects.create(
            uuid=uuid, client=_client(name, scopes, secret), region=region, institution=institution, created_at=at
        )
        body = {"region": region.code} if region else {"institution": str(institution.uuid) if institution else ""}
        detail = {"client": client.client_id, "scopes": sorted(scopes), **body}
        record(verb="exchange_client.created", subject=client, by=by, at=at, detail=detail)
    return NewClient(client, secret)


def revoke_client(*, by: Viewer | None, at: datetime, client: ExchangeClient) -> None:
    """It gets no token any more, and those that it has open nothing from now on. Revoking twice changes nothing."""
    require_administrator(by)
    with transaction.atomic():
        if ExchangeClient.objects.filter(pk=client.pk, revoked_at__isnull=True).update(revoked_at=at):
            Token.objects.filter(client=client.client_id).delete()
            record(verb="exchange_client.revoked", subject=client, by=by, at=at, detail={"client": client.client_id})
    client.refresh_from_db(fields=["revoked_at"])


def _check(name: str, scopes: Sequence[str], region: Region | None, institution: Institution | None) -> None:
    if not 1 <= len(name.strip()) <= NAME_LENGTH_MAX:
        raise ClientRefused(f"name: {name!r}, allowed: 1 to {NAME_LENGTH_MAX} characters")
    if not scopes or rules.unknown(scopes):
        wrong = ", ".join(rules.unknown(scopes)) or "none"
        raise ClientRefused(f"scopes: {wrong}, allowed: {', '.join(rules.SCOPES)}")
    if (region is None) == (institution is None):
        raise ClientRefused("region, institution: a client acts for exactly one of them")
    if institution is not None and institution.kind != InstitutionKind.EXAM:
        raise ClientRefused(f"institution: {institution.name_zh!r}, allowed: an exam institution")


def _client(name: str, scopes: Sequence[str], secret: str) -> Client:
    client = Client(name=name.strip(), type=Client.Type.CONFIDENTIAL)
    client.set_secret(secret)
    client.set_grant_types([Client.GrantType.CLIENT_CREDENTIALS])
    client.set_response_types([])
    readable = [each for each in rules.SCOPES if each in scopes]
    client.set_scopes(readable)
    # What a token gets that asked for nothing.
    client.set_default_scopes(readable)
    client.save(force_insert=True)
    return client
