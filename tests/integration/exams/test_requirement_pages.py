"""What is asked, read by everybody; and the page on which an authority enacts the next set, after a preview."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lms.accounts.models import Role, User
from lms.audit.models import Event
from lms.enrollments.actions import enroll
from lms.enrollments.models import TrainingClass
from lms.exams.actions import NotEnacting, enact_requirements
from lms.exams.models import RequirementSet
from lms.exams.views import requirements as views
from lms.institutions.actions import add_region, join_institution, open_institution
from tests.integration.exams.builders import NOON, REPORTED, Ground, make_ground, make_person, plan
from tests.integration.exams.test_races import race

READ, ENACT = "/requirements/", "/manage/requirements/new/"


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(views.datetime):  # type: ignore[name-defined,misc]
        @classmethod
        def now(cls, tz: object = None) -> object:
            return NOON

    monkeypatch.setattr(views, "datetime", Clock)


def browser(person: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(person)
    return client


def typed(ground: Ground, **changes: Any) -> dict[str, Any]:
    """What Vera sends: for all of her province, the country's own and certified teachers."""
    return {
        "uuid": uuid4(),
        "region": ground.school.region.pk,
        "syllabus": "",
        "in_force_from": "2026-04-01",
        "in_force_to": "",
        "reported_class": "on",
        "institution_in_order": "on",
        "certified_teachers": "on",
        "classroom_percent": "0",
        "source": "云岭省考核办法第九条",
        **changes,
    }


def another_region(ground: Ground) -> Any:
    return add_region(by=None, at=REPORTED, code="98", name_zh="海岭省", name_en="Hailing")


def test_everybody_reads_what_is_asked_and_what_comes(ground: Ground) -> None:
    for person in (ground.alice, ground.bob, ground.vera, ground.edda, ground.charlie):
        page = browser(person).get(READ)

        assert [each["name"] for each in page.context["asks"] if each["is_asked"]] == [
            "reported_class",
            "institution_in_order",
        ]
        # From 2027 on the system asks everything that it can ask.
        [coming] = page.context["coming"]
        assert coming["day"] == date(2027, 1, 1)
        assert [each["name"] for each in coming["changes"] if each["sort"] == "adds"] == [
            "certified_teachers",
            "verified_identity",
            "earlier_certificate",
        ]


def test_one_begins_to_look_where_one_is(ground: Ground) -> None:
    another_region(ground)
    places = {
        person.email: browser(person).get(READ).context["place"]["region"]
        for person in (ground.alice, ground.bob, ground.vera, ground.edda, ground.charlie)
    }

    assert places == {
        "alice@example.test": "Yunling",
        "bob@example.test": "Yunling",
        "vera@example.test": "Yunling",
        "edda@example.test": "Yunling",
        "charlie@example.test": "The whole country",
    }


def test_only_who_may_enact_is_offered_the_page(ground: Ground) -> None:
    offered = {
        person.email: browser(person).get(READ).context["enact_url"]
        for person in (ground.bob, ground.vera, ground.edda)
    }

    assert offered == {"bob@example.test": None, "vera@example.test": ENACT, "edda@example.test": None}


def test_the_form_begins_with_what_is_asked_already(ground: Ground) -> None:
    form = browser(ground.vera).get(ENACT).context["form"]

    assert {name: form.initial[name] for name in ("reported_class", "certified_teachers", "classroom_percent")} == {
        "reported_class": True,
        "certified_teachers": False,
        "classroom_percent": 0,
    }
    assert form.initial["region"] == ground.school.region


def test_a_preview_says_what_changes_and_for_whom_and_writes_nothing(ground: Ground) -> None:
    early = plan(ground.bob, ground.school, ground.version, [])
    TrainingClass.objects.filter(pk=early.pk).update(starts_on=date(2026, 3, 20))
    late = plan(ground.bob, ground.school, ground.version, [])
    TrainingClass.objects.filter(pk=late.pk).update(starts_on=date(2026, 5, 1))
    enroll(by=ground.bob, at=NOON, uuid=uuid4(), learner=ground.charlie, training_class=late)

    page = browser(ground.vera).post(ENACT, typed(ground, step="preview"))

    assert page.status_code == 200
    assert [(each["name"], each["sort"]) for each in page.context["changes"]] == [
        ("reported_class", "keeps"),
        ("certified_teachers", "adds"),
        ("institution_in_order", "keeps"),
    ]
    touched = page.context["touched"]
    assert (touched.unreported, touched.unreported_learners, touched.begin_before) == (2, 1, 1)
    assert (touched.reported, touched.reported_learners) == (1, 1)
    assert [each["begins_before"] for each in page.context["shown"]] == [True, False]
    assert RequirementSet.objects.count() == 2


def test_taking_a_rule_of_the_country_away_in_a_region_changes_nothing(ground: Ground) -> None:
    page = browser(ground.vera).post(ENACT, typed(ground, step="preview", certified_teachers="", reported_class=""))

    assert [(each["name"], each["sort"]) for each in page.context["changes"]] == [
        ("reported_class", "keeps"),
        ("institution_in_order", "keeps"),
    ]


