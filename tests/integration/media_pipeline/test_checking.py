"""The checksum at the end of an upload: what lies on the disk must be what was sent, and then it is a video, once."""

import hashlib
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import Storage
from django.utils import timezone

from lms.audit.models import Event
from media_pipeline.actions import checking, part_files, resumable
from media_pipeline.models import Asset, Upload
from media_pipeline.texts.uploads import spoiled_text

from .conftest import AT

pytestmark = pytest.mark.django_db


def complete(by: Any, *parts: bytes, sha256: str = "") -> uuid.UUID:
    new = resumable.NewUpload(uuid.uuid4(), "film.mp4", bytes_total=sum(map(len, parts)), sha256=sha256)
    resumable.begin_upload(by=by, at=AT, new=new)
    offset = 0
    for part in parts:
        resumable.append_part(by=by, at=AT, upload_uuid=new.uuid, offset=offset, pieces=[part])
        offset += len(part)
    return new.uuid


def check(one: uuid.UUID, at: datetime = AT) -> str | None:
    return checking.check_upload(clock=lambda: at, upload_uuid=one, token=uuid.uuid4())


def test_a_worker_is_woken_for_the_check_and_for_the_video(
    wanda: Any, woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        one = complete(wanda, b"abc", b"def")
    assert woken == [str(one)]

    with django_capture_on_commit_callbacks(execute=True):
        assert check(one) == "done"

    assert woken == [str(one), str(one)]
    assert Asset.objects.get().state == "uploaded"


def test_checked_twice_is_one_video(wanda: Any) -> None:
    one = complete(wanda, b"abc")

    assert (check(one), check(one)) == ("done", None)
    assert Asset.objects.count() == 1
    assert Event.objects.filter(verb="asset.uploaded").count() == 1


def test_a_file_that_is_not_what_was_announced_becomes_no_video(
    wanda: Any, storage: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        one = complete(wanda, b"abc", sha256=hashlib.sha256(b"abd").hexdigest())
        assert check(one) == "spoiled"

    upload = Upload.objects.get()
    assert (upload.state, upload.reason) == ("spoiled", "checksum_differs")
    assert list((storage / "private" / "uploads").iterdir()) == []
    assert not (storage / "private" / "sources").exists()
    assert Asset.objects.count() == 0


@pytest.mark.parametrize("now_there", [b"abcdeF", b"Abcdef", b"abcde", b"abcdefg", b""])
def test_bytes_that_changed_on_the_disk_are_noticed(wanda: Any, now_there: bytes) -> None:
    one = complete(wanda, b"abc", b"def")
    part_files.part_path(one).write_bytes(now_there)

    assert check(one) == "spoiled"
    assert Upload.objects.get().reason == "bytes_differ"
    assert Asset.objects.count() == 0


def test_a_file_that_is_gone_is_noticed(wanda: Any) -> None:
    one = complete(wanda, b"abc")
    part_files.part_path(one).unlink()

    assert check(one) == "spoiled"


def test_a_right_that_was_taken_away_makes_no_video(wanda: Any) -> None:
    one = complete(wanda, b"abc")
    wanda.groups.clear()

    assert check(one) == "spoiled"
    assert Upload.objects.get().reason == "no_longer_allowed"


def test_a_collection_that_is_gone_is_replaced_by_the_first(wanda: Any) -> None:
    from wagtail.models import Collection

    one = complete(wanda, b"abc")
    Upload.objects.update(collection=None)

    assert check(one) == "done"
    assert Asset.objects.get().collection == Collection.get_first_root_node()


def test_a_worker_that_died_is_replaced_after_its_lease(wanda: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = complete(wanda, b"abc")
    with monkeypatch.context() as dying:
        dying.setattr(checking, "_digest", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            check(one)

    assert check(one, AT + timedelta(seconds=119)) is None
    assert checking.wake_stale_checks(at=AT + timedelta(seconds=119)) == 0
    assert checking.wake_stale_checks(at=AT + timedelta(seconds=121)) == 1
    assert check(one, AT + timedelta(seconds=121)) == "done"


def test_a_worker_that_was_replaced_changes_nothing_any_more(wanda: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = complete(wanda, b"abc")
    late = AT + timedelta(seconds=300)
    real = checking._digest

    def slow(*given: Any) -> str:
        monkeypatch.setattr(checking, "_digest", real)
        assert check(one, late) == "done"
        return real(*given)

    monkeypatch.setattr(checking, "_digest", slow)

    assert check(one) == "done"
    assert Asset.objects.count() == 1
    assert Event.objects.filter(verb="asset.uploaded").count() == 1


def test_a_disk_that_does_not_answer_is_asked_again_three_times_at_most(
    wanda: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = complete(wanda, b"abc")

    def broken(*given: Any) -> Any:
        raise OSError("no answer")

    monkeypatch.setattr(part_files, "read_pieces", broken)
    found = [check(one, AT + timedelta(seconds=number)) for number in range(4)]

    assert found == ["checking", "checking", "checking", None]
    assert (Upload.objects.get().state, Upload.objects.get().reason) == ("spoiled", "gave_up")
    assert "could not be checked" in spoiled_text("gave_up")


def test_a_crash_between_the_new_name_and_the_commit_is_healed(wanda: Any, storage: Path) -> None:
    one = complete(wanda, b"abc", b"def")
    # As a killed worker leaves it: the file has its new name, the rows know nothing of it.
    part_files.keep_as_source(one)
    assert not part_files.part_path(one).exists()

    assert check(one) == "done"
    assert (storage / "private" / "sources" / str(one)).read_bytes() == b"abcdef"


def test_the_page_sees_how_far_the_check_is(wanda: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "REPORT_EVERY_S", 0)
    seen: list[int] = []
    real = checking._report

    def noting(upload: Upload, token: uuid.UUID, at: datetime, done: int) -> None:
        real(upload, token, at, done)
        seen.append(Upload.objects.get().checked)

    monkeypatch.setattr(checking, "_report", noting)
    one = complete(wanda, b"abc", b"defg", b"h")

    check(one, timezone.now())

    assert seen == [3, 7, 8]


class Bucket(Storage):
    """A storage whose files have no paths."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def _save(self, name: str, content: Any) -> str:
        self.kept[name] = content.read()
        return name

    def exists(self, name: str) -> bool:
        return name in self.kept


def test_a_bucket_gets_the_bytes_sent(wanda: Any, monkeypatch: pytest.MonkeyPatch, storage: Path) -> None:
    bucket = Bucket()
    monkeypatch.setattr(part_files, "private_storage", lambda: bucket)
    one = complete(wanda, b"abc", b"def")

    assert check(one) == "done"
    assert bucket.kept == {f"sources/{one}": b"abcdef"}
    assert not (storage / "private" / "sources").exists()
