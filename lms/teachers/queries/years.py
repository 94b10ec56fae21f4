"""Reading years of continuing education, and the accounts of teachers in them.

However many teachers and years are asked for, the number of statements is the same. Totals are read as pages read them
(`ModuleHours`, proven equal to the entries); what was made up after a year is read from entries and claims.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import F, Min, Q, QuerySet, Sum
from django.db.models.functions import ExtractYear

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.enrollments.models import Enrollment, EnrollmentState, Module, Requirement
from lms.hours.models import Effect, Entry, EntrySort, ModuleHours, ProposedLearner
from lms.hours.queries.clocks import ZONE, today
from lms.institutions.models import AuthorityPost, Membership, Region, TeacherCertificate
from lms.institutions.queries import certified_on, regions_of, supervises
from lms.institutions.rules import regions as region_rules
from lms.teachers.models import CategoryCap, EducationYear
from lms.teachers.rules.consequences import YearFacts, YearState, owes, year_state
from lms.teachers.rules.forty import CategoryAccount, Earned, Terms, YearAccount, accounts_of_years

HELD_SORTS = [EntrySort.ATTENDANCE, EntrySort.CLAIM]


class YearNotFound(LookupError):
    """There is no such year for this viewer: absent and hidden look alike."""


@dataclass(frozen=True, slots=True)
class TeacherYear:
    """One teacher's year: the account, how it stands, the enrollment it is earned under (None: never taken part).

    `owes`: hours are missing that are asked of this teacher; still to be done while the year runs, short afterwards.
    """

    education_year: EducationYear
    account: YearAccount
    state: YearState
    owes: bool
    enrollment: Enrollment | None
    categories: tuple[tuple[Module, CategoryAccount], ...]

    @property
    def year(self) -> int:
        """The calendar year."""
        return self.education_year.year


@dataclass(slots=True)
class _Read:
    """What the database says of some teachers, each thing by its key. `codes` of the regions where they work now;
    `worked`: where, from which calendar year to which (None: still).
    """

    years: dict[int, EducationYear] = field(default_factory=dict)
    modules: dict[int, list[Module]] = field(default_factory=dict)
    terms: dict[int, Terms] = field(default_factory=dict)
    enrollments: dict[tuple[int, int], Enrollment] = field(default_factory=dict)
    codes: dict[int, set[str]] = field(default_factory=dict)
    worked: dict[int, list[tuple[str, int, int | None]]] = field(default_factory=dict)
    totals: dict[int, dict[tuple[int, str], int]] = field(default_factory=dict)
    made_up: dict[tuple[int, int, str], int] = field(default_factory=dict)
    certified: dict[int, date] = field(default_factory=dict)


def years_for(viewer: Viewer) -> QuerySet[EducationYear]:
    """The years of the viewer's regions, of the provinces above where they work or act for an authority, and those that
    they took part in; newest first.
    """
    taken_part = Enrollment.objects.filter(learner=viewer.pk, state=EnrollmentState.ACTIVE)
    own = Q(training_class__in=taken_part.values("training_class"))
    found = _years().filter(Q(region__in=regions_of(viewer)) | Q(region__in=_provinces_of(viewer)) | own)
    return found.order_by("-year", "region__code")


def year_for(viewer: Viewer, uuid: UUID) -> EducationYear:
    """One of `years_for`; YearNotFound otherwise."""
    found = years_for(viewer).filter(uuid=uuid).first()
    if found is None:
        raise YearNotFound("no such year")
    return found


def openable_regions(viewer: Viewer) -> list[Region]:
    """The provinces whose years the viewer opens."""
    return [each for each in regions_of(viewer).filter(parent__isnull=True) if may_open_year(viewer, each)]


def may_open_year(viewer: Viewer, region: Region) -> bool:
    """The authority of the province: a region below none."""
    return region.parent_id is None and has_role(viewer, Role.AUTHORITY) and supervises(viewer, region)


def categories_of(education_year: EducationYear) -> list[tuple[Module, Fraction | None, frozenset[str]]]:
    """The categories of a year in order: each with its cap and the kinds of hours that it takes."""
    caps = {each.module_id: Fraction(each.hours_max) for each in education_year.caps.all()}
    modules = Module.objects.filter(syllabus_version=education_year.training_class.syllabus_version_id)
    return [
        (each, caps.get(each.pk), frozenset(asked.kind for asked in each.requirements.all()))
        for each in modules.prefetch_related("requirements").order_by("ordinal")
    ]


def kinds_of(module: Module) -> frozenset[str]:
    """The kinds of hours that a category takes."""
    return frozenset(Requirement.objects.filter(module=module).values_list("kind", flat=True))


def takes_part_because(person: User, education_year: EducationYear, at: datetime) -> str:
    """`not_a_teacher`, `not_certified` (today) or `elsewhere` (works for no institution there): why somebody cannot
    take part in a year; "" when they can.
    """
    if not has_role(person, Role.TEACHER):
        return "not_a_teacher"
    if not certified_on([(person.pk, today(at).date)]):
        return "not_certified"
    own = Membership.objects.filter(person=person, ended_at__isnull=True)
    code = education_year.region.code
    return "" if own.filter(institution__region__code__startswith=code).exists() else "elsewhere"


def own_years(person: User, day: date) -> list[TeacherYear]:
    """The person's own years, newest first: those they took part in, and those of the provinces where they work."""
    return list(reversed(accounts_of([person.pk], day)[person.pk]))


