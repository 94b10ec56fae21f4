"""What a person may log in with: an e-mail address or a mainland mobile number.

Both have one stored form (lower case; E.164 with +86), so that the same phone typed in three ways is one person.
"""

import re
import unicodedata
from typing import Literal

# Eleven places beginning 13..19; the prefix is typed as +86, 0086 or 86, or not at all.
_MOBILE = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})")
# Only tells the two kinds apart; whether the address is a good one is for the form that takes it in.
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SEPARATORS = re.compile(r"[\s\-()]+")


def normalised_phone(text: str) -> str | None:
    """`138 0013 8000`, `+86-13800138000` -> `+8613800138000`; None when it is no mainland mobile number."""
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    match = _MOBILE.fullmatch(plain)
    return f"+86{match[1]}" if match else None


def normalised_email(text: str) -> str:
    return text.strip().lower()


def masked_phone(phone: str) -> str:
    """`+86138****8000`."""
    return phone[:6] + "****" + phone[-4:] if len(phone) == 14 else "*" * len(phone)


def login_kind(text: str) -> Literal["email", "phone"] | None:
    """Which of the two `text` is meant to be; None when it can be neither."""
    if _EMAIL.fullmatch(text.strip()):
        return "email"
    return "phone" if normalised_phone(text) else None
