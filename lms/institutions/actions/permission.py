"""Who decides on an institution: the question that comes before every write about one."""

from django.core.exceptions import PermissionDenied

from lms.accounts.queries import Viewer
from lms.institutions.models import Institution
from lms.institutions.queries import may_decide_on


class NotInstitutionsAuthority(PermissionDenied):
    """Only an authority above the institution, an administrator or the system itself may do this, and nobody who ever
    worked there."""


def require_decider(by: Viewer | None, institution: Institution) -> None:
    """`None` is the system; an anonymous visitor is not None."""
    if by is not None and not may_decide_on(by, institution):
        raise NotInstitutionsAuthority("only an authority above it may do this, and nobody who ever worked there")
