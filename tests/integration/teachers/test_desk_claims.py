"""Claims before the authority: the list, one claim with all that is asked before deciding, and the decision."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lms.accounts.models import Role, User
from lms.hours.models import Entry, EntrySort
from lms.letters.models import Letter
from lms.oversight.queries.waiting import waiting_for
from lms.teachers.actions import take_claim_back
from lms.teachers.models import Claim
from lms.teachers.views.desk import claims
from tests.integration.hours.client import Client as StudyClient
from tests.integration.teachers.academy import MORNING, PNG, Academy, claimed, decided, earned, take_part
from tests.integration.teachers.test_desk_years import browser
from tests.world import NOON, make_person

LIST = "/manage/claims/"
NOW = datetime(2026, 4, 21, 4, 0, tzinfo=UTC)
"""Twenty days after claims are made."""


@pytest.fixture(autouse=True)
def _on_that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "today", lambda: NOW.date())


def page_of(claim: Claim) -> str:
    return reverse("claim_desk", args=[claim.uuid])


def decide(client: Client, claim: Claim, **sent: Any) -> Any:
    return client.post(reverse("decide_claim", args=[claim.uuid]), sent)


def titles(client: Client, **asked: Any) -> list[str]:
    return [each["title"] for each in client.get(LIST, asked).context["claims"]]


def on(days: int, **changes: Any) -> dict[str, Any]:
    return {"from_at": MORNING + timedelta(days=days), **changes}


def test_those_that_wait_come_first_and_say_how_long(academy: Academy) -> None:
    decided(academy, claimed(academy, title="第一次"))
    claimed(academy, **on(1, title="第二次", by=academy.tara))

    rows = browser(academy.pia).get(LIST).context["claims"]

    assert [(each["title"], each["name"], each["waits_days"], each["is_long"]) for each in rows] == [
        ("第二次", "Tara", 20, True),
        ("第一次", "Tess", None, False),
    ]


def test_claims_are_found_by_state_year_teacher_and_title(academy: Academy) -> None:
    decided(academy, claimed(academy, title="第一次"))
    claimed(academy, **on(1, title="第二次", by=academy.tara))
    decided(academy, claimed(academy, **on(2, title="第三次")), verb="refuse", reason="看不清")
    pia = browser(academy.pia)

    assert titles(pia, show="waiting") == ["第二次"]
    assert titles(pia, show="accepted") == ["第一次"]
    assert titles(pia, show="refused") == ["第三次"]
    assert titles(pia, q="tara") == ["第二次"]
    assert titles(pia, q="第三") == ["第三次"]
    assert len(titles(pia, year=str(academy.year.uuid))) == 3
    assert [each["number"] for each in pia.get(LIST).context["ways"]] == [3, 1, 1, 1]
    assert pia.get(LIST, {"year": "no year"}).status_code == 404


def test_a_list_of_many_claims_asks_as_often_as_one_of_few(academy: Academy) -> None:
    pia = browser(academy.pia)
    claimed(academy)
    with CaptureQueriesContext(connection) as few:
        pia.get(LIST)
    for days in range(1, 7):
        claimed(academy, **on(days, by=(academy.tess, academy.theo, academy.tara)[days % 3]))

    with CaptureQueriesContext(connection) as many:
        assert len(titles(pia)) == 7

    assert len(many) == len(few) <= 20


def test_a_claim_shows_what_it_would_add(academy: Academy) -> None:
    """Seminars count up to 16: 14 are there, 4 are claimed."""
    earned(academy, 14)

    case = browser(academy.pia).get(page_of(claimed(academy, **on(1)))).context["case"]

    assert (str(case["category_hours"]), str(case["cap_hours"])) == ("14", "16")
    assert (str(case["hours"]), str(case["adds_hours"]), case["is_beyond"]) == ("4", "2", True)
    assert (str(case["counted_hours"]), str(case["missing_hours"])) == ("14", "26")


def test_a_claim_shows_its_evidence_and_the_other_hours_of_that_day(academy: Academy) -> None:
    earned(academy, 2, from_at=MORNING + timedelta(hours=6), module=academy.workshops, kind="workshop")
    claim = claimed(academy, evidence=[("现场.png", PNG)])

    page = browser(academy.pia).get(page_of(claim)).context

    assert [(each["name"], each["is_picture"]) for each in page["files"]] == [("现场.png", True)]
    assert [(each.kind_label, each.overlaps) for each in page["case"]["day"]] == [("Workshop", False)]
    assert page["case"]["overlaps"] is False


def test_a_claim_says_that_other_hours_have_its_time_also_those_that_are_on_the_clock(academy: Academy) -> None:
    take_part(academy, academy.tess)
    at = NOON + timedelta(hours=1)
    claim = claimed(academy, from_at=NOON + timedelta(seconds=30), to_at=NOON + timedelta(minutes=30), at=at)
    study, pia = StudyClient(academy.tess, academy.world.video.lesson.uuid), browser(academy.pia)
    study.open()
    study.study("0@0play 60@60")

    running = pia.get(page_of(claim)).context["case"]
    study.close(70)
    posted = pia.get(page_of(claim)).context["case"]

    assert (running["overlaps"], running["day"]) == (True, [])
    assert posted["overlaps"] is True
    assert [(each.kind_label, each.overlaps) for each in posted["day"]] == [("Online", True)]


def test_accepting_posts_the_hours_and_tells_the_teacher(academy: Academy) -> None:
    claim = claimed(academy)

    answer = decide(browser(academy.pia), claim, verb="accept")

    assert answer.headers["Location"] == page_of(claim)
    entry = Entry.objects.get(learner=academy.tess, sort=EntrySort.CLAIM)
    assert (entry.posted_by, entry.proposed_by, entry.ms) == (academy.pia, academy.tess, 3 * 3_600_000)
    assert Letter.objects.filter(kind="claim.accepted", to=academy.tess).count() == 1


def test_refusing_asks_for_a_reason_at_its_field(academy: Academy) -> None:
    claim, pia = claimed(academy), browser(academy.pia)

    silent = decide(pia, claim, verb="refuse", reason="  ")
    told = decide(pia, claim, verb="refuse", reason="证明看不清")

    assert silent.status_code == 422
    assert silent.context["reason_said"] == "Please give a reason; the teacher reads it."
    assert told.status_code == 302
    claim.refresh_from_db()
    assert (claim.state, claim.reason) == ("refused", "证明看不清")
    assert "证明看不清" in pia.get(page_of(claim)).content.decode()


def test_what_was_decided_meanwhile_is_told(academy: Academy) -> None:
    claim = claimed(academy)
    decided(academy, claim, by=academy.paul)

    answer = decide(browser(academy.pia), claim, verb="refuse", reason="重复")

    assert answer.status_code == 422
    assert answer.context["problems"] == ["This claim was decided or taken back already."]


def test_who_may_not_decide_reads_why_and_finds_no_button(academy: Academy) -> None:
    """Amy works for Tess's school; an administrator looks and does not judge."""
    admin = make_person("ada", Role.ADMINISTRATOR)
    claim = claimed(academy)

    pages = {
        name: browser(person).get(page_of(claim)).context for name, person in {"amy": academy.amy, "ada": admin}.items()
    }

    assert [page["may_decide"] for page in pages.values()] == [False, False]
    assert pages["amy"]["against"].startswith("You work for an institution where this teacher works")
    assert pages["ada"]["against"] == "The authority of the province decides on it."
    assert decide(browser(academy.amy), claim, verb="accept").status_code == 403
    assert decide(browser(admin), claim, verb="accept").status_code == 403
    claim.refresh_from_db()
    assert claim.state == "waiting"


def test_a_claim_is_hidden_from_other_provinces_and_from_a_county(academy: Academy) -> None:
    claim = claimed(academy)

    for person in (academy.otto, academy.cora):
        client = browser(person)
        assert client.get(page_of(claim)).status_code == 404
        assert decide(client, claim, verb="accept").status_code == 404
        assert titles(client) == []


def test_what_a_teacher_took_back_is_gone_from_the_desk(academy: Academy) -> None:
    claim, pia = claimed(academy), browser(academy.pia)
    take_claim_back(by=academy.tess, at=NOW, claim=claim)

    assert titles(pia) == []
    assert pia.get(page_of(claim)).status_code == 404


def test_what_waits_is_counted_in_the_morning_and_where_an_authority_begins(academy: Academy) -> None:
    claimed(academy)

    def waiting(person: User) -> int:
        return browser(person).get("/manage/regions/53/").context["waiting"].claims

    assert waiting_for(academy.pia) == {"claims": 1}
    assert waiting_for(academy.amy) == {}
    assert (waiting(academy.pia), waiting(academy.amy)) == (1, 0)
