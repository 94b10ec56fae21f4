"""Pictures as people upload them, made on the spot: nobody's face."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

SKY, LIMBS = (190, 205, 215), (90, 110, 125)
GPS_IFD = 0x8825
ORIENTATION = 0x0112
MAKER = 0x010F


def picture(width: int = 600, height: int = 800, form: str = "JPEG", mode: str = "RGB", **saved: Any) -> bytes:
    """A dark field in the upper half, so that it can be told which way is up."""
    image = Image.new(mode, (width, height), SKY if mode == "RGB" else 0)
    image.paste(LIMBS if mode == "RGB" else 255, (0, 0, width, height // 2))
    buffer = io.BytesIO()
    image.save(buffer, form, **saved)
    return buffer.getvalue()


def from_a_phone() -> bytes:
    """Lying on its side, with the maker's name and the place where it was taken."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "Maker of phones"
    exif.get_ifd(GPS_IFD)[1] = "N"
    return picture(1600, 1200, exif=exif)


def png_that_claims(width: int, height: int) -> bytes:
    """A header of that size, and hardly a byte of picture."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
