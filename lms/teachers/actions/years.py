"""Opening a year of continuing education, and taking part in it."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.db import transaction

from courses.models import LessonVersion
from lms.accounts.models import User
from lms.audit.actions import record
from lms.enrollments import actions as enrollments
from lms.enrollments.models import Enrollment, Module, SyllabusVersion
from lms.hours.queries.clocks import today
from lms.institutions.models import Institution, Region
from lms.institutions.rules.regions import covers
from lms.teachers.models import CategoryCap, EducationYear
from lms.teachers.queries.years import may_open_year, takes_part_because
from lms.teachers.rules.claims import Problem
from lms.teachers.rules.consequences import last_day
from lms.teachers.rules.terms import term_problems


class NotOpening(PermissionDenied):
    """Only the authority of a province opens its teachers' years."""


class YearRefused(ValueError):
    """A year that cannot be opened or taken part in; `problems` lists every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{each.field}: {each.code} ({each.value})" for each in self.problems))


def open_year(
    *,
    by: User,
    at: datetime,
    uuid: UUID,
    region: Region,
    year: int,
    institution: Institution,
    syllabus_version: SyllabusVersion,
    title: str,
    place: str,
    make_up_until: date,
    required_hours: Decimal = Decimal(40),
    carry_over_hours_max: Decimal = Decimal(0),
    caps: Sequence[tuple[Module, Decimal]] = (),
    lessons: Sequence[tuple[Module, LessonVersion]] = (),
) -> EducationYear:
    """What a province asks of its teachers in a calendar year, with the class in which they study, hosted by a training
    institution of the province; the same uuid again gives the same year, unchanged.

    All of it is fixed from then on. Raises NotOpening; NotAuthority (who works for the host); YearRefused: year,
    opened (the region has this year), institution (not of the province), make_up_until, required_hours,
    carry_over_hours_max, caps; and what `open_continuing_class` raises.
    """
    if not may_open_year(by, region):
        raise NotOpening("only the authority of the province opens the year of its teachers")
    known = EducationYear.objects.filter(uuid=uuid).first()
    if known is not None:
        if (known.region_id, known.year) != (region.pk, year):
            raise YearRefused([Problem("uuid", "uuid")])
        return known
    modules = set(syllabus_version.modules.values_list("pk", flat=True))
    problems = term_problems(
        today=today(at).date,
        year=year,
        make_up_until=make_up_until,
        required_hours=required_hours,
        carry_over_hours_max=carry_over_hours_max,
        caps=[(module.pk, hours) for module, hours in caps],
        categories=modules,
    )
    if not covers(region.code, institution.region.code):
        problems.append(Problem("institution", "institution", str(institution.uuid)))
    with transaction.atomic():
        # Two at once for one year: the second waits here and then sees it.
        Region.objects.select_for_update(no_key=True).get(pk=region.pk)
        if EducationYear.objects.filter(region=region, year=year).exists():
            problems.append(Problem("year", "opened", str(year)))
        if problems:
            raise YearRefused(problems)
        training_class = enrollments.open_continuing_class(
            by=by,
            at=at,
            uuid=uuid5(uuid, "class"),
            institution=institution,
            syllabus_version=syllabus_version,
            title=title,
            place=place,
            starts_on=date(year, 1, 1),
            ends_on=last_day(year),
            lessons=lessons,
        )
        made = EducationYear.objects.create(
            uuid=uuid,
            region=region,
            year=year,
            training_class=training_class,
            required_hours=required_hours,
            make_up_until=make_up_until,
            carry_over_hours_max=carry_over_hours_max,
            opened_at=at,
            opened_by=by,
        )
        CategoryCap.objects.bulk_create(
            CategoryCap(education_year=made, module=module, hours_max=hours) for module, hours in caps
        )
        detail = {"region": region.code, "year": year, "hours": str(required_hours), "caps": len(caps)}
        record(verb="education_year.opened", subject=made, by=by, at=at, detail=detail)
    return made


def take_part_in_year(*, by: User, at: datetime, education_year: EducationYear) -> Enrollment:
    """The teacher's own enrollment in a year: new, or already there. Claiming makes it, too.

    Raises YearRefused: not_a_teacher, not_certified (today), elsewhere (works for no institution of the province),
    class_ended.
    """
    if code := takes_part_because(by, education_year, at):
        raise YearRefused([Problem("year", code, str(education_year.year))])
    uuid = uuid5(education_year.uuid, str(by.uuid))
    try:
        return enrollments.take_part(by=by, at=at, uuid=uuid, training_class=education_year.training_class)
    except enrollments.EnrollmentRefused as refused:
        raise YearRefused([Problem("year", refused.code, str(education_year.year))]) from None
