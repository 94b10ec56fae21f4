"""The text of one caption, made safe: a few kinds of markup stay, everything else becomes plain words.

What stays is what WebVTT can say and captions need: bold, italic, underlined, ruby (pinyin above characters), and who
speaks. Colours, fonts, classes, karaoke times and places on the picture go; a tag that nobody knows is taken for words.
The result is escaped, its tags are balanced, none of its lines is blank and none holds the arrow that begins a caption.
"""

import re
import unicodedata
from typing import Final

KEPT: Final = frozenset({"b", "i", "u", "ruby", "rt"})
DROPPED: Final = frozenset({"c", "lang", "font", "s", "strike", "span"})
SPEAKER_CHARS_MAX: Final = 60

# A tag, a karaoke time, or an override of SubStation such as {\an8}. None of the three can hold its own beginning, so
# that the search takes one pass however many are left open.
_MARK = re.compile(r"<(/?)([A-Za-z]+)((?:\.[^\s<>]*)?)(?:[ \t\n]([^<>]*))?/?>|<[\d:.]+>|\{\\[^{}\n]*\}")
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos|nbsp|lrm|rlm)|#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6}));")
_NAMED: Final = {
    "amp": "&",
    "lt": "<",
    "gt": ">",
    "quot": '"',
    "apos": "'",
    "nbsp": "\N{NO-BREAK SPACE}",
    "lrm": "\N{LEFT-TO-RIGHT MARK}",
    "rlm": "\N{RIGHT-TO-LEFT MARK}",
}
_KEPT_TAG = re.compile(r"<[^<>]*>")


def safe_text(raw: str) -> tuple[str, bool]:
    """Safe cue text of what a file says, and whether markup was dropped. Empty when nothing is left to read."""
    writing = _Writing()
    place = 0
    for mark in _MARK.finditer(raw):
        writing.say(raw[place : mark.start()])
        writing.mark(mark)
        place = mark.end()
    writing.say(raw[place:])
    writing.close_all()
    lines = [line.strip() for line in "".join(writing.pieces).split("\n")]
    text = "\n".join(line for line in lines if line)
    return (text if plain_text(text).strip() else ""), writing.has_dropped


def plain_text(text: str) -> str:
    """The words of a safe cue text, as they are read."""
    return _unescaped(_KEPT_TAG.sub("", text))


class _Writing:
    """One pass over a text. A tag that is open already is not opened again, so that none nests deeper than a few."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.open: list[str] = []
        self.has_dropped = False

    def say(self, raw: str) -> None:
        self.pieces.append(_escaped(_unescaped(raw)))

    def mark(self, found: re.Match[str]) -> None:
        is_end, name, classes, more = found[1] == "/", (found[2] or "").lower(), found[3], found[4]
        if name == "br":
            self.pieces.append("\n")
        elif name == "v":
            self._speaker(is_end, more or "")
        elif name in KEPT:
            self.has_dropped |= bool(classes or more)
            self._close(name) if is_end else self._open(name)
        elif name in DROPPED or not name:
            self.has_dropped = True
        else:
            self.say(found[0].replace("<", "&lt;"))

    def close_all(self) -> None:
        while self.open:
            self.pieces.append(f"</{self.open.pop()}>")

    def _open(self, name: str) -> None:
        if name in self.open or (name == "rt" and "ruby" not in self.open):
            self.has_dropped = True
            return
        self.open.append(name)
        self.pieces.append(f"<{name}>")

    def _close(self, name: str) -> None:
        if name not in self.open:
            self.has_dropped = True
            return
        while True:
            last = self.open.pop()
            self.pieces.append(f"</{last}>")
            if last == name:
                return

    def _speaker(self, is_end: bool, more: str) -> None:
        """Who speaks, from here on. A name does not end with dashes: with the bracket they would be an arrow."""
        if is_end and "v" not in self.open:
            return
        if is_end:
            self._close("v")
            return
        self.close_all()
        name = " ".join(_unescaped(more).split())[:SPEAKER_CHARS_MAX].rstrip("- /")
        if not name:
            self.has_dropped = True
            return
        self.open.append("v")
        self.pieces.append(f"<v {_escaped(name)}>")


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unescaped(raw: str) -> str:
    return _ENTITY.sub(_character, raw)


def _character(entity: re.Match[str]) -> str:
    """What an entity stands for; one that stands for nothing fit to be written is left as it is."""
    if entity[1]:
        return _NAMED[entity[1]]
    number = int(entity[2]) if entity[2] else int(entity[3], 16)
    if number > 0x10FFFF or unicodedata.category(chr(number)) in ("Cc", "Cs", "Zl", "Zp"):
        return entity[0]
    return chr(number)
