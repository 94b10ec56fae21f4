"""What is told by letter of classes and of who is in them. Each is called inside the transaction of what it tells."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from lms.accounts.models import User
from lms.enrollments.models import JoinRequest, TrainingClass
from lms.letters.actions import NewLetter, write_letters


def tell_enrolled(*, at: datetime, people: Iterable[User], training_class: TrainingClass) -> None:
    """To who was entered by others: the class, and the way in for who has none yet."""
    facts = _facts(training_class)
    once = f"{training_class.uuid} {at.isoformat()}"
    write_letters(at=at, letters=[NewLetter("enrollment", each, once, facts=facts) for each in people])


def tell_class_decided(*, at: datetime, training_class: TrainingClass, reason: str = "") -> None:
    """To who reported it: `training_class` is accepted or returned by now."""
    to = training_class.reported_by
    if to is not None:
        facts = {"title": training_class.title, "reason": reason}
        kind, about = f"class.{training_class.state}", str(training_class.uuid)
        letter = NewLetter(kind, to, f"{about} {at.isoformat()}", about, facts)
        write_letters(at=at, letters=[letter])


def tell_join_decided(*, at: datetime, request: JoinRequest) -> None:
    """To who asked."""
    facts = {**_facts(request.training_class), "reason": request.reason}
    about = str(request.uuid) if request.reason else ""
    letter = NewLetter(f"join.{request.state}", request.learner, str(request.uuid), about, facts)
    write_letters(at=at, letters=[letter])


def _facts(training_class: TrainingClass) -> dict[str, Any]:
    institution = training_class.institution
    return {
        "title": training_class.title,
        "institution": {"zh-hans": institution.name_zh, "en": institution.name_en},
        "starts": training_class.starts_on.isoformat(),
        "ends": training_class.ends_on.isoformat(),
    }
