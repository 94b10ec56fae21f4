"""Workers die at every step, programs die, leases are stolen: the lesson is an undisturbed one, made once, alone.

Each journey sends one upload through several deaths, never more than two in one job (the third would be its last
attempt). After each death the leases run out, one sweep is made and the next worker goes on. `KILLS=5` makes five
rounds: of the short films with the points in another order where it is free, of the long lecture in the same order,
because its points follow the jobs. A point that was never reached fails the test.
"""

import os
import random
import signal
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from lms.audit.models import Event
from media_pipeline import limits
from media_pipeline.actions.orphans import clear_orphans
from media_pipeline.actions.workfolders import clear_dead_folders
from media_pipeline.models import Asset, Chunk

from .kills import (
    Orders,
    Point,
    kill_what_is_left,
    let_fork_for,
    lose_leases,
    made_of,
    start_worker,
    unnamed_files,
    wait_until_stopped,
)

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = int(os.environ.get("KILLS", "1"))
ENDS_S_MAX = 300

ATTEMPTS = "media_pipeline.actions.attempts:"
CHUNKS = "media_pipeline.actions.chunks:"
CONVERTING = "media_pipeline.actions.converting:"
PACKAGING = "media_pipeline.actions.packaging:"
PIECES = "media_pipeline.actions.pieces:"
TRANSCODING = "media_pipeline.actions.transcoding:"
STORED = "django.core.files.storage:FileSystemStorage.save"

SHORT_JOURNEYS = [
    [Point(ATTEMPTS + "claim", after=True), Point(TRANSCODING + "examine", after=True)],
    [Point(ATTEMPTS + "start_transcoding", after=True), Point(ATTEMPTS + "report_progress")],
    [Point(CONVERTING + "make_sound"), Point(TRANSCODING + "convert", after=True)],
    [Point(STORED, after=True, nth=2), Point(TRANSCODING + "check_playable")],
    [Point(TRANSCODING + "check_playable", after=True), Point(ATTEMPTS + "settle")],
    [Point(ATTEMPTS + "settle", after=True), Point(ATTEMPTS + "publish_renditions", after=True)],
]
"""For a film that is converted in one go; `settle` is inside the transaction that publishes."""

LONG_JOURNEY = [
    # The attempt that examines and splits: before the split, and inside its transaction.
    Point(CHUNKS + "split"),
    Point(CHUNKS + "wake_on_commit"),
    # The split is committed; the sound is claimed first and breaks twice; then it is done, and nobody called on.
    Point(CHUNKS + "split", after=True),
    Point(CHUNKS + "claim_chunk", after=True),
    Point(PIECES + "make_sound"),
    Point(CHUNKS + "finish_chunk", after=True),
    # The first chunk of pictures: while ffmpeg runs, and between two files of its result.
    Point(CHUNKS + "report_chunk"),
    Point(STORED, after=True),
    # The second one (in the process that finishes the first): stored and not reported, and inside the report.
    Point(CHUNKS + "finish_chunk", nth=2),
    Point(CHUNKS + "unfinished_chunks", after=True),
    # The third one is the last: committed, but nobody was woken for the join.
    Point(CHUNKS + "finish_chunk", after=True, nth=2),
    # The join, and the moment after it is published.
    Point(TRANSCODING + "fetch_pieces", after=True),
    Point(TRANSCODING + "join", after=True),
    Point(TRANSCODING + "_discard_pieces"),
]


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    """What a run without deaths made, by the seconds of the film; filled by whoever needs it first."""
    return {}


@pytest.fixture(autouse=True)
def ground(storage: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    # First: the server's socket lies in the temporary folder, and the name of a socket may not be long.
    let_fork_for(connection.settings_dict["NAME"])
    (storage / "work").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(storage / "work"))
    yield storage
    kill_what_is_left()


@pytest.fixture
def film(clip: Callable[..., Path]) -> Callable[[int], Path]:
    return lambda seconds: clip(seconds, "160x120")


def go(asset: Asset, folder: Path, point: Point | None = None, **orders: Any) -> int | None:
    """A worker until its end; its exit code."""
    process = start_worker(Orders(asset.uuid, folder, point, **orders))
    process.join(ENDS_S_MAX)
    asset.refresh_from_db()
    return process.exitcode


