"""A long lecture: split, converted chunk by chunk by any number of workers, joined without a seam."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from lms.audit.models import Event
from media_pipeline import limits
from media_pipeline.actions import attempts, chunks, transcoding
from media_pipeline.models import Asset, Chunk
from media_pipeline.rules.chunks import plan_chunks

from .conftest import AT
from .kills import LONG_MS, made_of, plain_segments, unnamed_files

pytestmark = pytest.mark.django_db
PLAN = plan_chunks(12_000, end_ms=21_600_000, split_above_ms=10_000, chunk_ms=4_000)
LATER = AT + timedelta(seconds=limits.LEASE_S + 1)


@pytest.fixture
def twelve_seconds_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LONG_MS.items():
        monkeypatch.setattr(transcoding, name, value)


@pytest.fixture
def split(rows_only: Asset) -> Asset:
    """The sound and three chunks of pictures."""
    asset, token = rows_only, uuid.uuid4()
    assert attempts.claim(at=AT, asset_uuid=asset.uuid, token=token) is not None
    chunks.split(at=AT, asset_uuid=asset.uuid, token=token, plan=PLAN)
    asset.refresh_from_db()
    return asset


def run(asset: Asset) -> str | None:
    state = transcoding.run_attempt(clock=timezone.now, asset_uuid=asset.uuid, token=uuid.uuid4())
    asset.refresh_from_db()
    return state


def take(asset: Asset, token: uuid.UUID, at: Any = AT) -> int | None:
    chunk = chunks.claim_chunk(at=at, asset_uuid=asset.uuid, token=token)
    return None if chunk is None else chunk.ordinal


def state(asset: Asset) -> str:
    asset.refresh_from_db()
    return asset.state


def test_a_lecture_made_of_chunks_is_the_unsplit_one(
    upload: Callable[..., Asset],
    clip: Callable[..., Path],
    storage: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    film = clip(12, "160x120")
    whole = upload(film)
    assert run(whole) == "ready"
    request.getfixturevalue("twelve_seconds_are_long")
    lecture = upload(film)

    states = [run(lecture) for _ in range(7)]

    assert states == ["split", "split", "split", "split", "split", "ready", None]
    assert made_of(lecture)["windows"] == made_of(whole)["windows"] == [(0, 12_000)]
    assert lecture.duration_ms == whole.duration_ms == 12_000
    one, other = whole.renditions.get(), lecture.renditions.get()
    assert [length for _, length in one.segments] == [length for _, length in other.segments] == [4_000] * 3
    assert frames_and_sound(whole) == frames_and_sound(lecture)
    assert Chunk.objects.count() == 0
    assert unnamed_files(lecture, storage) == []


def frames_and_sound(asset: Asset) -> tuple[list[str], str]:
    """Times of all pictures, and the digest of the decoded sound: one that was cut would differ at the seam."""
    import subprocess

    from media_pipeline.programs import program_path

    content = b"".join(plain_segments(asset, asset.renditions.get()))

    def decoded(*arguments: str) -> str:
        command = [program_path("ffmpeg"), "-v", "error", "-xerror", "-i", "pipe:0", *arguments, "pipe:1"]
        return subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode()

    lines = decoded("-map", "0:v", "-c", "copy", "-f", "framecrc").splitlines()
    times = [line.split(",")[2].strip() for line in lines if not line.startswith("#")]
    return times, decoded("-map", "0:a", "-f", "md5")


def test_every_chunk_is_taken_once_and_the_last_one_wakes_for_the_join(
    split: Asset, woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    tokens = [uuid.uuid4() for _ in range(5)]
    assert [take(split, token) for token in tokens] == [0, 1, 2, 3, None]
    assert attempts.claim(at=AT, asset_uuid=split.uuid, token=uuid.uuid4()) is None
    woken.clear()

    for number, token in enumerate(tokens[:4]):
        with django_capture_on_commit_callbacks(execute=True):
            chunks.finish_chunk(at=AT, asset_uuid=split.uuid, token=token, result=f"chunks/{number}")
        assert woken == ([str(split.uuid)] if number == 3 else [])

    joining = attempts.claim(at=AT, asset_uuid=split.uuid, token=uuid.uuid4())
    assert joining is not None and (joining.state, joining.attempts) == ("transcoding", 1)
    assert attempts.claim(at=AT, asset_uuid=split.uuid, token=uuid.uuid4()) is None


def test_a_split_calls_as_many_workers_as_there_are_chunks(
    rows_only: Asset, woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    asset, token = rows_only, uuid.uuid4()
    attempts.claim(at=AT, asset_uuid=asset.uuid, token=token)
    woken.clear()

    with django_capture_on_commit_callbacks(execute=True):
        chunks.split(at=AT, asset_uuid=asset.uuid, token=token, plan=PLAN)

    assert woken == [str(asset.uuid)] * 4


def test_progress_is_the_sum_of_the_chunks(split: Asset) -> None:
    sound, first, second = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    assert [take(split, token) for token in (sound, first, second)] == [0, 1, 2]

    chunks.report_chunk(at=AT, asset_uuid=split.uuid, token=first, done_ms=2_000, speed=3.0)
    chunks.report_chunk(at=AT, asset_uuid=split.uuid, token=second, done_ms=9_000_000, speed=2.0)
    split.refresh_from_db()

    # Six of 12.6 seconds: the sound weighs 0.6.
    assert (split.percent, split.speed) == (2 + 88 * 6_000 // 12_600, 5.0)
    assert Chunk.objects.get(asset=split, ordinal=2).done_ms == 4_000


def test_a_chunk_of_a_silent_worker_is_taken_again_and_the_late_one_is_fenced(split: Asset) -> None:
    dead, alive = uuid.uuid4(), uuid.uuid4()
    assert take(split, dead) == 0

    assert take(split, alive, LATER) == 0

    late: dict[str, Any] = {"at": LATER, "asset_uuid": split.uuid, "token": dead}
    for write in (
        lambda: chunks.keep_chunk_lease(at=LATER, token=dead),
        lambda: chunks.report_chunk(**late, done_ms=1),
        lambda: chunks.finish_chunk(**late, result="chunks/late"),
        lambda: chunks.break_chunk(**late, reason="damaged"),
    ):
        with pytest.raises(attempts.AttemptLost):
            write()
    chunk = Chunk.objects.get(asset=split, ordinal=0)
    assert (chunk.state, chunk.attempts, chunk.attempt_token, chunk.result) == ("working", 2, alive, "")


def test_the_third_failure_of_a_chunk_quarantines_the_asset_and_stops_the_others(split: Asset) -> None:
    other = uuid.uuid4()
    for _ in range(2):
        token = uuid.uuid4()
        assert take(split, token) == 0
        chunks.break_chunk(at=AT, asset_uuid=split.uuid, token=token, reason="damaged", log_tail="bad sound")
        assert state(split) == "split"
    last = uuid.uuid4()
    assert (take(split, last), take(split, other)) == (0, 1)

    chunks.break_chunk(at=AT, asset_uuid=split.uuid, token=last, reason="damaged", log_tail="bad sound")

    assert (state(split), split.reasons, split.log_tail) == ("quarantined", ["damaged"], "bad sound")
    assert Chunk.objects.count() == 0
    with pytest.raises(attempts.AttemptLost):
        chunks.report_chunk(at=AT, asset_uuid=split.uuid, token=other, done_ms=1)
    with pytest.raises(attempts.AttemptLost):
        chunks.finish_chunk(at=AT, asset_uuid=split.uuid, token=other, result="chunks/x")
    verbs = list(Event.objects.filter(verb="asset.quarantined").values_list("detail", flat=True))
    assert verbs == [{"reason": "damaged", "chunk": 0, "attempt": 3}]


def test_a_chunk_that_shows_the_file_to_be_unfit_rejects_the_asset(split: Asset) -> None:
    token, late = uuid.uuid4(), uuid.uuid4()
    assert take(split, token) == 0
    place: dict[str, Any] = {"at": AT, "asset_uuid": split.uuid, "reasons": ["too_long"], "log_tail": ""}
    with pytest.raises(attempts.AttemptLost):
        chunks.reject_chunk(**place, token=late)

    chunks.reject_chunk(**place, token=token)

    assert (state(split), split.reasons, Chunk.objects.count()) == ("rejected", ["too_long"], 0)
    with pytest.raises(attempts.AttemptLost):
        chunks.reject_chunk(**place, token=token)


def test_a_chunk_for_which_the_disk_is_full_lets_a_minute_pass(split: Asset) -> None:
    token = uuid.uuid4()
    assert take(split, token) == 0

    chunks.break_chunk(at=AT, asset_uuid=split.uuid, token=token, reason="disk_full")

    assert take(split, uuid.uuid4()) == 1
    assert take(split, uuid.uuid4(), AT + timedelta(seconds=limits.WAKE_AGAIN_S)) == 0


def test_the_sweep_takes_chunks_from_the_dead_and_calls_again_when_all_calls_are_lost(
    split: Asset, woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    dead = uuid.uuid4()
    assert take(split, dead) == 0
    woken.clear()

    with django_capture_on_commit_callbacks(execute=True):
        assert chunks.sweep_chunks(at=AT + timedelta(seconds=1)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert chunks.sweep_chunks(at=LATER) == 1

    assert woken == [str(split.uuid)] * 4
    assert Chunk.objects.get(asset=split, ordinal=0).state == "waiting"


def test_a_chunk_that_has_waited_gets_its_worker_back(
    split: Asset, woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    tokens = [uuid.uuid4() for _ in range(4)]
    for token in tokens:
        take(split, token)
    chunks.break_chunk(at=AT, asset_uuid=split.uuid, token=tokens[0], reason="disk_full")
    rested = AT + timedelta(seconds=limits.WAKE_AGAIN_S)
    Asset.objects.filter(pk=split.pk).update(woken_at=rested)
    Chunk.objects.filter(asset=split, state="working").update(lease_until=LATER)
    woken.clear()

    with django_capture_on_commit_callbacks(execute=True):
        assert chunks.sweep_chunks(at=rested - timedelta(seconds=1)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert chunks.sweep_chunks(at=rested) == 1
        assert chunks.sweep_chunks(at=rested) == 0

    assert woken == [str(split.uuid)]


def test_a_long_lecture_under_way_hides_no_other_from_the_sweep(
    split: Asset, upload: Callable[..., Asset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        take(split, uuid.uuid4())
    Chunk.objects.filter(asset=split).update(lease_until=LATER + timedelta(hours=1))
    (tmp_path / "other.mp4").write_bytes(b"rows of another")
    other, token = upload(tmp_path / "other.mp4"), uuid.uuid4()
    attempts.claim(at=AT, asset_uuid=other.uuid, token=token)
    chunks.split(at=AT + timedelta(seconds=1), asset_uuid=other.uuid, token=token, plan=PLAN)
    monkeypatch.setattr(chunks, "SWEEP_JOBS_MAX", 1)

    assert [chunks.sweep_chunks(at=LATER) for _ in range(2)] == [0, 1]


def test_a_join_that_breaks_keeps_the_chunks_and_ends_after_three_attempts(split: Asset) -> None:
    for number in range(4):
        token = uuid.uuid4()
        assert take(split, token) == number
        chunks.finish_chunk(at=AT, asset_uuid=split.uuid, token=token, result=f"chunks/{number}")

    ends = []
    for _ in range(3):
        token = uuid.uuid4()
        assert attempts.claim(at=AT, asset_uuid=split.uuid, token=token) is not None
        attempts.fail(at=AT, asset_uuid=split.uuid, token=token, reason="internal")
        ends.append((state(split), Chunk.objects.count()))

    assert ends == [("split", 4), ("split", 4), ("quarantined", 0)]


def test_the_database_refuses_a_chunk_that_is_done_without_a_result(split: Asset) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Chunk.objects.filter(asset=split, ordinal=1).update(state="done")
    with pytest.raises(IntegrityError), transaction.atomic():
        Chunk.objects.filter(asset=split, ordinal=1).update(state="working")
