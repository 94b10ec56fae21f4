"""The province's authority opens a year, teachers take part in it, and their account is what the ledger holds."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from lms.accounts.models import Role, RoleGrant, User
from lms.audit.models import Event
from lms.enrollments.actions import (
    ClassRefused,
    EnrollmentRefused,
    NotAuthority,
    end_class,
    enroll,
    plan_class,
    withdraw_enrollment,
)
from lms.enrollments.models import Enrollment, TrainingClass
from lms.enrollments.queries.joining import takes_requests
from lms.enrollments.queries.planning import versions_to_plan
from lms.institutions.models import Membership, Region
from lms.teachers.actions import NotOpening, YearRefused, take_part_in_year
from lms.teachers.models import EducationYear
from lms.teachers.queries import (
    TeacherStanding,
    YearNotFound,
    account_of,
    accounts_of,
    categories_of,
    openable_regions,
    own_years,
    standings_of_year,
    year_for,
)
from lms.teachers.rules.consequences import YearState
from tests.integration.hours.client import Client
from tests.integration.teachers.academy import (
    MORNING,
    Academy,
    another_year,
    certify,
    claimed,
    decided,
    earned,
    take_part,
    taken_back,
)
from tests.world import NOON, make_person

SPRING = date(2026, 4, 1)
NEXT_SPRING = date(2027, 4, 1)


def codes(refused: pytest.ExceptionInfo[YearRefused]) -> list[tuple[str, str]]:
    return [(each.field, each.code) for each in refused.value.problems]


def hours(person: User, academy: Academy, day: date = SPRING) -> tuple[str, str]:
    """Counted and missing of the year 2026."""
    account = account_of(person, academy.year, day).account
    return str(account.counted_hours), str(account.missing_hours)


def test_the_authority_of_a_province_opens_a_year_with_an_accepted_class(academy: Academy) -> None:
    group = academy.training_class

    assert (group.state, group.starts_on, group.ends_on) == ("accepted", date(2026, 1, 1), date(2026, 12, 31))
    assert (group.reported_by, group.decided_by) == (academy.pia, academy.pia)
    assert [(each.name_en, cap, sorted(kinds)) for each, cap, kinds in categories_of(academy.year)] == [
        ("Online", Fraction(20), ["online"]),
        ("Seminars", Fraction(16), ["classroom"]),
        ("Workshops", None, ["workshop"]),
    ]
    told = Event.objects.get(verb="education_year.opened")
    assert (told.by, told.detail) == (academy.pia, {"region": "53", "year": 2026, "hours": "40", "caps": 2})
    assert Event.objects.filter(subject_id=str(group.uuid)).values_list("verb", flat=True).count() == 3


def test_opening_a_year_again_changes_nothing(academy: Academy) -> None:
    again = another_year(academy, 2026, uuid=academy.year.uuid, required_hours=Decimal(1))

    assert again.required_hours == 40
    assert EducationYear.objects.count() == 1


@pytest.mark.parametrize("name", ["cora", "otto", "hana", "tess"])
def test_nobody_else_opens_a_year(academy: Academy, name: str) -> None:
    with pytest.raises(NotOpening):
        another_year(academy, 2027, by=academy.people[name])

    assert [each.code for each in openable_regions(academy.people[name])] == (["54"] if name == "otto" else [])


def test_who_works_for_the_host_does_not_open_the_year(academy: Academy) -> None:
    with pytest.raises(NotAuthority):
        another_year(academy, 2027, by=academy.amy, institution=academy.world.institution)


def test_a_year_is_opened_once(academy: Academy) -> None:
    with pytest.raises(YearRefused) as refused:
        another_year(academy, 2026)

    assert codes(refused) == [("year", "opened")]
    assert TrainingClass.objects.filter(syllabus_version__syllabus__training="continuing").count() == 1


def test_all_that_is_wrong_with_a_year_is_told_at_once(academy: Academy) -> None:
    rival = academy.training_class.institution
    rival.region = Region.objects.get(code="54")

    with pytest.raises(YearRefused) as refused:
        another_year(academy, 2027, institution=rival, make_up_until=date(2027, 1, 1), required_hours=Decimal(0))

    assert codes(refused) == [
        ("make_up_until", "make_up_until"),
        ("required_hours", "required_hours"),
        ("carry_over_hours_max", "carry_over_hours_max"),
        ("institution", "institution"),
    ]


def test_a_year_needs_a_syllabus_of_continuing_education(academy: Academy) -> None:
    version = academy.world.training_class.syllabus_version

    with pytest.raises(ClassRefused) as refused:
        another_year(academy, 2027, syllabus_version=version, caps=(), lessons=())

    assert [each.code for each in refused.value.problems] == ["not_continuing"]
    assert EducationYear.objects.count() == 1


def test_an_institution_plans_no_class_of_continuing_education(academy: Academy) -> None:
    host, version = academy.training_class.institution, academy.training_class.syllabus_version
    dates = {"starts_on": date(2026, 5, 1), "ends_on": date(2026, 5, 2)}

    with pytest.raises(ClassRefused) as refused:
        plan_class(
            by=academy.hana, at=NOON, uuid=uuid.uuid4(), institution=host, syllabus_version=version, title="自办",
            lessons=(), **dates,
        )  # fmt: skip

    assert [each.code for each in refused.value.problems] == ["continuing"]
    assert version not in versions_to_plan(host, SPRING)


def test_the_host_neither_ends_a_year_nor_takes_anybody_in_or_out(academy: Academy) -> None:
    group = academy.training_class
    take_part(academy, academy.tess)
    both = make_person("both", Role.TEACHER)
    RoleGrant.objects.create(person=both, role=Role.LEARNER, granted_at=NOON)

    with pytest.raises(ClassRefused):
        end_class(by=academy.hana, at=NOON, training_class=group)
    with pytest.raises(EnrollmentRefused, match="class_of_teachers"):
        withdraw_enrollment(by=academy.hana, at=NOON, enrollment=Enrollment.objects.get(training_class=group))
    for somebody in (academy.world.alice, both):
        with pytest.raises(EnrollmentRefused, match="class_of_teachers"):
            enroll(by=academy.hana, at=NOON, uuid=uuid.uuid4(), learner=somebody, training_class=group)

    assert not takes_requests(group, NOON)


def test_a_teacher_takes_part_once(academy: Academy) -> None:
    first = take_part_in_year(by=academy.tess, at=NOON, education_year=academy.year)

    again = take_part_in_year(by=academy.tess, at=NOON + timedelta(days=1), education_year=academy.year)

    assert again == first
    assert Event.objects.filter(verb="enrollment.created", subject_id=str(first.uuid)).count() == 1


def _without_certificate(academy: Academy) -> User:
    academy.tess.teacher_certificates.all().delete()
    return academy.tess


def _from_elsewhere(academy: Academy) -> User:
    Membership.objects.filter(person=academy.tess).update(ended_at=NOON)
    return academy.tess


OUTSIDERS: dict[str, Callable[[Academy], User]] = {
    "not_a_teacher": lambda academy: academy.world.alice,
    "not_certified": _without_certificate,
    "elsewhere": _from_elsewhere,
}


@pytest.mark.parametrize("code", OUTSIDERS)
def test_who_does_not_teach_in_the_province_does_not_take_part(academy: Academy, code: str) -> None:
    person = OUTSIDERS[code](academy)

    with pytest.raises(YearRefused) as refused:
        take_part_in_year(by=person, at=NOON, education_year=academy.year)

    assert codes(refused) == [("year", code)]
    assert not Enrollment.objects.filter(training_class=academy.training_class).exists()


def test_online_study_and_claims_count_in_one_account(academy: Academy) -> None:
    """Four minutes online are 0.13 class hours of thirty minutes; a seminar's class hour has forty-five."""
    take_part(academy, academy.tess)
    study = Client(academy.tess, academy.world.video.lesson.uuid)
    study.open()
    study.study("0@0play 60@60 120@120 180@180 240@240")
    study.close(241)
    earned(academy, 4)
    earned(academy, 2, module=academy.workshops, kind="workshop", from_at=MORNING + timedelta(days=1))

    row = account_of(academy.tess, academy.year, SPRING)

    assert [str(each.counted_hours) for _module, each in row.categories] == ["0.13", "4", "2"]
    assert (str(row.account.counted_hours), str(row.account.missing_hours)) == ("6.13", "33.87")
    assert row.state == YearState.RUNNING
    assert row.enrollment is not None


