"""The code of a paper that a stranger may verify, as it is drawn, printed and typed, and what strangers see of a name.

Whoever has the code may look: a hundred random bits are found by nobody who tries.
"""

import base64
import re

CODE_BYTES = 13
"""104 random bits, of which the twenty places of a code keep 100."""
CODE_PLACES = 20
GROUP_PLACES = 4
STARS_MAX = 2
_CODE = re.compile(r"[A-Z2-7]{20}")
# Digits that base32 does not have, as people read them off paper.
_MISREAD = str.maketrans("01", "OI")


def code_of(chance: bytes) -> str:
    """Twenty places of base32 (A to Z, 2 to 7) from at least 13 random bytes."""
    if len(chance) < CODE_BYTES:
        raise ValueError(f"a code needs {CODE_BYTES} random bytes, not {len(chance)}")
    return base64.b32encode(chance).decode("ascii")[:CODE_PLACES]


def grouped(code: str) -> str:
    """`ABCD-EFGH-…`: as it is printed and read aloud."""
    return "-".join(code[place : place + GROUP_PLACES] for place in range(0, len(code), GROUP_PLACES))


def read_code(text: str) -> str | None:
    """The code that somebody typed, with or without dashes, 0 for O and 1 for I; None when it is none."""
    places = re.sub(r"[\s\-–—]+", "", text).upper().translate(_MISREAD)
    return places if _CODE.fullmatch(places) else None


def masked_name(name: str) -> str:
    """`张*`, `张**`: enough to compare with the person who shows the paper, not enough to find somebody."""
    plain = name.strip()
    return plain[:1] + "*" * min(max(len(plain) - 1, 1), STARS_MAX) if plain else "*"
