"""Giving out keys: delivery is the second witness, beside the clock, of what a learner can have seen.

A key goes to the session that holds the learner's lease and is written down there in the same transaction. A beat of
that session earns media inside delivered windows alone, so a key of somebody else, or of an earlier session, is none.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import ExpressionWrapper, F, Value

from lms.accounts.models import User
from lms.hours.actions.sessions import CLOSED_LESSONS, StudyRefused, blocked
from lms.hours.models import StudySession
from lms.hours.models.ranges import MultirangeField
from lms.hours.queries.clocks import locked_desk
from lms.hours.queries.delivery import covered_by, led_ms
from lms.hours.rules.delivery import early_ms
from lms.hours.rules.spans import Span, outside
from media_pipeline import queries as media


class KeyTooEarly(Exception):
    """The window lies further ahead than the learner can be. `wait_ms` is how long until its key may be had."""

    def __init__(self, wait_ms: int) -> None:
        super().__init__(f"This key is given in {wait_ms} ms at the earliest.")
        self.wait_ms = wait_ms


@transaction.atomic
def deliver_key(*, by: User, at: datetime, lesson: UUID, window: int) -> bytes:
    """The key of a window of the lesson that the learner's lease is on, 16 bytes; written down on the session.

    Asking twice changes nothing. There is no audit row: the session's own row is the record.

    Raises StudyRefused (not_open, locked, withdrawn, not_enrolled), KeyTooEarly, and WindowUnknown of media_pipeline.
    """
    desk = locked_desk(by.pk)
    if desk is None or desk.version.lesson.uuid != lesson or desk.version.asset is None:
        raise StudyRefused("not_open", "Open a study session on this lesson first.")
    code = blocked(desk, at)
    if code:
        raise StudyRefused(code, CLOSED_LESSONS[code])
    found = media.window_numbered(desk.version.asset, window)
    span = (found.from_ms, found.to_ms)
    wait_ms = early_ms(span, covered=covered_by(desk), led_ms=led_ms(desk, at))
    if wait_ms:
        raise KeyTooEarly(wait_ms)
    key = media.key_of(desk.version.asset, window)
    if outside(span, desk.session.delivered):
        _write_down(desk.session, span)
    return key


def _write_down(session: StudySession, span: Span) -> None:
    """PostgreSQL adds the window: what was read beside the clock's lock may lack one that another request just got."""
    added = F("delivered") + Value([span], output_field=MultirangeField())
    StudySession.objects.filter(pk=session.pk).update(
        delivered=ExpressionWrapper(added, output_field=MultirangeField())
    )
