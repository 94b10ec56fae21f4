"""The few bytes around a text in a WebSocket (RFC 6455, section 5.2), for the one case that comes all the time.

A client's text of at most 64 KiB that is one frame and arrived whole, and a server's text. Everything else, and every
malformed frame, is for the library; `is_whole` says whether that is then between two frames again.
"""

import struct

from websockets.frames import apply_mask

FINAL_TEXT = 0x81
MASKED = 0x80
SIZE_IN_2, SIZE_IN_8 = 126, 127
MASK_BYTES = 4


def text_in(data: bytes) -> bytes | None:
    """The unmasked payload when `data` is exactly one final, masked text frame; None otherwise."""
    size = len(data)
    if size < 6 or data[0] != FINAL_TEXT:
        return None
    told, start = data[1] - MASKED, 2
    if not 0 <= told < SIZE_IN_8:
        return None
    if told == SIZE_IN_2:
        told, start = (data[2] << 8) + data[3], 4
    body = start + MASK_BYTES
    return apply_mask(data[body:], data[start:body]) if size == body + told else None


def text_frame(text: bytes) -> bytes:
    """A server's final text frame. Raises struct.error above 64 KiB."""
    size = len(text)
    if size < SIZE_IN_2:
        return struct.pack("!BB", FINAL_TEXT, size) + text
    return struct.pack("!BBH", FINAL_TEXT, SIZE_IN_2, size) + text


def is_whole(data: bytes) -> bool:
    """Whether bytes that begin with a frame end with one."""
    at, end = 0, len(data)
    while at + 2 <= end:
        size = data[at + 1] & 0x7F
        head = 2 + (MASK_BYTES if data[at + 1] & MASKED else 0)
        if size == SIZE_IN_2:
            size, head = int.from_bytes(data[at + 2 : at + 4], "big"), head + 2
        elif size == SIZE_IN_8:
            size, head = int.from_bytes(data[at + 2 : at + 10], "big"), head + 8
        at += head + size
    return at == end
