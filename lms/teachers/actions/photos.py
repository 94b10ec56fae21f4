"""Photos of teachers: decoded, made small, turned upright and written anew, so that what is kept is only a picture.

What a file can make grow is bounded before it is decoded: its bytes, then its pixels. It is made small before anything
else is done with it, so that nothing is copied at full size. Nothing of the upload is kept: not its name, not where
and with what it was taken.
"""

import io
from uuid import uuid4

from django.core.files.base import ContentFile
from PIL import ExifTags, Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from media_pipeline.storage import private_storage

FORMATS = ("JPEG", "PNG")
BYTES_MAX = 10 * 1024 * 1024
JPEG_BEGINS = b"\xff\xd8\xff"
PIXELS_MAX = 16_000_000
"""Four bytes each when they are decoded, twice when they are transparent: 128 MB for a moment."""
REDUCED_PIXELS_MAX = 50_000_000
"""Of a JPEG, what a phone takes at its finest: read at a half or a quarter of its sides it costs less than the above.
A progressive one is not: its decoder holds the whole picture, however small it is asked for."""
SIDE_MIN = 240
"""A face in fewer pixels is not told from another."""
KEPT = (720, 960)
LYING = (5, 6, 7, 8)
"""EXIF orientations of a picture that lies on a side: it stands when it is turned."""
QUALITY = 85
WHITE = (255, 255, 255)


class PhotoRefused(ValueError):
    """`code`: too_large, unreadable, too_many_pixels (`allowed` are megapixels), too_small; `value` and `allowed` are
    figures."""

    def __init__(self, code: str, value: str, allowed: str) -> None:
        self.code, self.value, self.allowed = code, value, allowed
        super().__init__(f"photo: {value!r} ({code}), allowed: {allowed}")


def written_anew(content: bytes) -> bytes:
    """The same picture as a JPEG of at most 720 x 960 pixels that holds nothing else. Raises PhotoRefused."""
    if len(content) > BYTES_MAX:
        raise PhotoRefused("too_large", f"{len(content) / 1024 / 1024:.1f} MB", f"{BYTES_MAX // 1024 // 1024} MB")
    try:
        # The classes themselves: `Image.open` refuses what is far too large without telling how large it is.
        kind = JpegImageFile if content.startswith(JPEG_BEGINS) else PngImageFile
        with kind(io.BytesIO(content)) as opened:
            width, height = opened.size
            if min(width, height) < SIDE_MIN:
                raise PhotoRefused("too_small", f"{width} x {height}", f"{SIDE_MIN} x {SIDE_MIN}")
            most = _pixels_max(opened)
            if width * height > most:
                raise PhotoRefused("too_many_pixels", f"{width} x {height}", str(most // 1_000_000))
            return _small(opened)
    except PhotoRefused:
        raise
    except Exception:
        # A broken picture breaks whatever it happens to break: OSError, SyntaxError, ValueError, struct's, zlib's.
        raise PhotoRefused("unreadable", "", " / ".join(FORMATS)) from None


def keep_photo(jpeg: bytes) -> str:
    """Put what `written_anew` made into private storage; its name there."""
    return private_storage().save(f"teachers/{uuid4()}.jpg", ContentFile(jpeg))


def forget_photo(name: str) -> None:
    """Take back what was kept for something that did not come to be."""
    private_storage().delete(name)


def _pixels_max(opened: Image.Image) -> int:
    """How many pixels it may have; a JPEG that has many is set to be decoded at a half of its sides or less."""
    size = opened.size
    opened.draft("RGB", (max(KEPT), max(KEPT)))
    is_reduced = opened.size != size and "progressive" not in opened.info
    return REDUCED_PIXELS_MAX if is_reduced else PIXELS_MAX


def _small(opened: Image.Image) -> bytes:
    lies = opened.getexif().get(ExifTags.Base.Orientation) in LYING
    opened.thumbnail(KEPT[::-1] if lies else KEPT)
    upright = ImageOps.exif_transpose(opened)
    if upright.mode in ("RGBA", "LA", "P", "PA"):
        whole = upright.convert("RGBA")
        picture = Image.new("RGB", whole.size, WHITE)
        picture.paste(whole, mask=whole.getchannel("A"))
    else:
        picture = upright.convert("RGB")
    # Copied pixels alone: `save` would write on what the original carried along.
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    buffer = io.BytesIO()
    clean.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()
