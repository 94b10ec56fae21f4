"""What the authority reads of its teachers' years: the years themselves, how many teachers stand how, and what a claim
that is to be decided has around it.

A county's authority reads how its own teachers stand in the province's year; opening it and deciding on its claims are
the province's.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.enrollments.models import Kind, Syllabus, SyllabusVersion, Training
from lms.enrollments.queries.syllabi import version_in_force
from lms.hours.models import Entry
from lms.hours.queries.appeals import taken_within
from lms.hours.queries.clocks import ZONE, ms_of, today
from lms.hours.rules.spans import Span
from lms.institutions.models import Institution, InstitutionKind, Region
from lms.institutions.queries import institutions_of, regions_of, supervises
from lms.institutions.rules import regions as region_rules
from lms.teachers.models import Claim, ClaimState, EducationYear
from lms.teachers.queries.claims import claims_for, claims_waiting, may_decide_claim
from lms.teachers.queries.roster import Asked, teachers_below, terms_of
from lms.teachers.queries.standings import TeacherStanding, standings_of_year
from lms.teachers.queries.years import TeacherYear, YearNotFound, account_of, accounts_of
from lms.teachers.rules.closing import would_count
from lms.teachers.rules.consequences import YearState
from lms.teachers.rules.forty import CategoryAccount, class_hours
from lms.teachers.rules.roster import is_lapsing

STATES = (YearState.COMPLETE, YearState.RUNNING, YearState.GRACE, YearState.SHORT, YearState.EXEMPT)
SHOWN_STATES = ("", ClaimState.WAITING, ClaimState.ACCEPTED, ClaimState.REFUSED)
DAY_ENTRIES_MAX = 40


@dataclass(frozen=True, slots=True)
class SupervisedYear:
    """A year with how many of the viewer's teachers stand how; `waiting` claims, None for who does not decide there."""

    education_year: EducationYear
    states: Counter[YearState]
    waiting: int | None

    @property
    def teachers(self) -> int:
        """All of them, however they stand."""
        return self.states.total()


@dataclass(frozen=True, slots=True)
class YearDesk:
    """The teachers of one year, narrowed by what was asked: `listed` is what `show` keeps of `everybody`. `owing` have
    something still to do while the year runs, and are short when it is over."""

    everybody: Sequence[TeacherStanding]
    owing: Sequence[TeacherStanding]
    lapsing: Sequence[TeacherStanding]
    listed: Sequence[TeacherStanding]


@dataclass(frozen=True, slots=True)
class ClaimsAsked:
    """Which claims: `text` is a part of the claimant's name or of what was claimed; `state` one of SHOWN_STATES."""

    text: str = ""
    education_year: EducationYear | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class DayHours:
    """Hours of the claimant on the day of a claim. `overlaps`: they have some of the time that is claimed."""

    from_at: datetime
    to_at: datetime
    kind: str
    overlaps: bool

    @property
    def kind_label(self) -> str:
        """The kind of hours in words."""
        return str(Kind(self.kind).label)


@dataclass(frozen=True, slots=True)
class ClaimCase:
    """A claim with what is asked before deciding: its class hours, how the teacher's year and the category stand, how
    much of it would count and whether other hours have some of its time (while it waits), and the other hours of that
    day. What the running session has on the clock takes time too, and is no line of the day yet."""

    claim: Claim
    hours: Fraction
    year: TeacherYear
    category: CategoryAccount
    adds: Fraction
    is_taken: bool
    day: Sequence[DayHours]


def years_supervised(viewer: Viewer) -> QuerySet[EducationYear]:
    """The years that teachers of the viewer's regions complete, those of the province above included; newest first."""
    codes = regions_of(viewer).values_list("code", flat=True)
    above = {code[:length] for code in codes for length in range(2, len(code) + 1)}
    found = EducationYear.objects.filter(region__code__in=above).select_related(
        "region", "training_class__syllabus_version__syllabus", "training_class__institution__region"
    )
    return found.order_by("-year", "region__code")


def year_supervised(viewer: Viewer, uuid: UUID) -> EducationYear:
    """One of `years_supervised`; YearNotFound otherwise."""
    found = years_supervised(viewer).filter(uuid=uuid).first()
    if found is None:
        raise YearNotFound("no such year")
    return found


def figures_of_years(viewer: Viewer, years: Collection[EducationYear], day: date) -> list[SupervisedYear]:
    """Each year with how the viewer's teachers stand in it on `day`. The same number of statements for any number of
    years and teachers."""
    teachers = list(teachers_below(viewer, day)) if years else []
    rows = accounts_of([each.pk for each in teachers], day, also=years) if teachers else {}
    decided = set(regions_of(viewer).filter(pk__in={each.region_id for each in years}).values_list("pk", flat=True))
    waiting = _waiting_by_year(years)
    found = []
    for education_year in years:
        states: Counter[YearState] = Counter()
        for each in teachers:
            if _works_in(each, education_year.region):
                row = next(row for row in rows[each.pk] if row.education_year.pk == education_year.pk)
                states[standing_of(row)] += 1
        own = waiting.get(education_year.pk, 0) if education_year.region_id in decided else None
        found.append(SupervisedYear(education_year, states, own))
    return found


def standing_of(row: TeacherYear) -> YearState:
    """How a teacher stands, where a year that is complete is so before it ends."""
    return YearState.COMPLETE if row.account.is_complete else row.state


