"""The figures of institutions and regions, from the sums that the worker keeps of each institution.

Counted are accepted classes and, until the end of the calendar year, those that ended in it: the year is what an
authority reports on.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, roles_of
from lms.enrollments.models import ClassState, TrainingClass
from lms.hours.models import Appeal, AppealState
from lms.hours.queries.appeals import appeals_for
from lms.institutions.models import Institution, InstitutionKind, Region
from lms.institutions.queries import staffs
from lms.letters.signals import waiting_asked
from lms.oversight.models import SUMMED, ClassStanding, InstitutionDay, InstitutionStanding, KeptStanding
from lms.oversight.queries.days import DayHours, last_days
from lms.oversight.queries.reach import highest_region_of
from lms.oversight.rules.charts import percent

OF_OTHERS = ("files", "claims", "plans")
PLACES_SHOWN = 10
"""Where most was refused: who comes after these is in the spreadsheet."""


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
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def percent(self) -> int:
        return min(100, int(self.confirmed_hours * 100 / self.required_hours)) if self.required_hours else 0

    @property
    def refused_percent(self) -> int:
        return self.refused_percent_of("")

    @property
    def on_way(self) -> int:
        return self.learners - self.done - self.behind - self.idle + self.both

    def refused_ms_of(self, code: str) -> int:
        """What was refused for this reason, or for any where `code` is empty."""
        return self.refused[code] if code else self.refused_ms

    def refused_percent_of(self, code: str) -> int:
        """The share of all claimed online time that was refused for this reason, or for any."""
        return percent(self.refused_ms_of(code), self.refused_ms + self.online_ms)

    def add(self, other: "Figures") -> None:
        for name in ("institutions", "classes", *SUMMED):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.refused.update(other.refused)


@dataclass(frozen=True, slots=True)
class Place:
    """A region, an institution or a class with its figures; one line of a table."""

    place: Region | Institution | TrainingClass
    figures: Figures


@dataclass(frozen=True, slots=True)
class RegionFigures:
    """A region: all of it, the regions right below, and its institutions: in none of those, and everywhere in it."""

    region: Region
    above: list[Region]
    total: Figures
    regions: list[Place]
    institutions: list[Place]
    everywhere: list[Place]
    days: list[DayHours]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the viewer. `reported` are classes that an authority has to accept or return, `files` applications
    for teachers' files, `claims` hours that teachers claim, `plans` of exams that were proposed.
    """

    appeals: int = 0
    returned: int = 0
    reported: int = 0
    files: int = 0
    claims: int = 0
    plans: int = 0

    def __bool__(self) -> bool:
        return any((self.appeals, self.returned, self.reported, self.files, self.claims, self.plans))


def counted(year: int) -> Q:
    """The standings of classes that count in a year."""
    return Q(state=ClassState.ACCEPTED) | Q(training_class__ends_on__gte=date(year, 1, 1))


def region_figures(region: Region, today: date, seen: QuerySet[Region]) -> RegionFigures:
    """`seen` are the regions that the viewer may see: only those are offered on the way up."""
    training = Institution.objects.filter(kind=InstitutionKind.TRAINING, region__code__startswith=region.code)
    days = last_days(InstitutionDay.objects.filter(institution__in=training), today)
    found = RegionFigures(region, _above(region, seen), Figures(), [], [], [], days)
    below = {each.code: Place(each, Figures()) for each in Region.objects.filter(parent=region).order_by("code")}
    for institution in training.select_related("region", "standing").order_by("name_zh", "pk"):
        own = Place(institution, _figures_of(institution))
        own.figures.institutions = 1
        found.total.add(own.figures)
        found.everywhere.append(own)
        home = next((place for code, place in below.items() if institution.region.code.startswith(code)), None)
        if home is not None:
            home.figures.add(own.figures)
        else:
            found.institutions.append(own)
    found.regions.extend(below.values())
    return found


def institution_figures(institution: Institution) -> Figures:
    """The caller has got the institution from `reach.institution_seen`."""
    return _figures_of(institution)


def classes_with_figures(institution: Institution, today: date) -> list[Place]:
    """The classes of the institution that are added up, the newest first."""
    standings = ClassStanding.objects.filter(counted(today.year), training_class__institution=institution)
    listed = standings.select_related("training_class").defer("spread", "earned")
    listed = listed.order_by("-training_class__starts_on", "-pk")
    return [Place(each.training_class, _summed(each)) for each in listed]


def most_refused(places: Iterable[Place], code: str) -> list[Place]:
    """Where most was refused for this reason (for any, where `code` is empty), the most first; at most PLACES_SHOWN."""
    hit = [each for each in places if each.figures.refused_ms_of(code)]
    return sorted(hit, key=lambda each: -each.figures.refused_ms_of(code))[:PLACES_SHOWN]


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
    """What the authority of the region has to decide; where its region begins, of teachers and exams too."""
    if Role.AUTHORITY not in roles_of(viewer):
        return Waiting()
    here = {"institution__region__code__startswith": region.code}
    appeals = appeals_for(viewer).filter(**{f"enrollment__training_class__{key}": code for key, code in here.items()})
    reported = TrainingClass.objects.filter(state=ClassState.REPORTED, **here)
    of_others = _of_others(viewer) if region == highest_region_of(viewer) else {}
    return Waiting(appeals=_in_state(appeals, AppealState.PROPOSED), reported=reported.count(), **of_others)


def _of_others(viewer: Viewer) -> dict[str, int]:
    """What the apps of teachers and exams, which are not known here, say of the viewer."""
    answers: list[tuple[Any, Any]] = waiting_asked.send(sender=User, viewer=viewer)
    return {name: count for _receiver, said in answers for name, count in said.items() if name in OF_OTHERS}


def _in_state(appeals: QuerySet[Appeal], state: AppealState) -> int:
    return appeals.filter(state=state).order_by().count()


def _above(region: Region, seen: QuerySet[Region]) -> list[Region]:
    prefixes = [region.code[:length] for length in range(2, len(region.code), 2)]
    return list(seen.filter(code__in=prefixes).order_by("code"))


def _figures_of(institution: Institution) -> Figures:
    standing: InstitutionStanding | None = getattr(institution, "standing", None)
    return _summed(standing, classes=standing.classes) if standing else Figures()


def _summed(standing: KeptStanding, *, classes: int = 1) -> Figures:
    sums = {name: getattr(standing, name) for name in SUMMED}
    return Figures(classes=classes, refused=Counter(standing.refused), **sums)
