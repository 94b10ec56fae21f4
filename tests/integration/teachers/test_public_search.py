"""Anybody may look up who may teach today: little is told, nothing private, and not too often."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from redis.exceptions import RedisError

from lms.accounts.actions import end_role, suspend
from lms.accounts.models import Role, User
from lms.institutions.actions import join_institution, revoke_certificate
from tests.integration.exams.builders import NOON, REPORTED
from tests.integration.oversight.papers_world import Papers, make_papers
from tests.integration.teachers.roster_world import another_teacher, certify, filed, tilda, today

SEARCH = "/teachers/"


@pytest.fixture
def papers(db: None) -> Papers:
    return make_papers()


def named(person: User, name: str) -> User:
    User.objects.filter(pk=person.pk).update(real_name=name)
    return User.objects.get(pk=person.pk)


def asked(q: str) -> Any:
    client = Client()
    client.cookies["django_language"] = "en"
    return client.get(SEARCH, {"q": q})


def names(q: str) -> list[str]:
    return [each["name"] for each in asked(q).context["found"]]


def test_it_tells_name_masked_number_trades_institutions_and_until_when(papers: Papers) -> None:
    filed(papers, tilda(), qualifications="不公开的资质")
    join_institution(by=None, at=REPORTED, person=tilda(), institution=papers.dora.memberships.get().institution)
    certify(named(tilda(), "张伟"), "云教 20260001", ends=300)

    page = asked("张伟")

    assert page.context["found"] == [
        {
            "name": "张伟",
            "number": "云教•••••••01",
            "valid_to": today() + timedelta(days=300),
            "trades": ["Low voltage"],
            "institutions": ["School", "Other"],
        }
    ]
    shown = page.content.decode()
    assert "张伟" in shown
    for private in ("20260001", "不公开的资质", "2015-06-01", "photo", "tilda@", str(tilda().uuid)):
        assert private not in shown, private
    assert "noindex" in page["X-Robots-Tag"]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("张伟", ["张伟"]),
        ("张伟民", ["张伟民"]),
        ("伟民", []),
        ("WANG wei", ["Wang Wei"]),
        ("wang", []),
        ("云教 0002", ["张伟民"]),
        ("云教 00", []),  # not a part of a number
        ("%伟", []),
        ("__", []),
        (" 张伟 ", ["张伟"]),
    ],
    ids=[
        "the beginning of another",
        "whole",
        "the end",
        "other case",
        "the beginning",
        "whole number",
        "part of a number",
        "percent",
        "underscores",
        "spaces",
    ],
)
def test_names_and_numbers_are_found_whole(papers: Papers, q: str, found: list[str]) -> None:
    certify(named(tilda(), "张伟"), "云教 0001")
    certify(named(another_teacher(papers, "anna"), "张伟民"), "云教 0002")
    certify(named(another_teacher(papers, "wang.wei"), "Wang Wei"), "云教 0003")

    assert names(q) == found


@pytest.mark.parametrize(
    ("q", "said"),
    [
        ("张", "Type 2 to 60 characters."),
        (" 张 ", "Type 2 to 60 characters."),
        ("", "This field is required."),
        ("\0张", "Null characters are not allowed."),
        ("一" * 61, "Ensure this value has at most 60 characters (it has 61)."),
    ],
    ids=["one", "spaces", "none", "zero", "too long"],
)
def test_one_character_is_too_little(papers: Papers, q: str, said: str) -> None:
    certify(named(tilda(), "张伟"), "云教 0001")

    page = asked(q)

    assert (page.status_code, page.context["form"].errors["q"]) == (422, [said])
    assert "张伟" not in page.content.decode()


def test_only_whoever_may_teach_today_is_found(papers: Papers) -> None:
    people = {
        name: named(another_teacher(papers, f"ann{name}"), "李娜")
        for name in ("later", "over", "revoked", "gone", "away")
    }
    certify(people["later"], "T later", begins=1)
    certify(people["over"], "T over", ends=0)
    held = certify(people["revoked"], "T revoked")
    revoke_certificate(by=None, at=NOON, certificate=held, on=today(), why="离岗")
    certify(people["gone"], "T gone")
    end_role(by=None, at=NOON, person=people["gone"], role=Role.TEACHER)
    certify(people["away"], "T away")
    suspend(by=None, at=NOON, person=people["away"], reason="测试")
    assert names("李娜") == []

    certify(named(another_teacher(papers, "anna"), "李娜"), "T valid", ends=1)

    assert names("李娜") == ["李娜"]
    assert names("T over") == names("T revoked") == names("T later") == []


def test_what_ends_earlier_by_a_revocation_says_so(papers: Papers) -> None:
    held = certify(tilda(), "云教 0001", ends=300)
    revoke_certificate(by=None, at=NOON, certificate=held, on=today() + timedelta(days=3), why="离岗")

    [row] = asked("tilda").context["found"]

    assert row["valid_to"] == today() + timedelta(days=3)


def test_of_many_the_first_twenty_are_shown_and_more_is_asked_for(papers: Papers) -> None:
    for number in range(21):
        certify(named(another_teacher(papers, f"anna{number:02}"), "李娜"), f"T {number}")

    page = asked("李娜")

    assert (len(page.context["found"]), page.context["has_more"]) == (20, True)
    assert "Type the whole number of the certificate." in page.content.decode()
    assert asked("T 20").context["has_more"] is False


def test_an_address_is_stopped_after_twenty_questions_and_another_is_not(
    papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms.accounts.guard.time.time", lambda: 1_000_000_000.0)
    certify(tilda(), "云教 0001")

    codes = [Client(REMOTE_ADDR="192.0.2.1").get(SEARCH, {"q": "tilda"}).status_code for _ in range(21)]

    assert codes == [200] * 20 + [429]
    assert Client(REMOTE_ADDR="192.0.2.1").get(SEARCH).status_code == 200  # the form alone asks nothing
    assert Client(REMOTE_ADDR="192.0.2.2").get(SEARCH, {"q": "tilda"}).status_code == 200


def test_when_nothing_can_be_counted_nothing_is_answered(papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise RedisError("away")

    certify(tilda(), "云教 0001")
    monkeypatch.setattr(cache, "incr", away)

    page = asked("tilda")

    assert page.status_code == 429
    assert "Tilda" not in page.content.decode()


def test_a_search_costs_the_same_for_one_and_for_many(papers: Papers) -> None:
    certify(tilda(), "云教 0001")
    filed(papers, tilda())
    with CaptureQueriesContext(connection) as one:
        assert len(asked("tilda").context["found"]) == 1
    for number in range(9):
        person = named(another_teacher(papers, f"tilda{number}"), "Tilda")
        certify(person, f"T {number}")
        filed(papers, person, practising_since=date(2010, 1, 1))
    with CaptureQueriesContext(connection) as many:
        assert len(asked("tilda").context["found"]) == 10

    assert len(one) == len(many) <= 8
