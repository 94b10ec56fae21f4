"""Keeps window keys encrypted at rest, so that a copy of the database alone opens no lesson.

AES-256-GCM under a key derived from MEDIA_KEY; the asset and the window are bound in, so that a sealed key moved
to another row does not open. Losing MEDIA_KEY loses every published lesson: they must be transcoded again.
"""

import os
import uuid

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12


def seal(key: bytes, asset_uuid: uuid.UUID, ordinal: int) -> bytes:
    """What the database keeps for a window key."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _box().encrypt(nonce, key, _place(asset_uuid, ordinal))


def unseal(sealed: bytes, asset_uuid: uuid.UUID, ordinal: int) -> bytes:
    """The window key; cryptography.exceptions.InvalidTag when it belongs to another row or installation."""
    return _box().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _place(asset_uuid, ordinal))


def _box() -> AESGCM:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"xueshi window keys 1")
    return AESGCM(derivation.derive(settings.MEDIA_KEY.encode()))


def _place(asset_uuid: uuid.UUID, ordinal: int) -> bytes:
    return asset_uuid.bytes + ordinal.to_bytes(4, "big")
