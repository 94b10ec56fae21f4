"""The candidate list: judged anew when it is made, so that nobody is on it who may not sit the exam."""

import io
from typing import Any

import openpyxl
import pytest
from django.db import OperationalError
from django.test import Client

from lms.audit.models import Event
from lms.exams.actions import CandidateList, GateFailed, NotExaminer, SittingRefused, export_candidates
from lms.exams.actions.holding import look_again
from lms.exams.models import Registration
from lms.exams.views.office import lists
from lms.institutions.actions import suspend_institution
from lms.printing import FontMissing
from tests.integration.exams.builders import NOON, Ground, confirm
from tests.integration.exams.offices import DOOR, at_the_moment, newcomer, planned, refreshed, seat
from tests.integration.oversight.builders import body_of


@pytest.fixture
def seats(ground: Ground) -> list[Registration]:
    """Alice on seat 1, Lily on seat 2."""
    return [seat(ground), seat(ground, newcomer("lily", 11))]


def exported(ground: Ground, file_format: str = "xlsx") -> CandidateList:
    return export_candidates(by=ground.edda, at=NOON, sitting=refreshed(ground.sitting), file_format=file_format)


def void_alice(ground: Ground) -> None:
    confirm(ground.enrollment, ground.practice, "workshop", -5_400_000)


def sheets(client: Client, ground: Ground) -> dict[str, list[tuple[Any, ...]]]:
    answer = client.post(f"/exams/office/sittings/{ground.sitting.uuid}/list/", {"file_format": "xlsx"})
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(body_of(answer)))
    return {page.title: list(page.iter_rows(values_only=True)) for page in book}


def test_everybody_who_stands_is_on_the_list(ground: Ground, seats: list[Registration]) -> None:
    made = exported(ground)

    assert ([each.seat for each in made.admitted], made.refused) == ([1, 2], ())
    told = Event.objects.get(verb="candidates.exported")
    assert (told.by, told.subject_id) == (ground.edda, str(ground.sitting.uuid))
    assert told.detail == {"format": "xlsx", "admitted": 2, "refused": 0, "digest": made.digest}


def test_a_seat_whose_hours_were_voided_is_not_on_it_and_is_withdrawn(
    ground: Ground, seats: list[Registration]
) -> None:
    void_alice(ground)
    # As if the doubt had been missed: the list itself must find it.
    Registration.objects.update(doubted_at=None)

    made = exported(ground)

    assert [each.learner.real_name for each in made.admitted] == ["Lily"]
    ((refused, unmet),) = made.refused
    assert (refused.pk, [each.code for each in unmet]) == (seats[0].pk, ["hours_missing"])
    assert list(Registration.objects.order_by("pk").values_list("doubted_at", flat=True)) == [NOON, None]
    assert Event.objects.get(verb="candidates.exported").detail["refused"] == 1
    assert look_again(clock=lambda: NOON) == 1
    assert ([each.seat for each in exported(ground).admitted], exported(ground).refused) == ([2], ())


def test_what_cannot_be_judged_leaves_no_list(
    ground: Ground, seats: list[Registration], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: object) -> dict[int, object]:
        raise RuntimeError("no rule")

    monkeypatch.setattr("lms.exams.actions.exporting.holding_many", fails)

    with pytest.raises(GateFailed):
        exported(ground)

    assert not Event.objects.filter(verb="candidates.exported").exists()
    told = Event.objects.get(verb="candidates.failed")
    assert (told.by, told.subject_id, told.detail) == (
        ground.edda,
        str(ground.sitting.uuid),
        {"failure": "RuntimeError"},
    )


