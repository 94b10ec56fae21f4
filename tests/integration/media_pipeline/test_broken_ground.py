"""What happens when the ground breaks: a full disk, storage that fails, a connection lost at the commit."""

import errno
import os
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from media_pipeline.actions import attempts, transcoding
from media_pipeline.models import Asset

from .conftest import lacking
from .kills import unnamed_files

pytestmark = pytest.mark.django_db


def run(asset: Asset) -> str | None:
    state = transcoding.run_attempt(clock=timezone.now, asset_uuid=asset.uuid, token=uuid.uuid4())
    asset.refresh_from_db()
    return state


@pytest.fixture
def tiny_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work folders on a disk of an eighth of a megabyte."""
    place = tmp_path / "tiny"
    place.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", place]).returncode:
        lacking("only root may mount a small disk")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_ends_in_quarantine_and_leaves_room(
    upload: Callable[..., Asset], clip: Callable[..., Path], tiny_disk: Path, storage: Path
) -> None:
    asset = upload(clip(12, "160x120"))

    states = [run(asset) for _ in range(4)]

    assert states == ["uploaded", "uploaded", "quarantined", None]
    assert asset.reasons == ["disk_full"]
    assert unnamed_files(asset, storage) == []
    assert list(tiny_disk.iterdir()) == []


def test_storage_that_is_full_says_so_and_is_tried_again_by_command(
    upload: Callable[..., Asset], clip: Callable[..., Path], storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = upload(clip(3, "160x120"))

    def full(*arguments: Any, **options: Any) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    assert [run(asset) for _ in range(3)] == ["uploaded", "uploaded", "quarantined"]
    monkeypatch.undo()
    said = StringIO()
    call_command("videos", stdout=said)
    assert said.getvalue() == f"{asset.uuid}  quarantined (disk_full)  0 %, attempt 3  {asset.title}\n"

    call_command("videos", again=asset.uuid, stdout=said)

    assert f"{asset.uuid} waits for a worker again" in said.getvalue()
    asset.refresh_from_db()
    assert (asset.state, asset.attempts, asset.reasons) == ("uploaded", 0, [])
    with pytest.raises(CommandError, match="is quarantined"):
        call_command("videos", again=asset.uuid)


def test_storage_that_fails_at_clearing_up_too_does_not_hide_the_end(
    upload: Callable[..., Asset], clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = upload(clip(3, "160x120"))

    def gone(*arguments: Any, **options: Any) -> Any:
        raise ConnectionError("the bucket does not answer")

    monkeypatch.setattr(FileSystemStorage, "_save", gone)
    monkeypatch.setattr(FileSystemStorage, "listdir", gone)

    assert [run(asset) for _ in range(3)] == ["uploaded", "uploaded", "quarantined"]

    assert asset.reasons == ["internal"]
    assert "the bucket does not answer" in asset.log_tail


def test_a_connection_that_breaks_after_the_commit_does_not_take_away_what_was_published(
    upload: Callable[..., Asset], clip: Callable[..., Path], storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = upload(clip(3, "160x120"))
    publish = attempts.publish_renditions

    def answer_lost(**what: Any) -> None:
        publish(**what)
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(attempts, "publish_renditions", answer_lost)

    assert run(asset) == "ready"

    for rendition in asset.renditions.all():
        assert all(FileSystemStorage().exists(name) for name, _ in rendition.segments)
    assert unnamed_files(asset, storage) == []
