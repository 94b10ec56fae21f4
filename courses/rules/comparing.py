"""What changed between two versions of a lesson, for people: section by section, sentence by sentence.

Sections are matched by their titles, in order; a section under a new title is a new one. Words are compared as plain
text: what a learner reads, not how it is marked up.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

# Longer texts are compared as a whole: the comparison's cost grows with the square of the sentences.
SENTENCES_MAX: Final = 2_000

SAME, ADDED, REMOVED, CHANGED = "same", "added", "removed", "changed"

# A full stop inside a figure ends nothing.
_SENTENCE = re.compile(r"(?:[^。！？；!?;\n.]|\.(?!\s|$))*(?:[。！？；!?;\n]+\s*|\.(?=\s|$)\s*|$)")


@dataclass(frozen=True, slots=True)
class Section:
    """A section's title and its words as plain text."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is the same in both, or only in the old one (removed) or the new one (added)."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A section in one or both versions. `pieces` in the order in which they are read."""

    title: str
    state: str
    pieces: tuple[Piece, ...]


def compare(old: Sequence[Section], new: Sequence[Section]) -> tuple[Comparison, ...]:
    """Every section of both, in reading order; what was removed stands where it was."""
    matcher = SequenceMatcher(a=[each.title for each in old], b=[each.title for each in new], autojunk=False)
    found: list[Comparison] = []
    for verb, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if verb == "equal":
            pairs = zip(old[old_from:old_to], new[new_from:new_to], strict=True)
            found += [_compared(before, after) for before, after in pairs]
            continue
        found += [Comparison(each.title, REMOVED, (Piece(REMOVED, each.text),)) for each in old[old_from:old_to]]
        found += [Comparison(each.title, ADDED, (Piece(ADDED, each.text),)) for each in new[new_from:new_to]]
    return tuple(found)


def sentences(text: str) -> list[str]:
    """The text in pieces that a reader takes in at a time; joined they are the text again."""
    return [piece for piece in _SENTENCE.findall(text) if piece]


def _compared(old: Section, new: Section) -> Comparison:
    if old.text == new.text:
        return Comparison(new.title, SAME, (Piece(SAME, new.text),))
    before, after = sentences(old.text), sentences(new.text)
    if len(before) + len(after) > SENTENCES_MAX:
        return Comparison(new.title, CHANGED, (Piece(REMOVED, old.text), Piece(ADDED, new.text)))
    pieces: list[Piece] = []
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    for verb, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if verb == "equal":
            pieces.append(Piece(SAME, "".join(after[new_from:new_to])))
            continue
        if old_to > old_from:
            pieces.append(Piece(REMOVED, "".join(before[old_from:old_to])))
        if new_to > new_from:
            pieces.append(Piece(ADDED, "".join(after[new_from:new_to])))
    return Comparison(new.title, CHANGED, tuple(pieces))
