"""The resumable upload protocol tus 1.0 as text: its headers are read, and nothing else.

https://tus.io/protocols/resumable-upload, with the extensions creation, expiration, checksum and termination. What a
header may hold is bounded here; whatever is not well formed raises Malformed.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

VERSION: Final = "1.0.0"
EXTENSIONS: Final = ("creation", "expiration", "checksum", "termination")
# The protocol asks for sha1 of every server that offers checksums; our own page sends sha256.
DIGEST_BYTES: Final[Mapping[str, int]] = {"sha256": 32, "sha1": 20}
PART_TYPE: Final = "application/offset+octet-stream"
METADATA_CHARS_MAX: Final = 4_000
METADATA_PAIRS_MAX: Final = 16

# The status of the checksum extension; no other protocol knows it.
CHECKSUM_MISMATCH: Final = 460

_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_KEY: Final = re.compile(r"[!-+\--~]{1,64}")  # ASCII without space and comma


class Malformed(Exception):
    """A header that does not say what the protocol lets it say; the message names the header."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a part's bytes must hash to."""

    algorithm: str
    digest: bytes


def read_number(header: str, text: str | None) -> int:
    """A length or an offset in bytes. Malformed for anything but a plain decimal number."""
    if text is None or not _NUMBER.fullmatch(text):
        raise Malformed(header)
    return int(text)


def read_metadata(text: str) -> dict[str, str]:
    """Upload-Metadata: `key base64,key base64,key`. A key without a value reads as "". Malformed otherwise."""
    if len(text) > METADATA_CHARS_MAX:
        raise Malformed("Upload-Metadata")
    found: dict[str, str] = {}
    for pair in text.split(",") if text.strip() else ():
        key, _space, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found or len(found) >= METADATA_PAIRS_MAX:
            raise Malformed("Upload-Metadata")
        found[key] = _text_of(value.strip())
    return found


def read_checksum(text: str | None) -> Checksum | None:
    """Upload-Checksum: `algorithm base64`; None when there is none. Malformed for an algorithm that we do not offer."""
    if text is None:
        return None
    algorithm, _space, value = text.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("Upload-Checksum") from None
    if len(digest) != DIGEST_BYTES.get(algorithm):
        raise Malformed("Upload-Checksum")
    return Checksum(algorithm, digest)


def _text_of(value: str) -> str:
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        raise Malformed("Upload-Metadata") from None
    if "\0" in text:
        # No database keeps it.
        raise Malformed("Upload-Metadata")
    return text
