"""The citizen identity number 居民身份证号 (GB 11643): what makes one well-formed, and how it is shown.

18 places: six of a region, eight of the birth date, three of a sequence, one check digit (ISO 7064 MOD 11-2, ten
is written X). Whether the region exists is not judged: codes are retired, the cards of their people are not.
A number never appears in a reason, a repr or a text: only `IdentityNumber.reveal` gives it.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date

LENGTH = 18
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"
# Nobody born before can be a learner; an older date is a slip of the pen.
BIRTH_YEAR_MIN = 1900
FIELD = "identity_number"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a value is refused: the field and a code. Never the value."""

    field: str
    code: str


class IdentityNumber:
    """A well-formed number that shows itself masked, so that a traceback or a log line holds nothing to steal."""

    __slots__ = ("_places",)

    def __init__(self, places: str) -> None:
        self._places = places

    def reveal(self) -> str:
        return self._places

    def __repr__(self) -> str:
        return f"IdentityNumber({masked(self._places)})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdentityNumber) and other._places == self._places

    def __hash__(self) -> int:
        return hash(self._places)


def normalised(text: str) -> str:
    """Full-width forms (typed with a Chinese keyboard) become plain, white space goes, `x` becomes `X`."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def read_number(text: str, *, today: date) -> IdentityNumber | tuple[Reason, ...]:
    """The number, or every reason why `text` is none. `today` is inclusive: newborns have numbers."""
    places = normalised(text)
    codes = _form_codes(places) or _content_codes(places, today)
    return tuple(Reason(FIELD, code) for code in codes) or IdentityNumber(places)


def check_digit(first_places: str) -> str:
    """The last place that belongs to the first seventeen."""
    total = sum(int(place) * weight for place, weight in zip(first_places, WEIGHTS, strict=True))
    return CHECK_DIGITS[total % 11]


def masked(number: str) -> str:
    """`110***********1234`: enough to recognise one's own number, not enough to use another's."""
    return number[:3] + "*" * (len(number) - 7) + number[-4:] if len(number) == LENGTH else "*" * len(number)


def _form_codes(places: str) -> tuple[str, ...]:
    if len(places) != LENGTH:
        return ("identity_length",)
    if not (places.isascii() and places[:-1].isdigit() and places[-1] in CHECK_DIGITS):
        return ("identity_characters",)
    return ()


def _content_codes(places: str, today: date) -> tuple[str, ...]:
    born = _birth_date(places)
    codes = []
    if born is None:
        codes.append("identity_birth_date")
    elif born > today:
        codes.append("identity_future")
    if check_digit(places[:-1]) != places[-1]:
        codes.append("identity_check_digit")
    return tuple(codes)


def _birth_date(places: str) -> date | None:
    try:
        born = date(int(places[6:10]), int(places[10:12]), int(places[12:14]))
    except ValueError:
        return None
    return born if born.year >= BIRTH_YEAR_MIN else None
