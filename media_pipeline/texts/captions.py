"""What editors read about captions: for every code of `rules.captions` what is wrong and what is allowed, or what was
changed on the way in."""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from media_pipeline.rules.captions import Fault, Note

Text = str | Promise

FAULTS: dict[str, Text] = {
    "file_too_large": _("The file has %(value)s bytes; at most %(allowed)s."),
    "unknown_encoding": _("The characters of this file cannot be read with certainty. Save it as %(allowed)s."),
    "no_cues": _(
        "There are no captions in it. A caption is times, such as %(allowed)s, and its words on the next line."
    ),
    "bad_signature": _("The first line is “%(value)s”; a WebVTT file begins with %(allowed)s alone."),
    "control_character": _("The character %(value)s is not allowed in captions."),
    "no_times": _("“%(value)s” has no times. They stand on the line above the words: %(allowed)s."),
    "bad_times": _("The times “%(value)s” cannot be read. They are written %(allowed)s."),
    "missing_blank_line": _("A caption begins here (%(value)s) without a blank line above it."),
    "ends_before_it_starts": _("The caption ends at %(value)s; it must end after its start, %(allowed)s."),
    "too_long": _("The caption is shown for %(value)s; at most %(allowed)s."),
    "after_the_end": _("The caption ends at %(value)s; the video is over at %(allowed)s."),
    "out_of_order": _("The caption begins at %(value)s, before the one above it, which begins at %(allowed)s."),
    "overlaps": _("The caption begins at %(value)s, while the one above is shown until %(allowed)s."),
    "text_too_long": _("The caption has %(value)s characters; at most %(allowed)s."),
    "too_many_lines": _("The caption has %(value)s lines; at most %(allowed)s."),
    "too_many_cues": _("There are %(value)s captions; at most %(allowed)s."),
}
NOTES: dict[str, Text] = {
    "from_gb18030": _("The file was converted from GB 18030. Look whether its characters are right."),
    "from_utf16": _("The file was converted from UTF-16."),
    "styles_dropped": _("Style sheets and regions were left out."),
    "place_dropped": _("Places on the picture were left out: captions stand at the bottom."),
    "markup_dropped": _("Colours, fonts and other markup were left out; the words stayed."),
    "empty_dropped": _("Captions without words were left out."),
    "overlap_cut": _("Captions that overlapped by a fraction of a second were cut."),
    "end_cut": _("The last caption was cut where the video ends."),
}


def fault_text(fault: Fault) -> str:
    """One fault in a sentence, without its line."""
    return str(FAULTS[fault.code]) % {"value": fault.value, "allowed": fault.allowed}


def note_text(note: Note) -> str:
    """One change in a sentence, with the line where it was made first."""
    if not note.line:
        return str(NOTES[note.code])
    line = gettext("(%(count)s times, first at line %(line)s)") % {"count": note.count, "line": note.line}
    return f"{NOTES[note.code]} {line}"
