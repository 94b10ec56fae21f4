"""Ending leases whose lesson may not be studied any more, and telling their sockets why.

No hour depends on it: a beat asks for itself whether its lesson is open, and earns nothing when it is not. Here is what
happens between two beats: the lease ends at its last beat, what was earned stays, and the learner is told in seconds.
"""

from datetime import datetime

from django.db import transaction

from lms.hours.actions.notices import lesson_closed, tell
from lms.hours.actions.sessions import blocked, end_lease
from lms.hours.models import StudyClock
from lms.hours.queries.clocks import locked_desk
from lms.hours.queries.closed import Closed, learners_on_closed_lessons


def end_closed_leases(*, at: datetime, closed: Closed | None = None, limit: int = 500) -> int:
    """End leases on lessons that are closed at `at`, each in a transaction of its own. Returns how many.

    `closed` says what was closed just now; without it everything is looked at. A learner who is being served right now,
    or is above `limit`, is left for the next round or their own next beat.
    """
    ended = 0
    for learner_id in learners_on_closed_lessons(at, closed or Closed(), limit):
        with transaction.atomic():
            if not StudyClock.objects.select_for_update(skip_locked=True).filter(pk=learner_id).exists():
                continue
            desk = locked_desk(learner_id)
            code = blocked(desk, at) if desk is not None else ""
            if desk is None or not code:
                continue
            end_lease(desk, reason=code, at=at)
        tell(lesson_closed(learner_id, desk.session.uuid, code))
        ended += 1
    return ended
