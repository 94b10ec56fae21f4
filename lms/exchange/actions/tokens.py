"""What stands before a token is given. The grant is allauth's (its identity provider), which knows nothing of revoked
clients and suspended institutions, and keeps expired tokens for ever (docs/decisions/0009).
"""

from datetime import datetime

from allauth.idp.oidc.models import Token

from lms.exchange.queries.clients import ClientNotFound, client_with_id, may_read


class NoToken(PermissionError):
    """No such client, or it may not read: nobody is told which."""


def make_room_for_token(*, at: datetime, client_id: str) -> None:
    """Let this client, which has yet to prove itself, ask for a token; those of it that have expired are forgotten.

    Whoever is revoked a moment later is left with a token that opens nothing (`queries.clients.reader_of`). Raises
    NoToken.
    """
    try:
        client = client_with_id(client_id)
    except ClientNotFound:
        raise NoToken("no such client") from None
    if not may_read(client):
        raise NoToken("revoked, or of a suspended institution")
    Token.objects.filter(client=client.client_id, expires_at__lte=at).delete()
