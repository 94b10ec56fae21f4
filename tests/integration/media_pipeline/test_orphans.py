"""Files that no row names go; whatever is published, being made or just arriving stays."""

import fcntl
import os
import tempfile
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from media_pipeline import limits
from media_pipeline.actions import attempts, chunks, workfolders
from media_pipeline.actions.orphans import clear_orphans
from media_pipeline.models import Asset, Rendition
from media_pipeline.rules.chunks import plan_chunks
from media_pipeline.storage import chunk_folder, private_storage, published_folder, source_path

from .conftest import AT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def store(asset_uuid: uuid.UUID, token: uuid.UUID) -> str:
    return default_storage.save(f"{published_folder(asset_uuid, token)}/240/00000.ts", ContentFile(b"segment"))


def keep(asset_uuid: uuid.UUID, token: uuid.UUID) -> str:
    return private_storage().save(f"{chunk_folder(asset_uuid, token)}/part.json", ContentFile(b"{}"))


def publish(asset: Asset, name: str) -> None:
    Rendition.objects.create(
        asset=asset, width=320, height=240, bandwidth=1, codecs="avc1", segments=[[name, 4_000], [name, 4_000]]
    )
    Asset.objects.filter(pk=asset.pk).update(state="ready", duration_ms=8_000, ready_at=AT, attempt_token=None)


def test_what_a_dead_attempt_published_goes_and_what_is_shown_or_being_made_stays(rows_only: Asset) -> None:
    working, lost, unknown = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    assert attempts.claim(at=AT, asset_uuid=rows_only.uuid, token=working) is not None
    mine, left, strangers = store(rows_only.uuid, working), store(rows_only.uuid, lost), store(unknown, lost)

    assert clear_orphans(at=AT) == 2

    assert [default_storage.exists(name) for name in (mine, left, strangers)] == [True, False, False]
    publish(rows_only, mine)
    late = store(rows_only.uuid, lost)
    assert clear_orphans(at=AT) == 1
    assert [default_storage.exists(name) for name in (mine, late)] == [True, False]


def test_files_of_other_kinds_in_the_same_storage_are_not_touched(rows_only: Asset) -> None:
    names = [
        default_storage.save("original_images/a.jpg", ContentFile(b"x")),
        default_storage.save("hls/readme.txt", ContentFile(b"x")),
        default_storage.save(f"hls/{uuid.uuid4()}/not-an-attempt/a.ts", ContentFile(b"x")),
        private_storage().save("captions/a.vtt", ContentFile(b"x")),
    ]

    assert clear_orphans(at=AT) == 0

    assert [default_storage.exists(name) for name in names[:3]] == [True] * 3
    assert private_storage().exists(names[3])


def test_pieces_stay_while_a_chunk_holds_or_names_them(rows_only: Asset) -> None:
    token, working, done, lost = (uuid.uuid4() for _ in range(4))
    assert attempts.claim(at=AT, asset_uuid=rows_only.uuid, token=token) is not None
    plan = plan_chunks(12_000, end_ms=12_000, split_above_ms=1, chunk_ms=4_000)
    chunks.split(at=AT, asset_uuid=rows_only.uuid, token=token, plan=plan)
    assert chunks.claim_chunk(at=AT, asset_uuid=rows_only.uuid, token=done) is not None
    names = [keep(rows_only.uuid, each) for each in (done, working, lost)]
    chunks.finish_chunk(at=AT, asset_uuid=rows_only.uuid, token=done, result=chunk_folder(rows_only.uuid, done))
    assert chunks.claim_chunk(at=AT, asset_uuid=rows_only.uuid, token=working) is not None

    assert clear_orphans(at=AT) == 1

    assert [private_storage().exists(name) for name in names] == [True, True, False]


def test_an_original_without_a_row_goes_after_a_day(rows_only: Asset) -> None:
    storage, uploading = private_storage(), source_path(uuid.uuid4())
    storage.save(uploading, ContentFile(b"half a lecture"))
    now = timezone.now()

    assert clear_orphans(at=now + timedelta(seconds=limits.SOURCE_ORPHAN_AGE_S - 60)) == 0
    assert clear_orphans(at=now + timedelta(seconds=limits.SOURCE_ORPHAN_AGE_S + 60)) == 1

    assert not storage.exists(uploading)
    assert storage.exists(rows_only.source.name)


def test_a_folder_of_a_dead_process_goes_and_that_of_a_living_one_stays(temporary: Path) -> None:
    dead, alive, other = temporary / "xueshi-work-dead", temporary / "xueshi-work-alive", temporary / "pip-build"
    for folder in (dead, alive):
        (folder / "files").mkdir(parents=True)
        (folder / "held").touch()
    other.mkdir()

    # A lock belongs to an open file, not to a process: this is how another worker's looks.
    with (alive / "held").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert workfolders.clear_dead_folders() == 1

    assert [folder.exists() for folder in (dead, alive, other)] == [False, True, True]


def test_a_folder_that_is_being_made_is_spared(temporary: Path) -> None:
    young, old = temporary / "xueshi-work-young", temporary / "xueshi-work-old"
    for folder in (young, old):
        folder.mkdir()
    long_ago = old.stat().st_mtime - limits.ORPHAN_MIN_AGE_S - 1
    os.utime(old, (long_ago, long_ago))

    assert workfolders.clear_dead_folders() == 1

    assert young.exists()


def test_a_work_folder_is_empty_private_and_gone_afterwards(temporary: Path) -> None:
    with workfolders.work_folder() as folder:
        assert list(folder.iterdir()) == []
        assert folder.parent.stat().st_mode & 0o777 == 0o700
        assert workfolders.clear_dead_folders(0) == 0
        (folder / "film.ts").write_bytes(b"x")

    assert list(temporary.iterdir()) == []
