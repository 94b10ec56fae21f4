"""Reads caption files: WebVTT and SubRip (SRT), told apart by their first line and never by their name.

Strict where a mistake would show at the wrong moment or swallow words, patient where the meaning is plain: commas and
points in times, missing numbers, a blank line between times and text. All faults are collected with their lines; a
file with a fault gives no cues. UTF-8, UTF-16 with its mark, and GB18030 from older Chinese recorders are read.
"""

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from media_pipeline.rules.caption_markup import plain_text, safe_text
from media_pipeline.rules.captions import (
    BYTES_MAX,
    CUE_CHARS_MAX,
    CUE_LINES_MAX,
    CUES_MAX,
    Cue,
    Fault,
    Findings,
    Note,
    check_times,
)

TIMES_ALLOWED: Final = "00:00:01.000 --> 00:00:04.500"
RAW_CHARS_MAX: Final = CUE_CHARS_MAX * 10  # with markup; more is not looked into
CHINESE_SHARE_MIN: Final = 0.7

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{3})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s+(\S.*?))?\s*", re.ASCII)
_SIGNATURE = re.compile(r"WEBVTT(?:[ \t].*)?")
_STRANGE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says. `cues` is empty when there are faults; `text` is what was decoded, for the editor."""

    cues: tuple[Cue, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Note, ...] = ()
    faults_left_out: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines between blank lines; `line` is the number of the first."""

    line: int
    lines: tuple[str, ...]

    @property
    def times_at(self) -> int | None:
        """The first line with an arrow in it."""
        return next((place for place, line in enumerate(self.lines) if "-->" in line), None)

    def after(self, place: int) -> "_Block":
        return _Block(self.line + place, self.lines[place:])


@dataclass(slots=True)
class _Draft:
    """A caption whose text may still come: its times, and where they stand."""

    line: int
    start_ms: int
    end_ms: int
    texts: tuple[str, ...]


def read_file(content: bytes, duration_ms: int) -> Reading:
    """Captions of a video of this length, from an uploaded file of at most BYTES_MAX."""
    found = Findings()
    if len(content) > BYTES_MAX:
        found.wrong(0, "file_too_large", str(len(content)), str(BYTES_MAX))
        return Reading((), found.faults)
    text = _decoded(content, found)
    if text is None:
        found.wrong(0, "unknown_encoding", allowed="UTF-8")
        return Reading((), found.faults)
    return _read(text, duration_ms, found)


def read_text(text: str, duration_ms: int) -> Reading:
    """Captions of a video of this length, from what somebody typed."""
    found = Findings()
    size = len(text.encode("utf-8", errors="replace"))
    if size > BYTES_MAX:
        found.wrong(0, "file_too_large", str(size), str(BYTES_MAX))
        return Reading((), found.faults)
    return _read(text, duration_ms, found)


def _read(text: str, duration_ms: int, found: Findings) -> Reading:
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        strange = _STRANGE.search(line)
        if strange:
            found.wrong(number, "control_character", f"U+{ord(strange[0]):04X}")
    drafts = _drafts(lines, found)
    numbered = list(_cues(drafts, found))
    if len(numbered) > CUES_MAX:
        found.wrong(numbered[CUES_MAX][0], "too_many_cues", str(len(numbered)), str(CUES_MAX))
        numbered = numbered[:CUES_MAX]
    elif not numbered and not found.faults:
        found.wrong(0, "no_cues", allowed=TIMES_ALLOWED)
    cues = check_times(numbered, duration_ms, found)
    kept = () if found.faults else cues
    return Reading(kept, found.faults, found.notes, found.faults_left_out, text)


def _drafts(lines: list[str], found: Findings) -> list[_Draft]:
    is_webvtt = lines[0].startswith("WEBVTT")
    blocks = deque(_blocks(lines))
    if is_webvtt and blocks:
        _pass_header(blocks, found)
    drafts: list[_Draft] = []
    # A file without blank lines is taken apart piece by piece; when the faults are full it is not looked at further.
    while blocks and not found.is_full:
        block = blocks.popleft()
        if is_webvtt and _is_remark(block, found):
            continue
        place = block.times_at
        if place is None:
            _without_times(block, drafts, found)
        else:
            rest = _begin(block, place, drafts, found, is_webvtt=is_webvtt)
            if rest is not None:
                blocks.appendleft(rest)
    return drafts


def _blocks(lines: list[str]) -> Iterator[_Block]:
    start: int | None = None
    for place, line in enumerate([*lines, ""]):
        if line.strip() and start is None:
            start = place
        elif not line.strip() and start is not None:
            yield _Block(start + 1, tuple(lines[start:place]))
            start = None


def _pass_header(blocks: deque[_Block], found: Findings) -> None:
    """The signature and the lines below it, up to the first blank one."""
    header = blocks.popleft()
    if not _SIGNATURE.fullmatch(header.lines[0]):
        found.wrong(header.line, "bad_signature", header.lines[0], "WEBVTT")
    place = header.times_at
    if place is not None:
        found.wrong(header.line + place, "missing_blank_line", header.lines[place])
        blocks.appendleft(header.after(place))


