"""The door: judged at that moment, let in once, refused with every reason; and nobody else finds it."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from lms.audit.models import Event
from lms.exams.actions import AdmissionRefused, NotAtTheDoor, NotExaminer, admit, cancel_registration, cancel_sitting
from lms.exams.models import Admission, Decision, Registration
from lms.exams.rules.tickets import ticket_number
from lms.institutions.actions import open_institution, suspend_institution
from tests.integration.exams.builders import EXAM, NOON, REPORTED, Ground, confirm
from tests.integration.exams.offices import DOOR, at_the_moment, examiner, newcomer, seat


@pytest.fixture
def ticket(ground: Ground) -> Registration:
    """Alice's seat in the exam."""
    return seat(ground)


@pytest.fixture
def door(ground: Ground, ticket: Registration, client: Client, monkeypatch: pytest.MonkeyPatch) -> str:
    """Edda stands there half an hour before the exam."""
    at_the_moment(monkeypatch, DOOR)
    client.force_login(ground.edda)
    return f"/exams/door/{ticket.uuid}/"


def void_hours(ground: Ground) -> None:
    confirm(ground.enrollment, ground.practice, "workshop", -5_400_000)


def test_the_holder_of_a_seat_is_let_in_once(ground: Ground, ticket: Registration) -> None:
    first = admit(by=ground.edda, at=DOOR, registration=ticket)
    again = admit(by=ground.edda, at=DOOR + timedelta(minutes=5), registration=ticket)

    assert (first, first.admitted_at) == (again, DOOR)
    assert first.decision.eligible
    assert first.decision.rule_version.endswith("-holder")
    told = Event.objects.get(verb="registration.admitted")
    assert told.detail == {"decision": str(first.decision.uuid), "seat": 1}


def test_voided_hours_close_the_door_with_the_reason_on_record(ground: Ground, ticket: Registration) -> None:
    void_hours(ground)

    with pytest.raises(AdmissionRefused) as refused:
        admit(by=ground.edda, at=DOOR, registration=ticket)

    assert [(each.code, each.kind) for each in refused.value.unmet] == [("hours_missing", "workshop")]
    kept = Decision.objects.get(uuid=refused.value.decision.uuid)
    assert (kept.eligible, kept.made_at) == (False, DOOR)
    assert Event.objects.get(verb="admission.refused").detail["unmet"] == ["hours_missing"]
    assert not Admission.objects.exists()


def test_a_suspended_institution_closes_the_door(ground: Ground, ticket: Registration) -> None:
    suspend_institution(by=None, at=NOON, institution=ground.school, reason="弄虚作假")

    with pytest.raises(AdmissionRefused) as refused:
        admit(by=ground.edda, at=DOOR, registration=ticket)

    assert [each.code for each in refused.value.unmet] == ["institution_suspended"]


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(-61, "door_not_open"), (-60, None), (0, None), (30, None), (31, "door_closed")],
    ids=["too-early", "at-opening", "at-the-beginning", "at-closing", "too-late"],
)
def test_the_door_has_its_time(ground: Ground, ticket: Registration, minutes: int, code: str | None) -> None:
    at = EXAM + timedelta(minutes=minutes)
    if code is None:
        assert admit(by=ground.edda, at=at, registration=ticket).admitted_at == at
        return

    with pytest.raises(NotAtTheDoor) as refused:
        admit(by=ground.edda, at=at, registration=ticket)

    assert refused.value.code == code
    assert not Admission.objects.exists()


def test_a_seat_that_was_given_back_lets_nobody_in(ground: Ground, ticket: Registration) -> None:
    cancel_registration(by=ground.alice, at=NOON, registration=ticket)

    with pytest.raises(NotAtTheDoor) as refused:
        admit(by=ground.edda, at=DOOR, registration=ticket)

    assert refused.value.code == "not_booked"


def test_a_cancelled_exam_lets_nobody_in_before_any_worker_looked(ground: Ground, ticket: Registration) -> None:
    cancel_sitting(by=ground.edda, at=NOON, sitting=ground.sitting, reason="停电")

    with pytest.raises(AdmissionRefused) as refused:
        admit(by=ground.edda, at=DOOR, registration=ticket)

    assert [each.code for each in refused.value.unmet] == ["sitting_cancelled"]


@pytest.mark.parametrize("who", ["alice", "bob", "vera", "charlie"])
def test_only_examiners_of_the_institution_let_in(ground: Ground, ticket: Registration, who: str) -> None:
    with pytest.raises(NotExaminer):
        admit(by=getattr(ground, who), at=DOOR, registration=ticket)


def test_postgresql_changes_no_admission(ground: Ground, ticket: Registration) -> None:
    admission = admit(by=ground.edda, at=DOOR, registration=ticket)

    with pytest.raises(DatabaseError), transaction.atomic():
        Admission.objects.filter(pk=admission.pk).update(admitted_at=EXAM)
    with pytest.raises(DatabaseError), transaction.atomic():
        admission.delete()


# The pages.


