"""Who may be named as a teacher in the report of a class: the years before decide, and the page says why or why not."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from lms.accounts.models import User
from lms.enrollments.actions import ClassRefused, report_class
from lms.enrollments.models import ClassState, ClassTeacher, TrainingClass
from lms.enrollments.queries.planning import named_problems, teachers_named_in
from lms.enrollments.texts import plan_text
from lms.institutions.models import Institution
from lms.teachers.queries import nameable_on
from tests.integration.teachers.academy import Academy, another_year, certify, earned
from tests.world import NOON

GRACE = datetime(2027, 6, 30, 15, 59, tzinfo=UTC)
"""The last minute of 2027-06-30 in Shanghai: the year 2026 may be made up until then."""

AFTER = datetime(2027, 6, 30, 16, 0, tzinfo=UTC)


def planned(academy: Academy, *teachers: User) -> TrainingClass:
    """A class of Bob's school that begins in October 2027, with these teachers."""
    world = academy.world
    group = TrainingClass.objects.create(
        institution=world.institution,
        syllabus_version=world.training_class.syllabus_version,
        title="秋季班",
        place="三号实训楼",
        starts_on=date(2027, 10, 1),
        ends_on=date(2027, 12, 1),
    )
    for each in teachers:
        ClassTeacher.objects.create(training_class=group, person=each)
    return TrainingClass.objects.get(pk=group.pk)


def complete(academy: Academy, person: User) -> None:
    """Forty class hours of workshops in the year."""
    for day in range(5):
        at = datetime(2026, 3, 10 + day, 1, 0, tzinfo=UTC)
        earned(academy, 8, by=person, module=academy.workshops, kind="workshop", from_at=at)


def told(group: TrainingClass, at: datetime) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    return [
        (str(each.person), [(reason.code, reason.state, reason.bars) for reason in each.reasons])
        for each in teachers_named_in(group, at)
    ]


CERTIFIED = ("certificate", "ok", False)


def test_who_is_short_may_be_named_while_grace_runs(academy: Academy) -> None:
    group = planned(academy, academy.tess)

    reported = report_class(by=academy.world.bob, at=GRACE, training_class=group)

    assert reported.state == ClassState.REPORTED
    assert told(group, GRACE) == [("Tess", [CERTIFIED, ("year_grace", "wait", False)])]


def test_who_is_short_after_grace_is_not_named_until_it_is_made_up(academy: Academy) -> None:
    group = planned(academy, academy.tess, academy.theo)
    complete(academy, academy.theo)

    with pytest.raises(ClassRefused) as refused:
        report_class(by=academy.world.bob, at=AFTER, training_class=group)

    (problem,) = refused.value.problems
    assert (problem.field, problem.code, problem.value) == ("teachers", "teacher_barred", str(academy.tess.uuid))
    with override("en"):
        assert plan_text(named_problems(teachers_named_in(group, AFTER))[0]) == (
            "Tess: Continuing education of 2026: 40 class hours are missing, and the time to make them up ended on "
            "June 30, 2027. Once they are made up, the teacher may be named."
        )
    assert told(group, AFTER) == [
        ("Tess", [CERTIFIED, ("year_short", "stop", True)]),
        ("Theo", [CERTIFIED, ("year_complete", "ok", False)]),
    ]
    for day in range(5):
        late = datetime(2027, 7, 1 + day, 1, 0, tzinfo=UTC)
        earned(academy, 8, module=academy.workshops, kind="workshop", from_at=late)
    assert report_class(by=academy.world.bob, at=datetime(2027, 8, 1, tzinfo=UTC), training_class=group).state == (
        ClassState.REPORTED
    )


def test_who_was_certified_during_the_year_owes_nothing_of_it(academy: Academy) -> None:
    academy.tess.teacher_certificates.all().delete()
    certify(academy.tess, "T-new", date(2026, 2, 1))
    group = planned(academy, academy.tess)

    assert told(group, AFTER) == [("Tess", [CERTIFIED, ("year_exempt", "ok", False)])]
    assert report_class(by=academy.world.bob, at=AFTER, training_class=group).state == ClassState.REPORTED


def test_a_province_that_opened_no_year_asks_nothing(academy: Academy) -> None:
    Institution.objects.filter(pk=academy.world.institution.pk).update(region=academy.otto.authority_posts.get().region)
    group = planned(academy, academy.tess)

    assert told(group, AFTER) == [("Tess", [CERTIFIED])]


def test_a_missing_certificate_is_told_and_left_to_the_gate(academy: Academy) -> None:
    academy.tess.teacher_certificates.all().delete()
    group = planned(academy, academy.tess)

    assert told(group, AFTER) == [("Tess", [("certificate", "wait", False), ("year_exempt", "ok", False)])]


def test_a_year_that_runs_is_not_asked_yet(academy: Academy) -> None:
    group = planned(academy, academy.tess)

    assert told(group, NOON) == [("Tess", [CERTIFIED])]


def test_an_older_year_that_is_still_missing_is_told_beside_the_last(academy: Academy) -> None:
    another_year(academy, 2024, make_up_until=date(2026, 6, 30))
    complete(academy, academy.tess)
    group = planned(academy, academy.tess)
    academy.tess.teacher_certificates.update(valid_from=date(2020, 1, 1))

    assert told(group, AFTER) == [("Tess", [CERTIFIED, ("year_complete", "ok", False), ("year_short", "stop", True)])]


def test_naming_costs_the_same_for_one_teacher_and_for_many(
    academy: Academy, django_assert_num_queries: Callable[[int], Any]
) -> None:
    complete(academy, academy.theo)
    group = planned(academy)
    people = [academy.theo, academy.tess, academy.tara]

    with django_assert_num_queries(13):
        nameable_on(people[:1], group, AFTER)
    with django_assert_num_queries(11):
        nameable_on(people, group, AFTER)


def test_both_pages_of_a_report_say_why_or_why_not(academy: Academy) -> None:
    """The staff's page with the button that is missing, and the authority's page of what was reported."""
    group = planned(academy, academy.tess)
    TrainingClass.objects.filter(pk=group.pk).update(starts_on=date(2099, 10, 1), ends_on=date(2099, 12, 1))
    staff, authority = Client(), Client()
    staff.force_login(academy.world.bob)
    authority.force_login(academy.pia)

    before = staff.get(f"/manage/classes/{group.uuid}/report/").content.decode()
    at = NOON + timedelta(days=1)
    TrainingClass.objects.filter(pk=group.pk).update(
        state=ClassState.REPORTED, reported_at=at, reported_by=academy.world.bob
    )
    after = authority.get(f"/manage/reports/{group.uuid}/").content.decode()

    for page in (before, after):
        assert "Tess" in page
        assert "naming-wait" in page
