"""A teacher's year at a glance: what the page says, of which states, and to whom."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from courses.models import Lesson
from lms.accounts.models import User
from lms.enrollments.models import Enrollment
from lms.hours.queries import overview
from lms.institutions.models import TeacherCertificate
from lms.teachers.actions import take_claim_back
from lms.teachers.queries import account_of
from lms.teachers.queries.sources import sources_of
from lms.teachers.rules.forty import class_hours
from lms.teachers.views import moments
from tests.integration.hours.client import Client as Study
from tests.integration.teachers.academy import (
    LATER,
    MORNING,
    Academy,
    another_year,
    claimed,
    decided,
    earned,
    take_part,
    taken_back,
)

MAY = datetime(2026, 5, 1, tzinfo=UTC)
YEAR = "/my/teaching/year/"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the clock of the pages; it stands in May 2026 at first."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(moments, "now", lambda: moment)

    set_to(MAY)
    return set_to


@pytest.fixture(autouse=True)
def _in_may(at: Callable[[datetime], None]) -> None:
    """Every page of these tests."""


def client_of(person: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(person)
    return client


def page_of(person: User, address: str = YEAR) -> str:
    response = client_of(person).get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def table_of(page: str) -> list[list[str]]:
    """The cells of the table behind the ring."""
    rows = re.findall(r"<tr>(.*?)</tr>", page[page.index("<tbody>") : page.index("</table>")])
    cells = [re.findall(r"<t[hd].*?</t[hd]>", row) for row in rows]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


def study(academy: Academy, minutes: int) -> None:
    """Tess studies the year's one lesson, which lasts twenty minutes, from noon on."""
    session = Study(academy.tess, academy.world.video.lesson.uuid)
    session.open()
    session.study("0@0play " + " ".join(f"{each * 60}@{each * 60}" for each in range(1, minutes + 1)))
    session.close(minutes * 60 + 1)


def test_the_table_says_what_counts_up_to_which_cap(academy: Academy) -> None:
    take_part(academy, academy.tess)
    study(academy, 4)
    for day in range(3):
        earned(academy, 8, from_at=MORNING + timedelta(days=day))
    earned(academy, 2.5, module=academy.workshops, kind="workshop", from_at=MORNING + timedelta(days=3))

    page = page_of(academy.tess)

    assert table_of(page) == [
        ["Online", "0.13", "20", "–"],
        ["Seminars", "16", "16", "8"],
        ["Workshops", "2.5", "no cap", "–"],
        ["Together", "18.63", "of 40 class hours"],
    ]
    assert page.count('class="year-arc ') == 3
    assert "21.37 class hours missing" in page


def test_what_came_from_where_is_named(academy: Academy) -> None:
    take_part(academy, academy.tess)
    study(academy, 4)
    kept = claimed(academy, 4, title="省级研修班")
    decided(academy, kept)
    taken_back(academy, earned(academy, 2, title="市级研修班", from_at=MORNING + timedelta(days=1)))

    page = page_of(academy.tess)

    sources = page[page.index("What came from where") : page.index('id="statements"')]
    assert f'<a href="/my/teaching/claims/{kept.uuid}/">省级研修班</a>' in sources
    assert "Online course" in sources and academy.world.video.title in sources
    assert re.findall(r"<b[^>]*>([^<]+)</b>", sources) == ["0.13", "4", "2", "−2"]


def test_the_sources_are_the_sum_of_the_account(academy: Academy) -> None:
    take_part(academy, academy.tess)
    study(academy, 4)
    earned(academy, 4)
    taken_back(academy, earned(academy, 3, from_at=MORNING + timedelta(days=1)))
    row = account_of(academy.tess, academy.year, MAY.date())
    assert row.enrollment is not None

    sources = sources_of(row.enrollment)

    minutes = {academy.online.pk: 30, academy.seminars.pk: 45}
    told = {pk: class_hours(sum(each.ms for each in found), minutes[pk]) for pk, found in sources.items()}
    assert told == {module.pk: each.earned for module, each in row.categories if each.earned}


def test_what_waits_and_what_was_refused_has_its_reason(academy: Academy) -> None:
    claimed(academy, 4, title="还在等")
    refused = claimed(academy, 2, title="被退回", from_at=MORNING + timedelta(days=1))
    decided(academy, refused, verb="refuse", reason="看不清日期")
    gone = claimed(academy, 2, title="自己撤的", from_at=MORNING + timedelta(days=2))
    take_claim_back(by=academy.tess, at=LATER, claim=gone)

    page = page_of(academy.tess)

    waits, refused_part = page.index("What waits"), page.index("Not counted, and why")
    assert waits < page.index("还在等") < refused_part < page.index("被退回") < page.index("看不清日期")
    assert page.index("Claims that you took back") < page.index("自己撤的")
    assert '<path class="year-waiting"' in page


def test_what_waits_in_a_full_category_is_not_drawn(academy: Academy) -> None:
    for day in range(2):
        earned(academy, 8, from_at=MORNING + timedelta(days=day))
    claimed(academy, 4, from_at=MORNING + timedelta(days=2))

    assert "year-waiting" not in page_of(academy.tess)


def test_open_courses_that_help_have_their_hours_and_a_way_in(academy: Academy) -> None:
    take_part(academy, academy.tess)
    study(academy, 4)

    page = page_of(academy.tess)

    courses = page[page.index("Open courses that help") : page.index("What came from where")]
    assert f'href="{reverse("study", args=[academy.world.video.lesson.uuid])}"' in courses
    assert "gives 0.53 class hours" in courses
    assert "39.34 more must come from seminars" in courses


