"""One attempt with the real ffmpeg, and what becomes of attempts that break."""

import subprocess
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from django.utils import timezone

from lms.audit.models import Event
from media_pipeline import limits, programs, queries
from media_pipeline.actions import attempts, converting, transcoding
from media_pipeline.models import Asset, KeyWindow, Rendition

from .conftest import AT

pytestmark = pytest.mark.django_db

SMALL = (3, "160x120")
"""A clip for stories in which nobody looks at the picture."""
ALLOWED = ("-allowed_extensions", "ALL", "-protocol_whitelist", "file,crypto")


def run(asset: Asset) -> str | None:
    state = transcoding.run_attempt(clock=timezone.now, asset_uuid=asset.uuid, token=uuid.uuid4())
    asset.refresh_from_db()
    return state


def decrypt_all(asset: Asset, rendition: Rendition, folder: Path) -> Path:
    """The rendition as one plain file, by openssl and by the windows that the queries tell."""
    whole, position_ms = folder / f"{rendition.height}.ts", 0
    with whole.open("wb") as target:
        for sequence, (file, duration_ms) in enumerate(rendition.segments):
            window = queries.window_at(asset, position_ms)
            assert window is not None
            key = queries.key_of(asset, window.ordinal)
            command = ["openssl", "enc", "-d", "-aes-128-cbc", "-K", key.hex(), "-iv", f"{sequence:032x}"]
            sealed = Path(default_storage.path(file)).read_bytes()
            target.write(subprocess.run(command, input=sealed, capture_output=True, check=True).stdout)
            position_ms += duration_ms
    return whole


