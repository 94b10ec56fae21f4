"""The editors' pages in the Wagtail admin."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from media_pipeline.actions import attempts, chunks, resumable
from media_pipeline.actions.checking import check_upload
from media_pipeline.actions.transcoding import run_attempt
from media_pipeline.models import Asset
from media_pipeline.rules.chunks import plan_chunks

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"
    settings.WAGTAILADMIN_LOGIN_URL = "/login/"
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]


def form(content: bytes = b"abc", upload: str | None = None) -> dict[str, Any]:
    return {
        "upload": upload or str(uuid.uuid4()),
        "title": "",
        "file": SimpleUploadedFile("触电急救.mp4", content, "video/mp4"),
    }


def test_an_uploaded_file_gets_its_page(as_person: Callable[[Any], Client], wanda: Any) -> None:
    client = as_person(wanda)
    assert client.get("/admin/videos/add/").status_code == 200

    response = client.post("/admin/videos/add/", form())

    asset = Asset.objects.get()
    assert (asset.title, asset.source_name, asset.uploaded_by) == ("触电急救", "触电急救.mp4", wanda)
    assert response["Location"] == f"/admin/videos/{asset.uuid}/"
    page = client.get(response["Location"]).content.decode()
    assert f'data-xv-progress="/admin/videos/{asset.uuid}/progress/"' in page
    assert "Waiting for a free worker" in page


def test_a_form_that_was_used_for_another_file_is_refused(as_person: Callable[[Any], Client], wanda: Any) -> None:
    client, upload = as_person(wanda), str(uuid.uuid4())

    first = client.post("/admin/videos/add/", form(upload=upload))
    other = client.post("/admin/videos/add/", form(b"abcd", upload=upload)).content.decode()
    empty = client.post("/admin/videos/add/", form(b"")).content.decode()

    assert first["Location"] == f"/admin/videos/{upload}/"
    assert "This form was already used for another file. Open the page again." in other
    assert "The submitted file is empty." in empty


def test_a_form_takes_small_files_only(
    as_person: Callable[[Any], Client], wanda: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media_pipeline.forms.FORM_BYTES_MAX", 3)

    page = as_person(wanda).post("/admin/videos/add/", form(b"abcd")).content.decode()

    assert "The file is too large; at most 3\xa0bytes." in page
    assert Asset.objects.count() == 0


def test_the_page_lists_ones_own_unfinished_uploads(as_person: Callable[[Any], Client], wanda: Any, olga: Any) -> None:
    from .conftest import person

    for owner, name in ((wanda, "mine.mp4"), (person("walter@media.test", "add_asset"), "theirs.mp4")):
        new = resumable.NewUpload(uuid.uuid4(), name, bytes_total=10)
        resumable.begin_upload(by=owner, at=timezone.now(), new=new)
        resumable.append_part(by=owner, at=timezone.now(), upload_uuid=new.uuid, offset=0, pieces=[b"abc"])

    page = as_person(wanda).get("/admin/videos/add/").content.decode()

    assert 'data-name="mine.mp4" data-state="receiving"' in page
    assert 'data-size="10" data-percent="30"' in page
    assert "theirs.mp4" not in page


def test_the_page_says_why_a_complete_upload_became_no_video(as_person: Callable[[Any], Client], wanda: Any) -> None:
    new = resumable.NewUpload(uuid.uuid4(), "mine.mp4", bytes_total=3, sha256="0" * 64)
    resumable.begin_upload(by=wanda, at=timezone.now(), new=new)
    resumable.append_part(by=wanda, at=timezone.now(), upload_uuid=new.uuid, offset=0, pieces=[b"abc"])
    check_upload(clock=timezone.now, upload_uuid=new.uuid, token=uuid.uuid4())

    page = as_person(wanda).get("/admin/videos/add/").content.decode()

    assert "The file is not what was announced: its checksum differs. Send it again." in page
    assert "Unfinished uploads" not in page


def test_progress_tells_what_the_worker_does(
    as_person: Callable[[Any], Client], wanda: Any, upload: Callable[..., Asset], clip: Callable[..., Path]
) -> None:
    asset, token = upload(clip(3, "160x120")), uuid.uuid4()
    attempts.claim(at=timezone.now() - timedelta(seconds=100), asset_uuid=asset.uuid, token=token)
    attempts.start_transcoding(at=timezone.now(), asset_uuid=asset.uuid, token=token)
    attempts.report_progress(
        at=timezone.now(), asset_uuid=asset.uuid, token=token, stage="transcoding", percent=41, speed=3.25
    )

    response = as_person(wanda).get(f"/admin/videos/{asset.uuid}/progress/")

    assert response.json() == {
        "settled": False,
        "state": "Being prepared",
        "stage": "Converting picture and sound",
        "percent": 41,
        "note": "about 3 min left · 3.2 times real time",
    }
    assert response["Cache-Control"].startswith("no-store")


def test_progress_of_a_long_lecture_tells_its_parts_and_the_time_left(
    as_person: Callable[[Any], Client], wanda: Any, upload: Callable[..., Asset], clip: Callable[..., Path]
) -> None:
    asset, token, chunk_token = upload(clip(3, "160x120")), uuid.uuid4(), uuid.uuid4()
    begun = timezone.now() - timedelta(seconds=100)
    plan = plan_chunks(12_000, end_ms=21_600_000, split_above_ms=10_000, chunk_ms=4_000)
    attempts.claim(at=begun, asset_uuid=asset.uuid, token=token)
    chunks.split(at=begun, asset_uuid=asset.uuid, token=token, plan=plan)
    chunks.claim_chunk(at=begun, asset_uuid=asset.uuid, token=chunk_token)
    chunks.finish_chunk(at=timezone.now(), asset_uuid=asset.uuid, token=chunk_token, result="chunks/sound")
    chunks.claim_chunk(at=timezone.now(), asset_uuid=asset.uuid, token=chunk_token)
    chunks.report_chunk(at=timezone.now(), asset_uuid=asset.uuid, token=chunk_token, done_ms=4_000)

    told = as_person(wanda).get(f"/admin/videos/{asset.uuid}/progress/").json()

    assert told["state"] == "Being prepared in parts"
    assert told["note"] == "about 4 min left · 1 of 4 parts done"


def test_the_page_says_what_is_wrong_and_what_to_do(
    as_person: Callable[[Any], Client], wanda: Any, upload: Callable[..., Asset], tmp_path: Path
) -> None:
    (tmp_path / "note.mp4").write_text("only a note")
    asset = upload(tmp_path / "note.mp4")
    run_attempt(clock=timezone.now, asset_uuid=asset.uuid, token=uuid.uuid4())

    page = as_person(wanda).get(f"/admin/videos/{asset.uuid}/").content.decode()

    assert "This video was not accepted" in page
    assert "This file is not a video." in page
    assert "Check that you chose the right file, or save the video as MP4." in page


def test_the_list_the_page_and_the_chooser_show_a_ready_video(
    as_person: Callable[[Any], Client], olga: Any, upload: Callable[..., Asset], clip: Callable[..., Path]
) -> None:
    asset, waiting = upload(clip(9), "Ready one"), upload(clip(9), "Waiting one")
    run_attempt(clock=timezone.now, asset_uuid=asset.uuid, token=uuid.uuid4())
    asset.refresh_from_db()
    client = as_person(olga)

    listed = client.get("/admin/videos/?q=one").content.decode()
    page = client.get(f"/admin/videos/{asset.uuid}/").content.decode()
    chooser = client.get("/admin/video_chooser/?q=one").json()["html"]

    assert "Ready one" in listed and "Waiting one" in listed
    assert "640 × 480, 480 × 360" in page
    assert asset.poster in page
    assert "Ready one" in chooser and "0:09" in chooser
    assert "Waiting one" not in chooser
    assert client.get(f"/admin/video_chooser/chosen/{asset.pk}/").json()["result"]["id"] == str(asset.pk)
    assert client.get(f"/admin/video_chooser/chosen/{waiting.pk}/").status_code == 404
    assert client.get("/admin/videos/add/").status_code == 302


def test_a_stranger_finds_nothing(
    as_person: Callable[[Any], Client], upload: Callable[..., Asset], clip: Callable[..., Path]
) -> None:
    from .conftest import person

    asset = upload(clip(3, "160x120"))
    walter = as_person(person("walter@media.test", "add_asset"))

    assert walter.get(f"/admin/videos/{asset.uuid}/").status_code == 404
    assert walter.get(f"/admin/videos/{asset.uuid}/progress/").status_code == 404
    assert walter.post(f"/admin/videos/{asset.uuid}/again/").status_code == 404
    assert asset.title not in walter.get("/admin/videos/").content.decode()


def test_people_without_rights_do_not_enter(as_person: Callable[[Any], Client], bob: Any) -> None:
    client = as_person(bob)

    for address in ("", "add/", f"{uuid.uuid4()}/"):
        assert client.get(f"/admin/videos/{address}").status_code == 302
    assert client.post("/admin/videos/add/", form()).status_code == 302
    assert Asset.objects.count() == 0


def test_the_chooser_becomes_the_widget_of_every_key_to_a_video() -> None:
    from wagtail.admin.forms.models import registry

    assert Asset in registry.values_by_fk_related_model
