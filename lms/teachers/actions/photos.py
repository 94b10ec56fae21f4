"""Photos of teachers: decoded, turned upright, made small and written anew, so that what is kept is only a picture.

What a file can make grow is bounded before it is decoded: its bytes, then its pixels. Nothing of the upload is kept:
not its name, not where and with what it was taken.
"""

import io
from uuid import uuid4

from django.core.files.base import ContentFile
from PIL import Image, ImageOps

from media_pipeline.storage import private_storage

FORMATS = ("JPEG", "PNG")
BYTES_MAX = 10 * 1024 * 1024
PIXELS_MAX = 50_000_000
"""What a phone takes at its finest; decoding it costs 150 MB for a moment."""
SIDE_MIN = 240
"""A face in fewer pixels is not told from another."""
KEPT = (720, 960)
QUALITY = 85
WHITE = (255, 255, 255)


class PhotoRefused(ValueError):
    """`code`: too_large, unreadable, too_many_pixels, too_small; `value` and `allowed` say it in figures."""

    def __init__(self, code: str, value: str, allowed: str) -> None:
        self.code, self.value, self.allowed = code, value, allowed
        super().__init__(f"photo: {value!r} ({code}), allowed: {allowed}")


def written_anew(content: bytes) -> bytes:
    """The same picture as a JPEG of at most 720 x 960 pixels that holds nothing else. Raises PhotoRefused."""
    if len(content) > BYTES_MAX:
        raise PhotoRefused("too_large", f"{len(content) / 1024 / 1024:.1f} MB", f"{BYTES_MAX // 1024 // 1024} MB")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            width, height = opened.size
            if width * height > PIXELS_MAX:
                raise PhotoRefused("too_many_pixels", f"{width} x {height}", f"{PIXELS_MAX // 1_000_000} megapixels")
            if min(width, height) < SIDE_MIN:
                raise PhotoRefused("too_small", f"{width} x {height}", f"{SIDE_MIN} x {SIDE_MIN}")
            # A large JPEG is decoded at a half or a quarter of its size at once.
            opened.draft("RGB", (2 * KEPT[1], 2 * KEPT[1]))
            return _small(opened)
    except PhotoRefused:
        raise
    except Image.DecompressionBombError:
        raise PhotoRefused("too_many_pixels", "?", f"{PIXELS_MAX // 1_000_000} megapixels") from None
    except Exception:
        # A broken picture breaks whatever it happens to break: OSError, SyntaxError, ValueError, struct's, zlib's.
        raise PhotoRefused("unreadable", "", " / ".join(FORMATS)) from None


def keep_photo(jpeg: bytes) -> str:
    """Put what `written_anew` made into private storage; its name there."""
    return private_storage().save(f"teachers/{uuid4()}.jpg", ContentFile(jpeg))


def forget_photo(name: str) -> None:
    """Take back what was kept for something that did not come to be."""
    private_storage().delete(name)


def _small(opened: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(opened)
    if upright.mode in ("RGBA", "LA", "P", "PA"):
        whole = upright.convert("RGBA")
        picture = Image.new("RGB", whole.size, WHITE)
        picture.paste(whole, mask=whole.getchannel("A"))
    else:
        picture = upright.convert("RGB")
    picture.thumbnail(KEPT)
    # Copied pixels alone: `save` would write on what the original carried along.
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    buffer = io.BytesIO()
    clean.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()
