"""Identity numbers at rest: AES-256-GCM to keep them, a keyed MAC to find them. Below actions and queries, above rules.

A cipher text is `version | key id | nonce | sealed`, bound to its person by the uuid as associated data: copied to
another row it does not open. IDENTITY_KEY seals; IDENTITY_KEYS_RETIRED still open what they sealed, so a key is
changed by moving the old one there and sealing again. The MAC key cannot change without computing every MAC anew.
"""

import hashlib
import hmac
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from lms.accounts.rules.identity import IdentityNumber

VERSION = b"\x01"
KEY_ID_BYTES = 4
# The size that NIST SP 800-38D recommends for random nonces.
NONCE_BYTES = 12


class CannotOpen(Exception):
    """The cipher text was sealed with a key that is not here, for another person, or was changed."""


@sensitive_variables()
def seal(number: IdentityNumber, person: UUID) -> bytes:
    return _sealed(number.reveal().encode("ascii"), _bound_to(person))


@sensitive_variables()
def seal_rows(rows: bytes, roster: UUID) -> bytes:
    """Identity numbers that wait together, in a list that is not yet people; bound to the list by its uuid."""
    return _sealed(rows, _bound_to_list(roster))


@sensitive_variables()
def unseal_rows(cipher: bytes, roster: UUID) -> bytes:
    """Raises CannotOpen."""
    return _opened(cipher, _bound_to_list(roster))


@sensitive_variables()
def unseal(cipher: bytes, person: UUID) -> IdentityNumber:
    """Raises CannotOpen, which says nothing of the content."""
    return IdentityNumber(_opened(cipher, _bound_to(person)).decode("ascii"))


@sensitive_variables()
def _sealed(content: bytes, bound_to: bytes) -> bytes:
    key = _key(settings.IDENTITY_KEY)
    nonce = secrets.token_bytes(NONCE_BYTES)
    return VERSION + _key_id(key) + nonce + AESGCM(key).encrypt(nonce, content, bound_to)


@sensitive_variables()
def _opened(cipher: bytes, bound_to: bytes) -> bytes:
    raw = bytes(cipher)
    head = len(VERSION) + KEY_ID_BYTES
    nonce, sealed = raw[head : head + NONCE_BYTES], raw[head + NONCE_BYTES :]
    for key in (_key(secret) for secret in (settings.IDENTITY_KEY, *settings.IDENTITY_KEYS_RETIRED)):
        if raw[:head] == VERSION + _key_id(key):
            try:
                return AESGCM(key).decrypt(nonce, sealed, bound_to)
            except (InvalidTag, ValueError):
                break
    raise CannotOpen("an identity number cannot be opened with the keys at hand")


@sensitive_variables()
def mac(number: IdentityNumber) -> str:
    """The same number gives the same 64 hex places; without the key nobody can try all numbers."""
    return hmac.new(settings.IDENTITY_MAC_KEY.encode(), number.reveal().encode("ascii"), hashlib.sha256).hexdigest()


def _key(secret: str) -> bytes:
    # The secret is long and random (lms.env.secret), so one hash is derivation enough.
    return hashlib.sha256(b"xueshi identity number\0" + secret.encode()).digest()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id\0" + key).digest()[:KEY_ID_BYTES]


def _bound_to(person: UUID) -> bytes:
    return b"person " + person.bytes


def _bound_to_list(roster: UUID) -> bytes:
    return b"roster " + roster.bytes
