"""How many small pictures a film gets, and where each is."""

import pytest

from media_pipeline.rules.sprites import Sprites, from_json, sprites_of, to_json, to_webvtt


@pytest.mark.parametrize(
    ("segments", "count", "every_segments", "sheets"),
    [(1, 1, 1, 1), (100, 100, 1, 1), (101, 101, 1, 2), (600, 600, 1, 6), (601, 301, 2, 4), (5_400, 600, 9, 6)],
)
def test_a_long_film_gets_pictures_further_apart(segments: int, count: int, every_segments: int, sheets: int) -> None:
    sprites = sprites_of(segments, 4_000, 640, 360)

    assert (sprites.count, sprites.every_segments, sprites.sheets) == (count, every_segments, sheets)
    assert sprites.every_ms == every_segments * 4_000


@pytest.mark.parametrize(
    ("shape", "tile"),
    [((640, 360), (160, 90)), ((360, 640), (90, 160)), ((480, 360), (160, 120)), ((2000, 2), (160, 2))],
)
def test_a_tile_has_the_shape_of_the_film(shape: tuple[int, int], tile: tuple[int, int]) -> None:
    sprites = sprites_of(10, 4_000, *shape)

    assert (sprites.width, sprites.height) == tile


def test_what_is_kept_is_read_again() -> None:
    sprites = sprites_of(101, 4_004, 640, 360)

    assert from_json(to_json(sprites, ["a.jpg", "b.jpg"])) == (sprites, ("a.jpg", "b.jpg"))
    assert isinstance(from_json(to_json(sprites, []))[0], Sprites)


def test_players_are_told_where_each_picture_is() -> None:
    text = to_webvtt(sprites_of(112, 4_000, 640, 360), ["0.jpg", "1.jpg"], 445_000)

    cues = text.split("\n\n")
    assert cues[0] == "WEBVTT"
    assert cues[1] == "00:00:00.000 --> 00:00:04.000\n0.jpg#xywh=0,0,160,90"
    assert cues[100] == "00:06:36.000 --> 00:06:40.000\n0.jpg#xywh=1440,810,160,90"
    assert cues[112].strip() == "00:07:24.000 --> 00:07:25.000\n1.jpg#xywh=160,90,160,90"
