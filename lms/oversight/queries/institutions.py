"""Institutions as whoever supervises them sees them: which there are, what hangs on one, what was decided on it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from lms.accounts.queries import Viewer
from lms.audit.models import Event
from lms.audit.queries import events_of
from lms.enrollments.models import ClassState, Enrollment, EnrollmentState, TrainingClass
from lms.institutions.models import AuthorityPost, Institution, InstitutionKind, Region
from lms.institutions.queries import InstitutionNotFound, regions_of
from lms.institutions.signals import weight_asked
from lms.oversight.rules.offices import Held, office_at

SHOWN: dict[str, Q] = {
    "all": Q(),
    "suspended": Q(suspended_at__isnull=False),
    "without_code": Q(credit_code=""),
    "training": Q(kind=InstitutionKind.TRAINING),
    "exam": Q(kind=InstitutionKind.EXAM),
}
"""What a list may be narrowed to."""
TOLD = (
    "institution.opened",
    "institution.suspended",
    "institution.suspension_lifted",
    "institution.credit_code_set",
)
ACTS_MAX = 50
"""What is older stands in the log."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What hangs on an institution now: its accepted classes and their learners, seats of its learners in exams to
    come, which a suspension puts in doubt; and where it examines, the exams to come."""

    classes: int
    learners: int
    seats: int
    sittings: int


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was decided on an institution. `office` is the region of the authority that did; without one it
    was an administrator, or the system itself."""

    verb: str
    at: datetime
    detail: dict[str, Any]
    office: Region | None
    is_system: bool


def institutions_below(viewer: Viewer, *, text: str = "", region: Region | None = None) -> QuerySet[Institution]:
    """The institutions of the viewer's regions and of all below, by region and name.

    `text` is a part of a name or of a credit code; `region` leaves out those that are not in it or below it.
    """
    found = Institution.objects.filter(region__in=regions_of(viewer)).select_related("region")
    if region is not None:
        found = found.filter(region__code__startswith=region.code)
    if text:
        code = "".join(text.split())
        found = found.filter(Q(name_zh__icontains=text) | Q(name_en__icontains=text) | Q(credit_code__icontains=code))
    return found.order_by("region__code", "name_zh", "pk")


def how_many(institutions: QuerySet[Institution]) -> dict[str, int]:
    """By each word of `SHOWN`, in one statement."""
    asked = {name: Count("pk", filter=narrowed or None) for name, narrowed in SHOWN.items()}
    counted: dict[str, int] = institutions.order_by().aggregate(**asked)
    return counted


def institution_below(viewer: Viewer, uuid: UUID) -> Institution:
    """One of `institutions_below`. Raises InstitutionNotFound."""
    found = institutions_below(viewer).filter(uuid=uuid).first()
    if found is None:
        raise InstitutionNotFound("no such institution")
    return found


def weight_of(institution: Institution, at: datetime) -> Weight:
    """The caller has got the institution from `institution_below`. What apps that are not known here have, they say."""
    running = TrainingClass.objects.filter(institution=institution, state=ClassState.ACCEPTED)
    learning = Enrollment.objects.filter(training_class__in=running, state=EnrollmentState.ACTIVE)
    said: dict[str, int] = {}
    answers: list[tuple[Any, Any]] = weight_asked.send(sender=Institution, institution=institution, at=at)
    for _receiver, more in answers:
        said |= more
    return Weight(
        classes=running.count(),
        learners=learning.values("learner").distinct().count(),
        seats=said.get("seats", 0),
        sittings=said.get("sittings", 0),
    )


def story_of(institution: Institution) -> list[Act]:
    """What was decided on the institution, the newest first; at most ACTS_MAX."""
    events = events_of(institution, TOLD, ACTS_MAX)
    offices = _offices(events, institution.region.code)
    return [Act(each.verb, each.at, each.detail, offices.get(each.pk), each.by_id is None) for each in events]


def _offices(events: Iterable[Event], code: str) -> dict[int, Region]:
    """For whose authority each of them was done, by the primary key of the event."""
    posts = AuthorityPost.objects.filter(person__in={each.by_id for each in events if each.by_id})
    held: dict[int, list[Held]] = defaultdict(list)
    regions: dict[str, Region] = {}
    for post in posts.select_related("region"):
        held[post.person_id].append(Held(post.region.code, post.started_at, post.ended_at))
        regions[post.region.code] = post.region
    nearest = {each.pk: office_at(held[each.by_id], each.at, code) for each in events if each.by_id}
    return {pk: regions[found] for pk, found in nearest.items() if found is not None}
