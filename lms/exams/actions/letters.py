"""What is told by letter of seats and plans, inside the transaction of what it tells."""

from datetime import datetime

from django.utils import timezone

from lms.accounts.models import User
from lms.exams.models import ExamPlan, Registration, Sitting, WaitingPlace
from lms.letters.actions import NewLetter, write_letters


def tell_withdrawn(*, at: datetime, registration: Registration, sitting: Sitting) -> None:
    """To the learner; the reasons stand on the page of the sitting."""
    _tell("registration.withdrawn", at, registration.learner, str(registration.uuid), sitting)


def tell_seated(*, at: datetime, registration: Registration, sitting: Sitting) -> None:
    """To who waited and has a seat now."""
    _tell("waiting.seated", at, registration.learner, str(registration.uuid), sitting)


def tell_not_seated(*, at: datetime, place: WaitingPlace, sitting: Sitting) -> None:
    """To whose turn came when something was missing; the reasons stand on the page of the sitting."""
    _tell("waiting.refused", at, place.learner, str(place.uuid), sitting)


def tell_waited_in_vain(*, at: datetime, place: WaitingPlace, sitting: Sitting) -> None:
    """To who waited for a seat of a sitting that was cancelled."""
    _tell("waiting.cancelled", at, place.learner, str(place.uuid), sitting)


def tell_moved(*, at: datetime, registration: Registration, sitting: Sitting) -> None:
    """To whose seat has another number now."""
    once = f"{registration.uuid} {registration.seat} {at.isoformat()}"
    _tell("registration.moved", at, registration.learner, once, sitting)


def tell_plan_decided(*, at: datetime, plan: ExamPlan) -> None:
    """To who drafted it."""
    if plan.drafted_by is None:
        return
    letter = NewLetter(
        f"plan.{plan.state}", plan.drafted_by, f"{plan.uuid} {at.isoformat()}", str(plan.uuid), {"title": plan.title_zh}
    )
    write_letters(at=at, letters=[letter])


def _tell(kind: str, at: datetime, to: User, once: str, sitting: Sitting) -> None:
    facts = {"title": sitting.title_zh, "day": timezone.localdate(sitting.starts_at).isoformat()}
    write_letters(at=at, letters=[NewLetter(kind, to, once, str(sitting.uuid), facts)])
