"""Decides from ffprobe's report whether an uploaded file is a video that we accept.

Only formats on the allow-lists pass: every demuxer and decoder is attack surface, and some "containers" (HLS,
concat) are lists of other files to open. The duration here is the file's own claim; it bounds the work, it is
never what learners are credited against.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

# ffmpeg's names of the demuxers; also given to ffmpeg itself, which then refuses to try any other.
CONTAINERS: Final = ("mov", "matroska", "avi", "mpeg", "mpegts", "flv", "asf")
INDEXED: Final = frozenset({"mov", "matroska"})
INTERLACED: Final = frozenset({"tt", "bb", "tb", "bt"})
VIDEO_CODECS: Final = frozenset(
    "h264 hevc vp8 vp9 av1 mpeg4 mpeg2video mpeg1video mjpeg prores dnxhd wmv1 wmv2 wmv3 vc1 flv1 h263 theora".split()
)
AUDIO_CODECS: Final = frozenset(
    "aac mp3 mp2 ac3 eac3 opus vorbis flac alac pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_f32le pcm_u8 "
    "pcm_alaw pcm_mulaw wmav1 wmav2 wmapro amr_nb amr_wb".split()
)

STREAMS_MAX: Final = 16
PIXELS_MAX: Final = 4096 * 2304
SIDE_MIN: Final = 32
DURATION_MS_MIN: Final = 1_000
DURATION_MS_MAX: Final = 6 * 3_600_000


@dataclass(frozen=True)
class Source:
    """What an accepted file holds; sides are as displayed (pixel shape and rotation applied).

    `seeks` tells a file with an index, whose parts can be read without reading what lies before them.
    """

    video_index: int
    audio_index: int | None
    width: int
    height: int
    frame_rate: Fraction
    duration_ms: int
    video_codec: str = "h264"
    is_interlaced: bool = False
    seeks: bool = True


@dataclass(frozen=True)
class Verdict:
    """Either a source, or every reason why there is none."""

    source: Source | None
    reasons: tuple[str, ...]


def judge(report: Mapping[str, Any]) -> Verdict:
    """Judge the JSON of `ffprobe -show_format -show_streams`. Collects all the reasons, not only the first."""
    streams = [stream for stream in report.get("streams") or [] if isinstance(stream, dict)]
    names = set(str((report.get("format") or {}).get("format_name", "")).split(","))
    if not names & set(CONTAINERS):
        return Verdict(None, ("container_not_allowed",) if names - {""} else ("not_media",))
    reasons = ["too_many_streams"] if len(streams) > STREAMS_MAX else []
    video = next((stream for stream in streams if _is_picture_track(stream)), None)
    if video is None:
        return Verdict(None, (*reasons, "no_video"))
    audio = next((stream for stream in streams if stream.get("codec_type") == "audio"), None)
    if video.get("codec_name") not in VIDEO_CODECS:
        reasons.append("video_codec_not_allowed")
    if audio is not None and audio.get("codec_name") not in AUDIO_CODECS:
        reasons.append("audio_codec_not_allowed")
    width, height = _displayed_sides(video)
    reasons += _side_reasons(width, height, _whole(video.get("width")) * _whole(video.get("height")))
    duration_ms = _claimed_duration_ms(report, video)
    reasons += _duration_reasons(duration_ms)
    if reasons:
        return Verdict(None, tuple(reasons))
    source = Source(
        video_index=_whole(video.get("index")),
        audio_index=None if audio is None else _whole(audio.get("index")),
        width=width,
        height=height,
        frame_rate=_fraction(video.get("avg_frame_rate")) or _fraction(video.get("r_frame_rate")),
        duration_ms=duration_ms,
        video_codec=str(video["codec_name"]),
        is_interlaced=video.get("field_order") in INTERLACED,
        seeks=bool(names & INDEXED),
    )
    return Verdict(source, ())


def _is_picture_track(stream: Mapping[str, Any]) -> bool:
    """A cover picture of a sound file is a video stream to ffprobe, but nothing that moves."""
    return stream.get("codec_type") == "video" and not (stream.get("disposition") or {}).get("attached_pic")


def _side_reasons(width: int, height: int, coded_pixels: int) -> list[str]:
    if min(width, height) < SIDE_MIN:
        return ["picture_too_small"]
    return ["picture_too_large"] if max(width * height, coded_pixels) > PIXELS_MAX else []


def _duration_reasons(duration_ms: int) -> list[str]:
    if duration_ms < DURATION_MS_MIN:
        return ["too_short"]
    return ["too_long"] if duration_ms > DURATION_MS_MAX else []


def _displayed_sides(video: Mapping[str, Any]) -> tuple[int, int]:
    width, height = _whole(video.get("width")), _whole(video.get("height"))
    shape = _fraction(str(video.get("sample_aspect_ratio", "")).replace(":", "/"))
    # Shapes beyond 4:1 are damage; they would stretch a small picture into a huge one.
    if Fraction(1, 4) <= shape <= 4:
        width = round(width * shape)
    turns = [_whole(data.get("rotation")) for data in video.get("side_data_list") or [] if "rotation" in data]
    return (height, width) if turns and turns[0] % 180 == 90 else (width, height)


def _claimed_duration_ms(report: Mapping[str, Any], video: Mapping[str, Any]) -> int:
    for claim in (video.get("duration"), report["format"].get("duration")):
        seconds = _fraction(claim)
        if seconds > 0:
            return round(seconds * 1000)
    return 0


def _whole(value: object) -> int:
    return int(_fraction(value))


def _fraction(value: object) -> Fraction:
    """A number as ffprobe writes it ("30000/1001", "12.5", 7), or 0 for anything else ("N/A", "0/0")."""
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        return Fraction(0)