def test_a_finished_course_is_not_proposed(academy: Academy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "FINISHED_PERCENT", 20)
    take_part(academy, academy.tess)
    study(academy, 4)

    assert "No open course of this year gives more" in page_of(academy.tess)


def test_a_withdrawn_course_is_not_proposed(academy: Academy) -> None:
    take_part(academy, academy.tess)
    Lesson.objects.filter(pk=academy.world.video.lesson_id).update(withdrawn_at=LATER)

    assert "No open course of this year gives more" in page_of(academy.tess)


def test_a_complete_year_closes_the_ring_and_carries_over(academy: Academy) -> None:
    for day in range(6):
        earned(academy, 8, module=academy.workshops, kind="workshop", from_at=MORNING + timedelta(days=day))

    page = page_of(academy.tess)

    assert "year-ring-done" in page and 'class="year-beyond"' in page
    assert "8 class hours above what is asked go into the next year." in page
    assert "All hours done" in page
    assert "Open courses that help" not in page


def _complete(academy: Academy) -> None:
    for day in range(5):
        earned(academy, 8, module=academy.workshops, kind="workshop", from_at=MORNING + timedelta(days=day))


def _new_teacher(academy: Academy) -> None:
    take_part(academy, academy.tess)
    TeacherCertificate.objects.filter(person=academy.tess).update(valid_from=MORNING.date())


def _nothing(academy: Academy) -> None:
    take_part(academy, academy.tess)


# On which day, after what -> what the page says of being named.
NAMING: dict[str, tuple[datetime, Callable[[Academy], None], str]] = {
    "running": (MAY, _nothing, "This one runs until Dec. 31, 2026"),
    "complete": (datetime(2027, 2, 1, tzinfo=UTC), _complete, "This year is over and complete."),
    "exempt": (datetime(2027, 2, 1, tzinfo=UTC), _new_teacher, "it asks nothing of you"),
    "grace": (datetime(2027, 2, 1, tzinfo=UTC), _nothing, "You may be named in class reports until June 30, 2027"),
    "short": (datetime(2027, 8, 1, tzinfo=UTC), _nothing, "You are not named in new class reports"),
}


@pytest.mark.parametrize("state", NAMING)
def test_it_says_what_the_year_means_for_being_named(
    academy: Academy, at: Callable[[datetime], None], state: str
) -> None:
    day, prepare, said = NAMING[state]
    prepare(academy)
    at(day)

    page = page_of(academy.tess, f"{YEAR}2026/")

    assert said in page
    assert ("Claim hours" in page) == (state in ("running", "grace", "short"))


def test_an_earlier_year_stays_where_it_was(academy: Academy, at: Callable[[datetime], None]) -> None:
    _complete(academy)
    another_year(academy, 2027)
    at(datetime(2027, 2, 1, tzinfo=UTC))

    now, before = page_of(academy.tess), page_of(academy.tess, f"{YEAR}2026/")

    assert "<h1>Continuing education 2027</h1>" in now
    assert "<h1>Continuing education 2026</h1>" in before
    assert 'href="/my/teaching/year/2026/"' in now and 'href="/my/teaching/year/2027/"' in before


def test_taking_part_is_one_button(academy: Academy) -> None:
    assert "Take part in 2026" in page_of(academy.theo)

    response = client_of(academy.theo).post(f"{YEAR}{academy.year.uuid}/take-part/", follow=True)

    page = response.content.decode()
    assert response.redirect_chain == [("/my/teaching/year/2026/", 302)]
    assert "You take part in 2026" in page and "Take part in 2026" not in page
    assert Enrollment.objects.filter(learner=academy.theo, training_class=academy.training_class).count() == 1


def test_who_cannot_take_part_is_told_why(academy: Academy) -> None:
    TeacherCertificate.objects.filter(person=academy.theo).delete()

    page = page_of(academy.theo)
    response = client_of(academy.theo).post(f"{YEAR}{academy.year.uuid}/take-part/", follow=True)

    assert "You hold no teacher&#x27;s certificate that is valid today." in page
    assert "Take part in 2026" not in page
    assert "You hold no teacher&#x27;s certificate that is valid today." in response.content.decode()


def test_it_is_a_teachers_page(academy: Academy) -> None:
    codes = {name: client_of(academy.people[name]).get(YEAR).status_code for name in ("tess", "hana", "pia", "otto")}

    assert codes == {"tess": 200, "hana": 403, "pia": 403, "otto": 403}
    assert client_of(academy.world.alice).get(YEAR).status_code == 403
    assert client_of(academy.tess).get(f"{YEAR}2019/").status_code == 404


def test_a_province_that_opened_nothing_says_so(academy: Academy) -> None:
    academy.people["tess"].memberships.update(ended_at=LATER)

    assert "No year is open for you" in page_of(academy.tess)


def test_the_number_of_statements_does_not_grow_with_the_year(
    academy: Academy, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    client = client_of(academy.tess)
    earned(academy, 2)
    with django_assert_max_num_queries(43):
        client.get(YEAR)
    study(academy, 4)
    for day in range(1, 9):
        earned(academy, 1, from_at=MORNING + timedelta(days=day))
        claimed(academy, 1, from_at=MORNING + timedelta(days=day, hours=5))

    with django_assert_max_num_queries(43):
        page = client.get(YEAR)

    assert page.status_code == 200
