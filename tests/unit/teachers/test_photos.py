"""Photos are decoded and written anew: what is kept is a small upright JPEG that holds nothing else."""

import io
import struct
import zlib

import pytest
from PIL import Image

from lms.teachers.actions import photos
from lms.teachers.actions.photos import PhotoRefused, written_anew
from tests.faces import from_a_phone, picture


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def png_that_claims(width: int, height: int) -> bytes:
    """A header of that size, and hardly a byte of picture."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_nothing_of_the_camera_and_the_place_is_kept() -> None:
    taken = from_a_phone()
    assert b"Maker of phones" in taken  # it was there

    kept = written_anew(taken)

    assert b"Maker of phones" not in kept
    assert (opened(kept).format, dict(opened(kept).getexif()), opened(kept).info.get("icc_profile")) == (
        "JPEG",
        {},
        None,
    )


def test_it_is_turned_upright_and_made_small() -> None:
    kept = opened(written_anew(from_a_phone()))

    assert kept.size == (720, 960)
    # Orientation 6: what was its upper half is on the right when it stands.
    left, right = kept.getpixel((60, 480)), kept.getpixel((660, 480))
    assert isinstance(left, tuple) and isinstance(right, tuple)
    assert left[0] > 150 > 120 > right[0]


def test_a_small_picture_is_not_blown_up() -> None:
    assert opened(written_anew(picture(300, 400))).size == (300, 400)


def test_what_is_transparent_becomes_white() -> None:
    kept = opened(written_anew(picture(300, 400, "PNG", "LA")))

    assert kept.mode == "RGB"
    assert kept.getpixel((150, 390)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "unreadable"),
        (b"%PDF-1.7 and so on", "unreadable"),
        (picture()[:4000], "unreadable"),
        (picture(form="GIF"), "unreadable"),
        (picture(239, 800), "too_small"),
        (png_that_claims(40_000, 40_000), "too_many_pixels"),
        (png_that_claims(8_000, 8_000), "too_many_pixels"),
        (png_that_claims(800, 800), "unreadable"),
    ],
    ids=["empty", "another file", "cut off", "another form", "too small", "a bomb", "too many pixels", "no picture"],
)
def test_it_refuses_what_is_no_photo(content: bytes, code: str) -> None:
    with pytest.raises(PhotoRefused) as refused:
        written_anew(content)

    assert refused.value.code == code


def test_it_refuses_too_many_bytes_before_it_decodes_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "BYTES_MAX", 1_000)

    with pytest.raises(PhotoRefused, match="too_large"):
        written_anew(picture())
