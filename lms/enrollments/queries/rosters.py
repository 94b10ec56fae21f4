"""What is registered already of the people on a list, and the imports of a class."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count
from django.views.decorators.debug import sensitive_variables

from lms.accounts import sealing
from lms.accounts.models import Role, RoleGrant, User
from lms.accounts.queries import Viewer, people_claiming
from lms.enrollments.models import Enrollment, EnrollmentState, ImportState, RosterImport, TrainingClass
from lms.enrollments.rules.roster import Known, RosterRow, RowProblem, quarrel
from lms.institutions.queries import staffs


class ImportNotFound(LookupError):
    """There is no such import for this viewer: absent and hidden look alike."""


@dataclass(frozen=True, slots=True)
class Findings:
    """`known` holds the person that a row (by its number) names, for those who are registered already."""

    problems: list[RowProblem]
    known: dict[int, User]


@sensitive_variables()
def findings(viewer: Viewer, training_class: TrainingClass, rows: Sequence[RosterRow]) -> Findings:
    """Everything that is registered against these rows, in four reads however many there are."""
    people = people_claiming(
        viewer,
        numbers=[each.number for each in rows],
        phones=[each.phone for each in rows if each.phone],
        emails=[each.email for each in rows if each.email],
    )
    keys = [each.pk for each in people]
    learners = set(
        RoleGrant.objects.filter(person__in=keys, role=Role.LEARNER, ended_at__isnull=True).values_list(
            "person", flat=True
        )
    )
    in_class = set(
        Enrollment.objects.filter(
            training_class=training_class, learner__in=keys, state=EnrollmentState.ACTIVE
        ).values_list("learner", flat=True)
    )
    known = {
        each.pk: Known(each.pk, each.real_name, each.pk in learners and each.is_active, each.pk in in_class)
        for each in people
    }
    by_mac = {each.identity_mac: each for each in people if each.identity_mac}
    by_phone = {each.phone: known[each.pk] for each in people if each.phone}
    by_email = {each.email: known[each.pk] for each in people if each.email}
    problems: list[RowProblem] = []
    owners: dict[int, User] = {}
    for row in rows:
        owner = by_mac.get(sealing.mac(row.number))
        if owner is not None:
            owners[row.row] = owner
        problems += quarrel(
            row,
            known[owner.pk] if owner is not None else None,
            by_phone.get(row.phone or ""),
            by_email.get(row.email or ""),
        )
    return Findings(problems, owners)


def imports_by_state() -> dict[str, int]:
    """How many imports wait for a worker, run, and came to nothing; for whoever watches the installation."""
    told = [str(each) for each in (ImportState.WAITING, ImportState.RUNNING, ImportState.FAILED)]
    counted = RosterImport.objects.filter(state__in=told).order_by().values_list("state").annotate(number=Count("*"))
    return {**dict.fromkeys(told, 0), **dict(counted)}


def import_for(viewer: Viewer, training_class: UUID, uuid: UUID) -> RosterImport:
    """The import, for staff of the class's institution; ImportNotFound otherwise."""
    found = (
        RosterImport.objects.select_related("training_class__institution")
        .defer("sealed")
        .filter(uuid=uuid, training_class__uuid=training_class)
        .first()
    )
    if found is None or not staffs(viewer, found.training_class.institution):
        raise ImportNotFound("no such import")
    return found
