"""What is owed, for whoever watches the installation."""

from datetime import datetime

from django.db.models import Count, Q

from lms.letters.models import Letter


def letters_by_state(at: datetime) -> dict[str, int]:
    """How many letters could be sent now (`due`), wait for their next try or are just being sent (`later`), and were
    given up. Two questions; what was sent is not looked at."""
    owed = Letter.objects.filter(due_at__isnull=False).aggregate(
        due=Count("due_at", filter=Q(due_at__lte=at)), later=Count("due_at", filter=Q(due_at__gt=at))
    )
    return {**owed, "given_up": Letter.objects.filter(due_at__isnull=True, sent_at__isnull=True).count()}
