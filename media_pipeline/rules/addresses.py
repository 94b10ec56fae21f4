"""Signed addresses of segments: good for one login session, for one folder, for some hours.

One signature serves all segments of a rendition, so that a playlist of a thousand lines costs one, and packs well. It
holds the login session's digest: an address that was passed on is worth nothing under another login, and nobody has to
be looked up to know that. What is signed has one fixed shape (32 bytes, 8 bytes, the folder), so that no two requests
sign the same.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

STEP_S: Final = 6 * 3600
"""Addresses change four times a day: within a step a playlist is the same, and what a browser kept stays good."""
STEPS: Final = 3
"""An address lives 12 to 18 hours: a lesson that was begun in the morning goes on in the evening."""
SIGNATURE_BYTES: Final = 16
PUBLIC: Final = (".jpg",)
"""Posters and sprite sheets show what the list of lessons shows, and stand on pages that are kept for ever."""
PUBLISHED: Final = "hls/"

UNSIGNED, EXPIRED, OF_ANOTHER = "address_unsigned", "address_expired", "address_of_another"


def is_public(name: str) -> bool:
    """Whether a published file is anybody's: all outside the folder of films, and pictures inside it."""
    return not name.startswith(PUBLISHED) or name.endswith(PUBLIC)


def folder_of(name: str) -> str:
    return name.rpartition("/")[0]


def until_s(now_s: int) -> int:
    """When an address that is made now ends, in seconds since 1970."""
    return (now_s // STEP_S + STEPS) * STEP_S


def signature(key: bytes, *, session: str, until_s: int, folder: str) -> str:
    """22 letters for an address."""
    text = sha256(session.encode()).digest() + until_s.to_bytes(8, "big") + folder.encode()
    return urlsafe_b64encode(hmac.digest(key, text, "sha256")[:SIGNATURE_BYTES]).rstrip(b"=").decode()


def refusal(
    keys: Iterable[bytes], *, sessions: Iterable[str], name: str, until: str | None, signed: str | None, now_s: int
) -> str | None:
    """Why this file is not given to whoever holds these login sessions; None when it is.

    `until` and `signed` are what the address says. Whatever is wrong with a signature looks the same.
    """
    if not until or not signed:
        return UNSIGNED
    if not (until.isascii() and until.isdecimal() and len(until) <= 12 and signed.isascii()):
        return OF_ANOTHER
    folder, told = folder_of(name), list(filter(None, sessions))
    # Every pair is tried, so that the time tells nothing.
    fits = [
        hmac.compare_digest(signed, signature(key, session=session, until_s=int(until), folder=folder))
        for key in keys
        for session in told
    ]
    if not any(fits):
        return OF_ANOTHER
    return EXPIRED if int(until) <= now_s else None
