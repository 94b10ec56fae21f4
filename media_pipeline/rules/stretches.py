"""Where a film is silent, frozen or black: read from what ffmpeg's detectors print, and what an editor is told of it.

The detectors report short stretches, so that one that runs over the border of two chunks is put together again;
then only those that last are kept.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

SILENT: Final = "silent"
FROZEN: Final = "frozen"
BLACK: Final = "black"
KINDS: Final = (SILENT, FROZEN, BLACK)

# What the detectors are asked for.
QUIET_DB: Final = -50
QUIET_S_MIN: Final = 3
FROZEN_S_MIN: Final = 3
BLACK_S_MIN: Final = 0.5
# What an editor is told: a teacher may pause and a slide may stand, but not for so long.
TOLD_MS_MIN: Final = {SILENT: 10_000, FROZEN: 60_000, BLACK: 2_000}
# Two stretches with less than this between them are one.
JOINT_MS_MAX: Final = 250
STRETCHES_MAX: Final = 500

_MARK: Final = re.compile(
    r"^lavfi\.(silence|freezedetect\.freeze|black)_(start|end)=(-?[0-9]+(?:\.[0-9]+)?(?:e[-+][0-9]+)?)$", re.MULTILINE
)
_KIND_OF: Final = {"silence": SILENT, "freezedetect.freeze": FROZEN, "black": BLACK}


@dataclass(frozen=True)
class Stretch:
    """Media from `from_ms` (inclusive) to `to_ms` (exclusive) that is silent, frozen or black."""

    kind: str
    from_ms: int
    to_ms: int


def parse_marks(printed: str, *, ends_ms: int) -> tuple[Stretch, ...]:
    """Stretches from the lines of ffmpeg's `metadata=print`; one that has no end runs to `ends_ms`."""
    found, begun = [], dict[str, int]()
    for name, edge, seconds in _MARK.findall(printed):
        kind, at_ms = _KIND_OF[name], min(ends_ms, max(0, round(float(seconds) * 1000)))
        if edge == "start":
            begun.setdefault(kind, at_ms)
        elif kind in begun:
            found.append(Stretch(kind, begun.pop(kind), at_ms))
    found += [Stretch(kind, from_ms, ends_ms) for kind, from_ms in begun.items()]
    return tuple(stretch for stretch in found if stretch.from_ms < stretch.to_ms)


def shifted(stretches: Iterable[Stretch], by_ms: int) -> tuple[Stretch, ...]:
    """The stretches of a part that begins at `by_ms` of the film."""
    return tuple(
        replace(stretch, from_ms=stretch.from_ms + by_ms, to_ms=stretch.to_ms + by_ms) for stretch in stretches
    )


def told(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """What an editor is told, in the order of the film: neighbours put together, short ones left out."""
    whole = [one for kind in KINDS for one in _together([each for each in stretches if each.kind == kind])]
    lasting = [one for one in whole if one.to_ms - one.from_ms >= TOLD_MS_MIN[one.kind]]
    return tuple(sorted(lasting, key=lambda one: (one.from_ms, one.kind))[:STRETCHES_MAX])


def _together(stretches: Sequence[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda one: one.from_ms):
        if joined and stretch.from_ms - joined[-1].to_ms <= JOINT_MS_MAX:
            joined[-1] = replace(joined[-1], to_ms=max(joined[-1].to_ms, stretch.to_ms))
        else:
            joined.append(stretch)
    return joined
