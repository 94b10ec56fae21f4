"""Signatures that anybody can verify offline: Ed25519 keys, JWS in compact form (RFC 7515, RFC 8037). A leaf that every
app may use.

A key is a file of its own in settings.SIGNING_KEYS_DIR, numbered; never in the database. The newest that has begun
signs. A new key is published `LEAD` before it begins, so that no verifier meets a signature whose key it could not have
fetched; an older one stays published until the last that it signed has expired. When it no longer signs, its private
half is dropped and its public half kept: what is signed for good (no `exp`) is verified here for good.
"""

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import settings

from lms import env

ALGORITHM = "EdDSA"
LEAD = timedelta(minutes=10)
"""As long as the published keys may be cached."""
LIFE_MAX = timedelta(hours=24)
"""Nothing that expires is signed for longer."""
CLOCKS_DIFFER_MAX = timedelta(hours=1)


class NoSigningKey(RuntimeError):
    """A key file cannot be read or made, or none that signs is left. The path is named, never what is in the file."""


class NotOurs(ValueError):
    """No key of ours made this signature, it is of another type, or it was changed."""


@dataclass(frozen=True, slots=True)
class Key:
    """One file. `secret` is None when the key no longer signs; a leaked key is neither published nor believed."""

    number: int
    public: bytes
    secret: bytes | None
    signs_from: datetime
    has_leaked: bool = False

    @property
    def kid(self) -> str:
        """The thumbprint of RFC 7638: the same key has the same name everywhere."""
        return _written(hashlib.sha256(json.dumps(_jwk(self), separators=(",", ":")).encode()).digest())


def sign(claims: dict[str, Any], *, typ: str, at: datetime) -> str:
    """The compact JWS of `claims`; its header names the key (`kid`) and what it is (`typ`)."""
    key = signing_key(at)
    assert key.secret is not None
    secret = Ed25519PrivateKey.from_private_bytes(key.secret)
    return jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": key.kid, "typ": typ})


def signing_key(at: datetime) -> Key:
    """The key that signs now. Raises NoSigningKey."""
    return _signing(_keys(at), at)


def fault(at: datetime) -> str:
    """Why nothing could be signed now, in a sentence; empty when something could.

    Makes no key: commands ask this, and may run as somebody whose files the web processes cannot read.
    """
    try:
        if found := _files():
            _signing(found, at)
    except NoSigningKey as error:
        return str(error)
    return ""


def verify(token: str, *, typ: str) -> dict[str, Any]:
    """The claims of something that we signed, expired or not, by the key that signed it. Raises NotOurs."""
    try:
        header = jwt.get_unverified_header(token)
        key = next(each for each in _files() if each.kid == header.get("kid") and not each.has_leaked)
        if header.get("typ") != typ:
            raise NotOurs("it is of another type")
        public = Ed25519PublicKey.from_public_bytes(key.public)
        unchecked = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False}
        claims: dict[str, Any] = jwt.decode(token, public, algorithms=[ALGORITHM], options=unchecked)  # type: ignore[arg-type]
    except StopIteration:
        raise NotOurs("no key of ours signed it") from None
    except jwt.PyJWTError as error:
        raise NotOurs(str(error)) from None
    return claims


def published(at: datetime) -> list[dict[str, str]]:
    """The public keys as JWKs, the newest first: what signs, will sign, or has signed something that is still valid."""
    keys = _keys(at)
    successors = {each.number: later.signs_from for each, later in pairwise(keys)}
    kept = [
        each
        for each in keys
        if not each.has_leaked
        and (each.number not in successors or at < successors[each.number] + LIFE_MAX + CLOCKS_DIFFER_MAX)
    ]
    return [{**_jwk(each), "kid": each.kid, "alg": ALGORITHM, "use": "sig"} for each in reversed(kept)]


def rotate(at: datetime, *, has_leaked: bool = False) -> Key:
    """Make the key that signs from `at` + LEAD on. With `has_leaked` it signs at once, and no older one is believed."""
    keys = _keys(at)
    now_signing = _signing(keys, at)
    fresh = _made(keys[-1].number + 1, at if has_leaked else at + LEAD)
    _create(fresh)
    for each in keys:
        if has_leaked:
            _rewrite(replace(each, secret=None, has_leaked=True))
        elif each.number < now_signing.number and each.secret is not None:
            _rewrite(replace(each, secret=None))
    return _files()[-1]


def _keys(at: datetime) -> list[Key]:
    """All keys, the oldest first; the first is made when there is none."""
    found = _files()
    if not found:
        _create(_made(1, at))
        found = _files()
    return found


def _signing(keys: Iterable[Key], at: datetime) -> Key:
    able = [each for each in keys if each.secret is not None and not each.has_leaked]
    if not able:
        raise NoSigningKey(f"{settings.SIGNING_KEYS_DIR} holds no key that can sign; restore it from a backup.")
    begun = [each for each in able if each.signs_from <= at]
    return begun[-1] if begun else able[0]


def _files() -> list[Key]:
    # Read anew each time: a rotation by a command is seen by every process at once, and it is a few hundred bytes.
    folder: Path = settings.SIGNING_KEYS_DIR
    try:
        # Not a glob, which takes a folder that may not be read for an empty one.
        found = [each for each in folder.iterdir() if each.match("[0-9]*.json")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise NoSigningKey(f"{folder} cannot be read: {error.strerror}.") from None
    return sorted((_read(each) for each in found), key=lambda key: key.number)


def _read(path: Path) -> Key:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return Key(
            number=int(path.stem),
            public=_bytes(held["x"]),
            secret=_bytes(held["d"]) if "d" in held else None,
            signs_from=datetime.fromisoformat(held["signs_from"]),
            has_leaked=held.get("has_leaked", False),
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise NoSigningKey(f"{path} is no signing key of ours; restore it from a backup.") from None


def _made(number: int, signs_from: datetime) -> Key:
    secret = Ed25519PrivateKey.generate()
    return Key(
        number=number,
        public=secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
        secret=secret.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()),
        signs_from=signs_from,
    )


def _create(key: Key) -> None:
    """Two processes at once: one file, and both go on with what it holds."""
    try:
        env.kept(_path(key), _content(key))
    except env.BadSetting as error:
        # It would end the program, and this may be a request.
        raise NoSigningKey(str(error)) from None
    except OSError as error:
        raise NoSigningKey(f"{_path(key)} cannot be made: {error.strerror}.") from None


def _rewrite(key: Key) -> None:
    path = _path(key)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(_content(key) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def _path(key: Key) -> Path:
    folder: Path = settings.SIGNING_KEYS_DIR
    return folder / f"{key.number:04}.json"


def _content(key: Key) -> str:
    held: dict[str, Any] = {**_jwk(key), "kid": key.kid, "signs_from": key.signs_from.astimezone(UTC).isoformat()}
    if key.secret is not None:
        held["d"] = _written(key.secret)
    if key.has_leaked:
        held["has_leaked"] = True
    return json.dumps(held)


def _jwk(key: Key) -> dict[str, str]:
    """Exactly the members of its thumbprint, in their order."""
    return {"crv": "Ed25519", "kty": "OKP", "x": _written(key.public)}


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
