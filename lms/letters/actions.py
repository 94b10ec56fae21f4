"""Writing letters and sending them. Not the acts of a person: whoever acted is in the audit row of what a letter tells.

`write_letters` belongs into the transaction of that act, so that there is no letter of something that did not happen,
and none is lost. Sending goes one letter at a time: claimed, sent, written down. A worker that dies in between leaves
one letter that may go out twice (under one Message-ID), and no more; a mail server that is gone costs no try.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from celery import current_app
from django.core.mail import get_connection
from django.db import transaction
from django.db.models import Q, QuerySet

from lms.accounts.models import User
from lms.letters.composing import compose
from lms.letters.limits import FAILURES_MAX, LETTERS_PER_PIECE, LETTERS_PER_STATEMENT, PAUSES
from lms.letters.models import Letter

SEND_TASK = "lms.letters.send_letters"
_NOBODY = Q(to__is_active=False) | Q(to__email__isnull=True)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewLetter:
    """`once` names what happened: the same kind, `once` and person again are no second letter."""

    kind: str
    to: User
    once: str
    about: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def write_letters(*, at: datetime, letters: Iterable[NewLetter]) -> None:
    """Owe these letters, and wake a worker after the commit. Who has no address gets none."""
    rows = [
        Letter(
            uuid=uuid5(NAMESPACE_URL, f"{each.kind} {each.once} {each.to.uuid}"),
            kind=each.kind,
            to=each.to,
            about=each.about,
            facts=each.facts,
            written_at=at,
            due_at=at,
        )
        for each in letters
        if each.to.email
    ]
    if rows:
        Letter.objects.bulk_create(rows, batch_size=LETTERS_PER_STATEMENT, ignore_conflicts=True)
        transaction.on_commit(wake, robust=True)


def wake() -> None:
    """Call a worker. Without a broker the sweep finds what is due."""
    try:
        current_app.send_task(SEND_TASK, retry=False)
    except Exception:
        log.warning("no worker was woken for letters; the next sweep will", exc_info=True)


def send_due(*, clock: Callable[[], datetime], most: int = LETTERS_PER_PIECE) -> int:
    """Send at most `most` of the letters that are due, and wake the next worker if there may be more.

    Returns how many were sent. Two workers at once never have the same letter.
    """
    _give_up(clock())
    if not _due(clock()).exists():
        return 0
    connection = get_connection()
    try:
        connection.open()
    except Exception as error:
        log.warning("the mail server does not answer (%s); letters wait", type(error).__name__)
        return 0
    sent = failures = 0
    try:
        for _turn in range(most):
            letter = _claim(clock())
            if letter is None:
                return sent
            failures = 0 if _send(letter, connection, clock) else failures + 1
            sent += not failures
            if failures == FAILURES_MAX:
                return sent
    finally:
        with suppress(Exception):
            connection.close()
    wake()
    return sent


def _claim(at: datetime) -> Letter | None:
    """The letter that is due longest, moved on to its next try before it is tried."""
    with transaction.atomic():
        due = _due(at).select_for_update(of=("self",), skip_locked=True, no_key=True).select_related("to")
        letter = due.order_by("due_at", "pk").first()
        if letter is None:
            return None
        letter.due_at = at + PAUSES[letter.attempts]
        letter.attempts += 1
        letter.save(update_fields=["due_at", "attempts"])
    return letter


def _send(letter: Letter, connection: Any, clock: Callable[[], datetime]) -> bool:
    try:
        message = compose(letter)
        message.connection = connection
        message.send()
    except Exception as error:
        # The type alone: what a mail server answers quotes addresses.
        log.warning("letter %s (%s) was not sent: %s", letter.uuid, letter.kind, type(error).__name__)
        # After an error the connection may be half dead; the next letter opens it anew.
        with suppress(Exception):
            connection.close()
        return False
    _finish(letter, clock())
    return True


def _finish(letter: Letter, sent_at: datetime) -> None:
    Letter.objects.filter(pk=letter.pk).update(due_at=None, sent_at=sent_at, facts={})


def _due(at: datetime) -> QuerySet[Letter]:
    return Letter.objects.filter(due_at__lte=at, attempts__lt=len(PAUSES)).exclude(_NOBODY)


def _give_up(at: datetime) -> None:
    """What failed at every try, and what is owed to somebody who has no address or is suspended by now."""
    hopeless = Letter.objects.filter(Q(attempts__gte=len(PAUSES)) | _NOBODY, due_at__lte=at)
    keys = list(hopeless.values_list("pk", flat=True))
    if keys:
        Letter.objects.filter(pk__in=keys).update(due_at=None, facts={})
        log.error("%s letters are given up", len(keys))
