"""AES-128 as HLS asks for it (RFC 8216, 4.3.2.4): CBC with PKCS7 padding over whole segments.

The IV is the media sequence number, big-endian, in 16 bytes. It repeats between renditions on purpose: it must,
for they share keys; what it could tell is whether two renditions begin with the same block.
"""

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

KEY_BYTES: Final = 16
BLOCK_BITS: Final = 128


def sequence_iv(sequence: int) -> bytes:
    """The IV of the segment with this media sequence number."""
    return sequence.to_bytes(16, "big")


def encrypt_segment(content: bytes, *, key: bytes, sequence: int) -> bytes:
    """One whole segment, ready to be served."""
    if len(key) != KEY_BYTES:
        raise ValueError("an AES-128 key has 16 bytes")
    padder = PKCS7(BLOCK_BITS).padder()
    padded = padder.update(content) + padder.finalize()
    encryptor = Cipher(algorithms.AES128(key), modes.CBC(sequence_iv(sequence))).encryptor()
    return encryptor.update(padded) + encryptor.finalize()
