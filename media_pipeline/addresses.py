"""Addresses of segments for one viewer: signed for the login session behind the request (rules/addresses).

The key is derived from SECRET_KEY; former ones (SECRET_KEYS_RETIRED) still open what they signed, so that a change of
keys stops no film. Nothing is read from the database, neither to sign nor to check.
"""

import hmac
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.core.files.storage import default_storage

from media_pipeline.rules import addresses


def signer(session: str, at: datetime) -> Callable[[str], str]:
    """From a published file's name to its address for this login session, for the next 12 hours at least."""
    key, until_s = _key(settings.SECRET_KEY), addresses.until_s(int(at.timestamp()))
    queries: dict[str, str] = {}

    def address(name: str) -> str:
        folder = addresses.folder_of(name)
        if folder not in queries:
            signature = addresses.signature(key, session=session, until_s=until_s, folder=folder)
            queries[folder] = f"?until={until_s}&signature={signature}"
        return default_storage.url(name) + queries[folder]

    return address


def keys() -> list[bytes]:
    """The key that signs, and those that did."""
    return [_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


@lru_cache(maxsize=16)
def _key(secret: str) -> bytes:
    # The secret is long and random (lms.env.secret), so one keyed hash is derivation enough.
    return hmac.digest(secret.encode(), b"xueshi segment addresses 1", "sha256")
