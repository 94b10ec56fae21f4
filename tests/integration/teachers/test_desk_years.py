"""The authority's years: how its teachers stand, opening one on the page, one year with its list and spreadsheet."""

import io
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from lms.accounts.models import Role, User
from lms.institutions.models import Institution, Membership, TeacherCertificate
from lms.teachers.models import EducationYear
from lms.teachers.queries.desk import figures_of_years, hosts, years_supervised
from lms.teachers.queries.years import openable_regions
from lms.teachers.rules.consequences import YearState
from lms.teachers.views.desk import claims, year, years
from tests.integration.oversight.builders import body_of
from tests.integration.teachers.academy import MORNING, Academy, another_year, certify, earned
from tests.world import NOON, make_person

SUMMER = date(2026, 6, 1)
IN_GRACE = date(2027, 1, 10)
AFTERWARDS = date(2027, 8, 1)
LIST, NEW = "/manage/teaching/", "/manage/teaching/new/"
OnDay = Callable[[date], None]


@pytest.fixture
def on_day(monkeypatch: pytest.MonkeyPatch) -> OnDay:
    """What the pages take for today; a summer's day of the year unless a test says another."""

    def choose(day: date) -> None:
        for each in (claims, year, years):
            monkeypatch.setattr(each, "today", lambda: day)

    choose(SUMMER)
    return choose


def browser(person: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(person)
    return client


def forty(academy: Academy, person: User) -> None:
    """A seminar of 8 class hours and two workshops of 16."""
    earned(academy, 8, by=person)
    for days in (1, 2):
        workshop = {"module": academy.workshops, "kind": "workshop", "from_at": MORNING + timedelta(days=days)}
        earned(academy, 16, by=person, **workshop)


def another_teacher(academy: Academy, name: str, place: Institution | None = None) -> User:
    person = make_person(name, Role.TEACHER)
    Membership.objects.create(person=person, institution=place or academy.world.institution, started_at=NOON)
    certify(person, f"T-{name}")
    return person


def desk_of(academy: Academy) -> str:
    return reverse("teaching_year_desk", args=[academy.year.uuid])


def names(client: Client, address: str, **asked: Any) -> list[str]:
    return [each["name"] for each in client.get(address, asked).context["teachers"]]


def states(academy: Academy, day: date) -> Counter[YearState]:
    (found,) = figures_of_years(academy.pia, [academy.year], day)
    return found.states


def test_a_year_tells_how_its_teachers_stand(academy: Academy) -> None:
    forty(academy, academy.tess)
    new = another_teacher(academy, "nora")
    TeacherCertificate.objects.filter(person=new).update(valid_from=date(2026, 5, 1))

    assert states(academy, SUMMER) == {YearState.COMPLETE: 1, YearState.RUNNING: 3}
    assert states(academy, IN_GRACE) == {YearState.COMPLETE: 1, YearState.GRACE: 2, YearState.EXEMPT: 1}
    assert states(academy, AFTERWARDS) == {YearState.COMPLETE: 1, YearState.SHORT: 2, YearState.EXEMPT: 1}


def test_a_county_reads_how_its_own_teachers_stand_and_decides_on_no_claim(academy: Academy) -> None:
    (province,) = figures_of_years(academy.pia, [academy.year], SUMMER)
    (county,) = figures_of_years(academy.cora, list(years_supervised(academy.cora)), SUMMER)

    assert (province.teachers, province.waiting) == (3, 0)
    assert (county.teachers, county.waiting) == (1, None)
    assert list(years_supervised(academy.otto)) == []


def test_the_page_of_years_asks_as_often_for_many_as_for_one(academy: Academy, on_day: OnDay) -> None:
    pia = browser(academy.pia)
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert len(pia.get(LIST).context["years"]) == 1
    for number in (2027, 2028):
        another_year(academy, number)
    for number in range(5):
        another_teacher(academy, f"nora{number}")

    with CaptureQueriesContext(connection) as many:
        shown = pia.get(LIST).context["years"]

    assert [(each["year"], each["teachers"]) for each in shown] == [(2028, 8), (2027, 8), (2026, 8)]
    assert len(many) == len(few) <= 40


def where(academy: Academy, **changes: Any) -> dict[str, Any]:
    """The first step, for 2027."""
    training_class = academy.training_class
    return {
        "region": academy.year.region.pk,
        "year": 2027,
        "institution": training_class.institution.pk,
        "syllabus": training_class.syllabus_version.syllabus.pk,
        **changes,
    }


def terms(academy: Academy, **changes: Any) -> dict[str, Any]:
    """Both steps, as the second page sends them: online at most 24, the film of the world is its course."""
    return {
        **where(academy),
        "uuid": uuid.uuid4(),
        "required_hours": "40",
        "make_up_until": "2028-03-31",
        "carry_over_hours_max": "8",
        "title": "2027 年教师继续教育",
        "place": "省培训中心",
        f"cap_{academy.online.pk}": "24",
        f"cap_{academy.seminars.pk}": "",
        f"cap_{academy.workshops.pk}": "",
        **changes,
    }


def test_a_year_is_opened_in_two_steps_and_sent_twice_it_is_one(academy: Academy, on_day: OnDay) -> None:
    pia = browser(academy.pia)
    first = pia.get(NEW)
    second = pia.get(NEW, where(academy))
    sent = terms(academy)

    answers = [pia.post(NEW, sent) for _ in range(2)]

    assert first.context["where"]["year"].value() == 2027
    assert [each["name"] for each in second.context["categories"]] == ["Online", "Seminars", "Workshops"]
    opened = EducationYear.objects.get(year=2027)
    assert [answer.headers["Location"] for answer in answers] == [f"/manage/teaching/{opened.uuid}/"] * 2
    assert (opened.required_hours, opened.carry_over_hours_max) == (Decimal(40), Decimal(8))
    assert opened.make_up_until == date(2028, 3, 31)
    assert [(each.module, each.hours_max) for each in opened.caps.all()] == [(academy.online, Decimal(24))]
    assert opened.opened_by == academy.pia


def test_the_first_step_says_what_is_wrong_where_it_is(academy: Academy, on_day: OnDay) -> None:
    pia = browser(academy.pia)

    opened = pia.get(NEW, where(academy, year=2026))
    early = pia.get(NEW, where(academy, year=2019))

    assert opened.status_code == early.status_code == 422
    assert opened.context["where"].errors == {"year": ["The year 2026 is open already."]}
    assert early.context["where"].errors == {
        "syllabus": ["No version of this syllabus is in force on the first day of 2019."]
    }


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("required_hours", "0", "greater than or equal to 0.01"),
        ("carry_over_hours_max", "41", "From 0 to as many class hours as are asked can be carried over, not 41."),
        ("make_up_until", "2027-12-31", "Hours are made up after the year"),
        ("title", "", "This field is required."),
        ("place", "", "This field is required."),
    ],
    ids=["nothing asked", "more carried than asked", "made up in the year", "no title", "no place"],
)
def test_the_second_step_says_what_is_wrong_at_its_field(
    academy: Academy, on_day: OnDay, field: str, value: str, said: str
) -> None:
    answer = browser(academy.pia).post(NEW, terms(academy, **{field: value}))

    assert answer.status_code == 422
    assert list(answer.context["terms"].errors) == [field]
    assert said in answer.context["terms"].errors[field][0]
    assert EducationYear.objects.count() == 1


