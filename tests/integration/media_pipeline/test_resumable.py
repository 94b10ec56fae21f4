"""Uploads in parts by the protocol: begun, continued, refused, given up, and what is on the disk meanwhile."""

import hashlib
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from lms.audit.models import Event
from media_pipeline import limits
from media_pipeline.actions import part_files, resumable
from media_pipeline.actions.checking import check_upload
from media_pipeline.models import Asset, Upload, UploadPart

from .conftest import person
from .parts import PART, TUS, Sender, id_of, metadata, sha256_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """How full this machine's disk is says nothing about the code."""
    monkeypatch.setattr(limits, "DISK_KEPT_FREE_BYTES", 0)


@pytest.fixture
def sender(wanda: Any) -> Sender:
    return Sender(wanda)


def on_disk(address: str) -> bytes:
    return part_files.part_path(id_of(address)).read_bytes()


def test_a_file_in_parts_becomes_a_video(sender: Sender, storage: Path, wanda: Any) -> None:
    one = uuid.uuid4()
    begun = sender.begin(6, upload=str(one), title="Ladders")
    address = begun["Location"]
    assert (begun.status_code, address) == (201, f"/uploads/{one}/")
    assert begun["Tus-Resumable"] == "1.0.0"
    assert begun["Upload-Expires"].endswith("GMT")

    first = sender.patch(address, 0, b"abcd", Upload_Checksum=sha256_of(b"abcd"))
    assert (first.status_code, first["Upload-Offset"]) == (204, "4")
    head = sender.client.head(address, headers=TUS)
    assert (head.status_code, head["Upload-Offset"], head["Upload-Length"]) == (200, "4", "6")
    assert head["Cache-Control"] == "no-store"
    assert head["Upload-Metadata"] == metadata(filename="触电急救.mp4", upload=str(one), title="Ladders")
    last = sender.patch(address, 4, b"ef")
    assert (last.status_code, last["Upload-Offset"]) == (204, "6")
    assert sender.told(address)["state"] == "checking"
    inode = part_files.part_path(one).stat().st_ino

    assert check_upload(clock=timezone.now, upload_uuid=one, token=uuid.uuid4()) == "done"

    asset, kept = Asset.objects.get(), storage / "private" / "sources" / str(one)
    assert kept.read_bytes() == b"abcdef"
    assert kept.stat().st_ino == inode, "copied instead of renamed"
    assert list((storage / "private" / "uploads").iterdir()) == []
    assert (asset.uuid, asset.title, asset.source_name, asset.bytes) == (one, "Ladders", "触电急救.mp4", 6)
    assert asset.uploaded_by == wanda
    assert asset.sha256 == hashlib.sha256(b"abcdef").hexdigest()
    told = sender.told(address)
    assert (told["state"], told["url"], told["sha256"]) == ("done", f"/admin/videos/{one}/", asset.sha256)
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == [
        "upload.begun",
        "upload.received",
        "asset.uploaded",
    ]
    assert UploadPart.objects.count() == 0


def test_what_the_server_can_is_told_to_everybody() -> None:
    response = Sender().client.options("/uploads/")

    assert response.status_code == 204
    assert response["Tus-Version"] == "1.0.0"
    assert response["Tus-Extension"] == "creation,expiration,checksum,termination"
    assert response["Tus-Max-Size"] == "10737418240"
    assert response["Tus-Checksum-Algorithm"] == "sha256,sha1"


def test_a_part_at_another_offset_is_refused_and_changes_nothing(sender: Sender) -> None:
    address = sender.begun(6)
    sender.patch(address, 0, b"abc")

    for offset in (0, 2, 4, 6):
        assert sender.patch(address, offset, b"xy").status_code == 409
    assert sender.offset(address) == 3
    assert on_disk(address) == b"abc"


def test_a_part_that_its_sender_hashed_differently_is_refused(sender: Sender) -> None:
    address = sender.begun(6)
    sender.patch(address, 0, b"abc")

    wrong = sender.patch(address, 3, b"def", Upload_Checksum=sha256_of(b"deg"))

    assert wrong.status_code == 460
    assert wrong.json()["error"] == "checksum_differs"
    assert sender.offset(address) == 3
    assert on_disk(address) == b"abc"
    assert sender.patch(address, 3, b"def", Upload_Checksum="md5 AAAA").status_code == 400
    sha1 = "sha1 WJwiM1o4HxItEpIl9cC6MFbtWBE="
    assert sender.patch(address, 3, b"def", Upload_Checksum=sha1).status_code == 204


def test_more_than_announced_is_refused_and_nothing_of_it_stays(sender: Sender) -> None:
    address = sender.begun(6)
    sender.patch(address, 0, b"abc")

    assert sender.patch(address, 3, b"defg").status_code == 413
    assert on_disk(address) == b"abc"
    assert sender.patch(address, 3, b"def").status_code == 204
    assert sender.patch(address, 6, b"g").status_code == 413
    # A last request whose answer was lost, asked again with nothing new.
    assert sender.patch(address, 6, b"").status_code == 204