def played_s(*arguments: str) -> float:
    """Seconds that a full decode by ffmpeg reaches."""
    command = [programs.program_path("ffmpeg"), "-v", "error", "-xerror", *arguments]
    done = subprocess.run([*command, "-progress", "pipe:1", "-f", "null", "-"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return (
        max(int(line[12:]) for line in done.stdout.splitlines() if line[:12] == "out_time_us=" and line[12] != "N")
        / 1e6
    )


def as_served(asset: Asset, rendition: Rendition, folder: Path, storage: Path) -> tuple[Path, int]:
    """The playlist of the rendition, its keys lying beside it, and how many keys it names."""
    for window in queries.windows_of(asset):
        (folder / f"{window.ordinal}.key").write_bytes(queries.key_of(asset, window.ordinal))
    text = queries.media_playlist(asset, rendition.height, key_url="{}.key".format)
    playlist = folder / f"{rendition.height}.m3u8"
    playlist.write_text(text.replace("/media/", f"{storage}/media/"))
    return playlist, text.count("#EXT-X-KEY")


@pytest.mark.parametrize(
    ("seconds", "size", "sound", "heights"), [(65, "320x240", True, [240]), (9, "640x480", False, [360, 480])]
)
def test_a_video_becomes_encrypted_renditions_that_play_to_the_end(
    upload: Callable[..., Asset],
    clip: Callable[..., Path],
    tmp_path: Path,
    storage: Path,
    seconds: int,
    size: str,
    sound: bool,
    heights: list[int],
) -> None:
    asset = upload(clip(seconds, size, sound=sound))

    assert run(asset) == "ready"

    assert asset.duration_ms is not None
    assert abs(asset.duration_ms - seconds * 1000) <= 100
    assert (asset.percent, asset.attempts, asset.attempt_token, asset.reasons) == (100, 1, None, [])
    assert Path(default_storage.path(asset.poster)).read_bytes()[:2] == b"\xff\xd8"
    renditions = list(asset.renditions.all())
    assert [rendition.height for rendition in renditions] == heights
    windows = queries.windows_of(asset)
    assert [(window.from_ms, window.to_ms) for window in windows] == (
        [(0, 60_000), (60_000, asset.duration_ms)] if seconds == 65 else [(0, asset.duration_ms)]
    )
    assert len({queries.key_of(asset, window.ordinal) for window in windows}) == len(windows)
    for rendition in renditions:
        plain = decrypt_all(asset, rendition, tmp_path)
        assert plain.read_bytes()[:1] == b"G"
        assert abs(played_s("-i", str(plain)) - seconds) <= 0.5
        playlist, keys = as_served(asset, rendition, tmp_path, storage)
        assert keys == len(windows)
        assert abs(played_s(*ALLOWED, "-i", str(playlist)) - seconds) <= 0.5
    master = queries.master_playlist(asset, variant_url="v/{}".format)
    assert [line for line in master.splitlines() if line.startswith("v/")] == [f"v/{height}" for height in heights]


def test_a_file_that_is_no_video_is_rejected_with_a_reason(
    upload: Callable[..., Asset], tmp_path: Path, storage: Path
) -> None:
    note = tmp_path / "note.mp4"
    note.write_text("only a note")
    asset = upload(note)

    assert run(asset) == "rejected"

    assert asset.reasons == ["not_media"]
    assert str(storage) not in asset.log_tail
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == [
        "asset.uploaded",
        "asset.claimed",
        "asset.rejected",
    ]
    assert run(asset) is None


def test_a_list_of_other_files_is_not_opened(
    upload: Callable[..., Asset], clip: Callable[..., Path], tmp_path: Path
) -> None:
    secret = clip(*SMALL)
    for number, text in enumerate(
        [f"#EXTM3U\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n", f"ffconcat version 1.0\nfile '{secret}'\n"]
    ):
        trick = tmp_path / f"trick{number}.mp4"
        trick.write_text(text)
        asset = upload(trick)

        assert run(asset) == "rejected"
        assert asset.reasons == ["not_media"]


def test_a_damaged_file_is_quarantined_after_three_attempts_and_leaves_no_files(
    upload: Callable[..., Asset], clip: Callable[..., Path], storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converting.graph, "pictures_argv", lambda *arguments: ["-i", "file:nothing"])
    asset = upload(clip(*SMALL))

    states = [run(asset) for _ in range(4)]

    assert states == ["uploaded", "uploaded", "quarantined", None]
    assert asset.reasons == ["damaged"]
    assert "nothing" in asset.log_tail
    assert not [path for path in (storage / "media").rglob("*") if path.is_file()]


def test_a_silent_workers_asset_is_claimed_again_and_the_late_one_is_fenced(
    upload: Callable[..., Asset], clip: Callable[..., Path]
) -> None:
    asset = upload(clip(*SMALL))
    dead, alive = uuid.uuid4(), uuid.uuid4()
    after_lease = AT + timedelta(seconds=limits.LEASE_S + 1)
    assert attempts.claim(at=AT, asset_uuid=asset.uuid, token=dead) is not None
    assert attempts.claim(at=AT + timedelta(seconds=60), asset_uuid=asset.uuid, token=alive) is None

    assert attempts.claim(at=after_lease, asset_uuid=asset.uuid, token=alive) is not None

    late = {"at": after_lease, "asset_uuid": asset.uuid, "token": dead}
    with pytest.raises(attempts.AttemptLost):
        attempts.report_progress(**late, stage="transcoding", percent=50)
    with pytest.raises(attempts.AttemptLost):
        attempts.start_transcoding(**late)
    with pytest.raises(attempts.AttemptLost):
        attempts.publish_renditions(**late, duration_ms=1, poster="", renditions=[], windows=[])
    with pytest.raises(attempts.AttemptLost):
        attempts.reject(**late, reasons=["not_media"])
    with pytest.raises(attempts.AttemptLost):
        attempts.fail(**late, reason="internal")
    asset.refresh_from_db()
    assert (asset.state, asset.attempts, asset.attempt_token) == ("probing", 2, alive)


def test_a_worker_that_is_fenced_in_the_middle_stops_and_leaves_no_files(
    upload: Callable[..., Asset], clip: Callable[..., Path], storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = upload(clip(*SMALL))
    thief = uuid.uuid4()
    check_playable = transcoding.check_playable

    def slow_check(*arguments: Any) -> None:
        check_playable(*arguments)
        attempts.requeue_stale(at=timezone.now() + timedelta(seconds=limits.LEASE_S + 1))
        assert attempts.claim(at=timezone.now(), asset_uuid=asset.uuid, token=thief) is not None

    monkeypatch.setattr(transcoding, "check_playable", slow_check)

    assert run(asset) == "probing"

    assert asset.attempt_token == thief
    assert Rendition.objects.count() == KeyWindow.objects.count() == 0
    assert not [path for path in (storage / "media").rglob("*") if path.is_file()]


def test_a_killed_program_sends_the_asset_back_and_the_next_attempt_succeeds(
    upload: Callable[..., Asset], clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = upload(clip(*SMALL))
    monkeypatch.setattr(limits, "TRANSCODE_TIMEOUT_MIN_S", 0.01)
    monkeypatch.setattr(limits, "TRANSCODE_TIMEOUT_PER_MEDIA_S", 0)
    assert run(asset) == "uploaded"
    monkeypatch.undo()

    assert run(asset) == "ready"

    assert asset.attempts == 2


def test_the_sweep_takes_from_the_dead_and_wakes_for_the_forgotten(
    upload: Callable[..., Asset], clip: Callable[..., Path], woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    dead, forgotten, working, fresh = (upload(clip(*SMALL)) for _ in range(4))
    attempts.claim(at=AT, asset_uuid=dead.uuid, token=uuid.uuid4())
    later = AT + timedelta(seconds=limits.LEASE_S + 1)
    attempts.claim(at=later, asset_uuid=working.uuid, token=uuid.uuid4())
    Asset.objects.filter(pk=fresh.pk).update(woken_at=later)
    woken.clear()

    with django_capture_on_commit_callbacks(execute=True):
        assert attempts.requeue_stale(at=later) == 2

    assert sorted(woken) == sorted([str(dead.uuid), str(forgotten.uuid)])
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == ("uploaded", 1)


def test_the_database_refuses_to_change_what_was_published(
    upload: Callable[..., Asset], clip: Callable[..., Path]
) -> None:
    asset = upload(clip(*SMALL))
    run(asset)

    for change in (
        lambda: Asset.objects.filter(pk=asset.pk).update(duration_ms=1),
        lambda: Asset.objects.filter(pk=asset.pk).update(state="uploaded"),
        lambda: asset.renditions.update(segments=[]),
        lambda: asset.key_windows.update(to_ms=1_000_000),
        lambda: asset.key_windows.all().delete(),
        lambda: KeyWindow.objects.create(asset=asset, ordinal=9, from_ms=0, to_ms=1, sealed_key=b""),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    Asset.objects.filter(pk=asset.pk).update(title="Another title")


def test_a_sealed_key_does_not_open_in_another_row(upload: Callable[..., Asset], clip: Callable[..., Path]) -> None:
    from cryptography.exceptions import InvalidTag

    from media_pipeline import sealing

    asset = upload(clip(*SMALL))
    run(asset)
    sealed = bytes(asset.key_windows.get(ordinal=0).sealed_key)

    assert queries.key_of(asset, 0) not in sealed
    with pytest.raises(InvalidTag):
        sealing.unseal(sealed, uuid.uuid4(), 0)
    with pytest.raises(queries.WindowUnknown):
        queries.key_of(asset, 1)