def test_what_was_previewed_is_enacted_once_however_often_it_is_sent(ground: Ground) -> None:
    vera, sent = browser(ground.vera), typed(ground, step="enact")

    first, second = vera.post(ENACT, sent), vera.post(ENACT, sent)

    assert (first.status_code, second.status_code) == (302, 302)
    made = RequirementSet.objects.get(source="云岭省考核办法第九条")
    assert (made.region, made.syllabus, made.in_force_from) == (ground.school.region, None, date(2026, 4, 1))
    assert (made.certified_teachers, made.verified_identity, made.enacted_by) == (True, False, ground.vera)
    assert Event.objects.filter(verb="requirements.enacted").count() == 1
    page = vera.get(first.headers["Location"])
    assert [each["day"] for each in page.context["coming"]] == [date(2026, 4, 1), date(2027, 1, 1)]
    assert page.context["history"][0]["state"] == "later"


def test_the_form_comes_back_from_the_preview_as_it_was(ground: Ground) -> None:
    page = browser(ground.vera).post(ENACT, typed(ground, step="edit"))

    assert page.status_code == 200
    assert page.context["form"]["source"].value() == "云岭省考核办法第九条"
    assert "shown" not in page.context


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"in_force_from": "2026-03-02"}, "in_force_from", "2026-03-02: give a day after today."),
        ({"in_force_to": "2026-04-01"}, "in_force_to", "2026-04-01: give a day after the first one."),
        ({"classroom_percent": "101"}, "classroom_percent", "101: give a whole number from 0 to 100."),
        ({"source": " "}, "source", "This field is required."),
        ({"in_force_from": "soon"}, "in_force_from", "Enter a valid date."),
    ],
    ids=["today", "an end before the start", "more than all", "no source", "no day"],
)
@pytest.mark.parametrize("step", ["preview", "enact"])
def test_a_mistake_is_told_at_its_field_and_nothing_is_enacted(
    ground: Ground, step: str, changes: dict[str, str], field: str, said: str
) -> None:
    page = browser(ground.vera).post(ENACT, typed(ground, step=step, **changes))

    assert (page.status_code, page.context["form"].errors[field]) == (422, [said])
    assert RequirementSet.objects.count() == 2


def test_an_authority_cannot_enact_for_another_region_or_for_all(ground: Ground) -> None:
    elsewhere = another_region(ground)

    for region in (elsewhere.pk, ""):
        page = browser(ground.vera).post(ENACT, typed(ground, step="enact", region=region))
        assert page.status_code == 422
        assert list(page.context["form"].errors) == ["region"]
    assert RequirementSet.objects.count() == 2


def test_an_administrator_enacts_for_the_whole_country(ground: Ground) -> None:
    root = make_person("root", Role.ADMINISTRATOR)

    assert browser(root).post(ENACT, typed(ground, step="enact", region="")).status_code == 302
    assert RequirementSet.objects.get(enacted_by=root).region is None


def test_nobody_else_comes_to_the_page(ground: Ground) -> None:
    for person in (ground.alice, ground.bob, ground.edda, User.objects.get(email="tilda@example.test")):
        for answer in (browser(person).get(ENACT), browser(person).post(ENACT, typed(ground, step="enact"))):
            assert answer.status_code == 403
    assert Client().get(READ).status_code == 302


def test_an_authority_that_works_for_an_institution_does_not_enact_what_it_is_judged_by(ground: Ground) -> None:
    school = open_institution(by=None, at=REPORTED, kind="training", name_zh="副业校", region=ground.school.region)
    join_institution(by=None, at=REPORTED, person=ground.vera, institution=school)

    assert browser(ground.vera).get(ENACT).status_code == 403
    with pytest.raises(NotEnacting):
        enact_requirements(
            by=ground.vera,
            at=NOON,
            uuid=uuid4(),
            syllabus=None,
            region=ground.school.region,
            in_force_from=date(2026, 5, 1),
            source="测试",
        )


def test_the_pages_cost_the_same_however_many_sets_and_classes_there_are(ground: Ground) -> None:
    vera = browser(ground.vera)

    def costs() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as reading:
            vera.get(READ)
        with CaptureQueriesContext(connection) as looking:
            vera.post(ENACT, typed(ground, step="preview"))
        return len(reading), len(looking)

    before = costs()
    for month in range(4, 12):
        enact_requirements(
            by=ground.vera,
            at=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=month),
            uuid=uuid4(),
            syllabus=ground.version.syllabus,
            region=ground.school.region,
            in_force_from=date(2026, month, 15),
            source="测试",
        )
        plan(ground.bob, ground.school, ground.version, [])

    assert costs() == before


@pytest.mark.django_db(transaction=True)
def test_sets_that_are_enacted_at_the_same_moment_each_get_a_number() -> None:
    ground = make_ground()

    def enact(person: User) -> str:
        enact_requirements(
            by=person,
            at=NOON,
            uuid=uuid4(),
            syllabus=None,
            region=ground.school.region,
            in_force_from=date(2026, 5, 1),
            source="测试",
        )
        return "enacted"

    assert race([ground.vera] * 8, enact) == {"enacted": 8}
    assert list(RequirementSet.objects.values_list("number", flat=True)) == list(range(1, 11))
