"""Conditions and byte ranges, by the table of RFC 9110 and as properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_pipeline.rules.ranges import Facts, Part, accepts_gzip, is_known, part_for

# Mon, 04 May 2026 08:00:00 GMT
MODIFIED_S = 1_777_881_600
FILE = Facts(size=1_000, etag='"a1-3e8"', modified_s=MODIFIED_S)
THEN = "Mon, 04 May 2026 08:00:00 GMT"
BEFORE = "Mon, 04 May 2026 07:59:59 GMT"
LATER = "Mon, 04 May 2026 08:00:01 GMT"
WHOLE, UNCHANGED, CHANGED, OUTSIDE = Part(200, 0, 1_000), Part(304), Part(412), Part(416)


def asked(method: str = "GET", size: int = 1_000, **headers: str) -> Part:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return part_for(method, named, Facts(size, FILE.etag, FILE.modified_s))


@pytest.mark.parametrize(
    ("range_", "expected"),
    [
        ("bytes=0-0", Part(206, 0, 1)),
        ("bytes=100-299", Part(206, 100, 200)),
        ("bytes=990-", Part(206, 990, 10)),
        ("bytes=-5", Part(206, 995, 5)),
        ("bytes=-5000", Part(206, 0, 1_000)),
        ("bytes=900-5000", Part(206, 900, 100)),
        ("bytes = 0 - 1", Part(206, 0, 2)),
        ("bytes=1000-", OUTSIDE),
        ("bytes=-0", OUTSIDE),
        ("bytes=5-4", OUTSIDE),
        ("bytes=-", WHOLE),
        ("bytes=0-1,5-9", WHOLE),
        ("pages=1-2", WHOLE),
        ("bytes=a-b", WHOLE),
        ("bytes=" + "9" * 30 + "-", WHOLE),
        ("bytes=٣-٤", WHOLE),
        ("", WHOLE),
    ],
)
def test_which_bytes_a_range_asks_for(range_: str, expected: Part) -> None:
    assert asked(range=range_) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"if_none_match": '"a1-3e8"'}, UNCHANGED),
        ({"if_none_match": 'W/"a1-3e8"'}, UNCHANGED),
        ({"if_none_match": '"other", "a1-3e8"'}, UNCHANGED),
        ({"if_none_match": "*"}, UNCHANGED),
        ({"if_none_match": '"other"'}, WHOLE),
        ({"if_none_match": '"other"', "if_modified_since": THEN}, WHOLE),
        ({"if_modified_since": THEN}, UNCHANGED),
        ({"if_modified_since": LATER}, UNCHANGED),
        ({"if_modified_since": BEFORE}, WHOLE),
        ({"if_modified_since": "yesterday"}, WHOLE),
        ({"if_modified_since": "Mon, 99 May 2026 99:00:00 GMT"}, WHOLE),
        ({"if_match": '"a1-3e8"'}, WHOLE),
        ({"if_match": "*"}, WHOLE),
        ({"if_match": 'W/"a1-3e8"'}, CHANGED),
        ({"if_match": '"other"', "if_none_match": '"a1-3e8"'}, CHANGED),
        ({"if_unmodified_since": BEFORE}, CHANGED),
        ({"if_unmodified_since": THEN}, WHOLE),
        ({"if_none_match": '"a1-3e8"', "range": "bytes=0-1"}, UNCHANGED),
        ({"range": "bytes=0-1", "if_range": '"a1-3e8"'}, Part(206, 0, 2)),
        ({"range": "bytes=0-1", "if_range": THEN}, Part(206, 0, 2)),
        ({"range": "bytes=0-1", "if_range": '"other"'}, WHOLE),
        ({"range": "bytes=0-1", "if_range": 'W/"a1-3e8"'}, WHOLE),
        ({"range": "bytes=0-1", "if_range": BEFORE}, WHOLE),
        ({"range": "bytes=0-1", "if_range": LATER}, WHOLE),
        ({"range": "bytes=1000-", "if_range": '"other"'}, WHOLE),
    ],
)
def test_conditions_are_asked_in_the_order_of_the_standard(headers: dict[str, str], expected: Part) -> None:
    assert asked(**headers) == expected


def test_only_a_get_has_ranges() -> None:
    assert asked("HEAD", range="bytes=0-1") == WHOLE


def test_an_empty_file_has_no_bytes_to_ask_for() -> None:
    assert asked(size=0) == Part(200, 0, 0)
    assert asked(size=0, range="bytes=0-") == OUTSIDE
    assert asked(size=0, range="bytes=-1") == OUTSIDE


@given(content=st.binary(min_size=1, max_size=200), first=st.integers(0, 250), length=st.integers(1, 250))
def test_a_range_is_the_slice_that_it_names(content: bytes, first: int, length: int) -> None:
    part = asked(size=len(content), range=f"bytes={first}-{first + length - 1}")

    expected = content[first : first + length]
    assert content[part.first : part.first + part.length] == expected
    assert part.status == (206 if expected else 416)


@given(content=st.binary(min_size=1, max_size=200), cuts=st.lists(st.integers(0, 199), max_size=8))
def test_parts_that_are_asked_for_one_after_the_other_are_the_file(content: bytes, cuts: list[int]) -> None:
    places = sorted({0, *(cut for cut in cuts if cut < len(content))})
    ranges = [f"bytes={a}-{b - 1}" for a, b in zip(places, [*places[1:], len(content)], strict=True)]

    parts = [asked(size=len(content), range=each) for each in ranges]

    assert b"".join(content[part.first : part.first + part.length] for part in parts) == content


@given(headers=st.dictionaries(st.sampled_from(["range", "if_range", "if_match", "if_none_match"]), st.text()))
def test_nothing_that_a_stranger_writes_reaches_beyond_the_file(headers: dict[str, str]) -> None:
    part = asked(**headers)

    assert part.status in (200, 206, 304, 412, 416)
    assert 0 <= part.first <= part.first + part.length <= 1_000


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip ; q=1.0", True),
        ("", False),
        ("identity", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("*;q=0", False),
        ("gzip;q=much", False),
    ],
)
def test_who_takes_gzip(accepted: str, expected: bool) -> None:
    assert accepts_gzip(accepted) is expected


def test_a_list_of_tags_names_a_tag() -> None:
    assert is_known('"a", W/"b"', '"b"')
    assert not is_known("", '"b"')
    assert not is_known('"bb"', '"b"')