@pytest.mark.parametrize("file_format", ["xlsx", "pdf"])
def test_an_export_that_fails_answers_503_with_nothing_and_is_on_record(
    ground: Ground, seats: list[Registration], client: Client, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    """Also where the failure comes after seats were put in doubt: that is taken back with everything else."""

    def lost(**given: object) -> None:
        raise OperationalError("the connection is lost")

    void_alice(ground)
    Registration.objects.update(doubted_at=None)
    monkeypatch.setattr("lms.exams.actions.exporting.record", lost)
    client.force_login(ground.edda)

    answer = client.post(f"/exams/office/sittings/{ground.sitting.uuid}/list/", {"file_format": file_format})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "Content-Disposition" not in answer.headers
    assert "没有生成名单" in answer.content.decode()
    assert f'href="/exams/office/sittings/{ground.sitting.uuid}/"' in answer.content.decode()
    assert Event.objects.get(verb="candidates.failed").detail == {"failure": "OperationalError"}
    assert not Registration.objects.filter(doubted_at__isnull=False).exists()


@pytest.mark.parametrize("who", ["alice", "bob", "vera", "charlie"])
def test_only_examiners_of_the_institution_export(ground: Ground, who: str) -> None:
    with pytest.raises(NotExaminer):
        export_candidates(by=getattr(ground, who), at=NOON, sitting=ground.sitting, file_format="xlsx")


def test_another_format_or_a_draft_is_refused(ground: Ground) -> None:
    with pytest.raises(SittingRefused, match="file_format: 'csv', allowed: pdf, xlsx"):
        exported(ground, "csv")
    ground.sitting.plan = planned(ground)
    with pytest.raises(SittingRefused, match="a sitting of a published plan"):
        export_candidates(by=ground.edda, at=NOON, sitting=ground.sitting, file_format="pdf")


def test_the_spreadsheet_has_both_lists_and_no_formula(
    ground: Ground, seats: list[Registration], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    void_alice(ground)
    suspended_name = '=HYPERLINK("https://example.test","x")'
    type(ground.alice).objects.filter(real_name="Lily").update(real_name=suspended_name)
    at_the_moment(monkeypatch, DOOR)
    client.force_login(ground.edda)

    found = sheets(client, ground)

    assert found["考生名单"][0] == ("座位号", "考场", "姓名", "身份证号", "培训机构", "准考证号", "签名")
    seat_number, room, name, identity, trained_by, ticket, _signature = found["考生名单"][1]
    assert (seat_number, room, name, trained_by) == (2, "一号考场 一号机房", suspended_name, "安技校")
    assert identity.count("*") == 11
    assert ticket.replace("-", "").lower() == seats[1].uuid.hex[:12]
    assert found["不得入场"][1][:2] == (1, "Alice")
    assert found["不得入场"][1][5] == "“实操”还差 2 个实操学时。"
    assert dict(found["名单信息"])["不得入场人数"] == "1"
    assert dict(found["名单信息"])["名单摘要"] == Event.objects.get(verb="candidates.exported").detail["digest"]


def test_a_list_without_anybody_is_a_list(ground: Ground, client: Client) -> None:
    client.force_login(ground.edda)

    assert len(sheets(client, ground)["考生名单"]) == 1


def test_the_paper_is_a_pdf_whatever_people_are_called(
    ground: Ground, seats: list[Registration], client: Client
) -> None:
    suspend_institution(by=None, at=NOON, institution=ground.school, reason="弄虚作假")
    type(ground.alice).objects.filter(real_name="Lily").update(real_name='#panic("x") ] $ \\ "')
    client.force_login(ground.edda)

    answer = client.post(f"/exams/office/sittings/{ground.sitting.uuid}/list/", {"file_format": "pdf"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_machine_without_a_chinese_font_says_so(
    ground: Ground, seats: list[Registration], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*given: object, **more: object) -> bytes:
        raise FontMissing("install the package fonts-noto-cjk")

    monkeypatch.setattr(lists, "pdf_of", missing)
    client.force_login(ground.edda)

    answer = client.post(f"/exams/office/sittings/{ground.sitting.uuid}/list/", {"file_format": "pdf"})

    assert answer.status_code == 503
    assert "fonts-noto-cjk" in answer.content.decode()


def test_an_unknown_format_goes_back_with_what_is_allowed(ground: Ground, client: Client) -> None:
    client.force_login(ground.edda)

    answer = client.post(f"/exams/office/sittings/{ground.sitting.uuid}/list/", {"file_format": "csv"}, follow=True)

    assert answer.status_code == 200
    assert "“csv”不可用；允许：pdf, xlsx。" in answer.content.decode()