def test_a_cap_of_nothing_is_refused_at_its_category(academy: Academy, on_day: OnDay) -> None:
    name = f"cap_{academy.seminars.pk}"

    answer = browser(academy.pia).post(NEW, terms(academy, **{name: "0"}))

    assert (answer.status_code, list(answer.context["terms"].errors)) == (422, [name])


def test_nobody_chooses_a_host_for_which_they_work(academy: Academy, on_day: OnDay) -> None:
    school = academy.world.institution

    answer = browser(academy.amy).post(NEW, terms(academy, institution=school.pk))

    assert school in hosts(academy.pia, openable_regions(academy.pia))
    assert school not in hosts(academy.amy, openable_regions(academy.amy))
    assert (answer.status_code, list(answer.context["where"].errors)) == (422, ["institution"])


def test_a_county_opens_no_year(academy: Academy) -> None:
    cora = browser(academy.cora)

    assert cora.get(NEW).status_code == cora.post(NEW, terms(academy)).status_code == 403
    assert cora.get(LIST).context["may_open"] is False


def test_who_misses_most_comes_first(academy: Academy, on_day: OnDay) -> None:
    forty(academy, academy.tess)
    earned(academy, 4, by=academy.tara)

    page = browser(academy.pia).get(desk_of(academy)).context

    rows = [(each["name"], str(each["missing_hours"]), each["standing"]) for each in page["teachers"]]
    assert rows == [("Theo", "40", "running"), ("Tara", "36", "running"), ("Tess", "0", "complete")]
    assert [each["count"] for each in page["chart"]["columns"]] == [2, 0, 0, 0, 1]
    assert [each["label"] for each in page["chart"]["columns"]] == ["0–10", "10–20", "20–30", "30–40", "40 and more"]


