"""The authority's roster: found, narrowed, taken away as a spreadsheet; certificates granted and revoked."""

import io
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from lms.accounts.models import User
from lms.institutions.actions import add_region, join_institution, open_institution, post_authority
from lms.institutions.models import Region, TeacherCertificate
from tests.integration.exams.builders import REPORTED, Role, make_person
from tests.integration.oversight.builders import body_of
from tests.integration.oversight.papers_world import Papers, make_papers
from tests.integration.teachers.roster_world import (
    another_teacher,
    applied,
    browser,
    certify,
    filed,
    tilda,
    today,
)

LIST = "/manage/teachers/"
WORKBOOK = "/manage/teachers/teachers.xlsx"


@pytest.fixture
def papers(db: None) -> Papers:
    return make_papers()


def of(person: User) -> str:
    return reverse("teacher", args=[person.uuid])


def granted(**changes: Any) -> dict[str, Any]:
    return {"uuid": uuid4(), "number": "云教 0009", "valid_from": "2026-01-01", "valid_to": "2029-01-01", **changes}


def names(client: Client, **asked: Any) -> list[str]:
    return [each["name"] for each in client.get(LIST, asked).context["teachers"]]


def test_they_are_found_by_name_number_and_institution(papers: Papers) -> None:
    anna, vera = another_teacher(papers, "anna"), browser(papers.ground.vera)
    certify(anna, "云教 0007")

    assert names(vera) == ["Anna", "Tilda"]
    assert names(vera, q="til") == ["Tilda"]
    assert names(vera, q="0007") == ["Anna"]
    assert names(vera, q="安技校") == ["Anna", "Tilda"]
    assert names(vera, q="no such") == []
    assert names(vera, institution=papers.ground.school.uuid) == ["Anna", "Tilda"]


def test_those_who_may_not_teach_today_are_listed_apart(papers: Papers) -> None:
    people = {name: another_teacher(papers, name) for name in ("later", "over", "revoked", "valid")}
    certify(people["later"], "T later", begins=5)
    certify(people["over"], "T over", ends=0)
    revoked = certify(people["revoked"], "T revoked")
    TeacherCertificate.objects.filter(pk=revoked.pk).update(revoked_on=today())
    certify(people["valid"], "T valid")
    vera = browser(papers.ground.vera)

    rows = {each["name"]: each["state"] for each in vera.get(LIST).context["teachers"]}

    assert rows == {"Later": "later", "Over": "expired", "Revoked": "revoked", "Tilda": "none", "Valid": "valid"}
    assert names(vera, show="without") == ["Later", "Over", "Revoked", "Tilda"]


def test_an_authority_sees_nobody_of_another_region(papers: Papers) -> None:
    wang = browser(papers.wang)

    assert names(wang) == []
    assert wang.get(of(tilda())).status_code == 404
    assert wang.post(of(tilda()), granted()).status_code == 404
    assert wang.get(LIST, {"institution": papers.ground.school.uuid}).status_code == 404
    assert not TeacherCertificate.objects.exists()


def test_nobody_but_authorities_comes_to_these_pages(papers: Papers) -> None:
    for person in (papers.ground.bob, papers.ground.alice, papers.ground.edda, tilda()):
        client = browser(person)
        assert [client.get(LIST).status_code, client.post(of(tilda()), granted()).status_code] == [403, 403]


def test_an_administrator_looks_and_certifies_nobody(papers: Papers) -> None:
    root = browser(papers.root)

    assert root.get(of(tilda())).context["form"] is None
    assert root.post(of(tilda()), granted()).status_code == 403
    assert not TeacherCertificate.objects.exists()