def expected(seconds: int, film: Callable[[int], Path], upload: Any, folder: Path, known: dict[str, Any]) -> Any:
    if seconds not in known:
        asset = upload(film(seconds))
        assert go(asset, folder) == 0
        assert asset.state == "ready", asset.log_tail
        known[seconds] = made_of(asset)
    return known[seconds]


def assert_ended_well(asset: Asset, folder: Path, wanted: Any) -> None:
    """Ready, as if nothing had happened; published once; no attempt too many; not a file too many."""
    clear_dead_folders(0)
    clear_orphans(at=asset.ready_at or asset.uploaded_at)
    asset.refresh_from_db()
    assert asset.state == "ready", (asset.reasons, asset.log_tail)
    assert made_of(asset) == wanted
    assert unnamed_files(asset, folder) == []
    assert not Chunk.objects.filter(asset=asset).exists()
    events = list(Event.objects.filter(subject_id=str(asset.uuid)).values_list("verb", "detail"))
    assert [verb for verb, _ in events].count("asset.ready") == 1
    assert max(detail.get("attempt", 0) for _, detail in events) <= limits.ATTEMPTS_MAX


def die_at(points: list[Point], asset: Asset, folder: Path) -> None:
    for point in points:
        assert go(asset, folder, point) == -signal.SIGKILL, f"never came to: {point}"
        lose_leases(asset.uuid)
    assert go(asset, folder) == 0


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_workers_that_die_in_one_go(
    upload: Callable[..., Asset], film: Callable[[int], Path], ground: Path, undisturbed: dict[str, Any], turn: int
) -> None:
    wanted = expected(8, film, upload, ground, undisturbed)
    chance = random.Random(turn)
    for points in SHORT_JOURNEYS:
        asset = upload(film(8))
        # Nothing is left to do after the last point of the last journey: the order is free where it can be.
        ordered = chance.sample(points, len(points)) if turn and points is not SHORT_JOURNEYS[-1] else points

        die_at(ordered, asset, ground)

        assert_ended_well(asset, ground, wanted)


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_workers_that_die_over_a_long_lecture(
    upload: Callable[..., Asset], film: Callable[[int], Path], ground: Path, undisturbed: dict[str, Any], turn: int
) -> None:
    wanted = expected(12, film, upload, ground, undisturbed)
    asset = upload(film(12))

    die_at(LONG_JOURNEY, asset, ground)

    assert_ended_well(asset, ground, wanted)


def test_there_are_at_least_twenty_points() -> None:
    points = [*LONG_JOURNEY, *(point for journey in SHORT_JOURNEYS for point in journey)]

    assert len(set(points)) >= 20


def test_a_program_that_is_killed_costs_one_attempt(
    upload: Callable[..., Asset], film: Callable[[int], Path], ground: Path, undisturbed: dict[str, Any]
) -> None:
    wanted = expected(12, film, upload, ground, undisturbed)
    asset = upload(film(12))

    assert go(asset, ground, Point(PIECES + "make_pictures"), act="kill the program") == 0

    assert Event.objects.filter(subject_id=str(asset.uuid), verb="asset.chunk_requeued").count() == 1
    assert_ended_well(asset, ground, wanted)


def test_two_workers_at_once_make_one_lesson(
    upload: Callable[..., Asset], film: Callable[[int], Path], ground: Path, undisturbed: dict[str, Any]
) -> None:
    wanted = expected(12, film, upload, ground, undisturbed)
    asset = upload(film(12))
    assert go(asset, ground, jobs_max=1) == 0

    workers = [start_worker(Orders(asset.uuid, ground)) for _ in range(2)]
    for worker in workers:
        worker.join(ENDS_S_MAX)
    assert [worker.exitcode for worker in workers] == [0, 0]
    # Who found nothing to take while the other was at the last chunk has gone; a call wakes the next.
    assert go(asset, ground) == 0

    claims = Event.objects.filter(subject_id=str(asset.uuid), verb="asset.chunk_claimed").values_list(
        "detail", flat=True
    )
    assert sorted(detail["chunk"] for detail in claims) == [0, 1, 2, 3]
    assert_ended_well(asset, ground, wanted)


