"""The small pictures that a player shows over its seek bar: sheets of tiles, one picture every few segments.

They are taken from keyframes, which lie at the starts of segments, so nothing between has to be decoded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, Final

from media_pipeline.rules.captions import clock

TILE_SIDE: Final = 160
COLUMNS: Final = 10
ROWS: Final = 10
# More pictures than this nobody tells apart on a seek bar.
PICTURES_MAX: Final = 600


@dataclass(frozen=True)
class Sprites:
    """`count` pictures of `width` x `height` pixels in sheets of `columns` x `rows`, filled row by row.

    Picture n shows the film at n * `every_ms`.
    """

    count: int
    every_segments: int
    every_ms: int
    width: int
    height: int
    columns: int = COLUMNS
    rows: int = ROWS

    @property
    def sheets(self) -> int:
        return ceil(self.count / (self.columns * self.rows))


def sprites_of(segments: int, segment_ms: int, width: int, height: int) -> Sprites:
    """Sheets for a film of so many segments; `width` and `height` give the shape of its picture."""
    every = max(1, ceil(segments / PICTURES_MAX))
    scale = TILE_SIDE / max(width, height)
    return Sprites(
        count=ceil(segments / every),
        every_segments=every,
        every_ms=every * segment_ms,
        width=max(2, round(width * scale / 2) * 2),
        height=max(2, round(height * scale / 2) * 2),
    )


def to_json(sprites: Sprites, files: Sequence[str]) -> dict[str, Any]:
    """As it is kept on the asset: the numbers, and the sheets' files in their order."""
    return {**asdict(sprites), "files": list(files)}


def from_json(kept: Mapping[str, Any]) -> tuple[Sprites, tuple[str, ...]]:
    """The numbers and the files of what `to_json` wrote."""
    numbers = {name: int(value) for name, value in kept.items() if name != "files"}
    return Sprites(**numbers), tuple(kept["files"])


def to_webvtt(sprites: Sprites, files: Sequence[str], duration_ms: int) -> str:
    """As players read it: for each stretch of the film the sheet, and where in it the picture is."""
    lines = ["WEBVTT", ""]
    for number in range(sprites.count):
        sheet, place = divmod(number, sprites.columns * sprites.rows)
        row, column = divmod(place, sprites.columns)
        ends_ms = min(duration_ms, (number + 1) * sprites.every_ms)
        box = f"{column * sprites.width},{row * sprites.height},{sprites.width},{sprites.height}"
        lines += [f"{clock(number * sprites.every_ms)} --> {clock(ends_ms)}", f"{files[sheet]}#xywh={box}", ""]
    return "\n".join(lines)
