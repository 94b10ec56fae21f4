"""From a letter's row to the message: both languages, an absolute link, nothing that is not needed.

Composed when it is sent, so that the link to choose a password is made for who has none at that moment, lies in no
table, and is good for its whole time.
"""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from lms.accounts.queries import password_path
from lms.letters.models import Letter
from lms.letters.texts import KINDS, WAITING_FOR, WITH_PASSWORD

LANGUAGES = ("zh-hans", "en")
RULE = "\n\n" + "-" * 40 + "\n\n"
UNASKED = frozenset({"enrollment", WITH_PASSWORD})
DAY_SECONDS = 24 * 3600


def compose(letter: Letter) -> EmailMessage:
    """The message, without its connection."""
    kind = letter.kind
    if kind == "enrollment" and not letter.to.has_usable_password():
        kind = WITH_PASSWORD
    parts = [_part(letter, kind, language) for language in LANGUAGES]
    support = settings.SUPPORT_EMAIL
    host = settings.BASE_URL.split("//")[-1].split("/")[0].split(":")[0]
    return EmailMessage(
        subject=" / ".join(subject for subject, _body in parts),
        body=RULE.join(body.strip() for _subject, body in parts) + "\n",
        to=[letter.to.email or ""],
        reply_to=[support] if support else None,
        # The same letter sent twice is one letter to a mail program; and no machine answers to it.
        headers={"Message-ID": f"<{letter.uuid}@{host}>", "Auto-Submitted": "auto-generated"},
    )


def absolute(path: str) -> str:
    """A worker has no request: the address is the one that people type (BASE_URL)."""
    return settings.BASE_URL.rstrip("/") + path


def _part(letter: Letter, kind: str, language: str) -> tuple[str, str]:
    words = KINDS[kind]
    facts = {name: _spoken(value, language) for name, value in letter.facts.items()}
    facts["days"] = str(settings.PASSWORD_RESET_TIMEOUT // DAY_SECONDS)
    with override(language):
        context: dict[str, Any] = {
            "happened": _(words.happened) % facts,
            "waiting": [_waiting(name, number) for name, number in letter.facts.get("waiting", {}).items()],
            "reason": facts.get("reason", ""),
            "to_do": _(words.to_do) % facts,
            "link": absolute(_path(letter, words.route)),
            "is_unasked": kind in UNASKED,
            "support": settings.SUPPORT_EMAIL,
        }
        # A title may hold a line's end; a header may not.
        subject = " ".join((_(words.subject) % facts).split())
        return subject, render_to_string("letters/letter.txt", context)


def _path(letter: Letter, route: str) -> str:
    if not route:
        return password_path(letter.to)
    return reverse(route, args=[letter.about] if letter.about else [])


def _waiting(name: str, number: int) -> str:
    words, route = WAITING_FOR[name]
    return f"{_(words) % {'number': number}}  {absolute(reverse(route))}"


def _spoken(value: Any, language: str) -> Any:
    """A fact that has a name in each language is told in the language of the part."""
    if isinstance(value, dict) and LANGUAGES[0] in value:
        return value.get(language) or value[LANGUAGES[0]]
    return value
