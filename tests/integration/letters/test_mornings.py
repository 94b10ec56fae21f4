"""Who decides gets one letter a morning while something waits, and none when nothing does."""

from datetime import timedelta

import pytest
from django.core import mail

from lms.accounts.models import Role
from lms.enrollments.actions import accept_class, report_class
from lms.institutions.actions import add_region, post_authority
from lms.letters.models import Letter
from lms.oversight.actions.telling import tell_waiting
from tests.integration.exams.builders import NOON, REPORTED, Ground, make_person, plan
from tests.integration.letters.post import delivered, link_in

MORNING = NOON.replace(hour=0)
"""2026-03-02 08:00 in Shanghai."""


@pytest.fixture
def reported(ground: Ground) -> None:
    """Two classes wait for Vera, and for Wanda of another region none."""
    elsewhere = add_region(by=None, at=REPORTED, code="98", name_zh="别省", name_en="Elsewhere")
    post_authority(by=None, at=REPORTED, person=make_person("wanda", Role.AUTHORITY), region=elsewhere)
    for _class in range(2):
        group = plan(ground.bob, ground.school, ground.version, [(ground.theory, ground.video)])
        report_class(by=ground.bob, at=REPORTED, training_class=group)


def test_the_authority_of_the_region_hears_how_much_waits_and_where(ground: Ground, reported: None) -> None:
    tell_waiting(at=MORNING)

    sent = delivered()
    assert list(sent) == ["vera@example.test"]
    letter = sent["vera@example.test"]
    assert letter.subject == "有事项等待您处理 / Something waits for you"
    assert "- 培训告知：2  https://hours.example.test/manage/reports/" in str(letter.body)
    assert "- Class reports: 2  " in str(letter.body)
    assert link_in(letter, "/manage/reports/") == "/manage/reports/"


def test_one_letter_a_day_however_often_the_task_runs(ground: Ground, reported: None) -> None:
    for hours in (0, 1, 24):
        tell_waiting(at=MORNING + timedelta(hours=hours))

    delivered()

    assert [each.to for each in mail.outbox] == [["vera@example.test"]] * 2


def test_nothing_waits_and_nobody_is_written_to(ground: Ground, reported: None) -> None:
    for group in ground.school.classes.filter(state="reported"):
        accept_class(by=ground.vera, at=NOON, training_class=group)
    Letter.objects.all().delete()

    assert tell_waiting(at=MORNING) == 0
    assert delivered() == {}
