"""Who may do something for an exam institution, and how what cannot be is refused."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied

from lms.accounts.queries import Viewer
from lms.exams.queries import examines
from lms.institutions.models import Institution, InstitutionKind


class NotExaminer(PermissionDenied):
    """Only examiners of the exam institution may do this."""


class SittingRefused(ValueError):
    """What was given cannot be a site, room, plan or sitting; `problems` lists (field, value, allowed)."""

    def __init__(self, problems: Iterable[tuple[str, str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "; ".join(f"{field}: {value!r}, allowed: {allowed}" for field, value, allowed in self.problems)
        )


def require_examiner(by: Viewer, institution: Institution) -> None:
    if institution.kind != InstitutionKind.EXAM or not examines(by, institution):
        raise NotExaminer("only examiners of the exam institution may do this")
