"""What is told by letter of seats, inside the transaction of what it tells."""

from datetime import datetime

from django.utils import timezone

from lms.exams.models import Registration, Sitting
from lms.letters.actions import NewLetter, write_letters


def tell_withdrawn(*, at: datetime, registration: Registration, sitting: Sitting) -> None:
    """To the learner; the reasons stand on the page of the sitting."""
    facts = {"title": sitting.title_zh, "day": timezone.localdate(sitting.starts_at).isoformat()}
    letter = NewLetter("registration.withdrawn", registration.learner, str(registration.uuid), str(sitting.uuid), facts)
    write_letters(at=at, letters=[letter])