def test_an_authority_certifies_no_colleague_and_revokes_nothing_of_one(papers: Papers) -> None:
    both = make_person("both", Role.AUTHORITY)
    join_institution(by=None, at=REPORTED, person=both, institution=papers.ground.school)
    post_authority(by=None, at=REPORTED, person=both, region=papers.ground.school.region)
    held, client = certify(tilda(), "T 1"), browser(both)

    page = client.get(of(tilda()))
    [row] = page.context["certificates"]

    assert (page.context["form"], row["form"]) == (None, None)
    assert "You work for an institution where this teacher works: somebody else decides on it." in page.content.decode()
    assert client.post(of(tilda()), granted()).status_code == 403
    assert client.post(row["revoke_url"], {"on": today().isoformat(), "why": "离岗"}).status_code == 403
    held.refresh_from_db()
    assert (TeacherCertificate.objects.get(), held.revoked_on) == (held, None)


def test_whoever_does_not_teach_here_has_no_page(papers: Papers) -> None:
    assert browser(papers.ground.vera).get(of(papers.ground.bob)).status_code == 404


def test_a_certificate_is_granted_once_however_often_it_is_sent(papers: Papers) -> None:
    vera, sent = browser(papers.ground.vera), granted()

    answers = [vera.post(of(tilda()), sent) for _again in range(2)]

    assert [each.status_code for each in answers] == [302, 302]
    made = TeacherCertificate.objects.get()
    assert (made.person, made.number, made.valid_to) == (tilda(), "云教 0009", date(2029, 1, 1))


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"number": "taken"}, "number", "taken: another certificate has this number."),
        ({"valid_to": "2026-01-01"}, "valid_to", "2026-01-01: give a day after the first one."),
        ({"valid_from": ""}, "valid_from", "This field is required."),
    ],
    ids=["a number that another has", "no term", "no day"],
)
def test_a_mistake_is_told_at_its_field(papers: Papers, changes: dict[str, str], field: str, said: str) -> None:
    certify(another_teacher(papers, "anna"), "taken")

    page = browser(papers.ground.vera).post(of(tilda()), granted(**changes))

    assert (page.status_code, page.context["form"].errors[field]) == (422, [said])
    assert TeacherCertificate.objects.count() == 1


def test_a_certificate_is_revoked_with_a_day_and_a_reason(papers: Papers) -> None:
    held = certify(tilda(), "T 1")
    vera = browser(papers.ground.vera)
    [row] = vera.get(of(tilda())).context["certificates"]

    refused = [
        vera.post(row["revoke_url"], {"on": today().isoformat(), "why": " "}),
        vera.post(row["revoke_url"], {"on": (today() + timedelta(days=300)).isoformat(), "why": "离岗"}),
    ]
    vera.post(row["revoke_url"], {"on": today().isoformat(), "why": "离岗"})

    assert [each.status_code for each in refused] == [422, 422]
    assert [list(each.context["certificates"][0]["form"].errors) for each in refused] == [["why"], ["on"]]
    held.refresh_from_db()
    assert held.revoked_on == today()
    [row] = vera.get(of(tilda())).context["certificates"]
    assert (row["state"], row["form"]) == ("revoked", None)


def test_a_certificate_of_another_person_is_not_revoked_here(papers: Papers) -> None:
    theirs = certify(another_teacher(papers, "anna"), "T 1")
    address = reverse("revoke_teacher_certificate", args=[tilda().uuid, theirs.uuid])

    answer = browser(papers.ground.vera).post(address, {"on": today().isoformat(), "why": "离岗"})

    assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.revoked_on is None


def test_the_list_costs_the_same_for_one_teacher_and_for_thirty(papers: Papers) -> None:
    vera = browser(papers.ground.vera)
    with CaptureQueriesContext(connection) as one:
        vera.get(LIST)
    for number in range(29):
        certify(another_teacher(papers, f"teacher{number:02}"), f"T {number}")
    with CaptureQueriesContext(connection) as thirty:
        assert len(vera.get(LIST).context["teachers"]) == 30

    assert len(one) == len(thirty)


