"""What people really upload: every codec, shape, rate and sound that we accept becomes a lesson of the right length."""

import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from media_pipeline import programs
from media_pipeline.actions import transcoding
from media_pipeline.models import Asset

pytestmark = pytest.mark.django_db

SECONDS = 6
AAC = "-c:a aac"
H264 = "-c:v libx264 -preset ultrafast"
MPEG2 = "-c:v mpeg2video -b:v 1M"
VORBIS = "-c:a vorbis -strict -2 -ac 2"
FIELDS = "-flags +ildct+ilme -top 1 -vf setsar=16/15"
TONE = f"-f lavfi -i sine=d={SECONDS}:r=44100"
SIX = f"-f lavfi -i aevalsrc=0.1*sin(440*2*PI*t)|0|0.1*sin(660*2*PI*t)|0|0|0:c=5.1:d={SECONDS}:s=48000"
# Every third picture late, and a hole of a second.
UNEVEN = "-vf setpts='(N/25+mod(N,3)*0.012+gt(N,60)*1)/TB' -fps_mode vfr -t 6"


def pictures(size: str = "320x240", rate: str = "25") -> str:
    return f"-f lavfi -i testsrc=s={size}:r={rate}:d={SECONDS}"


# file, what ffmpeg is asked for, sides of the renditions from the lowest up
CLIPS = [
    ("h264-aac.mp4", f"{pictures()} {TONE} {H264} {AAC}", ["320x240"]),
    ("h264-720.mp4", f"{pictures('1280x720', '10')} {TONE} {H264} {AAC}", ["640x360", "852x480", "1280x720"]),
    ("hevc-aac.mp4", f"{pictures()} {TONE} -c:v libx265 -preset ultrafast -x265-params log-level=0 {AAC}", ["320x240"]),
    (
        "vp8-vorbis.webm",
        f"{pictures()} {TONE} -c:v libvpx -deadline realtime -c:a vorbis -strict -2 -ac 2",
        ["320x240"],
    ),
    ("vp9-opus.webm", f"{pictures()} {TONE} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus", ["320x240"]),
    ("av1-opus.mkv", f"{pictures()} {TONE} -c:v libsvtav1 -preset 12 -c:a libopus", ["320x240"]),
    ("av1-aac.mp4", f"{pictures()} {TONE} -c:v libsvtav1 -preset 12 {AAC}", ["320x240"]),
    ("mpeg2-mp3.ts", f"{pictures()} {TONE} {MPEG2} -c:a libmp3lame", ["320x240"]),
    ("mpeg2-silent.mpg", f"{pictures()} {MPEG2}", ["320x240"]),
    (
        "interlaced.mpg",
        f"{pictures('720x576')} {MPEG2} {FIELDS}",
        ["480x360", "640x480"],
    ),
    ("mpeg4-mp3.avi", f"{pictures()} {TONE} -c:v mpeg4 -c:a libmp3lame", ["320x240"]),
    ("h264-pcm.mov", f"{pictures()} {TONE} {H264} -c:a pcm_s16le", ["320x240"]),
    ("mono.mp4", f"{pictures()} {TONE} {H264} {AAC} -ac 1 -ar 22050", ["320x240"]),
    ("surround.mp4", f"{pictures()} {SIX} {H264} {AAC}", ["320x240"]),
    ("no-sound.mp4", f"{pictures()} {H264}", ["320x240"]),
    ("short-sound.mp4", f"{pictures()} -f lavfi -i sine=d=2 {H264} {AAC}", ["320x240"]),
    ("film-rate.mp4", f"{pictures(rate='24000/1001')} {TONE} {H264} {AAC}", ["320x240"]),
    ("sixty.mp4", f"{pictures(rate='60000/1001')} {TONE} {H264} {AAC}", ["320x240"]),
    ("uneven.mkv", f"{pictures()} {TONE} {UNEVEN} {H264} {AAC}", ["320x240"]),
    ("long-sound.mkv", f"{pictures()} -f lavfi -i sine=d=9 {H264} {AAC}", ["320x240"]),
    ("odd.mkv", f"{pictures('643x481')} {TONE} {H264} -pix_fmt yuv444p {AAC}", ["480x360", "640x480"]),
    ("ten-bit.mp4", f"{pictures()} {TONE} {H264} -pix_fmt yuv420p10le {AAC}", ["320x240"]),
]


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
        source = transcoding.examine(source_path, folder)

        transcoding.converting.make_sound(source_path, source, folder=folder, on_progress=lambda progress: None)

        assert abs(loudness(folder / "sound.aac") + 16) <= 0.7


def loudness(path: Path) -> float:
    """Integrated loudness as ffmpeg's own meter tells it."""
    command = [programs.program_path("ffmpeg"), "-hide_banner", "-i", str(path), "-af", "ebur128", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(told.rpartition("I:")[2].split()[0])


def make(path: Path, asked: str) -> Path:
    command: list[Any] = [programs.program_path("ffmpeg"), "-v", "error", "-y", *asked.replace("'", "").split(), path]
    subprocess.run(command, check=True)
    return path
