"""Stretches of a long lecture that are converted apart from each other."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Media from `from_ms` (inclusive) to `to_ms` (exclusive), both on the grid of segments."""

    from_ms: int
    to_ms: int
