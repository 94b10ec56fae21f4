"""What people really upload, made small: every codec, shape, rate and sound that we accept."""

import subprocess
from pathlib import Path
from typing import Any

from media_pipeline import programs

SECONDS = 6
AAC = "-c:a aac"
H264 = "-c:v libx264 -preset ultrafast"
MPEG2 = "-c:v mpeg2video -b:v 1M"
VORBIS = "-c:a vorbis -strict -2 -ac 2"
FIELDS = "-flags +ildct+ilme -top 1 -vf setsar=16/15"
TONE = f"-f lavfi -i sine=d={SECONDS}:r=44100"
SIX = f"-f lavfi -i aevalsrc=0.1*sin(440*2*PI*t)|0|0.1*sin(660*2*PI*t)|0|0|0:c=5.1:d={SECONDS}:s=48000"
# Every third picture late, and a hole of a second.
UNEVEN = "-vf setpts=(N/25+mod(N\\,3)*0.012+gt(N\\,60))/TB -fps_mode vfr -t 6"


def pictures(size: str = "320x240", rate: str = "25") -> str:
    return f"-f lavfi -i testsrc=s={size}:r={rate}:d={SECONDS}"


# file, what ffmpeg is asked for, sides of the renditions from the lowest up
CLIPS = [
    ("h264-aac.mp4", f"{pictures()} {TONE} {H264} {AAC}", ["320x240"]),
    ("h264-720.mp4", f"{pictures('1280x720', '10')} {TONE} {H264} {AAC}", ["640x360", "852x480", "1280x720"]),
    ("hevc-aac.mp4", f"{pictures()} {TONE} -c:v libx265 -preset ultrafast -x265-params log-level=0 {AAC}", ["320x240"]),
    (
        "vp8-vorbis.webm",
        f"{pictures()} {TONE} -c:v libvpx -deadline realtime {VORBIS}",
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


def make(path: Path, asked: str) -> Path:
    """Let ffmpeg write a clip; `asked` are its arguments but the last."""
    command: list[Any] = [programs.program_path("ffmpeg"), "-v", "error", "-y", *asked.split(), path]
    subprocess.run(command, check=True)
    return path
