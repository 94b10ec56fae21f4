"""Who is short near the year's end is written to, once for each mark, and nobody else is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from lms.accounts.models import Role, User
from lms.hours.models import Entry
from lms.institutions.models import Institution, Membership, Region, TeacherCertificate
from lms.letters.models import Letter
from lms.teachers.actions import reminders
from lms.teachers.actions.reminders import remind_short
from tests.integration.letters.post import delivered, link_in
from tests.integration.teachers.academy import (
    MORNING,
    SOME_YEARS_AGO,
    Academy,
    certify,
    earned,
    opened,
    take_part,
    taken_back,
)
from tests.world import make_person

NINETY = datetime(2026, 10, 2, 0, 15, tzinfo=UTC)
SIXTY = datetime(2026, 11, 1, 0, 15, tzinfo=UTC)
THIRTY = datetime(2026, 12, 1, 0, 15, tzinfo=UTC)
LAST_MORNING = datetime(2026, 12, 31, 0, 15, tzinfo=UTC)
TEACHERS = ["tara@example.test", "tess@example.test", "theo@example.test"]


@pytest.fixture(autouse=True)
def _address(settings: Any) -> None:
    settings.BASE_URL = "https://hours.example.test"


def written() -> list[str]:
    """To whom a reminder is owed, letter by letter."""
    return sorted(each.to.email or "" for each in Letter.objects.filter(kind="year.short").select_related("to"))


def complete(academy: Academy, person: User) -> None:
    for day in range(5):
        from_at = MORNING + timedelta(days=day)
        earned(academy, 8, by=person, module=academy.workshops, kind="workshop", from_at=from_at)


def test_nobody_is_written_to_before_the_first_mark(academy: Academy) -> None:
    assert remind_short(at=NINETY - timedelta(days=1)) == 0
    assert written() == []


def test_every_teacher_who_is_short_hears_once_for_each_mark(academy: Academy) -> None:
    for morning in (NINETY, SIXTY, THIRTY):
        remind_short(at=morning)

    assert written() == sorted(TEACHERS * 3)


def test_running_it_again_writes_nothing(academy: Academy) -> None:
    for morning in (NINETY, NINETY + timedelta(hours=3), NINETY + timedelta(days=1), SIXTY - timedelta(days=1)):
        remind_short(at=morning)

    assert written() == TEACHERS


def test_a_missed_morning_is_made_up_for_on_the_next(academy: Academy) -> None:
    remind_short(at=NINETY + timedelta(days=4))

    assert written() == TEACHERS


def test_after_a_long_silence_one_letter_comes_and_not_three(academy: Academy) -> None:
    remind_short(at=LAST_MORNING)

    assert written() == TEACHERS


def test_a_day_is_one_of_the_installations_zone(academy: Academy) -> None:
    assert remind_short(at=datetime(2026, 10, 1, 15, 59, tzinfo=UTC)) == 0
    assert remind_short(at=datetime(2026, 10, 1, 16, 0, tzinfo=UTC)) == 3
    assert remind_short(at=datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == 0


def _complete(academy: Academy) -> None:
    complete(academy, academy.tess)


def _certified_during_it(academy: Academy) -> None:
    TeacherCertificate.objects.filter(person=academy.tess).update(valid_from=MORNING.date())


def _lapsed(academy: Academy) -> None:
    TeacherCertificate.objects.filter(person=academy.tess).update(valid_to=NINETY.date())


def _no_teacher_any_more(academy: Academy) -> None:
    academy.tess.role_grants.update(ended_at=MORNING)


def _suspended(academy: Academy) -> None:
    User.objects.filter(pk=academy.tess.pk).update(is_active=False)


def _gone_elsewhere(academy: Academy) -> None:
    Membership.objects.filter(person=academy.tess).update(ended_at=MORNING)


def _without_an_address(academy: Academy) -> None:
    User.objects.filter(pk=academy.tess.pk).update(email=None, phone="+8613800138000")


SPARED: dict[str, Callable[[Academy], None]] = {
    "who is complete": _complete,
    "who was certified during the year": _certified_during_it,
    "whose certificate ran out": _lapsed,
    "who teaches no more": _no_teacher_any_more,
    "who is suspended": _suspended,
    "who works in no province with a year": _gone_elsewhere,
    "who has no address": _without_an_address,
}


@pytest.mark.parametrize("case", SPARED)
def test_it_spares(academy: Academy, case: str) -> None:
    SPARED[case](academy)

    remind_short(at=NINETY)

    assert written() == ["tara@example.test", "theo@example.test"]


def test_who_is_complete_in_one_province_is_not_reminded_of_another(academy: Academy) -> None:
    complete(academy, academy.tess)
    haidong = Region.objects.get(code="54")
    school = Institution.objects.create(kind="training", name_zh="海东学校", name_en="Haidong School", region=haidong)
    Membership.objects.create(person=academy.tess, institution=school, started_at=SOME_YEARS_AGO)
    version = academy.training_class.syllabus_version
    opened(academy.otto, academy.world, school, version, 2026, region=haidong)

    remind_short(at=NINETY)

    assert written() == ["tara@example.test", "theo@example.test"]


def test_whose_hours_were_taken_back_hears_of_it_at_the_next_mark(academy: Academy) -> None:
    complete(academy, academy.tess)
    remind_short(at=NINETY)
    taken_back(academy, Entry.objects.filter(learner=academy.tess).latest("number"))

    remind_short(at=SIXTY)

    assert written().count("tess@example.test") == 1


def test_the_letter_says_how_much_is_missing_until_when_in_both_languages(academy: Academy) -> None:
    take_part(academy, academy.tess)
    earned(academy, 2.5)
    Letter.objects.exclude(kind="year.short").delete()

    remind_short(at=NINETY)

    letter = delivered()["tess@example.test"]
    body = str(letter.body)
    assert letter.subject == ("2026 年继续教育还差 37.5 学时 / Continuing education 2026: 37.5 class hours missing")
    assert "您的 2026 年继续教育将于 2026-12-31 结束，还差 37.5 学时。" in body
    assert "ends on 2026-12-31, and 37.5 class hours are missing." in body
    assert link_in(letter, "/my/teaching/") == "/my/teaching/year/2026/"
    assert "Tess" not in body
    assert len(mail.outbox) == 3


def test_a_province_is_written_to_in_chunks(
    academy: Academy, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for number in range(7):
        person = make_person(f"more{number}", Role.TEACHER)
        Membership.objects.create(person=person, institution=academy.world.institution, started_at=SOME_YEARS_AGO)
        certify(person, f"M-{number}")
    with django_assert_max_num_queries(17):
        assert remind_short(at=NINETY) == 10
    Letter.objects.all().delete()

    monkeypatch.setattr(reminders, "CHUNK", 3)

    assert remind_short(at=NINETY) == 10
    assert len(set(written())) == 10
