"""Pages of files: the teacher's own, the institution's, the authority's; and who comes by a photo."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lms.accounts.models import Role, User
from lms.institutions.actions import join_institution, leave_institution, post_authority
from lms.institutions.models import TeacherCertificate
from lms.oversight.queries.waiting import waiting_for
from lms.teachers.actions.files import return_application
from lms.teachers.models import FileApplication, TeacherFile
from lms.teachers.views.roster import deciding
from tests.faces import picture, png_that_claims
from tests.integration.exams.builders import NOON, REPORTED, make_person
from tests.integration.oversight.papers_world import Papers, make_papers
from tests.integration.teachers.roster_world import another_teacher, applied, browser, certify, filed, tilda, today

MINE, FORM = "/my/teaching/", "/my/teaching/file/"
OURS, QUEUE = "/manage/own-teachers/", "/manage/teachers/applications/"


@pytest.fixture
def papers(db: None) -> Papers:
    return make_papers()


def sent(**changes: Any) -> dict[str, Any]:
    photo = SimpleUploadedFile("../../身份证 张三.jpg", picture(), content_type="text/html")
    given = {
        "uuid": uuid4(),
        "trades": ["electrician"],
        "practising_since": "2015-06-01",
        "qualifications": "高级工程师\n注册安全工程师",
        "photo": photo,
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def ours(person: User, more: str = "") -> str:
    return f"{OURS}{person.uuid}/{more}"


def decided(client: Client, application: FileApplication, **fields: Any) -> Any:
    return client.post(reverse("decide_file_application", args=[application.uuid]), fields)


def test_a_teacher_applies_and_sees_how_far_it_is(papers: Papers) -> None:
    own = browser(tilda())
    assert own.get(MINE).context["latest"] is None

    answer = own.post(FORM, sent())

    assert (answer.status_code, answer.headers["Location"]) == (302, MINE)
    page = own.get(MINE)
    assert page.context["latest"]["state"] == "waiting"
    assert "An application waits for the authority" in page.content.decode()
    made = FileApplication.objects.get()
    assert (made.person, made.applied_by, made.institution) == (tilda(), tilda(), None)
    assert made.photo.name.startswith("teachers/") and "张三" not in made.photo.name


def test_returned_it_stands_in_the_form_with_the_reason_and_is_sent_again(papers: Papers) -> None:
    own, vera = browser(tilda()), browser(papers.ground.vera)
    own.post(FORM, sent())
    decided(vera, FileApplication.objects.get(), verb="return", reason="请补发证机关")

    page = own.get(FORM)
    assert page.context["returned"] == "请补发证机关"
    assert page.context["form"]["qualifications"].value() == "高级工程师\n注册安全工程师"
    assert 'name="trades" value="electrician"' in page.content.decode()
    answer = own.post(FORM, sent(qualifications="高级工程师（省人社厅）", photo=None))

    assert answer.status_code == 302
    assert FileApplication.objects.filter(state="waiting").get().qualifications == "高级工程师（省人社厅）"


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        (
            {"practising_since": today().isoformat()},
            "practising_since",
            f"{today()}: practice must have begun at least 5 years ago (云南 2016、常州 2017：教师从业满五年).",
        ),
        ({"photo": None}, "photo", "Add a photo."),
        ({"trades": ["diving"]}, "trades", None),
        ({"trades": []}, "trades", "This field is required."),
        ({"qualifications": "一\n" * 13}, "qualifications", "At most 12 lines of 120 characters each."),
    ],
    ids=["too short a practice", "no photo", "an unknown trade", "no trade", "too many lines"],
)
def test_a_mistake_is_told_at_its_field(papers: Papers, changes: dict[str, Any], field: str, said: str | None) -> None:
    page = browser(tilda()).post(FORM, sent(**changes))

    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert said is None or page.context["form"].errors[field] == [said]
    assert not FileApplication.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This file is no picture that can be read: JPEG / PNG."),
        (picture(200, 300), "200 x 300 pixels are too few to know a face by: at least 240 x 240."),
        (png_that_claims(20_000, 9_000), "20000 x 9000 pixels are too many: at most 16 megapixels."),
    ],
    ids=["no picture", "too small", "too many pixels"],
)
def test_what_is_no_photo_is_told_at_its_field(papers: Papers, content: bytes, said: str) -> None:
    page = browser(tilda()).post(FORM, sent(photo=SimpleUploadedFile("me.jpg", content, "image/jpeg")))

    assert (page.status_code, page.context["form"].errors["photo"]) == (422, [said])


def test_the_form_begins_with_what_the_other_applicant_put_on_file_since(papers: Papers) -> None:
    filed(papers, tilda(), qualifications="旧")
    school = {"by": papers.ground.bob, "institution": papers.ground.school}
    filed(papers, tilda(), at=NOON + timedelta(hours=1), qualifications="新", **school)

    assert browser(tilda()).get(FORM).context["form"]["qualifications"].value() == "新"


def test_a_second_application_waits_for_the_first(papers: Papers) -> None:
    own = browser(tilda())
    own.post(FORM, sent())

    page = own.post(FORM, sent())

    assert page.status_code == 422
    assert "take it back first" in page.content.decode()
    own.post(own.get(MINE).context["latest"]["take_back_url"])
    assert own.post(FORM, sent()).status_code == 302


def test_an_institution_applies_for_its_teacher_and_reads_the_answer(papers: Papers) -> None:
    bob, vera = browser(papers.ground.bob), browser(papers.ground.vera)
    assert [each["name"] for each in bob.get(OURS).context["teachers"]] == ["Tilda"]

    answer = bob.post(ours(tilda(), "file/"), sent())
    decided(vera, FileApplication.objects.get(), verb="return", reason="照片不清楚")

    assert (answer.status_code, answer.headers["Location"]) == (302, ours(tilda()))
    assert bob.get(ours(tilda())).context["latest"]["reason"] == "照片不清楚"
    assert [each["application"] for each in bob.get(OURS).context["teachers"]] == ["returned"]


def test_what_the_teacher_applied_for_is_not_taken_back_nor_read_by_the_institution(papers: Papers) -> None:
    asked, bob = applied(tilda()), browser(papers.ground.bob)

    page = bob.get(ours(tilda()))

    assert page.context["latest"]["take_back_url"] == ""
    assert bob.post(f"/teachers/applications/{asked.uuid}/take-back/").status_code == 404
    assert bob.get(f"/teachers/applications/{asked.uuid}/photo.jpg").status_code == 404
    return_application(by=papers.ground.vera, at=NOON, application=asked, reason="请补病历")
    assert "请补病历" not in bob.get(ours(tilda())).content.decode()


def test_an_institution_sees_and_writes_nobody_elses_teachers(papers: Papers) -> None:
    dora = browser(papers.dora)

    assert dora.get(OURS).context["teachers"] == []
    answers = [dora.get(ours(tilda())), dora.get(ours(tilda(), "file/")), dora.post(ours(tilda(), "file/"), sent())]
    assert [each.status_code for each in answers] == [404, 404, 404]


def test_staff_who_teach_apply_for_themselves_as_teachers(papers: Papers) -> None:
    person = make_person("nora", Role.TEACHER, Role.INSTITUTION)
    join_institution(by=None, at=REPORTED, person=person, institution=papers.ground.school)
    nora = browser(person)

    assert nora.get(ours(person)).context["may_apply"] is False
    assert nora.post(ours(person, "file/"), sent()).status_code == 403
    assert nora.post(FORM, sent()).status_code == 302


def test_a_teacher_of_two_institutions_has_one_file_that_both_see(papers: Papers) -> None:
    join_institution(by=None, at=REPORTED, person=tilda(), institution=papers.dora.memberships.get().institution)
    filed(papers, tilda())

    for staff in (papers.ground.bob, papers.dora):
        row = browser(staff).get(ours(tilda())).context["teacher"]
        assert (row["works_at"], row["file"]["trades"]) == (["School", "Other"], ["Low voltage"])


def test_the_authority_accepts_with_a_certificate(papers: Papers) -> None:
    asked, vera = applied(tilda()), browser(papers.ground.vera)
    assert [each["name"] for each in vera.get(QUEUE).context["waiting"]] == ["Tilda"]
    term = {"number": "云教 0009", "valid_from": "2026-01-01", "valid_to": "2029-01-01"}

    decided(vera, asked, verb="accept", **term)
    decided(vera, asked, verb="accept", **term)

    assert TeacherFile.objects.get().application == asked
    assert TeacherCertificate.objects.get().number == "云教 0009"
    queue = vera.get(QUEUE).context
    assert (queue["waiting"], [each["state"] for each in queue["decided"]]) == ([], ["accepted"])


@pytest.mark.parametrize(
    ("fields", "form", "errors"),
    [
        (
            {"verb": "accept", "number": "云教 0009"},
            "accepting",
            {name: ["Give number and both days, or leave all three empty."] for name in ("valid_from", "valid_to")},
        ),
        (
            {"verb": "accept", "number": "taken", "valid_from": "2026-01-01", "valid_to": "2029-01-01"},
            "accepting",
            {"number": ["taken: another certificate has this number."]},
        ),
        ({"verb": "return", "reason": ""}, "returning", {"reason": ["This field is required."]}),
    ],
    ids=["half a certificate", "a number that another has", "no reason"],
)
def test_a_decision_that_cannot_be_is_told_at_its_field(
    papers: Papers, fields: dict[str, str], form: str, errors: dict[str, list[str]]
) -> None:
    certify(another_teacher(papers, "anna"), "taken")
    asked = applied(tilda())

    page = decided(browser(papers.ground.vera), asked, **fields)

    assert (page.status_code, dict(page.context[form].errors)) == (422, errors)
    asked.refresh_from_db()
    assert asked.state == "waiting"


def test_whoever_may_not_decide_reads_why_and_finds_no_form(papers: Papers) -> None:
    asked = applied(tilda())

    page = browser(papers.root).get(f"{QUEUE}{asked.uuid}/")

    assert page.context["accepting"] is None
    assert "The authority of a region where the teacher works decides on it." in page.content.decode()
    assert decided(browser(papers.root), asked, verb="accept").status_code == 403
    assert decided(browser(papers.wang), asked, verb="accept").status_code == 404


def test_what_waits_for_the_viewer_comes_first_and_is_what_is_counted(papers: Papers) -> None:
    both = make_person("both", Role.AUTHORITY)
    join_institution(by=None, at=NOON, person=both, institution=papers.dora.memberships.get().institution)
    post_authority(by=None, at=NOON, person=both, region=papers.ground.school.region)
    colleague, decided_before = another_teacher(papers, "anna"), another_teacher(papers, "zoe")
    join_institution(by=None, at=NOON, person=colleague, institution=papers.dora.memberships.get().institution)
    filed(papers, decided_before)
    applied(colleague, at=NOON - timedelta(days=9))
    applied(tilda())

    page = browser(both).get(QUEUE).context

    shown = {name: [each["name"] for each in page[name]] for name in ("waiting", "others", "decided")}
    assert shown == {"waiting": ["Tilda"], "others": ["Anna"], "decided": ["Zoe"]}
    assert page["number"] == browser(both).get("/manage/teachers/").context["waiting"] == 1
    assert waiting_for(both)["files"] == 1
    root = browser(papers.root).get(QUEUE).context
    assert (root["number"], root["waiting"], len(root["others"])) == (0, [], 2)


def test_what_waits_for_the_viewer_is_counted_over_all_pages(papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "APPLICATIONS_PER_PAGE", 1)
    applied(tilda())
    applied(another_teacher(papers, "anna"))

    page = browser(papers.ground.vera).get(QUEUE).context

    assert (len(page["waiting"]), page["number"]) == (1, 2)


def test_who_left_is_before_this_authority_no_longer(papers: Papers) -> None:
    asked = applied(tilda())
    leave_institution(by=None, at=NOON, person=tilda(), institution=papers.ground.school)
    vera = browser(papers.ground.vera)

    assert vera.get(QUEUE).context["waiting"] == []
    assert vera.get(f"{QUEUE}{asked.uuid}/").status_code == 404


def answers(papers: Papers, address: str) -> dict[str, int]:
    people = {
        "tilda": tilda(),
        "bob": papers.ground.bob,
        "vera": papers.ground.vera,
        "root": papers.root,
        "dora": papers.dora,
        "wang": papers.wang,
        "alice": papers.ground.alice,
        "edda": papers.ground.edda,
    }
    return {name: browser(person).get(address).status_code for name, person in people.items()}


def test_the_photo_of_a_file_is_for_the_teacher_who_employs_and_who_supervises_them(papers: Papers) -> None:
    filed(papers, tilda())

    found = answers(papers, f"/teachers/{tilda().uuid}/photo.jpg")

    assert found == {
        "tilda": 200,
        "bob": 200,
        "vera": 200,
        "root": 200,
        "dora": 404,
        "wang": 404,
        "alice": 404,
        "edda": 404,
    }


def test_the_photo_of_an_application_is_for_who_may_read_it(papers: Papers) -> None:
    asked = applied(tilda(), by=papers.ground.bob, institution=papers.ground.school)

    found = answers(papers, f"/teachers/applications/{asked.uuid}/photo.jpg")

    assert [name for name, code in found.items() if code == 200] == ["tilda", "bob", "vera", "root"]
    assert {code for code in found.values() if code != 200} == {404}


def test_a_photo_is_sent_as_nothing_but_a_picture(papers: Papers) -> None:
    filed(papers, tilda())

    answer = browser(tilda()).get(f"/teachers/{tilda().uuid}/photo.jpg")

    assert answer.content.startswith(b"\xff\xd8\xff")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert "no-store" in answer["Cache-Control"] and "private" in answer["Cache-Control"]


def test_without_a_file_there_is_no_photo(papers: Papers) -> None:
    applied(tilda())

    assert browser(tilda()).get(f"/teachers/{tilda().uuid}/photo.jpg").status_code == 404


def test_pages_cost_the_same_for_one_teacher_and_for_many(papers: Papers) -> None:
    bob, vera = browser(papers.ground.bob), browser(papers.ground.vera)
    applied(tilda())
    with CaptureQueriesContext(connection) as one:
        bob.get(OURS), vera.get(QUEUE)
    for number in range(8):
        applied(another_teacher(papers, f"teacher{number}"), at=NOON + timedelta(minutes=number))
    with CaptureQueriesContext(connection) as many:
        assert len(bob.get(OURS).context["teachers"]) == len(vera.get(QUEUE).context["waiting"]) == 9

    assert len(one) == len(many) <= 40


def test_an_own_page_and_an_application_cost_few_queries(papers: Papers) -> None:
    asked = filed(papers, tilda())
    for number in range(5):
        return_application(by=papers.ground.vera, at=NOON, application=applied(tilda()), reason=f"第 {number} 次")

    for person, address in (
        (tilda(), MINE),
        (papers.ground.bob, ours(tilda())),
        (papers.ground.vera, f"{QUEUE}{asked.uuid}/"),
    ):
        client = browser(person)
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        assert len(found) <= 30, address


def test_an_application_that_is_not_there_is_not_found(papers: Papers) -> None:
    assert browser(papers.ground.vera).get(f"{QUEUE}{UUID(int=7)}/").status_code == 404
