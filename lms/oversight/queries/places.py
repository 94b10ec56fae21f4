"""The figures of institutions and regions: sums over classes, never over learners or entries.

Counted are accepted classes and, until the end of the calendar year, those that ended in it: the year is what an
authority reports on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from lms.accounts.models import Role
from lms.accounts.queries import Viewer, roles_of
from lms.enrollments.models import ClassState, TrainingClass
from lms.hours.models import Appeal, AppealState
from lms.hours.queries.appeals import appeals_for
from lms.institutions.models import Institution, InstitutionKind, Region
from lms.institutions.queries import staffs
from lms.oversight.models import ClassStanding
from lms.oversight.rules.charts import percent

SUMMED = (
    "learners",
    "done",
    "behind",
    "idle",
    "both",
    "required_hours",
    "confirmed_hours",
    "online_ms",
    "refused_ms",
)


@dataclass(slots=True)
class Figures:
    """Classes added up. Completion is in class hours: confirmed of what is asked of everybody."""

    institutions: int = 0
    classes: int = 0
    learners: int = 0
    done: int = 0
    behind: int = 0
    idle: int = 0
    both: int = 0
    required_hours: Decimal = Decimal(0)
    confirmed_hours: Decimal = Decimal(0)
    online_ms: int = 0
    refused_ms: int = 0

    @property
    def percent(self) -> int:
        return min(100, int(self.confirmed_hours * 100 / self.required_hours)) if self.required_hours else 0

    @property
    def refused_percent(self) -> int:
        """The share of claimed online time that was refused."""
        return percent(self.refused_ms, self.refused_ms + self.online_ms)

    @property
    def on_way(self) -> int:
        return self.learners - self.done - self.behind - self.idle + self.both

    @property
    def idle_only(self) -> int:
        return self.idle - self.both

    def add(self, other: "Figures") -> None:
        for name in ("institutions", "classes", *SUMMED):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class Place:
    """A region or an institution with its figures; one line of a table."""

    place: Region | Institution
    figures: Figures


@dataclass(frozen=True, slots=True)
class RegionFigures:
    """A region: all of it, the regions right below, and the institutions that are in none of those."""

    region: Region
    above: list[Region]
    total: Figures
    regions: list[Place]
    institutions: list[Place]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the viewer. `reported` are classes that an authority has to accept or return."""

    appeals: int = 0
    returned: int = 0
    reported: int = 0

    def __bool__(self) -> bool:
        return bool(self.appeals or self.returned or self.reported)


def region_figures(viewer: Viewer, region: Region, today: date, seen: QuerySet[Region]) -> RegionFigures:
    """`seen` are the regions that the viewer may see: only those are offered on the way up."""
    found = RegionFigures(region, _above(region, seen), Figures(), [], [])
    below = [Place(each, Figures()) for each in Region.objects.filter(parent=region).order_by("code")]
    everywhere = Institution.objects.filter(kind=InstitutionKind.TRAINING, region__code__startswith=region.code)
    standings = ClassStanding.objects.filter(training_class__institution__in=everywhere)
    summed = _by_institution(standings, today)
    for institution in everywhere.select_related("region").order_by("name_zh", "pk"):
        figures = summed.get(institution.pk, Figures())
        figures.institutions = 1
        found.total.add(figures)
        home = [each for each in below if institution.region.code.startswith(each.place.code)]  # type: ignore[union-attr]
        if home:
            home[0].figures.add(figures)
        else:
            found.institutions.append(Place(institution, figures))
    found.regions.extend(below)
    return found


def institution_figures(institution: Institution, today: date) -> Figures:
    """The caller has got the institution from `reach.institution_seen`."""
    standings = ClassStanding.objects.filter(training_class__institution=institution)
    return _by_institution(standings, today).get(institution.pk, Figures())


def classes_of(institution: Institution) -> QuerySet[TrainingClass]:
    """Every class of the institution with its standing, if it has one; the newest first."""
    return (
        TrainingClass.objects.filter(institution=institution)
        .select_related("syllabus_version__syllabus", "standing")
        .order_by("-starts_on", "-pk")
    )


def waiting_at(viewer: Viewer, institution: Institution) -> Waiting:
    """What staff of the institution have to do; nothing for teachers, who run it not, and for those who look in."""
    if not staffs(viewer, institution):
        return Waiting()
    appeals = appeals_for(viewer).filter(enrollment__training_class__institution=institution)
    returned = TrainingClass.objects.filter(institution=institution, state=ClassState.RETURNED)
    return Waiting(appeals=_in_state(appeals, AppealState.OPEN), returned=returned.count())


def waiting_in(viewer: Viewer, region: Region) -> Waiting:
    """What the authority of the region has to decide."""
    if Role.AUTHORITY not in roles_of(viewer):
        return Waiting()
    here = {"institution__region__code__startswith": region.code}
    appeals = appeals_for(viewer).filter(**{f"enrollment__training_class__{key}": code for key, code in here.items()})
    reported = TrainingClass.objects.filter(state=ClassState.REPORTED, **here)
    return Waiting(appeals=_in_state(appeals, AppealState.PROPOSED), reported=reported.count())


def _in_state(appeals: QuerySet[Appeal], state: AppealState) -> int:
    return appeals.filter(state=state).order_by().count()


def _above(region: Region, seen: QuerySet[Region]) -> list[Region]:
    prefixes = [region.code[:length] for length in range(2, len(region.code), 2)]
    return list(seen.filter(code__in=prefixes).order_by("code"))


def _by_institution(standings: QuerySet[ClassStanding], today: date) -> dict[int, Figures]:
    counted = Q(state=ClassState.ACCEPTED) | Q(training_class__ends_on__gte=date(today.year, 1, 1))
    key = "training_class__institution"
    rows: Iterable[dict[str, Any]] = (
        standings.filter(counted)
        .values(key)
        .annotate(classes=Count("pk"), **{f"sum_{name}": Sum(name) for name in SUMMED})
        .order_by()
    )
    return {row[key]: Figures(classes=row["classes"], **{name: row[f"sum_{name}"] for name in SUMMED}) for row in rows}
