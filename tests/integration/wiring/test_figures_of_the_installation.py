"""What a scrape tells of the whole installation: what waits and what failed, the last proof, the last tick."""

import socket
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.enrollments.models import Enrollment, RosterImport
from lms.hours import tasks as of_hours
from lms.hours.models import Entry, EntrySort, ModuleHours
from lms.letters.models import Letter
from lms.wiring import tasks as of_wiring
from lms.wiring.asgi import application
from lms.wiring.queries.jobs import QUESTIONS, jobs
from media_pipeline.models import Asset, Chunk, Upload
from tests.integration.hours.client import Client
from tests.integration.wiring.asking import ask, figures
from tests.world import NOON, World, make_world

pytestmark = pytest.mark.django_db(transaction=True)

INDEXES = {
    "assets_by_state",
    "uploads_by_state",
    "letters_that_are_due",
    "letters_given_up",
    "imports_by_state",
    "audit_by_subject",
}


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def scraped() -> dict[str, float]:
    return figures(async_to_sync(ask)(application, "/metrics").text)


def told(word: str) -> dict[str, float]:
    """The states that are not 0."""
    name = f"xueshi_{word} "
    found = {state: number for state, number in scraped().items() if state.startswith(name)}
    return {state.removeprefix(name): number for state, number in found.items() if number}


def an_asset(state: str = "uploaded") -> Asset:
    return Asset.objects.create(
        title="Film", source_name="film.mp4", bytes=1, sha256="0", uploaded_at=NOON, woken_at=NOON, state=state
    )


def an_upload(world: World, state: str) -> None:
    is_whole = state in ("checking", "done", "spoiled")
    Upload.objects.create(
        uuid=uuid.uuid4(),
        created_by=world.bob,
        created_at=NOON,
        touched_at=NOON,
        expires_at=NOON,
        woken_at=NOON,
        title="Film",
        source_name="film.mp4",
        bytes_total=10,
        received=10 if is_whole else 1,
        sha256="0" if state == "done" else "",
        state=state,
    )


def a_letter(world: World, **columns: Any) -> None:
    Letter.objects.create(kind="class.returned", to=world.bob, written_at=NOON, **columns)


def an_import(world: World, state: str) -> None:
    RosterImport.objects.create(
        training_class=world.training_class,
        filename="list.xlsx",
        state=state,
        sealed=b"rows" if state in ("checked", "waiting", "running") else None,
        total=1,
        made_at=NOON,
        made_by=world.bob,
    )


def test_what_waits_and_what_failed_is_told_by_state(world: World) -> None:
    before = [told(word) for word in ("videos", "video_chunks", "uploads", "letters", "roster_imports")]
    lecture = an_asset("split")
    an_asset("rejected")
    chunks: list[dict[str, Any]] = [{}, {}, {"attempts": 1}, {"state": "done", "result": "chunks/3"}]
    chunks.append({"state": "working", "attempt_token": uuid.uuid4(), "lease_until": NOON, "attempts": 1})
    for number, columns in enumerate(chunks):
        Chunk.objects.create(asset=lecture, ordinal=number, from_ms=0, to_ms=1, work_ms=1, **columns)
    for state in ("receiving", "receiving", "checking", "done", "spoiled", "abandoned", "expired"):
        an_upload(world, state)
    soon = datetime.now(UTC) + timedelta(hours=1)
    for due_at, sent_at in ((NOON, None), (NOON, None), (soon, None), (None, NOON), (None, None)):
        a_letter(world, due_at=due_at, sent_at=sent_at)
    for state in ("checked", "waiting", "running", "done", "failed", "failed"):
        an_import(world, state)

    assert before == [{}] * 5
    assert told("videos") == {"split": 1, "rejected": 1}
    assert told("video_chunks") == {"waiting": 2, "failed": 1, "working": 1}
    assert told("uploads") == {"receiving": 2, "checking": 1, "spoiled": 1}
    assert told("letters") == {"due": 2, "later": 1, "given_up": 1}
    assert told("roster_imports") == {"waiting": 1, "running": 1, "failed": 2}


def test_a_state_without_anything_is_told_as_none(world: World) -> None:
    found = scraped()

    for state in ("videos quarantined", "video_chunks failed", "uploads spoiled", "letters given_up"):
        assert found[f"xueshi_{state}"] == 0
    assert found["xueshi_roster_imports waiting"] == 0


