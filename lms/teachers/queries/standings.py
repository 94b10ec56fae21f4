"""How teachers stand in a year for others than themselves: for the report of a class, and for an authority's list."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.db.models import Exists, OuterRef, QuerySet

from lms.accounts.models import User
from lms.accounts.queries import Viewer
from lms.enrollments.models import TrainingClass
from lms.hours.queries.clocks import today
from lms.institutions.models import Membership, Region
from lms.institutions.queries import certified_on
from lms.teachers.models import EducationYear
from lms.teachers.queries.roster import Asked, teachers_below
from lms.teachers.queries.years import TeacherYear, accounts_of
from lms.teachers.rules.consequences import YearState, of_provinces


@dataclass(frozen=True, slots=True)
class PastYear:
    """A calendar year that is over and was asked of a teacher."""

    year: int
    state: YearState
    missing: Fraction
    make_up_until: date


@dataclass(frozen=True, slots=True)
class Nameable:
    """What speaks for and against naming a teacher: the certificate on the class's first day, and the years before."""

    is_certified: bool
    years: tuple[PastYear, ...]


@dataclass(frozen=True, slots=True)
class TeacherStanding:
    """A teacher in an authority's list. `person.workplaces` are all institutions where they teach."""

    person: User
    row: TeacherYear


def nameable_on(people: Sequence[User], training_class: TrainingClass, at: datetime) -> dict[int, Nameable]:
    """Of each of these people, by primary key: may they be named in the report of this class, made at `at`?

    Asked are the years that the province of the class's institution opened and that are over by then. The same number
    of statements for any number of people.
    """
    keys = [each.pk for each in people]
    day, first_day = today(at).date, training_class.starts_on
    certified = certified_on([(key, first_day) for key in keys])
    asked = _years_asked(training_class.institution.region.code, day)
    rows = accounts_of(keys, day, also=asked) if asked and keys else {}
    return {key: Nameable((key, first_day) in certified, _past(rows.get(key, ()), asked)) for key in keys}


def standings_of_year(
    viewer: Viewer,
    education_year: EducationYear,
    day: date,
    *,
    region: Region | None = None,
    text: str = "",
    people: QuerySet[User] | None = None,
) -> list[TeacherStanding]:
    """Who teaches in the year's province and in the viewer's regions, with their year, those who miss most first.

    `region` narrows it to who works there or below, `text` as in `teachers_below`; `people` to some of them, by trade
    for example. The same number of statements for any number of teachers.
    """
    code = education_year.region.code if region is None else region.code
    there = Membership.objects.filter(person=OuterRef("pk"), ended_at__isnull=True)
    found = teachers_below(viewer, day, Asked(text=text)).filter(
        Exists(there.filter(institution__region__code__startswith=education_year.region.code)),
        Exists(there.filter(institution__region__code__startswith=code)),
    )
    if people is not None:
        found = found.filter(pk__in=people.order_by().values("pk"))
    listed = list(found)
    rows = accounts_of([each.pk for each in listed], day, also=[education_year])
    standings = [
        TeacherStanding(each, next(row for row in rows[each.pk] if row.education_year.pk == education_year.pk))
        for each in listed
    ]
    return sorted(standings, key=lambda each: (-each.row.account.missing, each.person.real_name, each.person.pk))


def _years_asked(code: str, day: date) -> list[EducationYear]:
    """Years of the province of a region that are over on `day`."""
    above = [code[:length] for length in range(2, len(code) + 1)]
    over = EducationYear.objects.filter(region__code__in=above, year__lt=day.year)
    return list(over.select_related("region"))


def _past(rows: Collection[TeacherYear], asked: Collection[EducationYear]) -> tuple[PastYear, ...]:
    """Each calendar year that was asked, the last first: as it stands there, or complete because it is elsewhere."""
    of_year: dict[int, list[TeacherYear]] = defaultdict(list)
    for each in rows:
        of_year[each.year].append(each)
    found = []
    for education_year in sorted(asked, key=lambda each: -each.year):
        same = of_year[education_year.year]
        own = next(each for each in same if each.education_year.pk == education_year.pk)
        state = of_provinces(own.state, [each.state for each in same])
        found.append(PastYear(own.year, state, own.account.missing, education_year.make_up_until))
    return tuple(found)
