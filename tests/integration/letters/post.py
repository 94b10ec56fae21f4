"""The postman of these tests: sends what is owed and shows what came to whom."""

from datetime import UTC, datetime

from django.core import mail
from django.core.mail import EmailMessage

from lms.letters.actions import send_due

LATER = datetime(2027, 1, 1, tzinfo=UTC)


def delivered(at: datetime = LATER) -> dict[str, EmailMessage]:
    """Send everything; the last letter to each address."""
    while send_due(clock=lambda: at):
        pass
    return {each.to[0]: each for each in mail.outbox}


def link_in(message: EmailMessage, part: str) -> str:
    """The one address in the letter that holds `part`, as it stands in both languages; without scheme and host."""
    found = {word for word in str(message.body).split() if part in word}
    assert len(found) == 1, found
    (address,) = found
    assert address.startswith("https://hours.example.test/")
    return address.removeprefix("https://hours.example.test")
