"""One letter a morning to who decides, while something waits; none when nothing does."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from lms.letters.actions import NewLetter, write_letters
from lms.letters.texts import WAITING
from lms.oversight.queries.waiting import deciders, waiting_for


def tell_waiting(*, at: datetime) -> int:
    """Write them; a second time on one day writes nothing. Returns to how many somebody's decision is due."""
    day = timezone.localdate(at).isoformat()
    found = [(each, waiting_for(each)) for each in deciders()]
    letters = [NewLetter(WAITING, each, day, facts={"waiting": waiting}) for each, waiting in found if waiting]
    with transaction.atomic():
        write_letters(at=at, letters=letters)
    return len(letters)