def desk_of_year(viewer: Viewer, education_year: EducationYear, day: date, asked: Asked, show: str) -> YearDesk:
    """The teachers of a year for `asked` (without its `show`); `show` is `short` (who owes hours), `lapsing` (the
    certificate is valid and runs out within 90 days) or nothing. The same number of statements for any number of
    teachers."""
    people = teachers_below(viewer, day, asked)
    everybody = standings_of_year(viewer, education_year, day, people=people)
    owing = [each for each in everybody if each.row.owes]
    lapsing = [each for each in everybody if is_lapsing(terms_of(each.person), day)]
    return YearDesk(everybody, owing, lapsing, {"short": owing, "lapsing": lapsing}.get(show, everybody))


def hosts(viewer: Viewer, regions: Sequence[Region]) -> QuerySet[Institution]:
    """Who may host a year in one of these regions: training institutions for which the viewer does not work."""
    below = Q(pk__in=[])
    for each in regions:
        below |= Q(region__code__startswith=each.code)
    found = Institution.objects.filter(below, kind=InstitutionKind.TRAINING, suspended_at__isnull=True)
    own = institutions_of(viewer).order_by().values("pk")
    return found.exclude(pk__in=own).select_related("region").order_by("region__code", "pk")


def continuing_syllabi() -> QuerySet[Syllabus]:
    """Syllabi by which teachers continue their education."""
    return Syllabus.objects.filter(training=Training.CONTINUING).order_by("pk")


def version_for_year(syllabus: Syllabus, region: Region, year: int) -> SyllabusVersion | None:
    """The version that is in force there on the first day of the year."""
    return version_in_force(syllabus, region, date(year, 1, 1))


def is_opened(region: Region, year: int) -> bool:
    """Whether the region has this year already: it is opened once."""
    return EducationYear.objects.filter(region=region, year=year).exists()


def years_decided(viewer: Viewer) -> QuerySet[EducationYear]:
    """The years whose claims come before the viewer."""
    return years_supervised(viewer).filter(region__in=regions_of(viewer))


def claims_asked(viewer: Viewer, asked: ClaimsAsked) -> QuerySet[Claim]:
    """Of `claims_for` what was asked for; without its state all of them, those that wait first."""
    found = _claims_named(viewer, asked)
    return found.filter(state=asked.state) if asked.state else found


def claims_by_state(viewer: Viewer, asked: ClaimsAsked) -> dict[str, int]:
    """How many claims are in each state, whatever `asked.state` says. One statement."""
    named = Claim.objects.filter(pk__in=_claims_named(viewer, asked).order_by().values("pk"))
    return dict(named.order_by().values_list("state").annotate(number=Count("pk")))


def decided_by_viewer(viewer: Viewer, claims: Collection[Claim]) -> set[int]:
    """Of these claims (primary keys) those that wait for this viewer."""
    return set(claims_waiting(viewer).filter(pk__in=[each.pk for each in claims]).values_list("pk", flat=True))


def against_deciding(viewer: Viewer, claim: Claim) -> str:
    """Why this viewer does not decide on a claim that waits: `own`, `not_above` or `colleague`; "" if they may."""
    if may_decide_claim(viewer, claim):
        return ""
    if isinstance(viewer, User) and viewer.pk == claim.person_id:
        return "own"
    return "colleague" if supervises(viewer, claim.education_year.region) else "not_above"


def case_of(claim: Claim, day: date) -> ClaimCase:
    """What stands around a claim on `day`; the caller has found the claim for the viewer."""
    year = account_of(claim.person, claim.education_year, day)
    category = next(each for module, each in year.categories if module.pk == claim.module_id)
    version = claim.education_year.training_class.syllabus_version
    hours = class_hours(ms_of(claim.to_at) - ms_of(claim.from_at), version.minutes_of(claim.kind))
    waits = claim.state == ClaimState.WAITING
    adds = would_count([category], {category.category: hours}) if waits else Fraction(0)
    taken = taken_within(claim.person, (ms_of(claim.from_at), ms_of(claim.to_at))) if waits else []
    return ClaimCase(claim, hours, year, category, adds, bool(taken), _hours_of_day(claim, taken))


def _hours_of_day(claim: Claim, taken: Collection[Span]) -> list[DayHours]:
    """Posted hours of the claimant on the day of the claim, in order, without its own; `taken` are those that have some
    of its time."""
    midnight = datetime.combine(today(claim.from_at).date, time(), ZONE)
    posted = Entry.objects.filter(
        learner=claim.person_id, from_at__lt=midnight + timedelta(days=1), to_at__gt=midnight
    ).exclude(uuid=claim.uuid)
    rows = posted.order_by("from_at").values_list("from_at", "to_at", "kind")[:DAY_ENTRIES_MAX]
    return [
        DayHours(from_at, to_at, kind, overlaps=(ms_of(from_at), ms_of(to_at)) in taken)
        for from_at, to_at, kind in rows
        if from_at is not None and to_at is not None
    ]


def _claims_named(viewer: Viewer, asked: ClaimsAsked) -> QuerySet[Claim]:
    found = claims_for(viewer)
    if asked.education_year is not None:
        found = found.filter(education_year=asked.education_year)
    if asked.text:
        found = found.filter(Q(person__real_name__icontains=asked.text) | Q(title__icontains=asked.text))
    return found


def _waiting_by_year(years: Collection[EducationYear]) -> dict[int, int]:
    waiting = Claim.objects.filter(education_year__in=[each.pk for each in years], state=ClaimState.WAITING)
    return dict(waiting.order_by().values_list("education_year").annotate(number=Count("pk")))


def _works_in(person: User, region: Region) -> bool:
    """`person` is loaded as `teachers_below` loads: with everywhere that they work."""
    places = person.workplaces  # type: ignore[attr-defined]
    return any(region_rules.covers(region.code, each.institution.region.code) for each in places)
