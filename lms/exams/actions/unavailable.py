"""The gate could not be asked, because a part of the system that it stands behind is away: on record for who asked.

Nothing was decided and nobody was let through; the answer was 503.
"""

from datetime import datetime, timedelta

from django.db import transaction

from lms.accounts.models import User
from lms.audit.actions import record
from lms.audit.queries import was_recorded

UNAVAILABLE = "gate.unavailable"
EVERY = timedelta(minutes=1)
"""A page that is loaded again and again must not fill the log."""


@transaction.atomic
def note_unavailable(*, by: User, at: datetime, away: str, route: str) -> bool:
    """One row for each person and minute: what was `away`, and the name of the route that was asked. Whether written.

    `by` is whose login it is; nobody is logged in by it.
    """
    # Held, so that two requests at once write one row.
    User.objects.select_for_update(no_key=True, of=("self",)).get(pk=by.pk)
    if was_recorded(UNAVAILABLE, by, at - EVERY + timedelta.resolution):
        return False
    record(verb=UNAVAILABLE, subject=by, by=by, at=at, detail={"away": away, "route": route})
    return True
