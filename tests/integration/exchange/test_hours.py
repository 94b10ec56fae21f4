"""The feed: who sees what, that it goes on where it was left, and that nothing in it is lost or told twice."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DatabaseError, connection, transaction

from lms.enrollments.models import Enrollment
from lms.exams.actions import cancel_registration, register
from lms.exchange.actions.numbering import number_changes
from lms.exchange.models import ExchangeClient, HoursChange
from lms.exchange.queries.changes import changes_since
from lms.exchange.rules.cursors import BEGINNING, Cursor, read, written
from lms.hours.models import Entry
from tests.integration.exams.builders import NOON, Ground, confirm, finish
from tests.integration.exchange.builders import Lands, client_of, make_lands, reader_for

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

HOUR_MS = 1_800_000


def study(ground: Ground, enrollment: Enrollment, ms: int = HOUR_MS) -> Any:
    return confirm(enrollment, ground.theory, "online", ms)


def people(page: dict[str, Any]) -> list[str]:
    return [each["person"] for each in page["changes"]]


def test_a_change_tells_whose_hours_changed_and_what_they_are_now(lands: Lands) -> None:
    first, second = study(lands.ground, lands.ground.enrollment), study(lands.ground, lands.ground.enrollment, -600_000)

    page = reader_for(lands.province).hours()

    assert page["changes"][0] == {
        "uuid": str(first.uuid),
        "posted_at": "2026-03-02T04:00:00Z",
        "person": str(lands.ground.alice.uuid),
        "identity": "000***********0013",
        "enrollment": str(lands.ground.enrollment.uuid),
        "training_class": str(lands.ground.training_class.uuid),
        "module": "Theory",
        "module_uuid": str(lands.ground.theory.uuid),
        "kind": "online",
        "sort": "confirm",
        "delta_ms": 1_800_000,
        "confirmed_ms": 1_800_000,
        "confirmed_hours": 1.0,
    }
    assert page["changes"][1]["uuid"] == str(second.uuid)
    assert (page["changes"][1]["delta_ms"], page["changes"][1]["confirmed_ms"]) == (-600_000, 1_200_000)
    assert page["changes"][1]["confirmed_hours"] == 0.66


def test_what_is_only_provisional_is_not_told(lands: Lands) -> None:
    entry = study(lands.ground, lands.ground.enrollment)
    type(entry).objects.create(
        learner=lands.ground.alice,
        number=2,
        sort="confirm",
        enrollment=lands.ground.enrollment,
        module=lands.ground.theory,
        kind="online",
        ms=5,
        provisional_delta_ms=5,
        provisional_after_ms=5,
        confirmed_after_ms=HOUR_MS,
        posted_at=NOON,
    )

    assert len(reader_for(lands.province).hours()["changes"]) == 1


def test_no_answer_holds_a_whole_identity_number(lands: Lands) -> None:
    study(lands.ground, lands.ground.enrollment)

    answer = reader_for(lands.province).get("hours").content.decode()

    assert "0000001980010100" not in answer
    assert lands.ground.alice.identity_mac and lands.ground.alice.identity_mac not in answer


def test_a_region_sees_its_own_and_those_below_and_nobody_else(lands: Lands) -> None:
    for enrollment in (lands.ground.enrollment, lands.dans, lands.eves):
        study(lands.ground, enrollment)

    seen = {each.code: people(reader_for(each).hours()) for each in (lands.province, lands.county, lands.other)}

    alice, dan, eve = (str(each.uuid) for each in (lands.ground.alice, lands.dan, lands.eve))
    assert seen == {"99": [alice, dan], "9901": [dan], "98": [eve]}


def test_an_exam_institution_sees_whoever_has_a_seat_with_it(lands: Lands) -> None:
    finish(lands.ground)
    study(lands.ground, lands.dans)
    reader = reader_for(lands.ground.exam_office)
    assert reader.hours()["changes"] == []

    registration = register(by=lands.ground.alice, at=NOON, uuid=uuid.uuid4(), sitting=lands.ground.sitting)

    assert people(reader.hours()) == [str(lands.ground.alice.uuid)] * 2

    cancel_registration(by=lands.ground.alice, at=NOON, registration=registration)
    assert reader.hours()["changes"] == []


def test_a_reader_goes_on_where_it_was(lands: Lands) -> None:
    reader = reader_for(lands.province)
    entries = [study(lands.ground, lands.ground.enrollment, 1_000 + number) for number in range(5)]

    first = reader.hours(limit=2)
    second = reader.hours(limit=2, since=first["next"])
    third = reader.hours(limit=2, since=second["next"])
    assert [page["has_more"] for page in (first, second, third)] == [True, True, False]
    told = [each["uuid"] for page in (first, second, third) for each in page["changes"]]
    assert told == [str(each.uuid) for each in entries]

    nothing = reader.hours(since=third["next"])
    assert (nothing["changes"], nothing["next"], nothing["has_more"]) == ([], third["next"], False)
    later = study(lands.ground, lands.ground.enrollment)
    assert [each["uuid"] for each in reader.hours(since=nothing["next"])["changes"]] == [str(later.uuid)]


def test_what_others_may_see_is_passed_over_and_not_looked_at_again(lands: Lands) -> None:
    reader = reader_for(lands.other)
    study(lands.ground, lands.ground.enrollment)

    page = reader.hours()

    assert page["changes"] == [] and page["has_more"] is False
    assert page["next"] != ""
    study(lands.ground, lands.eves)
    assert people(reader.hours(since=page["next"])) == [str(lands.eve.uuid)]


def test_a_page_looks_through_a_bounded_part_of_the_feed(lands: Lands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lms.exchange.queries.feeds.WINDOW", 2)
    for enrollment in (lands.ground.enrollment, lands.dans, lands.eves):
        study(lands.ground, enrollment)
    reader = reader_for(lands.other)

    first = reader.hours()
    assert (first["changes"], first["has_more"]) == ([], True)
    assert people(reader.hours(since=first["next"])) == [str(lands.eve.uuid)]


def test_the_feed_can_be_read_for_one_person_or_one_class(lands: Lands) -> None:
    for enrollment in (lands.ground.enrollment, lands.dans, lands.eves):
        study(lands.ground, enrollment)
    reader = reader_for(lands.province)

    dan = [str(lands.dan.uuid)]
    assert people(reader.hours(person=lands.dan.uuid)) == dan
    assert people(reader.hours(**{"class": lands.dans.training_class.uuid})) == dan
    assert people(reader.hours(person=lands.eve.uuid)) == []


@pytest.mark.parametrize("since", ["nonsense", "MzoxOjE", "%00"])
def test_a_cursor_of_ones_own_making_is_refused(lands: Lands, since: str) -> None:
    answer = reader_for(lands.province).get("hours", since=since)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == "since"


@pytest.mark.parametrize("limit", [0, 501, "x"])
def test_a_page_is_bounded(lands: Lands, limit: Any) -> None:
    assert reader_for(lands.province).get("hours", limit=limit).status_code == 422


def test_a_cursor_of_another_feed_must_start_anew(lands: Lands) -> None:
    """As after a restore from an older backup: at this number there is another change, or none."""
    study(lands.ground, lands.ground.enrollment)
    reader = reader_for(lands.province)
    kept = reader.hours()["next"]
    assert reader.get("hours", since=kept).status_code == 200

    stands = read(kept)
    for other in (Cursor(stands.number, uuid.uuid4()), Cursor(stands.number + 1, stands.mark)):
        answer = reader.get("hours", since=written(other))
        assert (answer.status_code, answer.json()["code"]) == (410, "cursor_gone")


def test_the_number_of_statements_does_not_grow_with_the_page(
    lands: Lands, django_assert_num_queries: "DjangoAssertNumQueries"
) -> None:
    reader = reader_for(lands.province)
    study(lands.ground, lands.ground.enrollment)
    with django_assert_num_queries(8):
        reader.hours()

    for number in range(30):
        study(lands.ground, lands.dans, 1_000 + number)
    with django_assert_num_queries(8):
        assert len(reader.hours()["changes"]) == 31


def test_postgresql_gives_a_place_in_the_feed_once(lands: Lands) -> None:
    study(lands.ground, lands.ground.enrollment)
    number_changes(HoursChange)
    change = HoursChange.objects.filter(number=1)

    for write in (
        lambda: change.update(number=2),
        lambda: change.update(number=None),
        lambda: change.update(learner=lands.dan),
        lambda: change.delete(),
    ):
        with pytest.raises(DatabaseError, match="given once"), transaction.atomic():
            write()
    assert change.exists()


@pytest.mark.django_db(transaction=True)
def test_what_commits_late_is_still_read() -> None:
    """A row with a lower id becomes visible after a higher one was read. The control: ids alone would lose it."""
    lands = make_lands()
    client = client_of(lands.province).client
    posted, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                study(lands.ground, lands.ground.enrollment)
                posted.set()
                assert may_commit.wait(30)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        late = pool.submit(slow)
        assert posted.wait(30)
        quick = study(lands.ground, lands.dans)
        number_changes(HoursChange)
        first = changes_since(client, BEGINNING, 100)
        read_up_to = HoursChange.objects.get(entry=quick).pk
        may_commit.set()
        late.result(30)

    assert [each.entry for each in first.changes] == [quick]
    number_changes(HoursChange)
    second = changes_since(client, first.next, 100)
    assert [each.entry.learner_id for each in second.changes] == [lands.ground.alice.pk]
    missed_by_ids = HoursChange.objects.filter(entry=second.changes[0].entry, pk__gt=read_up_to)
    assert not missed_by_ids.exists()


EACH_WRITES = 25


def write(lands: Lands, enrollment: Enrollment) -> None:
    """Transactions of different lengths, so that they end in another order than they drew their ids."""
    try:
        for number in range(EACH_WRITES):
            with transaction.atomic():
                study(lands.ground, enrollment, 1_000 + number)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(%s)", [0.02 * (number % 3)])
    finally:
        connection.close()


def number_until(done: threading.Event) -> None:
    try:
        while not done.is_set():
            number_changes(HoursChange)
    finally:
        connection.close()


def follow(client: ExchangeClient, done: threading.Event) -> list[Entry]:
    """Go from page to page until nothing is written any more and the last is read."""
    found: list[Entry] = []
    cursor = BEGINNING
    try:
        while True:
            is_last = done.is_set()
            number_changes(HoursChange)
            page = changes_since(client, cursor, 7)
            found += [each.entry for each in page.changes]
            cursor = page.next
            if is_last and not page.has_more:
                return found
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_no_reader_misses_or_repeats_a_change_while_many_write() -> None:
    lands = make_lands()
    client = client_of(lands.province).client
    writers = [lands.ground.enrollment, lands.dans]
    done, all_numbered = threading.Event(), threading.Event()

    with ThreadPoolExecutor(max_workers=4) as pool:
        # The last page is the last only when no other hand numbers any more: what it numbers is read the next time.
        reading, numbering = pool.submit(follow, client, all_numbered), pool.submit(number_until, done)
        for each in [pool.submit(write, lands, enrollment) for enrollment in writers]:
            each.result(120)
        done.set()
        numbering.result(30)
        all_numbered.set()
        found = reading.result(60)

    assert len(found) == len({each.pk for each in found}) == 50
    for enrollment in writers:
        assert [each.number for each in found if each.enrollment_id == enrollment.pk] == list(range(1, 26))
    assert list(HoursChange.objects.order_by("number").values_list("number", flat=True)) == list(range(1, 51))