def account_of(person: User, education_year: EducationYear, day: date) -> TeacherYear:
    """One teacher's year as it stands on `day`, whether they take part in it or not."""
    rows = accounts_of([person.pk], day, also=[education_year])[person.pk]
    return next(each for each in rows if each.education_year.pk == education_year.pk)


def accounts_of(
    people: Collection[int], day: date, *, also: Collection[EducationYear] = ()
) -> dict[int, list[TeacherYear]]:
    """The years of each of these people (by primary key), oldest first; `also` are told of each in any case.

    The caller has seen that the viewer may know. Nine statements, for one teacher as for a province.
    """
    wanted = {each.pk for each in also}
    read = _read(people, wanted)
    return {person: _rows_of(person, read, day, wanted) for person in people}


def _first_certified(people: Collection[int]) -> dict[int, date]:
    """The first day of each person's first certificate; without those who never had one."""
    rows = TeacherCertificate.objects.filter(person__in=people).values("person").annotate(first=Min("valid_from"))
    return {each["person"]: each["first"] for each in rows.order_by()}


def _years() -> QuerySet[EducationYear]:
    return EducationYear.objects.select_related(
        "region", "training_class__syllabus_version__syllabus", "training_class__institution__region"
    )


def _provinces_of(viewer: Viewer) -> QuerySet[Region]:
    """Regions above those where the viewer works now, or acts for the authority."""
    if not isinstance(viewer, User):
        return Region.objects.none()
    places = Membership.objects.filter(person=viewer, ended_at__isnull=True)
    posts = AuthorityPost.objects.filter(person=viewer, ended_at__isnull=True)
    codes = {
        *places.values_list("institution__region__code", flat=True),
        *posts.values_list("region__code", flat=True),
    }
    return Region.objects.filter(code__in={code[:length] for code in codes for length in range(2, len(code) + 1)})


def _read(people: Collection[int], also: set[int]) -> _Read:
    read = _Read()
    for enrollment in Enrollment.objects.filter(learner__in=people, training_class__education_year__isnull=False):
        read.enrollments[enrollment.learner_id, enrollment.training_class_id] = enrollment
    places = Membership.objects.filter(person__in=people)
    for person, code, begun, ended in places.values_list(
        "person", "institution__region__code", "started_at", "ended_at"
    ):
        until = today(ended).date.year if ended else None
        read.worked.setdefault(person, []).append((code, today(begun).date.year, until))
        if ended is None:
            read.codes.setdefault(person, set()).add(code)
    classes = {training_class for _person, training_class in read.enrollments}
    near = Q(training_class__in=classes) | Q(pk__in=also)
    for prefix in {code[:2] for codes in read.codes.values() for code in codes}:
        near |= Q(region__code__startswith=prefix)
    read.years = {each.pk: each for each in _years().filter(near)}
    versions = {each.training_class.syllabus_version_id for each in read.years.values()}
    for module in Module.objects.filter(syllabus_version__in=versions).order_by("ordinal"):
        read.modules.setdefault(module.syllabus_version_id, []).append(module)
    caps = {
        (each.education_year_id, each.module_id): Fraction(each.hours_max)
        for each in CategoryCap.objects.filter(education_year__in=read.years)
    }
    read.terms = {pk: _terms(each, read.modules, caps) for pk, each in read.years.items()}
    own = [each.pk for each in read.enrollments.values()]
    for total in ModuleHours.objects.filter(learner__in=people, enrollment__in=own):
        read.totals.setdefault(total.enrollment_id, {})[total.module_id, total.kind] = total.confirmed_ms
    read.made_up = _made_up(people, own)
    read.certified = _first_certified(people)
    return read