def test_the_list_with_files_costs_the_same_for_one_and_for_many(papers: Papers) -> None:
    vera = browser(papers.ground.vera)
    filed(papers, tilda())
    with CaptureQueriesContext(connection) as one:
        vera.get(LIST)
    for number in range(8):
        filed(papers, another_teacher(papers, f"teacher{number}"))
    with CaptureQueriesContext(connection) as many:
        assert len(vera.get(LIST).context["teachers"]) == 9

    assert len(one) == len(many) <= 24


def city_school(papers: Papers) -> Any:
    """A school of a prefecture below Vera's province."""
    province = papers.ground.school.region
    city = add_region(by=None, at=REPORTED, code="9901", name_zh="安平市", name_en="Anping", parent=province)
    return open_institution(by=None, at=REPORTED, kind="training", name_zh="市技校", name_en="City", region=city)


def test_a_prefecture_is_seen_by_itself_and_its_authority_sees_no_more(papers: Papers) -> None:
    another_teacher(papers, "anna", at=city_school(papers))
    below = make_person("below", Role.AUTHORITY)
    post_authority(by=None, at=REPORTED, person=below, region=Region.objects.get(code="9901"))
    vera = browser(papers.ground.vera)

    assert names(vera) == ["Anna", "Tilda"]
    assert names(vera, region="9901") == ["Anna"]
    assert names(vera, region="99") == ["Anna", "Tilda"]
    assert names(browser(below)) == ["Anna"]
    assert browser(below).get(LIST, {"region": "99"}).status_code == 404
    assert vera.get(LIST, {"region": "88"}).status_code == 404


def test_a_province_is_shown_prefecture_by_prefecture(papers: Papers) -> None:
    city = city_school(papers)
    anna = another_teacher(papers, "anna", at=city)
    certify(anna, "T 1", ends=10)
    join_institution(by=None, at=REPORTED, person=anna, institution=papers.ground.school)
    vera = browser(papers.ground.vera)

    parts = vera.get(LIST).context["parts"]

    rows = [
        (each["name"], *(getattr(each["figures"], of) for of in ("teachers", "valid", "lapsing"))) for each in parts
    ]
    assert rows == [("Yunling", 2, 1, 1), ("Anping", 1, 1, 1)]
    assert [each["url"] for each in parts] == ["", "?region=9901"]
    assert [each["name"] for each in vera.get(LIST, {"q": "city"}).context["parts"]] == ["Yunling", "Anping"]
    assert vera.get(LIST, {"region": "9901"}).context["parts"] == []


def test_who_supervises_two_places_sees_both_and_who_sees_the_country_every_province(papers: Papers) -> None:
    another_teacher(papers, "anna", at=city_school(papers))
    province, there = papers.ground.school.region, papers.dora.memberships.get().institution
    far = another_teacher(papers, "far", at=there)
    certify(far, "T 1")
    two = make_person("two", Role.AUTHORITY)
    for region in (Region.objects.get(code="9901"), there.region):
        post_authority(by=None, at=REPORTED, person=two, region=region)

    def told(person: User, **asked: str) -> list[tuple[str, int, int, str]]:
        parts = browser(person).get(LIST, asked).context["parts"]
        return [(each["name"], each["figures"].teachers, each["figures"].valid, each["url"]) for each in parts]

    anping, other = ("Anping", 1, 0, "?region=9901"), (there.region.name_en, 1, 1, f"?region={there.region.code}")
    whole = (province.name_en, 2, 0, f"?region={province.code}")
    assert told(two) == sorted([anping, other], key=lambda each: each[3])
    assert told(papers.root) == sorted([whole, other], key=lambda each: each[3])
    assert told(papers.root, region="99") == [("Yunling", 1, 0, ""), anping]


def test_they_are_narrowed_by_trade(papers: Papers) -> None:
    another_teacher(papers, "anna")
    filed(papers, tilda())
    vera = browser(papers.ground.vera)

    assert names(vera, trade="electrician") == ["Tilda"]
    assert names(vera, trade="welding") == []
    assert vera.get(LIST).context["trades"] == [("electrician", "Low voltage")]


