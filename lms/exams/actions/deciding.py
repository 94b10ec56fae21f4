"""Keeping a verdict that is acted upon: its inputs, reasons and digest, signed, never changed afterwards.

Without a key that can sign, nothing is decided: nobody is booked, refused or withdrawn, and the log says so.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import uuid4

from django.db.models import Model

from lms import signing
from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.audit.queries import was_recorded
from lms.exams.models import Decision, Sitting
from lms.exams.queries.replays import claims_of
from lms.exams.queries.verdicts import Eligibility
from lms.exams.rules.facts import as_json, digest
from lms.exams.rules.reasons import written
from lms.exams.rules.signed import SIGNED_TYPE

SIGNING_UNAVAILABLE = "signing_unavailable"
"""The code of what is answered then, here, at the exchange and for its keys."""

IMPOSSIBLE = "decision.impossible"

log = logging.getLogger(__name__)


class GateFailed(Exception):
    """Something failed while it was decided, so nobody is let through; it is on record, and may be tried again."""


class SigningUnavailable(GateFailed):
    """Nothing can be signed now, so nothing was decided or booked. It is in the log of events."""


@contextmanager
def noting_what_cannot_be_signed(
    *, by: Viewer | None, at: datetime, subject: Model, since: datetime | None = None, **about: str
) -> Iterator[None]:
    """Goes around the transaction of what is signed, so that its own row outlives it. Raises SigningUnavailable.

    What is tried again and again is noted once after `since`. The path that is at fault goes to the log of the program:
    events are read by more people.
    """
    try:
        yield
    except signing.NoSigningKey as error:
        log.error("nothing was decided, because nothing can be signed: %s", error)
        if since is None or not was_recorded(IMPOSSIBLE, subject, since):
            record(verb=IMPOSSIBLE, subject=subject, by=by, at=at, detail={"code": SIGNING_UNAVAILABLE, **about})
        raise SigningUnavailable("nothing can be signed now") from error


def keep_decision(learner: User, sitting: Sitting, made: Eligibility) -> Decision:
    """Raises signing.NoSigningKey: without a signature nothing is decided."""
    inputs, rule_version = as_json(made.facts), made.verdict.rule_version
    decision = Decision(
        uuid=uuid4(),
        learner=learner,
        sitting=sitting,
        enrollment=made.enrollment,
        made_at=made.as_of,
        rule_version=rule_version,
        inputs=inputs,
        eligible=made.verdict.eligible,
        unmet=[written(each) for each in made.verdict.unmet],
        digest=digest(inputs, rule_version),
        ledger_number=made.ledger_number,
    )
    decision.signature = signing.sign(claims_of(decision), typ=SIGNED_TYPE, at=made.as_of)
    decision.save(force_insert=True)
    return decision
