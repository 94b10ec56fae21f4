"""Sets of milliseconds as sorted, disjoint, half-open `[from, to)` pairs; the algebra that coverage needs."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Span = tuple[int, int]
Spans = Sequence[Span]


class Packed(Sequence[Span]):
    """Spans by their bounds, one after the other: sixteen bytes each where pairs take 128. For what is kept by the
    thousand. Has no slices."""

    __slots__ = ("_bounds",)

    def __init__(self, bounds: Iterable[int]) -> None:
        self._bounds = array("q", bounds)

    def __len__(self) -> int:
        return len(self._bounds) // 2

    def __getitem__(self, index: Any) -> Any:
        return self._bounds[2 * index], self._bounds[2 * index + 1]

    def __iter__(self) -> Iterator[Span]:
        bounds = iter(self._bounds)
        return zip(bounds, bounds, strict=True)


def measure_ms(spans: Spans) -> int:
    """How many milliseconds the spans hold together."""
    return sum(upper - lower for lower, upper in spans)


def union(*groups: Iterable[Span]) -> list[Span]:
    """All that is in any group, sorted and merged; touching spans become one, empty ones vanish."""
    merged: list[Span] = []
    for lower, upper in sorted(span for group in groups for span in group):
        if upper <= lower:
            continue
        if merged and lower <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], upper))
        else:
            merged.append((lower, upper))
    return merged


def outside(span: Span, covered: Spans) -> list[Span]:
    """The parts of `span` that `covered` (sorted, disjoint) does not hold. What lies before it is not looked at."""
    lower, upper = span
    missing: list[Span] = []
    index = max(0, bisect_right(covered, (lower, lower)) - 1)
    while index < len(covered):
        taken_from, taken_to = covered[index]
        if taken_from >= upper:
            break
        if taken_from > lower:
            missing.append((lower, taken_from))
        lower = max(lower, taken_to)
        index += 1
    if lower < upper:
        missing.append((lower, upper))
    return missing


def end_of_first_ms(spans: Spans, ms: int) -> int:
    """The position at which the first `ms` milliseconds of `spans` are used up. `spans` must hold that many."""
    for lower, upper in spans:
        if ms <= upper - lower:
            return lower + ms
        ms -= upper - lower
    raise ValueError("the spans hold less than was asked for")
