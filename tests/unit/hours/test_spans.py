"""Packed spans are the same spans."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.hours.queries.seats import spans_of
from lms.hours.rules.spans import Packed, Span, measure_ms, outside, union

MS = st.integers(0, 40)
SPANS = st.lists(st.tuples(MS, MS), max_size=8).map(union)
LARGEST = 2**63 - 1


@given(spans=SPANS, span=st.tuples(MS, MS))
def test_packed_spans_answer_as_pairs_do(spans: list[Span], span: Span) -> None:
    packed = Packed(chain.from_iterable(spans))

    assert len(packed) == len(spans) and bool(packed) == bool(spans)
    assert list(packed) == spans
    for index in range(-len(spans), len(spans)):
        assert packed[index] == spans[index]
    for index in (-len(spans) - 1, len(spans)):
        with pytest.raises(IndexError):
            packed[index]
    assert outside(span, packed) == outside(span, spans)
    assert union(packed, [span]) == union(spans, [span])
    assert measure_ms(packed) == measure_ms(spans)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        (None, []),
        ("{}", []),
        ("{[0,1000)}", [(0, 1000)]),
        ("{[0,1000),[2000,3000)}", [(0, 1000), (2000, 3000)]),
        (f"{{[0,{LARGEST})}}", [(0, LARGEST)]),
    ],
)
def test_spans_are_read_from_what_the_database_says(text: str | None, spans: list[Span]) -> None:
    assert list(spans_of(text)) == spans
