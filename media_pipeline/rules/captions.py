"""Captions: what one is, in which languages, what its times must keep to, and how it is written as WebVTT.

A `Cue` holds text that was already made safe (`caption_markup`); files are read by `caption_files`. What is wrong is
told as `Fault`s, all of them at once, each with its line, the value that was found and what is allowed; what was
changed without harm is told as `Note`s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

BYTES_MAX: Final = 2 * 1024**2  # six hours of speech are half of it, and a form field holds no more
CUES_MAX: Final = 20_000  # one a second for five and a half hours
CUE_MS_MAX: Final = 5 * 60_000  # longer than anything is said; more is a mistyped time
CUE_CHARS_MAX: Final = 500
CUE_LINES_MAX: Final = 6
FAULTS_MAX: Final = 200  # nobody reads more; the file is another one then
OVERLAP_CUT_MS_MAX: Final = 200  # recorders round; more was meant so, and would cover the one before
END_CUT_MS_MAX: Final = 2_000  # a last caption stays a little longer than the picture


@dataclass(frozen=True, slots=True)
class Language:
    """`own_name` is what its readers call it; it is shown as it stands in every language of the site."""

    code: str
    own_name: str
    is_right_to_left: bool = False


LANGUAGES: Final[dict[str, Language]] = {
    each.code: each
    for each in (
        Language("zh-Hans", "中文（简体）"),
        Language("zh-Hant", "中文（繁體）"),
        Language("en", "English"),
        Language("ug", "ئۇيغۇرچە", is_right_to_left=True),
        Language("bo", "བོད་ཡིག"),
        Language("mn-Mong", "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ"),
        Language("mn", "Монгол"),
        Language("kk-Arab", "قازاقشا", is_right_to_left=True),
        Language("kk", "Қазақша"),
        Language("ky-Arab", "قىرعىزچا", is_right_to_left=True),
        Language("ko", "조선말 / 한국어"),
        Language("za", "Vahcuengh"),
        Language("ii", "ꆈꌠꉙ"),
        Language("yue", "粵語"),
        Language("ja", "日本語"),
        Language("ru", "Русский"),
        Language("vi", "Tiếng Việt"),
        Language("th", "ไทย"),
        Language("my", "မြန်မာဘာသာ"),
        Language("fr", "Français"),
        Language("es", "Español"),
        Language("ar", "العربية", is_right_to_left=True),
    )
}


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption: shown from `start_ms` (inclusive) to `end_ms` (exclusive). `text` is safe WebVTT cue text."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a line, counted from 1 (0: the file as a whole). `code` names the words for people."""

    line: int
    code: str
    value: str = ""
    allowed: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """What was changed on the way in, how often, and where first."""

    code: str
    count: int
    line: int


class Findings:
    """Collects faults, up to FAULTS_MAX, and notes by their code."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._notes: dict[str, Note] = {}
        self.faults_left_out = 0

    @property
    def faults(self) -> tuple[Fault, ...]:
        """In the order of lines."""
        return tuple(sorted(self._faults, key=lambda fault: fault.line))

    @property
    def is_full(self) -> bool:
        return len(self._faults) == FAULTS_MAX

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(self._notes.values())

    def wrong(self, line: int, code: str, value: str = "", allowed: str = "") -> None:
        if self.is_full:
            self.faults_left_out += 1
        else:
            self._faults.append(Fault(line, code, shortened(value), allowed))

    def changed(self, code: str, line: int) -> None:
        known = self._notes.get(code)
        self._notes[code] = Note(code, known.count + 1, known.line) if known else Note(code, 1, line)


def check_times(numbered: Iterable[tuple[int, Cue]], duration_ms: int, found: Findings) -> tuple[Cue, ...]:
    """The cues of these lines in order, one after the other, inside the video; what is not goes into `found`.

    Overlaps of up to OVERLAP_CUT_MS_MAX and a last cue that stays up to END_CUT_MS_MAX too long are cut and noted.
    """
    kept: list[Cue] = []
    for line, cue in numbered:
        cue = _inside(line, cue, duration_ms, found)
        if kept:
            kept[-1] = _apart(line, kept[-1], cue, found)
        kept.append(cue)
    return tuple(kept)


def faults_of(cues: Sequence[Cue], duration_ms: int) -> tuple[Fault, ...]:
    """What is wrong with cues that no file stands behind: counted by their place in the list instead of a line."""
    found = Findings()
    if len(cues) > CUES_MAX:
        found.wrong(0, "too_many_cues", str(len(cues)), str(CUES_MAX))
    kept = check_times(enumerate(cues, start=1), duration_ms, found)
    for number, (given, cut) in enumerate(zip(cues, kept, strict=True), start=1):
        if given != cut and not found.faults:
            found.wrong(number, "overlaps", clock(given.end_ms), clock(cut.end_ms))
    return found.faults


def webvtt(cues: Iterable[Cue]) -> str:
    """A WebVTT file. Its cue texts are already escaped; nothing else of anybody's is in it."""
    blocks = [f"{clock(cue.start_ms)} --> {clock(cue.end_ms)}\n{cue.text}\n" for cue in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def clock(ms: int) -> str:
    """As WebVTT writes times: 01:02:03.004."""
    seconds, thousandths = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{thousandths:03d}"


def in_order_for(codes: Iterable[str], reader: str) -> tuple[str, ...]:
    """Languages in the order of the list above, those of a reader (a language tag such as `zh-hans`) in front."""
    known = list(LANGUAGES)
    wanted = reader.lower()

    def place(code: str) -> tuple[int, int]:
        tag = code.lower()
        nearness = 0 if tag == wanted else 1 if wanted and tag.split("-")[0] == wanted.split("-")[0] else 2
        return nearness, known.index(code) if code in known else len(known)

    return tuple(sorted(codes, key=place))


def shortened(value: str) -> str:
    """A value as a message quotes it."""
    printable = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in value[:81]
    )
    return printable if len(printable) <= 80 else printable[:79] + "…"


def _inside(line: int, cue: Cue, duration_ms: int, found: Findings) -> Cue:
    if cue.start_ms >= cue.end_ms:
        found.wrong(line, "ends_before_it_starts", clock(cue.end_ms), clock(cue.start_ms))
    elif cue.end_ms - cue.start_ms > CUE_MS_MAX:
        found.wrong(line, "too_long", clock(cue.end_ms - cue.start_ms), clock(CUE_MS_MAX))
    if cue.end_ms <= duration_ms:
        return cue
    if cue.start_ms < duration_ms and cue.end_ms - duration_ms <= END_CUT_MS_MAX:
        found.changed("end_cut", line)
        return replace(cue, end_ms=duration_ms)
    found.wrong(line, "after_the_end", clock(cue.end_ms), clock(duration_ms))
    return cue


def _apart(line: int, before: Cue, cue: Cue, found: Findings) -> Cue:
    """The cue before, cut where the next one begins."""
    if cue.start_ms >= before.end_ms:
        return before
    if cue.start_ms < before.start_ms:
        found.wrong(line, "out_of_order", clock(cue.start_ms), clock(before.start_ms))
    elif cue.start_ms == before.start_ms or before.end_ms - cue.start_ms > OVERLAP_CUT_MS_MAX:
        found.wrong(line, "overlaps", clock(cue.start_ms), clock(before.end_ms))
    else:
        found.changed("overlap_cut", line)
        return replace(before, end_ms=cue.start_ms)
    return before