def test_a_scrape_asks_few_questions_and_each_of_an_index(world: World) -> None:
    with CaptureQueriesContext(connection) as asked:
        jobs(datetime.now(UTC))
    plans = []
    with connection.cursor() as cursor:
        # The tables are nearly empty here, where reading all of one is the cheapest.
        cursor.execute("SET enable_seqscan = off")
        for each in asked.captured_queries:
            cursor.execute(f"EXPLAIN {each['sql']}")
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    connection.close()

    assert len(asked) == QUESTIONS
    used = {index: [plan for plan in plans if f" {index} " in plan] for index in INDEXES}
    assert {index: len(found) for index, found in used.items()} == dict.fromkeys(INDEXES, 1), plans
    # The seventh counts chunks, whose rows go when their lecture is settled.
    assert [plan for plan in plans if not any(index in plan for index in INDEXES)] == [
        plan for plan in plans if "media_pipeline_chunk" in plan
    ]


def studied(world: World) -> None:
    video = Client(world.alice, world.video.lesson.uuid)
    video.open()
    video.study("0@0play 15@15 30@30")
    video.close(31)


def proof() -> tuple[float, bool]:
    """What the last proof found, and whether it ended within the last minute."""
    found = scraped()
    age_s = time.time() - found["xueshi_ledger_verified_timestamp_seconds"]
    return found["xueshi_ledger_differences"], age_s < 60


def test_every_proof_of_the_ledger_is_told_clean_or_not(world: World) -> None:
    studied(world)
    never = scraped()["xueshi_ledger_verified_timestamp_seconds"]

    by_night = of_hours.verify_ledger(), proof()
    ModuleHours.objects.filter(learner=world.alice).update(confirmed_ms=3_600_000)
    by_hand = differs_by_hand(), proof()
    again_by_night = of_hours.verify_ledger(), proof()

    assert never == 0
    assert by_night == (0, (0, True))
    assert by_hand == (True, (1, True))
    assert again_by_night == (1, (1, True))


def test_entries_of_somebody_without_a_clock_are_found_by_night_as_by_hand(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    Entry.objects.create(
        learner=world.charlie,
        number=1,
        sort=EntrySort.ATTENDANCE,
        enrollment=Enrollment.objects.create(
            learner=world.charlie, training_class=world.training_class, enrolled_at=NOON
        ),
        module=world.theory,
        kind="classroom",
        ms=60_000,
        confirmed_delta_ms=60_000,
        provisional_after_ms=0,
        confirmed_after_ms=60_000,
        from_at=NOON,
        to_at=NOON + timedelta(minutes=1),
        posted_at=NOON,
        posted_by=world.charlie,
    )

    assert (of_hours.verify_ledger(), proof()) == (1, (1, True))
    assert "ledger: 1 entries without a clock" in caplog.text
    assert differs_by_hand()


def differs_by_hand() -> bool:
    try:
        call_command("verify_ledger")
    except CommandError:
        return True
    return False


def test_a_proof_that_breaks_off_is_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> int:
        raise RuntimeError

    monkeypatch.setattr("lms.hours.actions.proving.entries_without_a_clock", broken)
    with pytest.raises(RuntimeError):
        of_hours.verify_ledger()

    assert scraped()["xueshi_ledger_verified_timestamp_seconds"] == 0


def test_the_last_tick_of_the_clock_is_told(world: World) -> None:
    never = scraped()["xueshi_clock_ticked_timestamp_seconds"]
    of_wiring.tick()
    ticked = scraped()["xueshi_clock_ticked_timestamp_seconds"]

    assert never == 0
    assert 0 <= time.time() - ticked < 60


def test_valkey_that_hangs_costs_a_scrape_a_second_and_the_tick(world: World, settings: Any) -> None:
    of_wiring.tick()
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.REDIS_URL = f"redis://:hidden@127.0.0.1:{deaf.getsockname()[1]}/0"
        began = time.monotonic()
        found = scraped()

    assert time.monotonic() - began < 3
    assert found["xueshi_clock_ticked_timestamp_seconds"] == 0
    assert found["xueshi_database_up"] == 1
