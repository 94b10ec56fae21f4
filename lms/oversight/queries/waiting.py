"""What waits for somebody who decides, counted: class reports, appeals, proposed hours, submissions;
and what apps that are not known here answer to the signal (exam plans)."""

from typing import Any

from lms.accounts.models import Role, RoleGrant, User
from lms.accounts.queries import has_role
from lms.enrollments.queries.reports import reports_for
from lms.hours.models import AppealState, ProposalState
from lms.hours.queries.appeals import appeals_for
from lms.hours.queries.attendance import proposals_for
from lms.institutions.queries import reviews_to_do
from lms.letters.signals import waiting_asked
from lms.letters.texts import WAITING_FOR


def deciders() -> list[User]:
    """Authorities and reviewers who can be written to. Each is asked once a day: a few queries each do not matter."""
    held = RoleGrant.objects.filter(role__in=[Role.AUTHORITY, Role.REVIEWER], ended_at__isnull=True)
    people = User.objects.filter(pk__in=held.values("person"), is_active=True, email__isnull=False)
    return list(people.order_by("pk"))


def waiting_for(viewer: User) -> dict[str, int]:
    """How many of each wait for a decision that may be theirs; what is none is left out."""
    counted = {"reviews": reviews_to_do(viewer).count()}
    if has_role(viewer, Role.AUTHORITY):
        counted |= {
            "reports": reports_for(viewer).count(),
            "appeals": appeals_for(viewer).filter(state=AppealState.PROPOSED).count(),
            "attendance": proposals_for(viewer).filter(state=ProposalState.PROPOSED).count(),
        }
    answers: list[tuple[Any, Any]] = waiting_asked.send(sender=User, viewer=viewer)
    for _receiver, more in answers:
        counted |= more
    return {name: counted[name] for name in WAITING_FOR if counted.get(name)}
