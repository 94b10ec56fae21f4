"""The pages around a class: who sees which, and that what they say is what the actions do."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from lms.accounts.models import Role, User
from lms.enrollments.actions import (
    ask_to_join,
    check_roster,
    invite,
    report_class,
    run_import,
    set_open,
)
from lms.enrollments.models import Enrollment, JoinRequest, RosterImport, TrainingClass
from lms.enrollments.views import places
from lms.institutions.actions import add_region, join_institution, open_institution, post_authority
from tests.integration.courses.builders import a_chapter
from tests.integration.enrollments.lists import cells, csv, number, people
from tests.integration.exams.builders import NOON, REPORTED, Ground, make_person, plan

LATER = NOON.replace(month=3, day=9)


@pytest.fixture(autouse=True)
def _in_march(monkeypatch: pytest.MonkeyPatch) -> None:
    """The class of the ground runs in 2026; pages ask the clock."""
    from lms.enrollments.views import imports, invitations, joining, planning, reports
    from lms.enrollments.views import people as people_views

    for module in (places, imports, invitations, joining, planning, reports, people_views):
        monkeypatch.setattr(module, "now", lambda: NOON)


@pytest.fixture
def reported(ground: Ground) -> TrainingClass:
    """A class that waits for the authority."""
    return report_class(by=ground.bob, at=REPORTED, training_class=plan(ground.bob, ground.school, ground.version, []))


@pytest.fixture
def planned(ground: Ground) -> TrainingClass:
    return plan(ground.bob, ground.school, ground.version, [(ground.theory, ground.video)])


@pytest.fixture
def cast(ground: Ground) -> dict[str, User | AnonymousUser]:
    """Everybody who might come to a page."""
    elsewhere = add_region(by=None, at=REPORTED, code="98", name_zh="别省", name_en="Elsewhere")
    other = open_institution(
        by=None, at=REPORTED, kind="training", name_zh="别校", name_en="Other", region=ground.school.region
    )
    otto, wanda = make_person("otto", Role.INSTITUTION), make_person("wanda", Role.AUTHORITY)
    join_institution(by=None, at=REPORTED, person=otto, institution=other)
    post_authority(by=None, at=REPORTED, person=wanda, region=elsewhere)
    return {
        "staff": ground.bob,
        "other staff": otto,
        "teacher": User.objects.get(email="tilda@example.test"),
        "authority": ground.vera,
        "other authority": wanda,
        "learner": ground.alice,
        "nobody": AnonymousUser(),
    }


def browser(person: User | AnonymousUser) -> Client:
    client = Client()
    if isinstance(person, User):
        client.force_login(person)
    return client


STAFF_ALONE = [200, 404, 404, 404, 404, 404, 302]
AUTHORITY_ALONE = [403, 403, 403, 200, 404, 403, 302]
ANYBODY_INSIDE = [200, 200, 200, 200, 200, 200, 302]

PAGES: list[tuple[str, str, list[int]]] = [
    ("plan_class", "", [200, 200, 403, 403, 403, 403, 302]),
    ("edit_class", "planned", STAFF_ALONE),
    ("class_lessons", "planned module", STAFF_ALONE),
    ("report_class", "planned", STAFF_ALONE),
    ("end_class", "accepted", STAFF_ALONE),
    ("add_participant", "accepted", STAFF_ALONE),
    ("withdraw_participant", "accepted enrollment", STAFF_ALONE),
    ("roster_template", "accepted", STAFF_ALONE),
    ("upload_roster", "accepted", STAFF_ALONE),
    ("roster_import", "accepted roster", STAFF_ALONE),
    ("import_progress", "accepted roster", STAFF_ALONE),
    ("invitations", "accepted", STAFF_ALONE),
    ("join_requests", "accepted", STAFF_ALONE),
    ("class", "planned", [200, 404, 404, 200, 404, 404, 302]),
    ("class_reports", "", [403, 403, 403, 200, 200, 403, 302]),
    ("class_report", "reported", AUTHORITY_ALONE),
    ("class_report", "planned", [403, 403, 403, 404, 404, 403, 302]),
    ("join_class", "accepted", ANYBODY_INSIDE),
    ("join", "code", [200, 200, 200, 200, 200, 200, 200]),
    ("join_sign_up", "code", [302, 302, 302, 302, 302, 302, 200]),
    ("my_join_request", "request", [404, 404, 404, 404, 404, 404, 302]),
]
POSTS: list[tuple[str, str, list[int]]] = [
    ("open_class", "accepted", [302, 404, 404, 404, 404, 404, 302]),
    ("confirm_import", "accepted roster", [302, 404, 404, 404, 404, 404, 302]),
    ("discard_import", "accepted roster", [302, 404, 404, 404, 404, 404, 302]),
    ("revoke_invitation", "accepted invitation", [302, 404, 404, 404, 404, 404, 302]),
    ("decide_join", "accepted request", [302, 404, 404, 404, 404, 404, 302]),
    ("accept_class", "reported", [403, 403, 403, 302, 404, 403, 302]),
    ("return_class", "reported", [403, 403, 403, 422, 404, 403, 302]),
]


def test_each_page_opens_for_whom_it_is(
    ground: Ground, planned: TrainingClass, reported: TrainingClass, cast: dict[str, User]
) -> None:
    set_open(by=ground.bob, at=NOON, training_class=ground.training_class, is_open=True)
    invitation, code = invite(
        by=ground.bob, at=NOON, uuid=uuid4(), training_class=ground.training_class, uses_max=9, expires_at=LATER
    )
    things: dict[str, Any] = {
        "planned": planned.uuid,
        "reported": reported.uuid,
        "accepted": ground.training_class.uuid,
        "module": ground.theory.uuid,
        "enrollment": ground.enrollment.uuid,
        "roster": checked(ground).uuid,
        "invitation": invitation.uuid,
        "request": asked(ground).uuid,
        "code": code,
    }
    found, expected = [], []
    for method, table in (("get", PAGES), ("post", POSTS)):
        for name, needs, answers in table:
            address = reverse(name, args=[things[each] for each in needs.split()])
            # Strangers first: what staff does by a post would hide what a stranger may.
            for who, answer in reversed(list(zip(cast, answers, strict=True))):
                found.append((method, name, needs, who, getattr(browser(cast[who]), method)(address).status_code))
                expected.append((method, name, needs, who, answer))

    assert [each for each in found if each not in expected] == []


def test_a_list_goes_from_the_upload_to_the_class(ground: Ground) -> None:
    staff = browser(ground.bob)
    address = reverse("upload_roster", args=[ground.training_class.uuid])
    upload = SimpleUploadedFile("名单.csv", csv(cells(1), cells(2)))

    preview = staff.post(address, {"uuid": uuid4(), "file": upload}, follow=True)
    roster = RosterImport.objects.get()
    staff.post(preview.context["confirm_url"])
    waiting = staff.get(preview.context["poll"]["url"]).json()
    run_import(clock=lambda: NOON, uuid=roster.uuid)
    done = staff.get(preview.context["poll"]["url"]).json()

    assert number(1) not in preview.text
    assert preview.context["roster"]["new_people"] == 2
    assert waiting == {"state": "waiting", "percent": 0, "done": 0, "total": 2}
    assert done == {"state": "done", "percent": 100, "done": 2, "total": 2}
    assert Enrollment.objects.filter(training_class=ground.training_class).count() == 3


def test_every_wrong_row_is_on_the_page_with_its_column_and_no_number(ground: Ground) -> None:
    wrong = [cells(1), ["", number(2), "12345", ""], ["李", "110101199001010019", "13900000009", ""], cells(1)]
    address = reverse("upload_roster", args=[ground.training_class.uuid])
    upload = SimpleUploadedFile("list.csv", csv(*wrong))

    page = browser(ground.bob).post(address, {"uuid": uuid4(), "file": upload}, follow=True)

    rows = [(each["row"], each["column"], each["value"]) for each in page.context["problems"]]
    assert rows == [
        (3, "姓名", ""),
        (3, "手机号", "12345"),
        (4, "身份证号", "110***********0019"),
        (5, "身份证号", f"{number(1)[:3]}***********{number(1)[-4:]}"),
        (5, "手机号", "+8613900000001"),
    ]
    assert "110101199001010019" not in page.text
    assert Enrollment.objects.filter(training_class=ground.training_class).count() == 1


@pytest.mark.parametrize(
    ("label", "content", "said"),
    [
        ("a picture", b"\x89PNG\r\n\x1a\n\0\0", "xlsx, csv"),
        ("other headings", b"a,b\nc,d", "姓名, 身份证号"),
        ("nothing", b"x", "没有人员"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_what_is_allowed(
    ground: Ground, label: str, content: bytes, said: str
) -> None:
    address = reverse("upload_roster", args=[ground.training_class.uuid])

    page = browser(ground.bob).post(address, {"uuid": uuid4(), "file": SimpleUploadedFile("l.xlsx", content)})

    assert page.status_code == 422
    assert said in str(page.context["form"].errors["file"]), label
    assert RosterImport.objects.count() == 0


def test_a_number_that_was_refused_is_not_shown_again(ground: Ground) -> None:
    address = reverse("add_participant", args=[ground.training_class.uuid])
    typed = {"uuid": uuid4(), "name": "李", "identity": "110101199001010019", "phone": "13900000009"}

    page = browser(ground.bob).post(address, typed)

    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["identity"]
    assert "110101199001010019" not in page.text


def test_who_adds_very_many_people_by_hand_is_stopped_and_adds_nobody_then(ground: Ground) -> None:
    address = reverse("add_participant", args=[ground.training_class.uuid])
    bob = browser(ground.bob)
    before = Enrollment.objects.count()

    tried = [bob.post(address, {"uuid": uuid4(), "name": "李", "identity": "1"}).status_code for _number in range(20)]
    typed = {"uuid": uuid4(), "name": "Charlie", "identity": number(77), "phone": "13900000009"}
    page = bob.post(address, typed)

    assert tried == [422] * 20
    assert page.status_code == 429
    assert "添加过于频繁，请一分钟后再试" in page.text
    assert Enrollment.objects.count() == before


@pytest.mark.parametrize("count", [10, 250])
def test_the_pages_cost_the_same_however_long_the_roster_is(
    ground: Ground, count: int, django_assert_max_num_queries
) -> None:
    roster = checked(ground, count)
    RosterImport.objects.filter(pk=roster.pk).update(state="waiting", confirmed_by=ground.bob)
    run_import(clock=lambda: NOON, uuid=roster.uuid)
    address = reverse("class", args=[ground.training_class.uuid])
    staff, authority = browser(ground.bob), browser(ground.vera)

    with django_assert_max_num_queries(45):
        page = staff.get(address)
    with django_assert_max_num_queries(35):
        report = authority.get(reverse("class_report", args=[ground.training_class.uuid]))

    assert len(page.context["roster"]) == min(count + 1, 100)
    assert len(report.context["people"]) == min(count + 1, 100)
    assert {each["is_later"] for each in report.context["people"] if str(each["name"]) != "Alice"} == {True}


def test_the_authority_returns_with_a_reason_that_the_institution_reads(
    ground: Ground, reported: TrainingClass
) -> None:
    address = reverse("return_class", args=[reported.uuid])
    authority = browser(ground.vera)

    refused = authority.post(address, {"reason": " "})
    authority.post(address, {"reason": "请补充教师证"})
    page = browser(ground.bob).get(reverse("class", args=[reported.uuid]))

    assert list(refused.context["form"].errors) == ["reason"]
    assert page.context["desk"]["returned"] == "请补充教师证"
    assert [each["state"] for each in page.context["desk"]["way"]] == ["done", "now", "todo", "todo"]


def test_a_person_with_an_invitation_signs_up_asks_and_is_let_in(ground: Ground) -> None:
    _made, code = invite(
        by=ground.bob, at=NOON, uuid=uuid4(), training_class=ground.training_class, uses_max=1, expires_at=LATER
    )
    visitor = Client()
    typed = {
        "uuid": uuid4(),
        "name": "林示例",
        "identity": number(7),
        "phone": "13700000007",
        "password": "a long made-up password",
    }

    state = visitor.post(reverse("join_sign_up", args=[code]), typed, follow=True)
    request = JoinRequest.objects.get()
    second = Client().get(reverse("join", args=[code]))
    decide = reverse("decide_join", args=[ground.training_class.uuid, request.uuid])
    browser(ground.bob).post(decide, {"answer": "approve"})
    after = visitor.get(reverse("my_join_request", args=[request.uuid]))

    assert state.context["asked"]["state"] == "asked"
    assert second.status_code == 404, "the one use is used"
    assert after.context["asked"]["state"] == "approved"
    assert Enrollment.objects.get(learner__real_name="林示例").enrolled_at >= NOON


def test_lessons_are_chosen_for_one_module(ground: Ground, planned: TrainingClass) -> None:
    staff = browser(ground.bob)
    address = reverse("class_lessons", args=[planned.uuid, ground.theory.uuid])
    version = a_chapter("停电验电", slug="a").lesson.versions.get()

    before = staff.get(address).context["offered"]
    staff.post(address, {"remove": [ground.video.pk], "add": [version.pk, "x", "999999999"]})
    after = staff.get(address).context["offered"]

    assert ([each["pk"] for each in before], after) == ([version.pk], [])
    assert [each.lesson_version for each in planned.lessons.all()] == [version]


def checked(ground: Ground, count: int = 1) -> RosterImport:
    return check_roster(
        by=ground.bob,
        at=NOON,
        uuid=uuid4(),
        training_class=ground.training_class,
        filename="list.csv",
        rows=people(count, 3000),
    )


def asked(ground: Ground) -> JoinRequest:
    return ask_to_join(by=ground.charlie, at=NOON, uuid=uuid4(), training_class=ground.training_class)
