"""A teacher has a statement of their year issued; it says for ever what it said, and today whether that still holds."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from redis.exceptions import ConnectionError as RedisGone

from lms import printing, signing
from lms.accounts.models import User
from lms.audit.models import Event
from lms.hours.models import Entry
from lms.hours.queries.clocks import today
from lms.paper_codes import grouped
from lms.teachers.actions.statements import StatementRefused, issue_statement
from lms.teachers.models import YearStatement
from lms.teachers.queries.statements import StatementNotFound, own_statement, statement_of_code, verified
from lms.teachers.views import moments
from lms.teachers.views import statements as views
from tests.integration.teachers.academy import LATER, MORNING, Academy, earned, take_part, taken_back

ISSUED = LATER + timedelta(days=10)
AFTER = ISSUED + timedelta(days=3)
DAY = today(AFTER).date


@pytest.fixture(autouse=True)
def _keys_and_time_of_its_own(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SIGNING_KEYS_DIR = tmp_path / "signing"
    settings.BASE_URL = "https://hours.example.test"
    monkeypatch.setattr(moments, "now", lambda: AFTER)


def issued(academy: Academy, **changes: Any) -> YearStatement:
    arguments: dict[str, Any] = {"by": academy.tess, "at": ISSUED, "uuid": uuid.uuid4(), "education_year": academy.year}
    return issue_statement(**{**arguments, **changes})


def stranger() -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    return client


def client_of(person: User) -> Client:
    client = stranger()
    client.force_login(person)
    return client


def code_of(refused: pytest.ExceptionInfo[StatementRefused]) -> list[str]:
    return [each.code for each in refused.value.problems]


def test_it_says_what_the_account_said(academy: Academy) -> None:
    for day in range(3):
        earned(academy, 8, from_at=MORNING + timedelta(days=day))

    facts = issued(academy).facts

    assert (facts["name"], facts["certificates"]) == ("Tess", ["T-tess"])
    assert (facts["year"], facts["as_of"], facts["state"]) == (2026, "2026-04-11", "running")
    assert (facts["required"], facts["counted"], facts["missing"]) == ("40", "16", "24")
    assert facts["categories"][1] == {
        "name_zh": "研修班",
        "name_en": "Seminars",
        "earned": "24",
        "counted": "16",
        "cap": "16",
        "beyond": "8",
    }


def test_it_is_signed_and_on_record(academy: Academy) -> None:
    earned(academy, 8)

    statement = issued(academy)

    signed = signing.verify(statement.signature, typ="year-statement+jwt")
    assert (signed["jti"], signed["counted"], signed["facts_digest"]) == (str(statement.uuid), "8", statement.digest)
    assert Event.objects.get(verb="year_statement.issued").subject_id == str(statement.uuid)


def test_the_same_button_twice_issues_one(academy: Academy) -> None:
    take_part(academy, academy.tess)
    first = issued(academy)

    assert issued(academy, uuid=first.uuid, at=AFTER) == first
    assert YearStatement.objects.count() == 1


def _without_a_name(academy: Academy) -> dict[str, Any]:
    take_part(academy, academy.tess)
    User.objects.filter(pk=academy.tess.pk).update(real_name=" ")
    return {"by": User.objects.get(pk=academy.tess.pk)}


def _with_ten_today(academy: Academy) -> dict[str, Any]:
    take_part(academy, academy.tess)
    for minute in range(10):
        issued(academy, at=ISSUED - timedelta(minutes=minute))
    return {}


def _with_the_uuid_of_another(academy: Academy) -> dict[str, Any]:
    take_part(academy, academy.tess)
    take_part(academy, academy.theo)
    return {"uuid": issued(academy, by=academy.theo).uuid}


REFUSED: dict[str, Callable[[Academy], dict[str, Any]]] = {
    "not_your_year": lambda academy: {},
    "name_missing": _without_a_name,
    "too_many_today": _with_ten_today,
    "uuid": _with_the_uuid_of_another,
}


@pytest.mark.parametrize("code", REFUSED)
def test_it_refuses_with_a_reason(academy: Academy, code: str) -> None:
    changes = REFUSED[code](academy)
    before = YearStatement.objects.count()

    with pytest.raises(StatementRefused) as refused:
        issued(academy, **changes)

    assert code_of(refused) == [code]
    assert YearStatement.objects.count() == before


def test_ten_of_yesterday_leave_today_free(academy: Academy) -> None:
    _with_ten_today(academy)

    assert issued(academy, at=ISSUED + timedelta(days=1)).facts["as_of"] == "2026-04-12"


def test_nothing_is_issued_that_cannot_be_signed(academy: Academy, settings: Any, tmp_path: Path) -> None:
    take_part(academy, academy.tess)
    (tmp_path / "occupied").write_text("no folder")
    settings.SIGNING_KEYS_DIR = tmp_path / "occupied"

    with pytest.raises(StatementRefused) as refused:
        issued(academy)

    assert code_of(refused) == ["signing_unavailable"]
    assert not YearStatement.objects.exists()


def _earn_more(academy: Academy) -> None:
    earned(academy, 2, from_at=MORNING + timedelta(days=5))


def _lose_some(academy: Academy) -> None:
    taken_back(academy, Entry.objects.get(learner=academy.tess, sort="claim"))


def _leak_the_key(academy: Academy) -> None:
    signing.rotate(AFTER, has_leaked=True)


SINCE: dict[str, Callable[[Academy], None]] = {
    "same": lambda academy: None,
    "grown": _earn_more,
    "fallen": _lose_some,
    "unproven": _leak_the_key,
}
SAID = {
    "same": "the hours have not changed since",
    "grown": "Hours were added since",
    "fallen": "fewer count now than it says",
    "unproven": "Ask the teacher for a new statement",
}


@pytest.mark.parametrize("state", SINCE)
def test_a_stranger_sees_whether_hours_changed_since(academy: Academy, state: str) -> None:
    earned(academy, 8)
    statement = issued(academy)
    SINCE[state](academy)

    response = stranger().get(f"/teachers/statements/{grouped(statement.code)}/")

    page = response.content.decode()
    assert response.status_code == 200
    assert SAID[state] in page
    assert "T***" not in page and "T**" in page and "Tess" not in page
    assert response["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert verified(statement, DAY).state == state


def test_what_was_signed_is_not_what_stands_there(academy: Academy) -> None:
    earned(academy, 8)
    statement = issued(academy)
    statement.facts["counted"] = "40"

    assert verified(statement, DAY).state == "unproven"


def test_hours_that_come_back_make_it_hold_again(academy: Academy) -> None:
    earned(academy, 8)
    statement = issued(academy)
    _lose_some(academy)
    for day in (6, 7):
        earned(academy, 4, from_at=MORNING + timedelta(days=day))

    found = statement_of_code(statement.code.lower(), DAY)

    assert found is not None
    assert found.state == "same"


@pytest.mark.parametrize("code", ["AAAQ-EAYE-AUDA-OCAJ-BIFQ", "x", "2026"], ids=["of nothing", "no code", "a number"])
def test_a_code_of_nothing_is_unknown(academy: Academy, code: str) -> None:
    response = stranger().get(f"/teachers/statements/{code}/")

    assert response.status_code == 404
    assert "No statement was issued under this code" in response.content.decode()


def test_an_address_that_looks_too_often_waits(academy: Academy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "LOOKS_PER_MINUTE", 2)
    monkeypatch.setattr("lms.accounts.guard.time.time", lambda: 1_800_000_000.0)
    client = Client()

    found = [client.get("/teachers/statements/x/").status_code for _time in range(3)]

    assert found == [404, 404, 429]


def test_it_is_answered_when_nothing_can_be_counted(academy: Academy, monkeypatch: pytest.MonkeyPatch) -> None:
    take_part(academy, academy.tess)
    statement = issued(academy)

    def gone(*args: Any, **kwargs: Any) -> None:
        raise RedisGone

    monkeypatch.setattr(cache, "add", gone)

    assert Client().get(f"/teachers/statements/{statement.code}/").status_code == 200


def test_its_pdf_is_really_set(academy: Academy) -> None:
    earned(academy, 8)
    statement = issued(academy)

    response = client_of(academy.tess).get(f"/my/teaching/statements/{statement.uuid}/statement.pdf")

    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert response.content.startswith(b"%PDF-")
    assert response.content == views.printed_statement(statement, DAY), "the same row gives the same bytes"


def test_without_a_font_it_names_the_package(academy: Academy, monkeypatch: pytest.MonkeyPatch) -> None:
    take_part(academy, academy.tess)
    statement = issued(academy)
    monkeypatch.setattr(printing, "missing_families", lambda: ("Noto Serif CJK SC",))

    response = client_of(academy.tess).get(f"/my/teaching/statements/{statement.uuid}/statement.pdf")

    assert response.status_code == 503
    assert "fonts-noto-cjk" in response.content.decode()


def test_the_pdf_is_its_teachers_alone(academy: Academy) -> None:
    take_part(academy, academy.tess)
    statement = issued(academy)

    for other in (academy.theo, academy.pia, academy.world.bob):
        assert client_of(other).get(f"/my/teaching/statements/{statement.uuid}/statement.pdf").status_code == 404
        with pytest.raises(StatementNotFound):
            own_statement(other, statement.uuid)


def test_the_button_issues_and_the_page_lists_it(academy: Academy) -> None:
    earned(academy, 8)
    client = client_of(academy.tess)

    response = client.post(
        f"/my/teaching/year/{academy.year.uuid}/statement/", {"uuid": str(uuid.uuid4())}, follow=True
    )

    statement = YearStatement.objects.get()
    page = response.content.decode()
    assert "The statement was issued." in page
    assert f"/my/teaching/statements/{statement.uuid}/statement.pdf" in page
    assert f"/teachers/statements/{grouped(statement.code)}/" in page


@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"], ids=["changed", "deleted"])
def test_postgresql_lets_nobody_change_a_statement(academy: Academy, change: str) -> None:
    take_part(academy, academy.tess)
    issued(academy)

    refused = pytest.raises(ProgrammingError, match="permission denied")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format("teachers_yearstatement"))


def test_a_statement_without_a_signature_is_refused_by_postgresql(academy: Academy) -> None:
    unsigned = YearStatement(
        code="A" * 20,
        person=academy.tess,
        education_year=academy.year,
        facts={},
        issued_at=ISSUED,
        digest="0" * 64,
        signature="",
    )

    with pytest.raises(IntegrityError, match="a_statement_is_signed_and_has_a_code"), transaction.atomic():
        unsigned.save(force_insert=True)
