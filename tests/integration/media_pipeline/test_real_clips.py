"""What people really upload: every codec, shape, rate and sound that we accept becomes a lesson of the right length."""

import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from media_pipeline import programs
from media_pipeline.actions import converting, transcoding
from media_pipeline.models import Asset
from tests.clips import AAC, CLIPS, H264, SECONDS, make, pictures

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("name", "asked", "sides"), CLIPS, ids=[name for name, *_ in CLIPS])
def test_a_clip_becomes_a_lesson(
    upload: Callable[..., Asset], tmp_path: Path, name: str, asked: str, sides: list[str]
) -> None:
    asset = upload(make(tmp_path / name, asked))

    transcoding.run_attempt(clock=timezone.now, asset_uuid=asset.uuid, token=uuid.uuid4())

    asset.refresh_from_db()
    assert (asset.state, asset.reasons, asset.log_tail) == ("ready", [], "")
    assert asset.duration_ms is not None
    assert abs(asset.duration_ms - SECONDS * 1000) <= 500
    assert [str(rendition) for rendition in asset.renditions.all()] == sides
    sheet = Path(default_storage.path(asset.sprites["files"][0]))
    assert sheet.read_bytes()[:2] == b"\xff\xd8"


def test_a_film_held_upright_stays_upright(upload: Callable[..., Asset], tmp_path: Path) -> None:
    lying = make(tmp_path / "lying.mp4", f"{pictures('640x480', '10')} {H264}")
    upright = make(tmp_path / "upright.mp4", f"-display_rotation 90 -i {lying} -c copy")
    asset = upload(upright)

    transcoding.run_attempt(clock=timezone.now, asset_uuid=asset.uuid, token=uuid.uuid4())

    assert [str(rendition) for rendition in asset.renditions.all()] == ["360x480", "480x640"]


def test_a_quiet_voice_and_a_loud_one_are_heard_alike(tmp_path: Path) -> None:
    for name, volume in (("quiet", 0.02), ("loud", 1)):
        sound = f"-f lavfi -i aevalsrc={volume}*sin(330*2*PI*t)*gt(mod(t\\,1)\\,0.3):d={SECONDS}:s=48000"
        source_path = make(tmp_path / f"{name}.mp4", f"{pictures()} {sound} {H264} {AAC}")
        folder = tmp_path / name
        folder.mkdir()
        source = converting.examine(source_path, folder)

        converting.make_sound(source_path, source, folder=folder, on_progress=lambda progress: None)

        assert abs(loudness(folder / "sound.aac") + 16) <= 0.7


def loudness(path: Path) -> float:
    """Integrated loudness as ffmpeg's own meter tells it."""
    command = [programs.program_path("ffmpeg"), "-hide_banner", "-i", str(path), "-af", "ebur128", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(told.rpartition("I:")[2].split()[0])