def test_a_scanned_ticket_shows_who_stands_there_and_one_button(ground: Ground, client: Client, door: str) -> None:
    page = client.get(door)

    text = page.content.decode()
    assert (page.status_code, page.context["state"]) == (200, "let_in")
    assert "准予入场" in text
    assert "Alice" in text
    assert page.context["candidate"]["identity"].count("*") == 11
    assert text.count('<form method="post" class="door-act">') == 1


def test_the_button_lets_in_and_the_page_then_says_when(ground: Ground, client: Client, door: str) -> None:
    for _twice in range(2):
        assert client.post(door).status_code == 302

    page = client.get(door)
    assert (page.context["state"], Admission.objects.count()) == ("admitted", 1)
    assert "已于 08:30 由 Edda 放行入场" in page.content.decode()
    assert "door-act" not in page.content.decode()


def test_a_refusal_is_the_page_with_every_reason(ground: Ground, client: Client, door: str) -> None:
    void_hours(ground)
    suspend_institution(by=None, at=NOON, institution=ground.school, reason="弄虚作假")

    page, refused = client.get(door), client.post(door)

    assert (page.status_code, refused.status_code) == (200, 409)
    for each in (page, refused):
        assert each.context["state"] == "unmet"
        assert [reason["code"] for reason in each.context["reasons"]] == ["institution_suspended", "hours_missing"]
        assert "不得入场" in each.content.decode()
        assert "door-act" not in each.content.decode()


@pytest.mark.parametrize(
    ("minutes", "state", "text"), [(-61, "door_not_open", "开考前 60 分钟"), (31, "door_closed", "开考 30 分钟后")]
)
def test_at_another_time_the_page_says_so(
    ground: Ground, client: Client, door: str, monkeypatch: pytest.MonkeyPatch, minutes: int, state: str, text: str
) -> None:
    at_the_moment(monkeypatch, EXAM + timedelta(minutes=minutes))

    page = client.get(door)

    assert page.context["state"] == state
    assert text in page.content.decode()
    assert client.post(door).status_code == 409


def test_a_seat_that_was_given_back_says_so(ground: Ground, client: Client, door: str, ticket: Registration) -> None:
    cancel_registration(by=ground.alice, at=NOON, registration=ticket)

    assert client.get(door).context["state"] == "not_booked"
    assert client.post(door).status_code == 409


@pytest.mark.parametrize("who", ["alice", "bob", "vera", "charlie"])
def test_nobody_else_finds_the_door(ground: Ground, client: Client, door: str, who: str) -> None:
    client.force_login(getattr(ground, who))

    for path in ("/exams/door/", door):
        assert (client.get(path).status_code, client.post(path).status_code) == (404, 404)


def test_an_examiner_of_another_institution_finds_no_seat_here(ground: Ground, client: Client, door: str) -> None:
    other = open_institution(by=None, at=REPORTED, kind="exam", name_zh="别院", region=ground.exam_office.region)
    client.force_login(examiner("otto", other))
    number = ticket_number(Registration.objects.get().uuid)

    assert (client.get(door).status_code, client.post(door).status_code) == (404, 404)
    assert client.post("/exams/door/", {"number": number}).status_code == 422
    assert "今天没有考试" in client.get("/exams/door/").content.decode()


@pytest.mark.parametrize("signs", [8, 12, 32])
def test_a_typed_number_finds_the_seat(
    ground: Ground, client: Client, door: str, ticket: Registration, signs: int
) -> None:
    found = client.post("/exams/door/", {"number": ticket.uuid.hex[:signs]})

    assert (found.status_code, found.headers["Location"]) == (302, door)


@pytest.mark.parametrize(("number", "text"), [("ffffffff", "没有此准考证号"), ("12345", "至少 8 位"), ("", "")])
def test_a_number_of_nobody_is_refused(ground: Ground, client: Client, door: str, number: str, text: str) -> None:
    refused = client.post("/exams/door/", {"number": number})

    assert refused.status_code == 422
    assert text in refused.content.decode()


def test_a_ticket_of_another_day_is_not_found_by_its_number(
    ground: Ground, client: Client, door: str, ticket: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_moment(monkeypatch, EXAM - timedelta(hours=10))

    assert client.post("/exams/door/", {"number": ticket.uuid.hex}).status_code == 422


def test_two_seats_that_begin_alike_ask_for_more_signs(
    ground: Ground, client: Client, door: str, ticket: Registration
) -> None:
    other = seat(ground, newcomer("lily", 11))
    twin = uuid.UUID(hex=ticket.uuid.hex[:12] + "0" * 20)
    Registration.objects.filter(pk=other.pk).update(uuid=twin)

    refused = client.post("/exams/door/", {"number": ticket.uuid.hex[:8]})

    assert refused.status_code == 422
    assert "请多输入几位" in refused.content.decode()
    assert client.post("/exams/door/", {"number": twin.hex}).status_code == 302


def test_the_desk_counts_who_was_let_in_today(ground: Ground, client: Client, door: str) -> None:
    client.post(door)

    (row,) = client.get("/exams/door/").context["sittings"]
    assert (row["admitted"], row["booked"]) == (1, 1)
