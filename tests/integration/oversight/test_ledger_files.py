"""The training ledger read back with another library, against a world made by hand."""

from collections import Counter
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from lms.accounts.models import User
from lms.enrollments.actions import withdraw_enrollment
from lms.hours.models import Entry
from lms.oversight.actions.documents import issue_document
from lms.oversight.queries import ledgers
from lms.oversight.queries.ledgers import LedgerTooLong, Scope, ledger_rows
from tests.integration.exams.builders import NOON
from tests.integration.oversight.builders import body_of
from tests.integration.oversight.papers_world import (
    HOUR_ONLINE,
    Papers,
    classmates,
    complete,
    earn,
    make_papers,
    refresher,
)

ADDRESS = "/manage/ledgers/training-ledger.xlsx"


@pytest.fixture
def papers(db: None) -> Papers:
    return make_papers()


def sheet(papers: Papers, person: User, query: str = "") -> list[list[Any]]:
    client = Client()
    client.force_login(person)
    answer = client.get(ADDRESS + query)
    assert answer.status_code == 200
    book = load_workbook(BytesIO(body_of(answer)))
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


def test_it_says_of_each_learner_what_was_asked_confirmed_and_issued(papers: Papers) -> None:
    ground = papers.ground
    complete(ground)
    issue_document(by=ground.bob, at=NOON, enrollment=ground.enrollment, kind="certificate")
    behind, gone = classmates(ground, 2)
    earn(behind, ground.theory, "online", HOUR_ONLINE // 2 + 17, from_at=NOON + timedelta(days=2))
    withdraw_enrollment(by=ground.bob, at=NOON, enrollment=gone)

    rows = sheet(papers, ground.bob)

    assert rows[0][:4] == ["姓名", "身份证号", "培训大纲", "培训班"]
    assert len(rows) == 3
    assert rows[1] == [
        "Alice",
        rows[1][1],
        "低压电工",
        "第一期",
        "2026-01-05",
        "2026-12-31",
        1,
        1,
        None,
        None,
        2,
        2,
        "2026-03-02",
        "2026-03-03",
        "2026-03-02",
        "2026-99-000001",
        "安技校",
        "Bob",
    ]
    assert rows[1][1].startswith("000***********0")
    assert rows[2][6:16] == [1, 0.5, None, None, 2, 0, "2026-03-04", "2026-03-04", None, None]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "http://x.test/"])
def test_a_name_is_never_a_formula_or_a_link(papers: Papers, name: str) -> None:
    User.objects.filter(pk=papers.ground.alice.pk).update(real_name=name)
    client = Client()
    client.force_login(papers.ground.bob)

    cell = load_workbook(BytesIO(body_of(client.get(ADDRESS)))).active["A2"]

    assert (cell.value, cell.data_type, cell.hyperlink) == (name, "s", None)


def test_it_holds_what_the_viewer_may_see_and_chose(papers: Papers) -> None:
    ground = papers.ground
    again = refresher(ground)

    def titles(person: User, query: str = "") -> list[str]:
        return [row[2] for row in sheet(papers, person, query)[1:]]

    assert titles(ground.bob) == ["低压电工", "低压电工复训"]
    assert titles(ground.bob, f"?class={again.training_class.uuid}") == ["低压电工复训"]
    assert titles(ground.vera, f"?institution={ground.school.uuid}&trade=electrician") == ["低压电工", "低压电工复训"]
    assert titles(ground.vera, "?trade=welder") == []
    assert titles(papers.dora) == []
    assert titles(papers.wang, f"?institution={ground.school.uuid}") == []


def test_it_costs_the_same_queries_for_two_learners_and_for_twenty(papers: Papers) -> None:
    ground = papers.ground

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            rows = list(ledger_rows(ground.bob, Scope()))
        assert len(rows) >= 1
        return len(queries)

    complete(ground)
    small = cost()
    for each in classmates(ground, 20):
        complete(ground, each)

    assert cost() == small
    assert small <= 14


def test_a_long_ledger_is_read_in_pieces_and_reads_the_same(papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    complete(papers.ground)
    for each in classmates(papers.ground, 4)[:2]:
        complete(papers.ground, each)
    whole = list(ledger_rows(papers.ground.bob, Scope()))

    monkeypatch.setattr(ledgers, "ROWS_AT_ONCE", 2)

    assert list(ledger_rows(papers.ground.bob, Scope())) == whole
    assert len(whole) == 5
    assert len([row for row in whole if row.completed_at]) == 3


def test_confirmed_hours_are_the_sum_of_the_entries(papers: Papers) -> None:
    complete(papers.ground)
    (half,) = classmates(papers.ground, 1)
    earn(half, papers.ground.theory, "online", HOUR_ONLINE // 4, from_at=NOON + timedelta(days=2))
    posted = Counter[str]()
    for entry in Entry.objects.all():
        posted[entry.kind] += entry.confirmed_delta_ms

    rows = sheet(papers, papers.ground.bob)[1:]

    minutes = papers.ground.enrollment.training_class.syllabus_version
    assert sum(row[7] for row in rows) * minutes.minutes_of("online") * 60_000 == posted["online"]
    assert sum(row[11] for row in rows) * minutes.minutes_of("workshop") * 60_000 == posted["workshop"]


def test_too_many_learners_for_one_file_are_said_before_anything_is_written(
    papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "ROWS_MAX", 1)
    classmates(papers.ground, 1)
    client = Client()
    client.force_login(papers.ground.bob)

    with pytest.raises(LedgerTooLong) as refused:
        ledger_rows(papers.ground.bob, Scope())

    assert refused.value.count == 2
    assert client.get(ADDRESS).status_code == 302


def test_the_page_offers_every_accepted_class(papers: Papers) -> None:
    refresher(papers.ground)
    client = Client()
    client.force_login(papers.ground.vera)

    page = client.get("/manage/ledgers/", {"trade": "electrician"})

    assert [row["learners"] for row in page.context["page"]] == [1, 1]
    assert page.context["form"].fields["trade"].choices[1] == ("electrician", "低压电工 / 低压电工复训")
