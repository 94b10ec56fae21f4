"""People's writes: uploading, and trying again."""

import io
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File

from lms.audit.models import Event
from media_pipeline import queries
from media_pipeline.actions import attempts, uploads
from media_pipeline.models import Asset

from .conftest import AT

pytestmark = pytest.mark.django_db


def named(content: bytes, name: str = "C:\\films\\lesson one.mp4") -> File:
    return File(io.BytesIO(content), name=name)


def test_it_keeps_the_original_in_private_storage(
    wanda: Any, storage: Path, woken: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    one = uuid.uuid4()

    with django_capture_on_commit_callbacks(execute=True):
        asset = uploads.upload_asset(by=wanda, at=AT, asset_uuid=one, title="One", file=named(b"abc"))

    assert (storage / "private" / "sources" / str(one)).read_bytes() == b"abc"
    assert not (storage / "media").exists()
    assert (asset.state, asset.source_name, asset.bytes) == ("uploaded", "lesson one.mp4", 3)
    assert asset.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert woken == [str(one)]
    assert list(Event.objects.values_list("verb", flat=True)) == ["asset.uploaded"]


def test_the_same_upload_twice_makes_one_asset(wanda: Any) -> None:
    one = uuid.uuid4()
    first = uploads.upload_asset(by=wanda, at=AT, asset_uuid=one, title="One", file=named(b"abc"))

    second = uploads.upload_asset(by=wanda, at=AT, asset_uuid=one, title="One", file=named(b"abc"))

    assert second == first
    assert Asset.objects.count() == 1
    assert Event.objects.count() == 1


def test_an_upload_id_cannot_be_used_for_another_file_or_by_another_person(wanda: Any, storage: Path) -> None:
    from .conftest import person

    one = uuid.uuid4()
    uploads.upload_asset(by=wanda, at=AT, asset_uuid=one, title="One", file=named(b"abc"))

    with pytest.raises(uploads.UploadDiffers):
        uploads.upload_asset(by=wanda, at=AT, asset_uuid=one, title="One", file=named(b"abcd"))
    other = person("walter@media.test", "add_asset")
    with pytest.raises(uploads.NotAllowed):
        uploads.upload_asset(by=other, at=AT, asset_uuid=one, title="One", file=named(b"abc"))
    assert [path.name for path in (storage / "private" / "sources").iterdir()] == [str(one)]


def test_a_stranger_is_refused(bob: Any, storage: Path) -> None:
    with pytest.raises(uploads.NotAllowed):
        uploads.upload_asset(by=bob, at=AT, asset_uuid=uuid.uuid4(), title="One", file=named(b"abc"))

    assert Asset.objects.count() == 0
    assert not (storage / "private").exists()


def test_it_refuses_empty_and_too_large_files(wanda: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SOURCE_BYTES_MAX", 3)

    with pytest.raises(uploads.UploadEmpty):
        uploads.upload_asset(by=wanda, at=AT, asset_uuid=uuid.uuid4(), title="One", file=named(b""))
    with pytest.raises(uploads.UploadTooLarge):
        uploads.upload_asset(by=wanda, at=AT, asset_uuid=uuid.uuid4(), title="One", file=named(b"abcd"))


def test_a_broker_that_is_down_costs_no_upload(
    wanda: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def send_task(name: str, args: list[str], **options: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr("media_pipeline.actions.waking.current_app.send_task", send_task)

    with django_capture_on_commit_callbacks(execute=True):
        uploads.upload_asset(by=wanda, at=AT, asset_uuid=uuid.uuid4(), title="One", file=named(b"abc"))

    assert Asset.objects.get().state == "uploaded"


def test_who_may_see_which_asset(wanda: Any, olga: Any, bob: Any) -> None:
    from .conftest import person

    asset = uploads.upload_asset(by=wanda, at=AT, asset_uuid=uuid.uuid4(), title="One", file=named(b"abc"))
    walter = person("walter@media.test", "add_asset")

    assert queries.asset_for(wanda, asset.uuid) == asset
    assert queries.asset_for(olga, asset.uuid) == asset
    for stranger in (bob, walter):
        with pytest.raises(queries.AssetUnknown):
            queries.asset_for(stranger, asset.uuid)
    olga.is_active = False
    assert not queries.assets_for(olga).exists()


def test_a_failed_asset_can_be_tried_again_by_its_owner_only(
    upload: Callable[..., Asset], wanda: Any, bob: Any, tmp_path: Path
) -> None:
    (tmp_path / "x.mp4").write_bytes(b"abc")
    asset = upload(tmp_path / "x.mp4")
    for number in range(3):
        token = uuid.uuid4()
        assert attempts.claim(at=AT + timedelta(seconds=number), asset_uuid=asset.uuid, token=token)
        attempts.fail(at=AT, asset_uuid=asset.uuid, token=token, reason="timed_out", log_tail="too slow")
    asset.refresh_from_db()
    assert (asset.state, asset.reasons, asset.log_tail) == ("quarantined", ["timed_out"], "too slow")

    with pytest.raises(uploads.NotAllowed):
        uploads.try_again(by=bob, at=AT, asset_uuid=asset.uuid)
    uploads.try_again(by=wanda, at=AT, asset_uuid=asset.uuid)

    asset.refresh_from_db()
    assert (asset.state, asset.attempts, asset.reasons) == ("uploaded", 0, [])
    with pytest.raises(uploads.NotAllowed):
        uploads.try_again(by=wanda, at=AT, asset_uuid=asset.uuid)