@pytest.mark.parametrize(
    ("ends", "is_lapsing"), [(1, True), (90, True), (91, False), (0, False)], ids=["tomorrow", "90", "91", "today"]
)
def test_a_certificate_lapses_that_is_not_valid_in_ninety_days(papers: Papers, ends: int, is_lapsing: bool) -> None:
    certify(tilda(), "T 1", ends=ends)

    assert names(browser(papers.ground.vera), show="lapsing") == (["Tilda"] if is_lapsing else [])


def test_whoever_holds_the_next_certificate_already_does_not_lapse(papers: Papers) -> None:
    certify(tilda(), "T 1", ends=10)
    certify(tilda(), "T 2", begins=10, ends=400)

    assert names(browser(papers.ground.vera), show="lapsing") == []


def test_the_figures_count_what_the_lists_show(papers: Papers) -> None:
    people = {name: another_teacher(papers, name) for name in ("lapsing", "valid", "revoked")}
    certify(people["lapsing"], "T 1", ends=10)
    certify(people["valid"], "T 2")
    TeacherCertificate.objects.filter(pk=certify(people["revoked"], "T 3").pk).update(revoked_on=today())
    filed(papers, people["valid"])
    vera = browser(papers.ground.vera)

    shown = {each["label"]: each["number"] for each in vera.get(LIST).context["shown"]}

    assert shown == {"All": 4, "May not teach today": 2, "Run out within 90 days": 1, "Without a file": 3}
    for show, number in (("", 4), ("without", 2), ("lapsing", 1), ("unfiled", 3)):
        assert len(names(vera, show=show)) == number


def test_all_institutions_of_a_teacher_are_shown_and_only_those_near_lead_on(papers: Papers) -> None:
    there = papers.dora.memberships.get().institution
    join_institution(by=None, at=REPORTED, person=tilda(), institution=there)
    page = browser(papers.ground.vera).get(of(tilda())).context

    assert [each["name"] for each in page["places"]] == ["School", "Other"]
    assert [bool(each["url"]) for each in page["places"]] == [True, False]
    assert names(browser(papers.wang)) == ["Tilda"]


def test_the_spreadsheet_holds_what_the_list_shows(papers: Papers) -> None:
    another_teacher(papers, "anna")
    filed(papers, tilda(), qualifications="高级工程师\n注册安全工程师")
    certify(tilda(), "云教 0001", begins=-30, ends=300)

    answer = browser(papers.ground.vera).get(WORKBOOK)
    sheet = load_workbook(io.BytesIO(body_of(answer))).active

    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["Name", "Anna", "Tilda"]
    assert rows[2][1:3] == ("May teach", "Low voltage")
    assert rows[2][3].date() == date(2015, 6, 1)
    assert rows[2][5] == "云教 0001"
    assert rows[2][7].date() == today() + timedelta(days=300)
    assert rows[2][8:] == ("高级工程师；注册安全工程师", "School")


def test_the_spreadsheet_is_narrowed_as_the_list_is(papers: Papers) -> None:
    certify(another_teacher(papers, "anna"), "T 1")

    answer = browser(papers.ground.vera).get(WORKBOOK, {"show": "without"})
    sheet = load_workbook(io.BytesIO(body_of(answer))).active

    assert [row[0] for row in sheet.iter_rows(values_only=True)] == ["Name", "Tilda"]
    assert [browser(each).get(WORKBOOK).status_code for each in (papers.ground.bob, tilda())] == [403, 403]


def test_a_teachers_page_leads_to_what_waits(papers: Papers) -> None:
    asked = applied(tilda())

    page = browser(papers.ground.vera).get(of(tilda())).context

    assert page["waits"]["url"] == f"/manage/teachers/applications/{asked.uuid}/"
