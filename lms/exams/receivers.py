"""What other apps tell of: seats that rest on it are in doubt, in the same transaction. And what they ask: the
morning's letter what waits, and whoever looks at an institution what hangs on it."""

from datetime import date, datetime
from typing import Any

from lms.accounts.models import User
from lms.enrollments.models import Enrollment
from lms.exams.actions.holding import doubt_classes_taught, doubt_institution, doubt_learner
from lms.exams.queries.doubts import weight_of
from lms.exams.queries.plans import plans_waiting
from lms.institutions.models import Institution


def hours_lowered(sender: Any, learner_id: int, at: datetime, **kwargs: Any) -> None:
    doubt_learner(at=at, learner_id=learner_id)


def institution_suspended(sender: Any, institution: Institution, at: datetime, **kwargs: Any) -> None:
    doubt_institution(at=at, institution=institution)


def certificate_revoked(sender: Any, person: User, on: date, at: datetime, **kwargs: Any) -> None:
    doubt_classes_taught(at=at, teacher=person, begun_from=on)


def person_suspended(sender: Any, person: User, at: datetime, **kwargs: Any) -> None:
    doubt_learner(at=at, learner_id=person.pk)


def enrollment_withdrawn(sender: Any, enrollment: Enrollment, at: datetime, **kwargs: Any) -> None:
    doubt_learner(at=at, learner_id=enrollment.learner_id)


def waiting_asked(sender: Any, viewer: User, **kwargs: Any) -> dict[str, int]:
    return {"plans": plans_waiting(viewer).count()}


def weight_asked(sender: Any, institution: Institution, at: datetime, **kwargs: Any) -> dict[str, int]:
    return weight_of(institution, at)