def _made_up(people: Collection[int], enrollments: Collection[int]) -> dict[tuple[int, int, str], int]:
    """Milliseconds that were held after the year of their enrollment, without what was taken back of them."""
    found: dict[tuple[int, int, str], int] = defaultdict(int)
    year = F("enrollment__training_class__education_year__year")
    held = Entry.objects.filter(learner__in=people, enrollment__in=enrollments, sort__in=HELD_SORTS)
    after = held.annotate(held_in=ExtractYear("from_at", tzinfo=ZONE)).filter(held_in__gt=year)
    for enrollment, module, kind, ms in _summed(after, "module", "kind", "ms"):
        found[enrollment, module, kind] += ms
    taken = ProposedLearner.objects.filter(learner__in=people, enrollment__in=enrollments, entry__isnull=False)
    taken = taken.filter(proposal__effect=Effect.TAKE)
    after_it = taken.annotate(held_in=ExtractYear("proposal__from_at", tzinfo=ZONE)).filter(held_in__gt=year)
    for enrollment, module, kind, ms in _summed(after_it, "proposal__module", "proposal__kind", "entry__ms"):
        found[enrollment, module, kind] -= ms
    return {key: max(ms, 0) for key, ms in found.items()}


def _summed(rows: QuerySet[Any], module: str, kind: str, ms: str) -> list[tuple[int, int, str, int]]:
    return list(rows.order_by().values_list("enrollment", module, kind).annotate(total=Sum(ms)))


def _rows_of(person: int, read: _Read, day: date, also: set[int]) -> list[TeacherYear]:
    found = []
    for own in _by_province(_own_years(person, read, also)):
        accounts = accounts_of_years((read.terms[each.pk], _earned(person, each, read)) for each in own)
        found += [
            _row(person, education_year, account, read, day)
            for education_year, account in zip(own, accounts, strict=True)
        ]
    return sorted(found, key=lambda each: (each.year, each.education_year.region.code))


def _own_years(person: int, read: _Read, also: set[int]) -> list[EducationYear]:
    codes = read.codes.get(person, set())
    return [
        each
        for each in read.years.values()
        if (person, each.training_class_id) in read.enrollments
        or each.pk in also
        or any(region_rules.covers(each.region.code, code) for code in codes)
    ]


def _by_province(years: Iterable[EducationYear]) -> list[list[EducationYear]]:
    """The years of each province, oldest first: hours are carried over within one."""
    found: dict[int, list[EducationYear]] = defaultdict(list)
    for each in sorted(years, key=lambda each: each.year):
        found[each.region_id].append(each)
    return list(found.values())


def _terms(
    education_year: EducationYear, modules: dict[int, list[Module]], caps: dict[tuple[int, int], Fraction]
) -> Terms:
    own = modules.get(education_year.training_class.syllabus_version_id, [])
    return Terms(
        year=education_year.year,
        required=Fraction(education_year.required_hours),
        carry_over_max=Fraction(education_year.carry_over_hours_max),
        caps={each.pk: caps.get((education_year.pk, each.pk)) for each in own},
    )


def _earned(person: int, education_year: EducationYear, read: _Read) -> list[Earned]:
    enrollment = read.enrollments.get((person, education_year.training_class_id))
    if enrollment is None:
        return []
    version = education_year.training_class.syllabus_version
    return [
        Earned(
            module,
            ms,
            version.minutes_of(kind),
            # What was taken back in part can leave less than was made up.
            made_up_ms=min(read.made_up.get((enrollment.pk, module, kind), 0), ms),
        )
        for (module, kind), ms in sorted(read.totals.get(enrollment.pk, {}).items())
    ]


def _row(person: int, education_year: EducationYear, account: YearAccount, read: _Read, day: date) -> TeacherYear:
    enrollment = read.enrollments.get((person, education_year.training_class_id))
    facts = YearFacts(
        education_year.year,
        education_year.make_up_until,
        account.missing,
        read.certified.get(person),
        was_there=enrollment is not None or _worked_there(person, education_year, read),
    )
    modules = read.modules.get(education_year.training_class.syllabus_version_id, [])
    return TeacherYear(
        education_year=education_year,
        account=account,
        state=year_state(facts, day),
        owes=owes(facts),
        enrollment=enrollment,
        categories=tuple(zip(modules, account.categories, strict=True)),
    )


def _worked_there(person: int, education_year: EducationYear, read: _Read) -> bool:
    """Whether the person worked for an institution of the year's province at any time of the year."""
    province, year = education_year.region.code, education_year.year
    return any(
        region_rules.covers(province, code) and begun <= year and (until is None or year <= until)
        for code, begun, until in read.worked.get(person, ())
    )
