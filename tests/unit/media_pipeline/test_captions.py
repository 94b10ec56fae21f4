"""Caption files: what is read, what is refused with which line, and that nothing of a file gets out unescaped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_pipeline.rules import captions
from media_pipeline.rules.caption_files import read_file, read_text
from media_pipeline.rules.caption_markup import plain_text, safe_text
from media_pipeline.rules.captions import Cue, clock, faults_of, in_order_for, webvtt

HOUR_MS = 3_600_000

SRT = """1
00:00:01,000 --> 00:00:03,500
先断开电源，
再救人。

2
00:00:04,000 --> 00:00:06,000
第二句。
"""
WEBVTT = """WEBVTT - lesson one
Kind: captions

NOTE by the recorder

STYLE
::cue { background: url(https://outside.test/) }

intro
00:01.000 --> 00:03.500 align:start line:0
先断开电源，
再救人。

00:00:04.000 --> 00:00:06.000
第二句。
"""
CUES = (Cue(1_000, 3_500, "先断开电源，\n再救人。"), Cue(4_000, 6_000, "第二句。"))


def faults(text: str, duration_ms: int = HOUR_MS) -> list[tuple[int, str]]:
    return [(fault.line, fault.code) for fault in read_text(text, duration_ms).faults]


@pytest.mark.parametrize(
    "text", [SRT, WEBVTT, SRT.replace("\n", "\r\n"), "\ufeff" + SRT, SRT.replace("\n\n", "\n  \n\n")]
)
def test_both_kinds_say_the_same(text: str) -> None:
    reading = read_text(text, HOUR_MS)

    assert reading.faults == ()
    assert reading.cues == CUES


def test_what_was_changed_is_told_with_its_line() -> None:
    notes = read_text(WEBVTT, HOUR_MS).notes

    assert [(note.code, note.count, note.line) for note in notes] == [
        ("styles_dropped", 1, 6),
        ("place_dropped", 1, 10),
    ]


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", []),
        ("utf-8-sig", []),
        ("utf-16", ["from_utf16"]),
        ("gb18030", ["from_gb18030"]),
        ("gbk", ["from_gb18030"]),
    ],
)
def test_encodings_are_found_by_their_bytes(encoding: str, told: list[str]) -> None:
    reading = read_file(SRT.encode(encoding), HOUR_MS)

    assert reading.cues == CUES
    assert [note.code for note in reading.notes] == told


@pytest.mark.parametrize(
    "content",
    [
        "1\n00:00:01,000 --> 00:00:02,000\n先斷開電源，再救人。這是繁體中文的字幕\n".encode("big5"),
        "1\n00:00:01,000 --> 00:00:02,000\nСначала отключите питание\n".encode("cp1251"),
        "1\n00:00:01,000 --> 00:00:02,000\nCafé à la carte\n".encode("latin-1"),
        b"\x00\x00\x00\x18ftypmp42\xff\xfb\x90\x44" * 50,
        b"\xff\xfeabc",
    ],
)
def test_bytes_that_may_be_something_else_are_not_guessed_at(content: bytes) -> None:
    reading = read_file(content, HOUR_MS)

    assert [(fault.line, fault.code, fault.allowed) for fault in reading.faults] == [(0, "unknown_encoding", "UTF-8")]


@pytest.mark.parametrize(
    ("label", "text", "expected"),
    [
        ("nothing", "", [(0, "no_cues")]),
        ("only a header", "WEBVTT\n", [(0, "no_cues")]),
        ("a wrong signature", "WEBVTTX\n\n00:01.000 --> 00:02.000\na", [(1, "bad_signature")]),
        ("words without times", "1\n00:00:01,000 --> 00:00:02,000\na\n\nb", [(5, "no_times")]),
        ("an arrow that is none", "1\n00:00:01,000 -> 00:00:02,000\na", [(1, "no_times")]),
        ("a minute of 61 s", "1\n00:00:61,000 --> 00:02:00,000\na", [(2, "bad_times")]),
        ("sixty minutes", "59:59.000 --> 60:01.000\na", [(1, "bad_times")]),
        ("a negative time", "1\n-00:00:01,000 --> 00:00:02,000\na", [(2, "bad_times")]),
        ("two digits of a second", "1\n00:00:01,00 --> 00:00:02,00\na", [(2, "bad_times")]),
        ("digits of another script", "1\n٠٠:٠٠:٠١,٠٠٠ --> 00:00:02,000\na", [(2, "bad_times")]),
        ("backwards", "1\n00:00:02,000 --> 00:00:01,000\na", [(2, "ends_before_it_starts")]),
        ("no time at all", "1\n00:00:02,000 --> 00:00:02,000\na", [(2, "ends_before_it_starts")]),
        ("six minutes", "1\n00:00:00,000 --> 00:06:00,000\na", [(2, "too_long")]),
        ("after the end", "1\n01:00:01,000 --> 01:00:02,000\na", [(2, "after_the_end")]),
        ("far over the end", "1\n00:59:59,000 --> 01:00:04,000\na", [(2, "after_the_end")]),
        (
            "overlapping",
            "1\n00:00:01,000 --> 00:00:05,000\na\n\n2\n00:00:04,000 --> 00:00:06,000\nb",
            [(6, "overlaps")],
        ),
        (
            "out of order",
            "1\n00:00:05,000 --> 00:00:06,000\na\n\n2\n00:00:01,000 --> 00:00:02,000\nb",
            [(6, "out_of_order")],
        ),
        (
            "no blank line",
            "1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:03,000 --> 00:00:04,000\nb",
            [(5, "missing_blank_line")],
        ),
        ("no blank line below the header", "WEBVTT\n00:01.000 --> 00:02.000\na", [(2, "missing_blank_line")]),
        ("NUL", "1\n00:00:01,000 --> 00:00:02,000\na\x00b", [(3, "control_character")]),
        ("ESC", "1\n00:00:01,000 --> 00:00:02,000\na\x1b[2J", [(3, "control_character")]),
        ("very long words", f"1\n00:00:01,000 --> 00:00:02,000\n{'字' * 501}", [(3, "text_too_long")]),
        ("endless words", f"1\n00:00:01,000 --> 00:00:02,000\n{'<b>' * 9_000}", [(3, "text_too_long")]),
        ("seven lines", "1\n00:00:01,000 --> 00:00:02,000\n1\n2\n3\n4\n5\n6\n7", [(3, "too_many_lines")]),
    ],
)
def test_what_is_wrong_is_told_at_its_line(label: str, text: str, expected: list[tuple[int, str]]) -> None:
    reading = read_text(text, HOUR_MS)

    assert [(fault.line, fault.code) for fault in reading.faults] == expected
    assert reading.cues == ()


def test_all_faults_are_told_at_once_with_value_and_allowed() -> None:
    text = "1\n00:00:02,000 --> 00:00:01,000\na\n\n2\n00:00:0,000 -> 4\nb\n\n3\n01:00:05,000 --> 01:00:06,000\nc\n"

    told = [(fault.line, fault.value, fault.allowed) for fault in read_text(text, HOUR_MS).faults]

    assert told == [
        (2, "00:00:01.000", "00:00:02.000"),
        (5, "2", "00:00:01.000 --> 00:00:04.500"),
        (10, "01:00:06.000", "01:00:00.000"),
    ]


@pytest.mark.parametrize(
    ("label", "text", "cues", "note"),
    [
        (
            "a recorder's rounding",
            "00:00:01,000 --> 00:00:02,100\na\n\n00:00:02,000 --> 00:00:03,000\nb",
            (Cue(1_000, 2_000, "a"), Cue(2_000, 3_000, "b")),
            "overlap_cut",
        ),
        ("after the end by a second", "00:59:59,000 --> 01:00:01,000\na", (Cue(3_599_000, HOUR_MS, "a"),), "end_cut"),
        ("a blank line above the words", "1\n00:00:01,000 --> 00:00:02,000\n\na", (Cue(1_000, 2_000, "a"),), None),
        (
            "times without words",
            "1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\nb",
            (Cue(3_000, 4_000, "b"),),
            "empty_dropped",
        ),
        (
            "an arrow among the words",
            "00:00:01,000 --> 00:00:02,000\na --> b",
            (Cue(1_000, 2_000, "a --&gt; b"),),
            None,
        ),
    ],
)
def test_what_is_plain_is_taken(label: str, text: str, cues: tuple[Cue, ...], note: str | None) -> None:
    reading = read_text(text, HOUR_MS)

    assert (reading.faults, reading.cues) == ((), cues)
    assert [each.code for each in reading.notes] == ([note] if note else [])


def test_numbers_that_are_words_stay_with_their_times() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n\n2\n\n3\n00:00:03,000 --> 00:00:04,000\nb"

    assert read_text(text, HOUR_MS).cues == (Cue(1_000, 2_000, "2"), Cue(3_000, 4_000, "b"))


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("<b>断开</b><i>开关</i>", "<b>断开</b><i>开关</i>"),
        ("<B>断开", "<b>断开</b>"),
        ("<b><i>a</b>b</i>", "<b><i>a</i></b>b"),
        ("<b><b><b>a", "<b>a</b>"),
        ("</u>a", "a"),
        ('<font color="red" face=x>危险</font>', "危险"),
        ("<c.yellow.bg_blue>a</c>", "a"),
        (r"{\an8}{\pos(1,2)}上方", "上方"),
        ("a<00:00:01.500>b", "ab"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("<v 王师傅>切断电源", "<v 王师傅>切断电源</v>"),
        ("<v.loud Anna>a<v Bob>b", "<v Anna>a</v><v Bob>b</v>"),
        ("<v -->a", "a"),
        ("<v A -->a", "<v A>a</v>"),
        ("<ruby>电<rt>diàn</rt></ruby>", "<ruby>电<rt>diàn</rt></ruby>"),
        ("<rt>alone</rt>", "alone"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("<b onclick=alert(1)>a</b>", "<b>a</b>"),
        ("U < 220 V & I > 3 A", "U &lt; 220 V &amp; I &gt; 3 A"),
        (
            "&lt;b&gt; &amp;amp; AT&T &copy; &#65; &#0; &#xD800;",
            "&lt;b&gt; &amp;amp; AT&amp;T &amp;copy; A &amp;#0; &amp;#xD800;",
        ),
        ("a\n<b>\n</b>\nb", "a\n<b>\n</b>\nb"),
        (" \n\t\u3000", ""),
        ("<b> </b>", ""),
    ],
)
def test_markup_becomes_a_few_safe_tags(raw: str, safe: str) -> None:
    assert safe_text(raw)[0] == safe


def test_the_words_are_read_back_from_safe_text() -> None:
    assert plain_text(safe_text("<v 王>U < 3 & <b>I</b>")[0]) == "U < 3 & I"


PIECES = st.sampled_from(
    [
        "<b>",
        "</b>",
        "<i>",
        "</i>",
        "<v A>",
        "<v --",
        "</v>",
        "<ruby>",
        "<rt>",
        "-->",
        "--",
        ">",
        "<",
        "&",
        "&lt;",
        "\n",
        "&#10;",
        "&#8232;",
        "{\\an8}",
        "<script>",
        "<br>",
        "字",
        " ",
        "\u3000",
        "\u200f",
        "NOTE",
        "1",
        "00:01.000 --> 00:02.000",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join)


@given(TEXTS)
def test_safe_text_is_safe_and_stays_as_it_is(raw: str) -> None:
    safe, _dropped = safe_text(raw)

    assert safe_text(safe) == (safe, False)
    assert "-->" not in safe
    assert all(line.strip() for line in safe.split("\n")) or safe == ""
    assert "<script" not in safe


@st.composite
def some_cues(draw: st.DrawFn) -> tuple[Cue, ...]:
    place, made = 0, []
    for _ in range(draw(st.integers(1, 6))):
        start = place + draw(st.integers(0, 5_000))
        place = start + draw(st.integers(1, captions.CUE_MS_MAX))
        letters = st.characters(exclude_categories=["Cs", "Cc"])
        text, _dropped = safe_text(draw(TEXTS.filter(lambda raw: raw.isprintable()) | st.text(letters, max_size=40)))
        made.append(Cue(start, place, text or "字"))
    return tuple(made)


@given(some_cues())
def test_what_was_written_is_read_the_same(cues: tuple[Cue, ...]) -> None:
    reading = read_text(webvtt(cues), HOUR_MS)

    assert reading.faults == ()
    assert reading.notes == ()
    assert reading.cues == cues


@given(st.binary(max_size=300) | TEXTS.map(lambda text: f"WEBVTT\n\n{text}".encode()), st.integers(1, HOUR_MS))
def test_any_bytes_give_captions_or_faults(content: bytes, duration_ms: int) -> None:
    reading = read_file(content, duration_ms)

    assert bool(reading.cues) != bool(reading.faults)
    assert faults_of(reading.cues, duration_ms) == ()


@pytest.mark.parametrize(
    "content",
    [
        b"00:00.000-->00:00.000\n" * 90_000,
        b"1\n00:00:01,000 --> 00:00:02,000\n\n" * 60_000,
        b"<" * 2_000_000,
        b"WEBVTT\n\n" + b"a\n\n" * 600_000,
        b"\n" * 2_000_000,
        "字".encode("gb18030") * 1_000_000,
    ],
)
def test_a_hostile_file_is_refused_without_much_work(content: bytes) -> None:
    # A reader that looked at every line again for every other one would not come back from here.
    reading = read_file(content, HOUR_MS)

    assert 0 < len(reading.faults) <= captions.FAULTS_MAX


def test_a_file_that_is_too_large_is_not_read() -> None:
    reading = read_file(b"a" * (captions.BYTES_MAX + 1), HOUR_MS)

    assert [(fault.code, fault.value, fault.allowed) for fault in reading.faults] == [
        ("file_too_large", "2097153", "2097152")
    ]


def test_more_captions_than_anybody_speaks_are_refused() -> None:
    text = webvtt(Cue(place, place + 1, "a") for place in range(captions.CUES_MAX + 1))

    assert [fault.code for fault in read_text(text, HOUR_MS).faults] == ["too_many_cues"]


def test_cues_without_a_file_are_judged_by_the_same_rules() -> None:
    cues = [Cue(0, 2_000, "a"), Cue(1_900, 3_000, "b"), Cue(1_000, 900, "c")]

    assert faults_of(CUES, HOUR_MS) == ()
    assert [(fault.line, fault.code) for fault in faults_of(cues[:2], HOUR_MS)] == [(1, "overlaps")]
    assert [(fault.line, fault.code) for fault in faults_of([Cue(5, 5, "a")], HOUR_MS)] == [
        (1, "ends_before_it_starts")
    ]
    assert [fault.code for fault in faults_of([Cue(0, HOUR_MS + 1, "a")], HOUR_MS)] != []


def test_times_are_written_as_webvtt_writes_them() -> None:
    assert clock(3_723_004) == "01:02:03.004"


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        ("zh-hans", ("zh-Hans", "zh-Hant", "en", "ug")),
        ("zh-hant", ("zh-Hant", "zh-Hans", "en", "ug")),
        ("en-gb", ("en", "zh-Hans", "zh-Hant", "ug")),
        ("ug", ("ug", "zh-Hans", "zh-Hant", "en")),
        ("", ("zh-Hans", "zh-Hant", "en", "ug")),
    ],
)
def test_a_readers_own_language_stands_in_front(reader: str, expected: tuple[str, ...]) -> None:
    assert in_order_for(["ug", "en", "zh-Hant", "zh-Hans"], reader) == expected