def _is_remark(block: _Block, found: Findings) -> bool:
    """Comments of the author are passed over; style sheets and regions too, and that is noted."""
    first = block.lines[0].rstrip()
    if block.times_at is not None:
        return False
    if first in ("STYLE", "REGION"):
        found.changed("styles_dropped", block.line)
        return True
    return re.match(r"NOTE(?:\s|$)", block.lines[0]) is not None


def _without_times(block: _Block, drafts: list[_Draft], found: Findings) -> None:
    """Words below a blank line. They belong to the times above when those have none yet; else times are missing."""
    if drafts and not drafts[-1].texts:
        drafts[-1].texts = block.lines
    else:
        found.wrong(block.line, "no_times", block.lines[0], TIMES_ALLOWED)


def _begin(block: _Block, place: int, drafts: list[_Draft], found: Findings, *, is_webvtt: bool) -> _Block | None:
    """Take up the caption of a block; gives what stands below it in the same block, when that has times of its own."""
    head, line = block.lines[:place], block.line + place
    if len(head) > 1 or (head and not is_webvtt and not head[0].strip().isdecimal()):
        found.wrong(block.line, "no_times", head[0], TIMES_ALLOWED)
    below = block.lines[place + 1 :]
    until = next((number for number, text in enumerate(below) if _TIMES.fullmatch(text)), None)
    rest = None
    if until is not None:
        found.wrong(line + 1 + until, "missing_blank_line", below[until])
        has_number = until > 0 and below[until - 1].strip().isdecimal()
        below = below[: until - 1 if has_number else until]
        rest = block.after(place + 1 + until)
    times = _times(block.lines[place], line, found)
    drafts.append(_Draft(line, *(times or (-1, -1)), below))
    return rest


def _times(text: str, line: int, found: Findings) -> tuple[int, int] | None:
    match = _TIMES.fullmatch(text)
    start_ms = _ms(*match.group(1, 2, 3, 4)) if match else None
    end_ms = _ms(*match.group(5, 6, 7, 8)) if match else None
    if match is None or start_ms is None or end_ms is None:
        found.wrong(line, "bad_times", text, TIMES_ALLOWED)
        return None
    if match[9]:
        found.changed("place_dropped", line)
    return start_ms, end_ms


def _ms(hours: str | None, minutes: str, seconds: str, thousandths: str) -> int | None:
    if int(minutes) > 59 or int(seconds) > 59:
        return None
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(thousandths)


def _cues(drafts: list[_Draft], found: Findings) -> Iterator[tuple[int, Cue]]:
    """The captions whose times could be read, with the lines of their times."""
    for draft in drafts:
        text = _text(draft, found)
        if draft.start_ms < 0:
            continue
        if text:
            yield draft.line, Cue(draft.start_ms, draft.end_ms, text)
        else:
            found.changed("empty_dropped", draft.line)


def _text(draft: _Draft, found: Findings) -> str:
    raw = "\n".join(draft.texts)
    if len(raw) > RAW_CHARS_MAX:
        found.wrong(draft.line + 1, "text_too_long", str(len(raw)), str(CUE_CHARS_MAX))
        return "…"
    text, has_dropped = safe_text(raw)
    if has_dropped:
        found.changed("markup_dropped", draft.line + 1)
    length, lines = len(plain_text(text)), text.count("\n") + 1
    if length > CUE_CHARS_MAX:
        found.wrong(draft.line + 1, "text_too_long", str(length), str(CUE_CHARS_MAX))
    if lines > CUE_LINES_MAX:
        found.wrong(draft.line + 1, "too_many_lines", str(lines), str(CUE_LINES_MAX))
    return text


def _decoded(content: bytes, found: Findings) -> str | None:
    """None when it is no text in an encoding that we can be sure of."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = _decoded_as("utf-16", content)
        if text is not None:
            found.changed("from_utf16", 0)
        return text
    text = _decoded_as("utf-8-sig", content)
    if text is None:
        text = _decoded_as("gb18030", content)
        if text is None or not _reads_as_chinese(text):
            return None
        found.changed("from_gb18030", 0)
    return text


def _decoded_as(encoding: str, content: bytes) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _reads_as_chinese(text: str) -> bool:
    """GB18030 makes characters of nearly any bytes; a text is taken for it only when they are mostly common ones.

    Common are the punctuation and the first level of GB 2312, by its rows: 3,755 characters that make up almost all
    of what is written.
    """
    counted = Counter(character for character in text if not character.isascii())
    common = sum(number for character, number in counted.items() if _is_common(character))
    return common >= CHINESE_SHARE_MIN * counted.total()


def _is_common(character: str) -> bool:
    code = character.encode("gb2312", errors="ignore")
    return len(code) == 2 and (0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xD7)
