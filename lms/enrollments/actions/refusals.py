"""Why a write of this app was refused, and the two questions of who may.

People are refused by a `PermissionDenied` (a page answers 403); what was asked for is refused by a `ValueError` that
lists every problem at once.
"""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied

from lms.accounts.models import Role
from lms.accounts.queries import Viewer, has_role
from lms.enrollments.rules.classes import PlanProblem
from lms.enrollments.rules.syllabus import Problem
from lms.institutions.models import Institution
from lms.institutions.queries import institutions_of, may_see_region, staffs


class NotStaff(PermissionDenied):
    """Only staff of the class's own institution may do this."""


class NotAuthority(PermissionDenied):
    """Only the authority of the institution's region or above may do this, and never staff of the institution."""


class UuidTaken(ValueError):
    """The uuid belongs to something else that was made before."""


class SyllabusRefused(ValueError):
    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.field}: {p.value!r}, allowed: {p.allowed}" for p in self.problems))


class ClassRefused(ValueError):
    """A class that cannot be planned, or a step that its state does not allow."""

    def __init__(self, problems: Iterable[PlanProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.field}: {p.code} ({p.value})" for p in self.problems))


class EnrollmentRefused(ValueError):
    """`code` is one of not_a_learner, not_a_teacher (continuing education), class_reported (the authority has it before
    it), class_ended, class_over, class_of_teachers (they come in themselves).
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def require_staff(by: Viewer, institution: Institution) -> None:
    if not staffs(by, institution):
        raise NotStaff("only staff of the institution may do this")


def require_authority(by: Viewer, institution: Institution) -> None:
    """An authority must not decide on the institution that it works for itself, whatever else it may see."""
    judges_itself = institutions_of(by).filter(pk=institution.pk).exists()
    if judges_itself or not has_role(by, Role.AUTHORITY) or not may_see_region(by, institution.region):
        raise NotAuthority("only the authority of the region or above may decide on this class")