def test_a_part_larger_than_one_request_may_bring_is_refused(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PART_BYTES_MAX", 3)
    address = sender.begun(100)

    assert sender.patch(address, 0, b"abcd").status_code == 413
    assert sender.patch(address, 0, b"abc").status_code == 204


@pytest.mark.parametrize("size", ["", "-1", "1.5", "x"])
def test_a_length_that_is_no_number_is_refused(sender: Sender, size: str) -> None:
    assert sender.begin(size).status_code == 400
    assert Upload.objects.count() == 0


def test_what_may_not_come_in_is_refused_before_a_byte_is_sent(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    too_large, empty = sender.begin(10 * 1024**3 + 1), sender.begin(0)
    monkeypatch.setattr(limits, "DISK_KEPT_FREE_BYTES", 10**18)
    no_space = sender.begin(1)

    assert (too_large.status_code, empty.status_code, no_space.status_code) == (413, 400, 507)
    assert too_large.json()["text"] == "The file is too large; at most 10.0\xa0GB."
    assert no_space.json()["error"] == "no_space"
    assert Upload.objects.count() == 0


def test_room_that_others_were_promised_is_not_promised_again(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_files, "bytes_free", lambda: 100)
    address = Sender(person("walter@media.test", "add_asset")).begun(60)

    assert sender.begin(41).status_code == 507
    assert sender.begin(40).status_code == 201
    Upload.objects.filter(uuid=id_of(address)).update(state="abandoned")
    assert sender.begin(60).status_code == 201


def test_only_so_many_uploads_of_one_person_are_unfinished(sender: Sender) -> None:
    addresses = [sender.begun(6) for _ in range(5)]

    sixth = sender.begin(6)

    assert sixth.status_code == 429
    assert sixth.json()["text"].startswith("You have 5 unfinished uploads")
    assert sender.delete(addresses[0]).status_code == 204
    assert sender.begin(6).status_code == 201


def test_a_beginning_that_is_sent_twice_is_one_upload(sender: Sender) -> None:
    one = str(uuid.uuid4())
    first = sender.begun(6, upload=one)
    sender.patch(first, 0, b"abc")

    again = sender.begin(6, upload=one)

    assert (again.status_code, again["Location"], again["Upload-Offset"]) == (201, first, "3")
    assert sender.begin(7, upload=one).status_code == 422
    other = Sender(person("walter@media.test", "add_asset"))
    assert other.begin(6, upload=one).status_code == 422
    assert Upload.objects.count() == 1


def test_another_persons_upload_is_not_there(sender: Sender) -> None:
    address = sender.begun(6)
    walter = Sender(person("walter@media.test", "add_asset"))

    assert walter.offset(address) is None
    assert walter.client.head(address, headers=TUS).status_code == 404
    assert walter.client.get(address).status_code == 404
    assert walter.patch(address, 0, b"abc").status_code == 404
    assert walter.delete(address).status_code == 404
    assert sender.patch(address, 0, b"abc").status_code == 204


def test_without_the_right_or_the_login_nothing_is_begun(bob: Any, olga: Any) -> None:
    assert Sender().begin(6).status_code == 401
    assert Sender(bob).begin(6).status_code == 403
    assert Sender(olga).begin(6).status_code == 403
    assert Upload.objects.count() == 0


def test_a_right_that_was_taken_away_ends_the_upload(sender: Sender, wanda: Any) -> None:
    address = sender.begun(6)
    wanda.groups.clear()

    assert sender.patch(address, 0, b"abc").status_code == 403
    assert Upload.objects.get().received == 0


def test_a_place_that_one_may_not_use_is_refused(sender: Sender) -> None:
    from wagtail.models import Collection

    inside = Collection.get_first_root_node()
    theirs = Collection.objects.create(name="theirs", path="0002", depth=1, numchild=0)

    assert sender.begin(6, collection=str(theirs.pk)).status_code == 403
    assert sender.begin(6, collection="999999").status_code == 403
    address = sender.begun(6, collection=str(inside.pk))
    assert Upload.objects.get(uuid=id_of(address)).collection == inside


def test_a_page_of_somebody_else_cannot_send_in_ones_name(wanda: Any) -> None:
    forged = Sender(wanda, enforce_csrf_checks=True)

    assert forged.begin(6).status_code == 403
    assert Upload.objects.count() == 0
    # Nor by a request that needs no token.
    override = {**TUS, "X-HTTP-Method-Override": "DELETE"}
    upload = resumable.begin_upload(
        by=wanda, at=timezone.now(), new=resumable.NewUpload(uuid.uuid4(), "a.mp4", bytes_total=6)
    )
    forged.client.get(f"/uploads/{upload.uuid}/", headers=override)
    upload.refresh_from_db()
    assert upload.state == "receiving"


def test_a_network_that_lets_no_patch_through_sends_it_as_post(sender: Sender) -> None:
    address = sender.begun(3)
    headers = {**TUS, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}

    response = sender.client.post(address, data=b"abc", content_type=PART, headers=headers)

    assert (response.status_code, response["Upload-Offset"]) == (204, "3")
    assert sender.client.post(address, data=b"", content_type=PART, headers=TUS).status_code == 405


def test_another_version_or_type_of_body_is_refused(sender: Sender) -> None:
    address = sender.begun(3)
    old = sender.client.head(address, headers={"Tus-Resumable": "0.2.2"})
    form = sender.client.patch(address, b"abc", content_type="text/plain", headers={**TUS, "Upload-Offset": "0"})

    assert (old.status_code, old["Tus-Version"]) == (412, "1.0.0")
    assert form.status_code == 415
    assert sender.offset(address) == 0


def test_given_up_is_gone_with_its_bytes(
    sender: Sender, storage: Path, django_capture_on_commit_callbacks: Any
) -> None:
    address = sender.begun(6)
    sender.patch(address, 0, b"abc")

    with django_capture_on_commit_callbacks(execute=True):
        assert sender.delete(address).status_code == 204

    assert list((storage / "private" / "uploads").iterdir()) == []
    assert sender.client.head(address, headers=TUS).status_code == 410
    assert sender.patch(address, 3, b"def").status_code == 410
    assert sender.delete(address).status_code == 204
    assert Event.objects.filter(verb="upload.abandoned").count() == 1


def test_what_nobody_went_on_with_expires_with_its_bytes(
    sender: Sender, storage: Path, django_capture_on_commit_callbacks: Any
) -> None:
    old, new = sender.begun(6), sender.begun(6)
    later = timezone.now() + timedelta(days=7, seconds=1)
    Upload.objects.filter(uuid=id_of(new)).update(expires_at=later + timedelta(seconds=60))

    with django_capture_on_commit_callbacks(execute=True):
        resumable.expire_uploads(at=later)

    assert sender.client.head(old, headers=TUS).status_code == 410
    assert sender.patch(old, 0, b"abc").status_code == 410
    assert [path.name for path in (storage / "private" / "uploads").iterdir()] == [str(id_of(new))]
    assert Upload.objects.get(uuid=id_of(old)).state == "expired"
    assert sender.patch(new, 0, b"abc").status_code == 204


def test_expired_is_gone_before_the_sweep_too(sender: Sender) -> None:
    address = sender.begun(6)
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert sender.patch(address, 0, b"abc").status_code == 410


def test_every_part_gives_the_upload_another_week(sender: Sender) -> None:
    address = sender.begun(6)
    Upload.objects.update(expires_at=timezone.now() + timedelta(seconds=60))

    sender.patch(address, 0, b"abc")

    assert Upload.objects.get().expires_at > timezone.now() + timedelta(days=6)


def test_a_file_without_an_upload_is_swept_when_it_is_old(sender: Sender, storage: Path) -> None:
    address = sender.begun(6)
    stray = part_files.part_path(uuid.uuid4())
    stray.write_bytes(b"x")

    assert resumable.expire_uploads(at=timezone.now()) == 0
    assert stray.exists()
    assert resumable.expire_uploads(at=timezone.now() + timedelta(hours=2)) == 1

    assert [path.name for path in (storage / "private" / "uploads").iterdir()] == [str(id_of(address))]


def test_a_title_or_a_name_is_made_from_what_was_given(sender: Sender) -> None:
    sender.begun(6, filename="C:\\films\\第一课.mp4")
    sender.begun(6, filename="..")
    sender.begun(6, filename="")

    found = list(Upload.objects.order_by("pk").values_list("title", "source_name"))

    assert found == [("第一课", "第一课.mp4"), ("..", ".."), ("video", "video")]


def test_a_form_cannot_use_the_id_of_an_upload_and_the_other_way_round(sender: Sender, wanda: Any) -> None:
    import io

    from django.core.files import File

    from media_pipeline.actions import uploads

    address = sender.begun(6)
    film = File(io.BytesIO(b"abc"), name="a.mp4")
    with pytest.raises(uploads.UploadDiffers):
        uploads.upload_asset(by=wanda, at=timezone.now(), asset_uuid=id_of(address), title="One", file=film)
    asset = uploads.upload_asset(by=wanda, at=timezone.now(), asset_uuid=uuid.uuid4(), title="One", file=film)

    assert sender.begin(6, upload=str(asset.uuid)).status_code == 422


def test_the_page_can_know_the_file_again_by_its_first_and_last_part(sender: Sender) -> None:
    address = sender.begun(9)
    assert sender.told(address)["parts"] == []
    for offset, content in ((0, b"abc"), (3, b"def"), (6, b"gh")):
        sender.patch(address, offset, content)

    parts = sender.told(address)["parts"]

    assert parts == [[0, 3, hashlib.sha256(b"abc").hexdigest()], [6, 8, hashlib.sha256(b"gh").hexdigest()]]
