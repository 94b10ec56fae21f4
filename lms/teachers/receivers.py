"""What this app answers to others: what is said of a teacher in a class report, whether claims and ledger agree, and
what the morning's letter asks.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.formats import date_format

from lms.accounts.models import User
from lms.enrollments.models import TrainingClass
from lms.enrollments.rules.naming import Reason
from lms.teachers.queries import Nameable, PastYear, claim_faults, claims_waiting, nameable_on
from lms.teachers.queries.applications import applications_waiting
from lms.teachers.rules.consequences import YearState, bars
from lms.teachers.rules.forty import rounded_up
from lms.teachers.texts import certificate_text, year_text

STATES = {YearState.GRACE: "wait", YearState.SHORT: "stop"}


def teachers_asked(
    sender: Any, people: Sequence[User], training_class: TrainingClass, at: datetime, **kwargs: Any
) -> dict[int, tuple[Reason, ...]]:
    """Receiver of `lms.enrollments.signals.teachers_asked`."""
    found = nameable_on(people, training_class, at)
    return {person: _reasons(each) for person, each in found.items()}


def differences_asked(sender: Any, learner_id: int, **kwargs: Any) -> list[str]:
    """Receiver of `lms.hours.signals.differences_asked`."""
    return claim_faults(learner_id)


def decisions_waiting(sender: Any, viewer: User, **kwargs: Any) -> dict[str, int]:
    """Receiver of `lms.letters.signals.waiting_asked`."""
    return {"files": applications_waiting(viewer).count(), "claims": claims_waiting(viewer).count()}


def _reasons(found: Nameable) -> tuple[Reason, ...]:
    """The certificate, then the year before, then whatever else is still missing of earlier ones."""
    state = "ok" if found.is_certified else "wait"
    certificate = Reason("certificate", state, certificate_text(found.is_certified))
    told = [each for place, each in enumerate(found.years) if place == 0 or each.state in STATES]
    return (certificate, *(_reason(each) for each in told))


def _reason(past: PastYear) -> Reason:
    until = date_format(past.make_up_until, "DATE_FORMAT")
    said = year_text(past.year, past.state, rounded_up(past.missing), until)
    return Reason(f"year_{past.state}", STATES.get(past.state, "ok"), said, bars=bars(past.state))
