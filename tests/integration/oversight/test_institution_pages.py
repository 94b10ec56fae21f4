"""Institutions of an authority's regions: found and narrowed; their file, on which they are suspended and let go on."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lms.accounts.models import User
from lms.audit.models import Event
from lms.exams.actions import RegistrationRefused, register
from lms.exams.actions.holding import look_again
from lms.exams.models import Registration
from lms.institutions.actions import (
    add_region,
    join_institution,
    leave_institution,
    open_institution,
    set_credit_code,
    suspend_institution,
)
from lms.institutions.models import Institution
from lms.letters.models import Letter
from tests.integration.exams.builders import EXAM, NOON, REPORTED, classmate, finish, publish
from tests.integration.oversight.papers_world import Papers, make_papers

LIST = "/manage/institutions/"
NEW = "/manage/institutions/new/"
BODY = "91350100M000100Y43"
OTHER = "91530100MA6K12345T"


@pytest.fixture
def papers(db: None) -> Papers:
    return make_papers()


def browser(person: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(person)
    return client


def file_of(institution: Institution) -> str:
    return reverse("institution_file", args=[institution.uuid])


def to(step: str, institution: Institution) -> str:
    return reverse(step, args=[institution.uuid])


def names(client: Client, **asked: Any) -> list[str]:
    return [each["name"] for each in client.get(LIST, asked).context["institutions"]]


def said(**changes: Any) -> dict[str, Any]:
    """What the form of a new institution sends."""
    given = {"uuid": uuid4(), "kind": "training", "name_zh": "新校", "name_en": "", "region": "99", "credit_code": ""}
    return {**given, **changes}


def reloaded(institution: Institution) -> Institution:
    return Institution.objects.get(pk=institution.pk)


# The list


def test_they_are_found_by_name_and_by_credit_code(papers: Papers) -> None:
    set_credit_code(by=None, at=NOON, institution=papers.ground.school, credit_code=BODY)
    vera = browser(papers.ground.vera)

    assert names(vera) == ["School", "Office"]
    assert names(vera, q="off") == ["Office"]
    assert names(vera, q="安技") == ["School"]
    assert names(vera, q="9135 0100 m000") == ["School"]
    assert names(vera, q="no such") == []


def test_they_are_narrowed_and_counted(papers: Papers) -> None:
    set_credit_code(by=None, at=NOON, institution=papers.ground.school, credit_code=BODY)
    suspend_institution(by=None, at=NOON, institution=papers.ground.school, reason="停训")
    vera = browser(papers.ground.vera)

    page = vera.get(LIST)

    assert [(str(each["label"]), each["count"]) for each in page.context["filters"]] == [
        ("All", 2),
        ("Suspended", 1),
        ("Without credit code", 1),
        ("They train", 1),
        ("They examine", 1),
    ]
    assert {show: names(vera, show=show) for show in ("suspended", "without_code", "training", "exam")} == {
        "suspended": ["School"],
        "without_code": ["Office"],
        "training": ["School"],
        "exam": ["Office"],
    }
    assert names(vera, show="no such") == ["School", "Office"]


def test_an_authority_sees_its_region_and_below_and_an_administrator_all(papers: Papers) -> None:
    county = add_region(
        by=None, at=NOON, code="9901", name_zh="安平", name_en="Anping", parent=papers.ground.school.region
    )
    open_institution(by=None, at=NOON, kind="exam", name_zh="县考点", name_en="County", region=county)

    assert names(browser(papers.ground.vera)) == ["School", "Office", "County"]
    assert names(browser(papers.wang)) == ["Other"]
    assert names(browser(papers.root)) == ["Other", "School", "Office", "County"]
    assert names(browser(papers.ground.vera), region="9901") == ["County"]
    for hidden in ("88", "77", "x"):
        assert browser(papers.ground.vera).get(LIST, {"region": hidden}).status_code == 404


def test_the_list_and_the_file_cost_the_same_for_few_and_for_many(papers: Papers) -> None:
    vera, school = browser(papers.ground.vera), papers.ground.school
    set_credit_code(by=papers.ground.vera, at=NOON, institution=school, credit_code=OTHER)
    with CaptureQueriesContext(connection) as few:
        vera.get(LIST)
        vera.get(file_of(school))
    for number in range(20):
        open_institution(by=None, at=NOON, kind="exam", name_zh=f"考点{number}", region=school.region)
        set_credit_code(by=papers.ground.vera, at=NOON, institution=school, credit_code=(BODY, OTHER)[number % 2])
    with CaptureQueriesContext(connection) as many:
        assert len(vera.get(LIST).context["institutions"]) == 22
        assert len(vera.get(file_of(school)).context["story"]) == 22

    assert len(many) == len(few)


# Who comes to a file, and who decides there


def test_nobody_but_authorities_and_administrators_comes_to_these_pages(papers: Papers) -> None:
    for person in (papers.ground.bob, papers.ground.alice, papers.ground.edda, papers.dora):
        client = browser(person)
        assert [client.get(each).status_code for each in (LIST, NEW, file_of(papers.ground.school))] == [403] * 3
        assert client.post(to("suspend_institution", papers.ground.school), {"reason": "x"}).status_code == 403
    assert reloaded(papers.ground.school).suspended_at is None


def test_what_belongs_to_another_region_is_not_there(papers: Papers) -> None:
    wang, school = browser(papers.wang), papers.ground.school

    assert wang.get(file_of(school)).status_code == 404
    for step, sent in (("suspend_institution", {"reason": "x"}), ("set_credit_code", {"credit_code": BODY})):
        assert wang.post(to(step, school), sent).status_code == 404
    assert (reloaded(school).suspended_at, reloaded(school).credit_code) == (None, "")


def test_whoever_once_worked_there_looks_on(papers: Papers) -> None:
    school, vera = papers.ground.school, papers.ground.vera
    join_institution(by=None, at=REPORTED, person=vera, institution=school)
    leave_institution(by=None, at=NOON, person=vera, institution=school)
    client = browser(vera)

    page = client.get(file_of(school))

    assert (page.status_code, page.context["may_decide"]) == (200, False)
    assert b"<textarea" not in page.content
    for step in ("suspend_institution", "lift_suspension", "set_credit_code"):
        assert client.post(to(step, school), {"reason": "", "credit_code": ""}).status_code == 403


# Suspending


def test_a_suspension_takes_the_seats_of_its_learners(papers: Papers) -> None:
    ground = papers.ground
    finish(ground)
    # An exam that is still to come for whoever runs this test.
    later = EXAM.replace(year=2126)
    sitting = publish(ground.edda, ground.vera, ground.sitting.room, ground.version, capacity=5, starts_at=later)
    register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=sitting)
    vera = browser(ground.vera)
    before = vera.get(file_of(ground.school))

    answer = vera.post(to("suspend_institution", ground.school), {"reason": "弄虚作假"})

    assert (before.context["weight"].seats, before.context["weight"].classes, before.context["weight"].learners) == (
        1,
        1,
        1,
    )
    assert "1 seat is checked within a minute and withdrawn" in before.content.decode()
    assert answer["Location"] == file_of(ground.school)
    assert Registration.objects.get().doubted_at is not None
    assert look_again(clock=lambda: later.replace(month=1)) == 1
    assert Letter.objects.filter(kind="registration.withdrawn", to=ground.alice).count() == 1
    assert vera.get(file_of(ground.school)).context["weight"].seats == 0
    with pytest.raises(RegistrationRefused):
        register(by=classmate(ground, "anna", 7), at=NOON, uuid=uuid4(), sitting=sitting)


def test_a_suspension_is_told_with_its_reason_and_whose_office_it_was(papers: Papers) -> None:
    school = papers.ground.school
    vera, root = browser(papers.ground.vera), browser(papers.root)
    vera.post(to("suspend_institution", school), {"reason": "弄虚作假"})
    page = vera.get(file_of(school))
    root.post(to("lift_suspension", school), {"reason": "已整改"})
    after = vera.get(file_of(school))

    assert (page.context["suspension"]["reason"], page.context["suspension"]["office"]) == (
        "弄虚作假",
        "Authority of Yunling",
    )
    assert [(str(each["label"]), each["office"], each["reason"]) for each in after.context["story"]] == [
        ("Suspension lifted", "Administrator", "已整改"),
        ("Suspended", "Authority of Yunling", "弄虚作假"),
        ("Opened", "The system", ""),
    ]
    assert "Vera" not in after.content.decode().split("<main")[1]
    assert reloaded(school).suspended_at is None


def test_sending_it_twice_is_once(papers: Papers) -> None:
    vera, school = browser(papers.ground.vera), papers.ground.school

    answers = [vera.post(to("suspend_institution", school), {"reason": each}) for each in ("弄虚作假", "再次")]
    answers += [vera.post(to("lift_suspension", school), {"reason": each}) for each in ("已整改", "再次")]

    assert [each.status_code for each in answers] == [302] * 4
    told = Event.objects.filter(verb__startswith="institution.susp").order_by("pk")
    assert [each.detail["reason"] for each in told] == ["弄虚作假", "已整改"]


@pytest.mark.parametrize(
    ("reason", "told"),
    [(" ", "Give a reason."), ("长" * 201, "Ensure this value has at most 200 characters (it has 201).")],
    ids=["none", "too long"],
)
@pytest.mark.parametrize("step", ["suspend_institution", "lift_suspension"])
def test_a_reason_is_asked_for(papers: Papers, step: str, reason: str, told: str) -> None:
    school = papers.ground.school
    if step == "lift_suspension":
        suspend_institution(by=None, at=NOON, institution=school, reason="停训")
    before = reloaded(school).suspended_at

    page = browser(papers.ground.vera).post(to(step, school), {"reason": reason})

    assert (page.status_code, page.context["reason_form"].errors["reason"]) == (422, [told])
    assert told in page.content.decode()
    assert reloaded(school).suspended_at == before


def test_an_exam_institution_has_a_file_too(papers: Papers) -> None:
    office = papers.ground.exam_office
    vera = browser(papers.ground.vera)

    page = vera.get(file_of(office))
    vera.post(to("suspend_institution", office), {"reason": "泄题"})

    assert (page.context["weight"].sittings, "figures_url" in page.context["institution"]) == (0, False)
    assert "Exams that it published still take place" in page.content.decode()
    assert reloaded(office).suspended_at is not None


# Whose body it is


def test_a_credit_code_is_set_and_corrected_and_both_are_told(papers: Papers) -> None:
    vera, school = browser(papers.ground.vera), papers.ground.school

    for code in ("9135 0100 m000 100y 43", OTHER):
        vera.post(to("set_credit_code", school), {"credit_code": code})

    assert reloaded(school).credit_code == OTHER
    story = vera.get(file_of(school)).context["story"]
    assert [(each["old"], each["new"]) for each in story[:2]] == [(BODY, OTHER), ("", BODY)]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("", "This field is required."),
        ("9135", "9135: a credit code has 18 signs."),
        ("?" * 18, "??????????????????: a credit code has digits and capital letters, none of them I, O, S, V or Z."),
        ("91350100M000100Y44", "91350100M000100Y44: the last sign does not fit the others. One of them is mistyped."),
        (
            OTHER,
            f"{OTHER}: this body is on file as the other kind. Whoever trains does not examine, under any name.",
        ),
    ],
    ids=["none", "length", "signs", "check sign", "other kind"],
)
def test_a_code_that_cannot_be_is_told_at_its_field(papers: Papers, code: str, told: str) -> None:
    set_credit_code(by=None, at=NOON, institution=papers.ground.exam_office, credit_code=OTHER)

    page = browser(papers.ground.vera).post(to("set_credit_code", papers.ground.school), {"credit_code": code})

    assert (page.status_code, page.context["code_form"].errors["credit_code"]) == (422, [told])
    assert reloaded(papers.ground.school).credit_code == ""


# Opening


def test_an_administrator_opens_an_institution_once_however_often_the_form_is_sent(papers: Papers) -> None:
    root = browser(papers.root)
    sent = said(credit_code="9135 0100 m000 100y 43", uuid=root.get(NEW).context["form"]["uuid"].value())

    answers = [root.post(NEW, sent) for _again in range(2)]

    made = Institution.objects.get(name_zh="新校")
    assert [each["Location"] for each in answers] == [file_of(made)] * 2
    assert (made.kind, made.region.code, made.credit_code, made.shelf is not None) == ("training", "99", BODY, True)
    assert Event.objects.get(verb="institution.opened", subject_id=str(made.uuid)).by == papers.root


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"kind": "both"}, "kind", "both: choose training or examining."),
        ({"name_zh": " "}, "name_zh", "This field is required."),
        ({"name_en": "x" * 121}, "name_en", "Ensure this value has at most 120 characters (it has 121)."),
        ({"region": "77"}, "region", "77: choose one of the regions."),
        ({"credit_code": "9135"}, "credit_code", "9135: a credit code has 18 signs."),
        (
            {"credit_code": OTHER},
            "credit_code",
            f"{OTHER}: this body is on file as the other kind. Whoever trains does not examine, under any name.",
        ),
    ],
    ids=["kind", "no name", "long name", "region", "code", "other kind"],
)
def test_a_mistake_is_told_at_its_field(papers: Papers, changes: dict[str, str], field: str, told: str) -> None:
    set_credit_code(by=None, at=NOON, institution=papers.ground.exam_office, credit_code=OTHER)
    before = Institution.objects.count()

    page = browser(papers.root).post(NEW, said(**changes))

    assert (page.status_code, page.context["form"].errors) == (422, {field: [told]})
    assert Institution.objects.count() == before


def test_an_authority_opens_none(papers: Papers) -> None:
    vera = browser(papers.ground.vera)

    assert vera.get(LIST).context["may_open"] is False
    assert [vera.get(NEW).status_code, vera.post(NEW, said()).status_code] == [403, 403]
    assert not Institution.objects.filter(name_zh="新校").exists()


# The ways that lead there


def test_the_figures_lead_to_the_file_for_those_above_and_not_for_its_own_people(papers: Papers) -> None:
    school = papers.ground.school
    figures = reverse("institution_dashboard", args=[school.uuid])

    found = {person: browser(person).get(figures) for person in (papers.ground.vera, papers.root, papers.ground.bob)}

    assert [file_of(school) in each.content.decode() for each in found.values()] == [True, True, False]


def test_the_region_leads_to_the_files_and_shows_who_is_suspended(papers: Papers) -> None:
    suspend_institution(by=None, at=NOON, institution=papers.ground.school, reason="停训")

    page = browser(papers.ground.vera).get("/manage/regions/99/")

    assert f"{LIST}?region=99" in page.content.decode()
    assert [each["is_suspended"] for each in page.context["institutions"]] == [True]


def test_what_is_no_institution_has_no_file(papers: Papers) -> None:
    nobody = UUID(int=1)

    assert browser(papers.root).get(reverse("institution_file", args=[nobody])).status_code == 404