def test_teachers_are_found_by_what_they_miss_by_certificate_region_trade_and_name(
    academy: Academy, on_day: OnDay
) -> None:
    forty(academy, academy.tess)
    TeacherCertificate.objects.filter(person=academy.theo).update(valid_to=SUMMER + timedelta(days=60))
    pia, desk = browser(academy.pia), desk_of(academy)

    assert names(pia, desk, show="short") == ["Tara", "Theo"]
    assert names(pia, desk, show="lapsing") == ["Theo"]
    assert names(pia, desk, region="5301") == ["Tara"]
    assert names(pia, desk, q="tes") == ["Tess"]
    assert names(pia, desk, trade="electrician") == []
    assert [each["number"] for each in pia.get(desk).context["ways"]] == [3, 2, 1]
    assert pia.get(desk, {"region": "54"}).status_code == 404


def test_after_the_year_short_is_what_is_still_owed(academy: Academy, on_day: OnDay) -> None:
    forty(academy, academy.tess)
    on_day(AFTERWARDS)

    page = browser(academy.pia).get(desk_of(academy), {"show": "short"}).context

    assert [(each["name"], each["standing_label"]) for each in page["teachers"]] == [
        ("Tara", "Short"),
        ("Theo", "Short"),
    ]
    assert page["chart"]["below"] == "behind"


def test_while_the_year_runs_nobody_is_told_to_be_short_of_it(academy: Academy, on_day: OnDay) -> None:
    new = another_teacher(academy, "nora")
    TeacherCertificate.objects.filter(person=new).update(valid_from=date(2026, 5, 1))
    pia, desk = browser(academy.pia), desk_of(academy)

    running = pia.get(desk, {"show": "short"})
    on_day(AFTERWARDS)
    over = pia.get(desk, {"show": "short"})

    told = [[(each["label"], each["number"]) for each in page.context["ways"]][1] for page in (running, over)]
    assert told == [("Have hours still to do", 3), ("Short of hours", 3)]
    for page in (running, over):
        assert sorted(each["name"] for each in page.context["teachers"]) == ["Tara", "Tess", "Theo"]
    assert ("40 to do" in running.content.decode(), "40 missing" in running.content.decode()) == (True, False)
    assert ("40 to do" in over.content.decode(), "40 missing" in over.content.decode()) == (False, True)


def test_the_desk_asks_as_often_for_many_teachers_as_for_few(academy: Academy, on_day: OnDay) -> None:
    pia, desk = browser(academy.pia), desk_of(academy)
    earned(academy, 2)
    with CaptureQueriesContext(connection) as few:
        pia.get(desk)
    for number in range(6):
        earned(academy, 2, by=another_teacher(academy, f"nora{number}"))

    with CaptureQueriesContext(connection) as many:
        assert len(names(pia, desk)) == 9

    assert len(many) == len(few) <= 40


def test_the_spreadsheet_has_the_list_and_no_name_is_a_formula(academy: Academy, on_day: OnDay) -> None:
    earned(academy, 4, by=academy.tess)
    User.objects.filter(pk=academy.tess.pk).update(real_name="=1+1")
    pia = browser(academy.pia)

    answer = pia.get(reverse("teaching_year_workbook", args=[academy.year.uuid]), {"q": "=1"})

    (sheet,) = load_workbook(io.BytesIO(body_of(answer))).worksheets
    headings, row = sheet.iter_rows(max_col=11)
    assert [each.value for each in headings[5:10]] == [
        "Carried over from the year before",
        "Online",
        "Seminars",
        "Workshops",
        "Number of the certificate",
    ]
    assert [each.value for each in row[:9]] == ["=1+1", "Under way", 40, 4, 36, 0, 0, 4, 0]
    assert row[0].data_type == "s"


def test_a_year_of_another_province_is_not_found(academy: Academy) -> None:
    otto = browser(academy.otto)

    assert otto.get(desk_of(academy)).status_code == 404
    assert otto.get(reverse("teaching_year_workbook", args=[academy.year.uuid])).status_code == 404
    assert browser(academy.tess).get(desk_of(academy)).status_code == 403
