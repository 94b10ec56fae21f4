"""What nobody foresaw refuses too: whatever fails while the gate decides lets nobody through, and is on record."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import models

from lms.accounts.models import User
from lms.audit.actions import record
from lms.exams.actions.deciding import GateFailed, SigningUnavailable, noting_what_cannot_be_signed

T = TypeVar("T")

log = logging.getLogger(__name__)


def fail_closed(
    decide: Callable[[], T],
    *,
    refusals: tuple[type[Exception], ...],
    verb: str,
    subject: models.Model,
    by: User,
    at: datetime,
) -> T:
    """What `decide` gives. Its `refusals` pass; anything else becomes GateFailed after everything was rolled back.

    The audit row of a failure is written then, if the database still can.
    """
    passes: tuple[type[Exception], ...] = (*refusals, SigningUnavailable)
    try:
        with noting_what_cannot_be_signed(by=by, at=at, subject=subject):
            return decide()
    except passes:
        raise
    except Exception as failure:
        log.exception("the gate failed: %s %s", verb, subject.pk)
        try:
            record(verb=verb, subject=subject, by=by, at=at, detail={"failure": type(failure).__name__})
        except Exception:
            log.exception("the failure could not be put on record")
        raise GateFailed(type(failure).__name__) from failure
