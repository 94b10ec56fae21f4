"""The unified social credit code of a body 统一社会信用代码 (GB 32100-2015): 18 signs, the last checks the rest."""

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Digits and capitals without I, O, S, V and Z, which are mistaken for others."""
LENGTH = 18
MODULUS = 31
BASE = 3


def code_reason(code: str) -> str | None:
    """Why this cannot be such a code: `length`, `signs` or `check_sign`; None when it can."""
    if len(code) != LENGTH:
        return "length"
    if any(sign not in SIGNS for sign in code):
        return "signs"
    return None if check_sign(code[:-1]) == code[-1] else "check_sign"


def check_sign(first: str) -> str:
    """The 18th sign for the first 17: the place of each, weighted by powers of 3, makes a multiple of 31 with it."""
    total = sum(SIGNS.index(sign) * pow(BASE, place, MODULUS) for place, sign in enumerate(first))
    return SIGNS[-total % MODULUS]
