"""The pages of syllabi: read by everybody, written by the authority, one step after the other."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from lms.accounts.models import User
from lms.enrollments.actions import load_syllabi
from lms.enrollments.models import Syllabus, SyllabusVersion
from tests.integration.exams.builders import NOON, Ground, Role, make_person


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def in_english(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    return client


def page(ground: Ground, **changed: str) -> dict[str, str]:
    """What the editor sends for a lawful version."""
    written = {
        "rows": "3",
        "step": "preview",
        "terms-uuid": str(uuid4()),
        "terms-region": str(ground.school.region.pk),
        "terms-in_force_from": "2026-06-01",
        "terms-in_force_to": "",
        "terms-source": "云岭省 2026-12",
        "terms-online_minutes": "30",
        "terms-classroom_minutes": "45",
        "terms-workshop_minutes": "45",
        "terms-online_share_percent": "70",
        "terms-daily_cap_hours": "8",
        "modules-0-name_zh": "理论",
        "modules-0-name_en": "Theory",
        "modules-0-online": "7",
        "modules-0-classroom": "3",
        "modules-2-name_zh": "实操",
        "modules-2-name_en": "Practice",
        "modules-2-workshop": "2.5",
    }
    return {**written, **changed}


def faults_of(response: Any) -> list[str | None]:
    return [each.field.html_name if each.field else None for each in response.context["editor"].faults()]


EDITOR = "/manage/syllabi/test/new/"


@pytest.mark.django_db
def test_a_stranger_reads_every_syllabus_in_force_by_category(
    client: Client, django_assert_num_queries: Callable[[int], Any]
) -> None:
    load_syllabi(by=None, at=NOON)

    with django_assert_num_queries(3):
        response = in_english(client).get("/syllabi/")

    assert [(each["name"], len(each["syllabi"])) for each in response.context["groups"]] == [
        ("Special operators", 20),
        ("Principals and safety managers", 4),
        ("New employees", 3),
        ("Safety training teachers", 1),
    ]


@pytest.mark.django_db
def test_it_finds_by_words_of_both_languages_and_by_category(client: Client) -> None:
    load_syllabi(by=None, at=NOON)

    def found(address: str) -> list[str]:
        groups = in_english(client).get(address).context["groups"]
        return [each["syllabus"].code for group in groups for each in group["syllabi"]]

    assert found("/syllabi/?q=钎焊") == ["brazing", "brazing-review"]
    assert found("/syllabi/?q=welding+review") == ["fusion-welding-review", "pressure-welding-review"]
    assert found("/syllabi/?category=new-employee&q=high") == [
        "new-employee-high-hazard",
        "new-employee-high-hazard-yearly",
    ]
    assert found("/syllabi/?q=submarine") == []
    assert len(found("/syllabi/?category=nothing")) == 28


@pytest.mark.django_db
def test_one_syllabus_shows_modules_terms_source_and_versions(client: Client) -> None:
    load_syllabi(by=None, at=NOON)

    response = in_english(client).get("/syllabi/scaffolding/")

    text = response.content.decode()
    assert [(each["name"], each["hours"]) for each in response.context["modules"]] == [
        ("Safety theory", [28, 12, 0]),
        ("Practice", [0, 0, 60]),
    ]
    assert "at most 70%" in text
    assert "split into modules unconfirmed" in text
    assert client.get("/syllabi/scaffolding/1/").status_code == 200
    assert client.get("/syllabi/scaffolding/2/").status_code == 404
    assert client.get("/syllabi/nothing/").status_code == 404


def test_only_an_authority_or_an_administrator_enters_the_editor(ground: Ground) -> None:
    assert Client().get(EDITOR).status_code == 302
    for stranger in (ground.alice, ground.bob, ground.edda, ground.charlie):
        assert client_of(stranger).get(EDITOR).status_code == 403
        assert client_of(stranger).get("/manage/syllabi/new/").status_code == 403
        assert client_of(stranger).post(EDITOR, page(ground, step="write")).status_code == 403
    for writer in (ground.vera, make_person("ada", Role.ADMINISTRATOR)):
        assert client_of(writer).get(EDITOR).status_code == 200
        assert client_of(writer).get("/manage/syllabi/new/").status_code == 200
    assert SyllabusVersion.objects.count() == 1


def test_the_editor_is_filled_in_from_the_last_version(ground: Ground) -> None:
    editor = client_of(ground.vera).get(EDITOR).context["editor"]

    assert [(row["name_zh"].value(), row["online"].value(), row["workshop"].value()) for row in editor.rows] == [
        ("理论", "1", None),
        ("实操", None, "2"),
    ]
    assert editor.terms["region"].value() == ground.school.region.pk


def test_a_row_is_added_without_a_script_and_nothing_is_lost(ground: Ground) -> None:
    response = client_of(ground.vera).post(EDITOR, page(ground, step="add", **{"modules-0-online": "seven"}))

    editor = response.context["editor"]
    assert response.status_code == 200
    assert [row["name_zh"].value() or "" for row in editor.rows] == ["理论", "", "实操", ""]
    assert editor.rows[0]["online"].value() == "seven"


@pytest.mark.parametrize(
    ("label", "field", "value", "fault_at"),
    [
        ("no minutes", "terms-online_minutes", "0", "terms-online_minutes"),
        ("a share above all", "terms-online_share_percent", "101", "terms-online_share_percent"),
        ("more online than the share", "terms-online_share_percent", "69", None),
        ("ends before it begins", "terms-in_force_to", "2026-06-01", "terms-in_force_to"),
        ("no number", "modules-0-online", "seven", "modules-0-online"),
        ("negative hours", "modules-2-workshop", "-1", "modules-2-workshop"),
        ("a fourth decimal place", "modules-2-workshop", "1.0001", "modules-2-workshop"),
        ("a row without a name", "modules-0-name_en", "", "modules-0-name_en"),
        ("a row that asks nothing", "modules-2-workshop", "", "modules-2-online"),
        ("the same name twice", "modules-2-name_zh", "理论", "modules-2-name_zh"),
        ("another region", "terms-region", "999999", "terms-region"),
        ("everywhere", "terms-region", "", "terms-region"),
        ("no source", "terms-source", "", "terms-source"),
        ("no date", "terms-in_force_from", "yesterday", "terms-in_force_from"),
    ],
)
def test_it_names_what_is_wrong_at_its_field_and_writes_nothing(
    ground: Ground, label: str, field: str, value: str, fault_at: str | None
) -> None:
    response = client_of(ground.vera).post(EDITOR, page(ground, step="write", **{field: value}))

    faults = faults_of(response)
    assert (response.status_code, faults) == (422, [fault_at]), label
    assert SyllabusVersion.objects.count() == 1


def test_it_names_what_the_rule_finds_also_where_something_cannot_be_read(ground: Ground) -> None:
    wrong = {"terms-online_minutes": "0", "modules-0-online": "seven", "modules-2-workshop": "-1"}

    response = client_of(ground.vera).post(EDITOR, page(ground, **wrong))

    assert faults_of(response) == ["terms-online_minutes", "modules-0-online", "modules-2-workshop"]


def test_the_preview_writes_nothing_and_carries_everything_on(ground: Ground) -> None:
    response = in_english(client_of(ground.vera)).post(EDITOR, page(ground))

    text = response.content.decode()
    assert response.status_code == 200
    assert "Nothing is written yet." in text
    assert 'name="modules-2-workshop" value="2.5"' in text
    assert response.context["preview"].staying == 1
    assert SyllabusVersion.objects.count() == 1


def test_it_is_written_once_however_often_the_page_is_sent(ground: Ground) -> None:
    client, sent = client_of(ground.vera), page(ground, step="write")

    answers = [client.post(EDITOR, sent) for _ in range(2)]

    assert [each.headers["Location"] for each in answers] == ["/syllabi/test/2/"] * 2
    version = SyllabusVersion.objects.get(number=2)
    assert (version.region, str(version.in_force_from)) == (ground.school.region, "2026-06-01")
    asked = version.modules.values_list("name_zh", "requirements__kind", "requirements__hours")
    assert {(name, kind, str(hours)) for name, kind, hours in asked} == {
        ("理论", "online", "7.000"),
        ("理论", "classroom", "3.000"),
        ("实操", "workshop", "2.500"),
    }
    assert client.get("/syllabi/test/2/").status_code == 200


def test_a_new_syllabus_gets_its_address_from_its_english_name(ground: Ground) -> None:
    what = {
        "what-category": "special-operator",
        "what-training": "initial",
        "what-name_zh": "起重机作业（初次培训）",
        "what-name_en": "Crane operator",
        "what-trade": "crane",
    }
    client = client_of(ground.vera)

    written = client.post("/manage/syllabi/new/", page(ground, step="write", **what))
    taken = client.post("/manage/syllabi/new/", page(ground, step="write", **what))

    assert written.headers["Location"] == "/syllabi/crane-operator/1/"
    assert faults_of(taken) == ["what-name_en"]
    assert Syllabus.objects.filter(code="crane-operator").count() == 1


@pytest.mark.parametrize("rows", ["121", "-1", "many", "9" * 5000])
def test_more_rows_than_the_page_has_are_refused(ground: Ground, rows: str) -> None:
    assert client_of(ground.vera).post(EDITOR, page(ground, rows=rows)).status_code == 400