def stolen(asset: Asset, folder: Path, *broken: str) -> tuple[str, uuid.UUID | None]:
    """A worker stands still before it publishes; its lease is taken by another one, which stands still there as well;
    then the first goes on to its end. The state, and whose the asset is."""
    point = Point(ATTEMPTS + "publish_renditions")
    late = start_worker(Orders(asset.uuid, folder, point, "stop", broken, 1))
    wait_until_stopped(late)
    lose_leases(asset.uuid)
    holder = start_worker(Orders(asset.uuid, folder, point, "stop", (), 1))
    wait_until_stopped(holder)
    asset.refresh_from_db()
    token = asset.attempt_token
    os.kill(late.pid or 0, signal.SIGCONT)
    late.join(ENDS_S_MAX)
    asset.refresh_from_db()
    seen = asset.state, asset.attempt_token if asset.attempt_token == token else None
    os.kill(holder.pid or 0, signal.SIGCONT)
    holder.join(ENDS_S_MAX)
    asset.refresh_from_db()
    return seen


def test_a_worker_whose_lease_was_stolen_publishes_nothing(
    upload: Callable[..., Asset], film: Callable[[int], Path], ground: Path, undisturbed: dict[str, Any]
) -> None:
    wanted = expected(8, film, upload, ground, undisturbed)
    asset = upload(film(8))

    state, holder = stolen(asset, ground)

    assert (state, holder is not None) == ("transcoding", True)
    assert_ended_well(asset, ground, wanted)


def test_control_without_fencing_the_late_worker_publishes(
    upload: Callable[..., Asset], film: Callable[[int], Path], ground: Path
) -> None:
    asset = upload(film(8))

    assert stolen(asset, ground, "fencing") == ("ready", None)


def left_after_a_death(asset: Asset, folder: Path, *broken: str) -> list[str]:
    """A worker dies over its work, the next one makes the lesson; what is left then, before any sweep."""
    assert go(asset, folder, Point(TRANSCODING + "check_playable")) == -signal.SIGKILL
    assert left_in("work/", asset, folder) != []
    lose_leases(asset.uuid)
    assert go(asset, folder, broken=broken) == 0
    assert asset.state == "ready"
    return left_in("work/", asset, folder)


def left_in(place: str, asset: Asset, folder: Path) -> list[str]:
    return [name for name in unnamed_files(asset, folder) if name.startswith(place)]


def test_the_folder_of_a_dead_worker_goes_with_the_next_attempt(
    upload: Callable[..., Asset], film: Callable[[int], Path], ground: Path
) -> None:
    asset = upload(film(8))

    assert left_after_a_death(asset, ground) == []

    # What the dead one stored is the orphan sweep's.
    assert left_in("media/hls/", asset, ground) != []
    assert clear_orphans(at=asset.ready_at or asset.uploaded_at) > 0
    assert unnamed_files(asset, ground) == []


def test_control_without_cleaning_the_folder_of_a_dead_worker_stays(
    upload: Callable[..., Asset], film: Callable[[int], Path], ground: Path
) -> None:
    asset = upload(film(8))

    assert left_after_a_death(asset, ground, "cleaning") != []

    clear_dead_folders(0)
    assert left_in("work/", asset, ground) == []


def left_after_a_failure(asset: Asset, folder: Path, *broken: str) -> list[str]:
    """An attempt fails by an error when all is stored and nothing published; what is left, before any sweep."""
    assert go(asset, folder, Point(TRANSCODING + "check_playable"), act="fail", broken=broken, jobs_max=1) == 0
    assert (asset.state, "a step of the worker failed" in asset.log_tail) == ("uploaded", True)
    return unnamed_files(asset, folder)


def test_an_attempt_that_fails_takes_away_what_it_stored(
    upload: Callable[..., Asset], film: Callable[[int], Path], ground: Path
) -> None:
    assert left_after_a_failure(upload(film(8)), ground) == []


def test_control_without_discarding_a_failed_attempt_leaves_what_it_stored(
    upload: Callable[..., Asset], film: Callable[[int], Path], ground: Path
) -> None:
    left = left_after_a_failure(upload(film(8)), ground, "discarding")

    assert left != [] and all(name.startswith("media/hls/") for name in left)
