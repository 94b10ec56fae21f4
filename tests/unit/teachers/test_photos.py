"""Photos are decoded and written anew: what is kept is a small upright JPEG that holds nothing else."""

import io
from typing import Any

import pytest
from PIL import Image, ImageOps

from lms.teachers.actions import photos
from lms.teachers.actions.photos import PhotoRefused, written_anew
from tests.faces import from_a_phone, picture, png_that_claims


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


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
    ("content", "code", "value", "allowed"),
    [
        (b"", "unreadable", "", "JPEG / PNG"),
        (b"%PDF-1.7 and so on", "unreadable", "", "JPEG / PNG"),
        (picture()[:4000], "unreadable", "", "JPEG / PNG"),
        (picture(form="GIF"), "unreadable", "", "JPEG / PNG"),
        (png_that_claims(800, 800), "unreadable", "", "JPEG / PNG"),
        (picture(239, 800), "too_small", "239 x 800", "240 x 240"),
        (png_that_claims(40_000, 40_000), "too_many_pixels", "40000 x 40000", "16"),
        (png_that_claims(4_001, 4_000), "too_many_pixels", "4001 x 4000", "16"),
    ],
    ids=["empty", "another file", "cut off", "another form", "no picture", "too small", "a bomb", "too many pixels"],
)
def test_it_refuses_what_is_no_photo(content: bytes, code: str, value: str, allowed: str) -> None:
    with pytest.raises(PhotoRefused) as refused:
        written_anew(content)

    assert (refused.value.code, refused.value.value, refused.value.allowed) == (code, value, allowed)


def test_a_jpeg_that_is_reduced_while_it_is_read_may_have_more_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "PIXELS_MAX", 1_000_000)

    assert opened(written_anew(picture(2_000, 2_400))).size == (720, 864)

    monkeypatch.setattr(photos, "REDUCED_PIXELS_MAX", 4_000_000)
    with pytest.raises(PhotoRefused, match=r"'2000 x 2400' .too_many_pixels., allowed: 4"):
        written_anew(picture(2_000, 2_400))


@pytest.mark.parametrize(
    "content",
    [picture(2_000, 2_400, progressive=True), picture(250, 5_000), picture(2_000, 2_400, "PNG")],
    ids=["progressive", "a strip", "a PNG"],
)
def test_what_is_decoded_whole_may_not(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(photos, "PIXELS_MAX", 1_000_000)

    with pytest.raises(PhotoRefused, match=r"too_many_pixels., allowed: 1"):
        written_anew(content)


@pytest.mark.parametrize(
    "content",
    [from_a_phone(), picture(1_600, 2_000, "PNG", "RGBA"), picture(1_600, 2_000, "PNG", "P")],
    ids=["lying", "transparent", "with a palette"],
)
def test_it_is_small_before_anything_is_copied(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    turned: list[tuple[int, int]] = []
    turn = ImageOps.exif_transpose

    def watched(image: Image.Image, **more: Any) -> Any:
        turned.append((min(image.size), max(image.size)))
        return turn(image, **more)

    monkeypatch.setattr(ImageOps, "exif_transpose", watched)

    written_anew(content)

    [(shorter, longer)] = turned
    assert (shorter <= 720, longer <= 960) == (True, True)


def test_it_refuses_too_many_bytes_before_it_decodes_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "BYTES_MAX", 1_000)

    with pytest.raises(PhotoRefused, match="too_large"):
        written_anew(picture())