def test_a_category_counts_up_to_its_cap(academy: Academy) -> None:
    for day in range(3):
        earned(academy, 8, from_at=MORNING + timedelta(days=day))

    account = account_of(academy.tess, academy.year, SPRING).account

    assert (str(account.counted_hours), str(account.categories[1].beyond_cap_hours)) == ("16", "8")


def test_hours_that_were_taken_back_count_no_more(academy: Academy) -> None:
    earned(academy, 8)
    entry = earned(academy, 4, from_at=MORNING + timedelta(days=1))

    taken_back(academy, entry)

    assert hours(academy.tess, academy) == ("8", "32")


def test_a_claim_that_waits_counts_nothing(academy: Academy) -> None:
    claimed(academy, 8)

    assert hours(academy.tess, academy) == ("0", "40")


def test_hours_above_the_year_are_carried_into_the_next(academy: Academy) -> None:
    following = another_year(academy, 2027)
    for day in range(6):
        earned(academy, 8, module=academy.workshops, kind="workshop", from_at=MORNING + timedelta(days=day))

    rows = own_years(academy.tess, NEXT_SPRING)

    assert [(each.year, each.state.value, str(each.account.counted_hours)) for each in rows] == [
        (2027, "running", "8"),
        (2026, "complete", "48"),
    ]
    assert account_of(academy.tess, following, NEXT_SPRING).account.carried_in_hours == 8


