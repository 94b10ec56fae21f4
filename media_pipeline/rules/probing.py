"""Decides from ffprobe's report whether an uploaded file is a video that we accept.

Only formats on the allow-lists pass: every demuxer and decoder is attack surface, and some "containers" (HLS,
concat) are lists of other files to open. Names and extensions say nothing. The duration here is the file's own
claim; it bounds the work, it is never what learners are credited against. The report is the word of a program that
read a stranger's file: any JSON at all gets a verdict.
"""

import re
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
# More than any microphone or mixer; what is beyond costs memory and says nothing.
CHANNELS_MAX: Final = 8
SAMPLE_RATES: Final = range(8_000, 192_001)
# A phone's slow motion has 240. A recorder that writes a picture whenever something changes claims up to 1000 and has
# nothing like it: what is beyond 240 is counted as the 60 of a screen. Limits of time hold whoever really has more.
FRAME_RATE_MAX: Final = 1000
FRAME_RATE_BELIEVED_MAX: Final = 240
FRAME_RATE_OF_SCREENS: Final = 60
# Pictures to decode, in pixels: the longest film in 1080p with 60 pictures a second, or less of a larger one.
PIXELS_IN_ALL_MAX: Final = 1920 * 1080 * 60 * DURATION_MS_MAX // 1000


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


def judge(report: object) -> Verdict:
    """Judge the JSON of `ffprobe -show_format -show_streams`. Collects all the reasons, not only the first."""
    facts = _mapping(report)
    container = _mapping(facts.get("format"))
    names = set(str(container.get("format_name", "")).split(","))
    if not names & set(CONTAINERS):
        return Verdict(None, ("container_not_allowed",) if names - {""} else ("not_media",))
    streams = _mappings(facts.get("streams"))
    reasons = ["too_many_streams"] if len(streams) > STREAMS_MAX else []
    video = next((stream for stream in streams if _is_picture_track(stream)), None)
    if video is None:
        return Verdict(None, (*reasons, "no_video"))
    audio = next((stream for stream in streams if stream.get("codec_type") == "audio"), None)
    width, height = _displayed_sides(video)
    duration_ms = _claimed_duration_ms(container, video)
    reasons += _codec_reasons(video, audio)
    reasons += _side_reasons(width, height, _coded_pixels(video))
    reasons += _duration_reasons(duration_ms)
    if not reasons:
        reasons += _cost_reasons(video, duration_ms)
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


def nothing_decoded(tail: str) -> bool:
    """Whether ffmpeg complains that an accepted file has no pictures in it after all; it always will."""
    return any(words in tail for words in ("streams received no packets", "nothing was encoded"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _is_picture_track(stream: Mapping[str, Any]) -> bool:
    """A cover picture of a sound file is a video stream to ffprobe, but nothing that moves."""
    return stream.get("codec_type") == "video" and not _mapping(stream.get("disposition")).get("attached_pic")


def _codec_reasons(video: Mapping[str, Any], audio: Mapping[str, Any] | None) -> list[str]:
    reasons = [] if str(video.get("codec_name")) in VIDEO_CODECS else ["video_codec_not_allowed"]
    if audio is None:
        return reasons
    if str(audio.get("codec_name")) not in AUDIO_CODECS:
        return [*reasons, "audio_codec_not_allowed"]
    usual = 0 < _whole(audio.get("channels")) <= CHANNELS_MAX and _whole(audio.get("sample_rate")) in SAMPLE_RATES
    return reasons if usual else [*reasons, "sound_unusual"]


def _cost_reasons(video: Mapping[str, Any], duration_ms: int) -> list[str]:
    rate = _fraction(video.get("avg_frame_rate"))
    counted = rate if rate <= FRAME_RATE_BELIEVED_MAX else FRAME_RATE_OF_SCREENS
    pixels = _coded_pixels(video) * counted * duration_ms / 1000
    return ["too_costly"] if rate > FRAME_RATE_MAX or pixels > PIXELS_IN_ALL_MAX else []


def _coded_pixels(video: Mapping[str, Any]) -> int:
    return _whole(video.get("width")) * _whole(video.get("height"))


def _side_reasons(width: int, height: int, coded_pixels: int) -> list[str]:
    if min(width, height) <= 0:
        return ["damaged"]
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
    turns = [_whole(data["rotation"]) for data in _mappings(video.get("side_data_list")) if "rotation" in data]
    return (height, width) if turns and turns[0] % 180 == 90 else (width, height)


def _claimed_duration_ms(container: Mapping[str, Any], video: Mapping[str, Any]) -> int:
    for claim in (video.get("duration"), container.get("duration")):
        seconds = _fraction(claim)
        if seconds > 0:
            return round(seconds * 1000)
    return 0


def _whole(value: object) -> int:
    return int(_fraction(value))


# No exponents: a number of a billion digits is written with ten characters.
_NUMBER: Final = re.compile(r"[+-]?\d{1,18}(\.\d{1,18}|/\d{1,18})?", re.ASCII)


def _fraction(value: object) -> Fraction:
    """A number as ffprobe writes it ("30000/1001", "12.5", 7), or 0 for anything else ("N/A", "0/0", "1e9")."""
    if not isinstance(value, str | int | float) or not _NUMBER.fullmatch(text := str(value)):
        return Fraction(0)
    try:
        return Fraction(text)
    except ZeroDivisionError:
        return Fraction(0)
