"""What a crash, a full disk and two writers at once leave of an upload: what was promised, whole, and nothing else."""

import errno
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from media_pipeline import limits
from media_pipeline.actions import part_files, resumable
from media_pipeline.models import Upload

BASE = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DISK_KEPT_FREE_BYTES", 0)


def begun(by: Any, size: int) -> uuid.UUID:
    new = resumable.NewUpload(uuid.uuid4(), "film.mp4", bytes_total=size)
    resumable.begin_upload(by=by, at=timezone.now(), new=new)
    return new.uuid


def append(by: Any, one: uuid.UUID, offset: int, *pieces: bytes) -> Upload:
    return resumable.append_part(by=by, at=timezone.now(), upload_uuid=one, offset=offset, pieces=pieces)


# In a process of its own, which is killed between the disk and the commit: the bytes are there, the promise is not.
DYING = """
import os, sys, uuid
import django
django.setup()
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from media_pipeline.actions import part_files, resumable
from media_pipeline.models import UploadPart
settings.PRIVATE_ROOT = sys.argv[1]
def die(*given, **named):
    os.kill(os.getpid(), 9)
UploadPart.objects.create = die
resumable.append_part(
    by=get_user_model().objects.get(email="wanda@media.test"),
    at=timezone.now(),
    upload_uuid=uuid.UUID(sys.argv[2]),
    offset=3,
    pieces=[b"XXXX"],
)
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_that_is_killed_before_the_commit_has_promised_nothing(wanda: Any, storage: Path) -> None:
    one = begun(wanda, 9)
    append(wanda, one, 0, b"abc")
    address = {"DATABASE_URL": _address_of_this_database(), "DJANGO_SETTINGS_MODULE": "lms.settings"}

    died = subprocess.run(
        [sys.executable, "-c", DYING, str(storage / "private"), str(one)],
        cwd=BASE,
        env={**os.environ, **address},
        capture_output=True,
        check=False,
    )

    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert part_files.part_path(one).read_bytes() == b"abcXXXX"
    assert Upload.objects.get().received == 3
    append(wanda, one, 3, b"de")
    assert part_files.part_path(one).read_bytes() == b"abcde"
    append(wanda, one, 5, b"fghi")
    assert part_files.part_path(one).read_bytes() == b"abcdefghi"


def _address_of_this_database() -> str:
    from urllib.parse import urlsplit

    from lms import env

    address = env.database_url(Path(os.environ["DATA_DIR"]))
    return urlsplit(address)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_write_one_after_the_other(wanda: Any, settings: Any) -> None:
    one = begun(wanda, 6)
    inside, go = threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        inside.set()
        assert go.wait(60)
        yield b"abc"

    def first() -> None:
        try:
            resumable.append_part(by=wanda, at=timezone.now(), upload_uuid=one, offset=0, pieces=slow())
        finally:
            connection.close()

    tab = threading.Thread(target=first)
    tab.start()
    assert inside.wait(60)

    with pytest.raises(resumable.UploadBusy):
        append(wanda, one, 0, b"XYZ")
    go.set()
    tab.join(60)

    assert Upload.objects.get().received == 3
    with pytest.raises(resumable.OffsetDiffers):
        append(wanda, one, 0, b"XYZ")
    assert part_files.part_path(one).read_bytes() == b"abc"


@pytest.mark.django_db
def test_a_full_disk_keeps_what_was_promised_and_nothing_of_the_part(
    wanda: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = begun(wanda, 9)
    append(wanda, one, 0, b"abc")
    real = os.write

    def full(descriptor: int, data: Any) -> int:
        # The disk takes one byte more.
        real(descriptor, bytes(data)[:1])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as filled:
        filled.setattr(part_files.os, "write", full)
        with pytest.raises(part_files.DiskFull):
            append(wanda, one, 3, b"def")

    assert Upload.objects.get().received == 3
    assert part_files.part_path(one).read_bytes() == b"abc"
    append(wanda, one, 3, b"def")
    assert part_files.part_path(one).read_bytes() == b"abcdef"


@pytest.mark.django_db
def test_a_disk_that_cannot_say_it_has_the_bytes_is_not_believed(wanda: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = begun(wanda, 9)

    def failing(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(part_files.os, "fsync", failing)
        with pytest.raises(OSError, match="Input/output"):
            append(wanda, one, 0, b"abc")

    assert Upload.objects.get().received == 0
    assert part_files.part_path(one).read_bytes() == b""


@pytest.mark.django_db
@pytest.mark.parametrize("lost", ["shorter", "gone"])
def test_bytes_that_are_missing_are_not_papered_over(wanda: Any, lost: str) -> None:
    one = begun(wanda, 9)
    append(wanda, one, 0, b"abc")
    if lost == "gone":
        part_files.part_path(one).unlink()
    else:
        part_files.part_path(one).write_bytes(b"ab")

    with pytest.raises(part_files.BytesLost):
        append(wanda, one, 3, b"def")

    assert Upload.objects.get().received == 3


@pytest.mark.django_db
def test_no_link_is_followed_and_others_cannot_read(wanda: Any, tmp_path: Path) -> None:
    one = begun(wanda, 9)
    path, elsewhere = part_files.part_path(one), tmp_path / "elsewhere"
    elsewhere.write_bytes(b"secret")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.unlink()
    path.symlink_to(elsewhere)

    with pytest.raises(OSError):
        append(wanda, one, 0, b"abc")

    assert elsewhere.read_bytes() == b"secret"