def test_what_is_made_up_fills_the_old_year_and_is_not_carried_over(academy: Academy) -> None:
    another_year(academy, 2027)
    for day in range(4):
        earned(academy, 8, module=academy.workshops, kind="workshop", from_at=MORNING + timedelta(days=day))
    made_up = datetime(2027, 3, 1, 1, 0, tzinfo=UTC)
    entry = earned(academy, 12, module=academy.workshops, kind="workshop", from_at=made_up)

    rows = own_years(academy.tess, NEXT_SPRING)

    assert [(each.year, each.state.value, str(each.account.counted_hours)) for each in rows] == [
        (2027, "running", "0"),
        (2026, "complete", "44"),
    ]
    taken_back(academy, entry)
    assert hours(academy.tess, academy, NEXT_SPRING) == ("32", "8")
    assert account_of(academy.tess, academy.year, NEXT_SPRING).state == YearState.GRACE


def test_who_never_took_part_has_an_account_too(academy: Academy) -> None:
    row = account_of(academy.theo, academy.year, NEXT_SPRING)

    assert (row.enrollment, row.state, str(row.account.missing_hours)) == (None, YearState.GRACE, "40")


def test_an_account_costs_the_same_for_one_teacher_and_for_many(
    academy: Academy, django_assert_num_queries: Callable[[int], Any]
) -> None:
    another_year(academy, 2027)
    people = [academy.tess, academy.theo, academy.tara]
    for number, person in enumerate(people):
        earned(academy, 4, by=person)
        earned(academy, 2, by=person, from_at=MORNING + timedelta(days=number + 1))
    keys = [each.pk for each in people]

    with django_assert_num_queries(9):
        accounts_of(keys[:1], SPRING)
    with django_assert_num_queries(9):
        found = accounts_of(keys, SPRING)

    assert {str(found[key][0].account.counted_hours) for key in keys} == {"6"}


def short_in(*asked: Any, **narrowed: Any) -> list[TeacherStanding]:
    return [each for each in standings_of_year(*asked, **narrowed) if each.row.owes]


def test_the_authority_lists_who_is_short(
    academy: Academy, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for day in range(5):
        earned(academy, 8, module=academy.workshops, kind="workshop", from_at=MORNING + timedelta(days=day))
    earned(academy, 4, by=academy.tara)
    newcomer = make_person("nils", Role.TEACHER)
    Membership.objects.create(person=newcomer, institution=academy.world.institution, started_at=NOON)
    certify(newcomer, "T-nils", date(2026, 6, 1))

    with django_assert_max_num_queries(16):
        found = short_in(academy.pia, academy.year, NEXT_SPRING)

    assert [(str(each.person), each.row.state.value, str(each.row.account.missing_hours)) for each in found] == [
        ("Theo", "grace", "40"),
        ("Tara", "grace", "36"),
    ]
    everybody = standings_of_year(academy.pia, academy.year, NEXT_SPRING)
    assert [str(each.person) for each in everybody] == ["Nils", "Theo", "Tara", "Tess"]
    county = Region.objects.get(code="5301")
    assert [str(each.person) for each in short_in(academy.pia, academy.year, NEXT_SPRING, region=county)] == ["Tara"]
    some = User.objects.filter(pk=academy.theo.pk)
    assert [str(each.person) for each in short_in(academy.pia, academy.year, NEXT_SPRING, people=some)] == ["Theo"]
    assert [str(each.person) for each in short_in(academy.cora, academy.year, NEXT_SPRING)] == ["Tara"]
    assert short_in(academy.otto, academy.year, NEXT_SPRING) == []
    assert short_in(academy.tess, academy.year, NEXT_SPRING) == []


@pytest.mark.parametrize(
    ("name", "is_seen"),
    [("tess", True), ("pia", True), ("hana", True), ("cora", True), ("otto", False)],
    ids=["a teacher", "the authority", "the host", "a county", "elsewhere"],
)
def test_a_year_is_seen_where_it_is_worked(academy: Academy, name: str, is_seen: bool) -> None:
    try:
        found = year_for(academy.people[name], academy.year.uuid)
    except YearNotFound:
        found = None

    assert (found == academy.year) is is_seen


def test_a_decision_on_one_teacher_moves_no_other(academy: Academy) -> None:
    decided(academy, claimed(academy, 4))

    assert hours(academy.theo, academy) == ("0", "40")
