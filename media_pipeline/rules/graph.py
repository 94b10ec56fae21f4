"""Builds the argument lists for ffprobe and ffmpeg; runs nothing.

Three steps, so that a lecture converted in chunks has no seam. *Pictures*: one decode of a span feeds every rendition,
at a constant frame rate, with a keyframe at every segment start, counted in frames from the start of the film; so all
renditions and all chunks are cut at the same positions. *Sound*: one encode for all renditions, its loudness measured
first. *Join*: pictures and sound are put together by copying.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

import ffmpeg

from media_pipeline.rules.chunks import GRID_MS, Span
from media_pipeline.rules.ladder import AUDIO_KBITS, Rung, frame_rate, segment_frames
from media_pipeline.rules.loudness import TRUE_PEAK_DB, Mastering
from media_pipeline.rules.probing import CONTAINERS, DURATION_MS_MAX, PIXELS_MAX, Source
from media_pipeline.rules.sprites import Sprites
from media_pipeline.rules.stretches import BLACK_S_MIN, FROZEN_S_MIN, QUIET_DB, QUIET_S_MIN

SEGMENT_MS: Final = GRID_MS
# Decoded before a span and thrown away: a seek may land late where an index is sloppy, and the picture shown at the
# span's start may have begun long before.
LEAD_SEGMENTS: Final = 1
PLAYLIST_NAME: Final = "index.m3u8"
POSTER_NAME: Final = "poster.jpg"
POSTER_WIDTH_MAX: Final = 1280
LOOKS_NAME: Final = "looks.txt"
QUIET_NAME: Final = "quiet.txt"
LOUDNESS_NAME: Final = "loudness.txt"
SOUND_NAME: Final = "sound.aac"
SILENCE_NAME: Final = "silence.aac"
SPRITE_NAME: Final = "sprite-%03d.jpg"

# A hostile file may name other files or addresses to open; these lists leave nothing but the file itself.
READ_LIMITS: Final = {"protocol_whitelist": "file", "format_whitelist": ",".join(CONTAINERS)}
# A picture may grow in the middle of a film, after the probe. Twice, because decoders round sides up.
DECODE_LIMITS: Final = {**READ_LIMITS, "max_pixels": 2 * PIXELS_MAX}
SILENCE: Final = "anullsrc=channel_layout=stereo:sample_rate=48000"
# The encoder puts this much silence before the sound; the join moves the sound back by it.
PRIMING: Final = Fraction(1024, 48_000)
QUIET: Final = ("-hide_banner", "-nostdin", "-loglevel", "warning", "-y")
TELLING: Final = (*QUIET, "-progress", "pipe:1")


def probe_argv(source_path: str) -> list[str]:
    """Arguments for ffprobe: container and streams as JSON."""
    limits = [part for name, value in READ_LIMITS.items() for part in (f"-{name}", value)]
    return ["-v", "error", *limits, "-of", "json", "-show_format", "-show_streams", f"file:{source_path}"]


def pictures_argv(source_path: str, source: Source, rungs: Sequence[Rung], span: Span | None = None) -> list[str]:
    """Arguments for ffmpeg: writes the span's pictures as `<rung name>.mp4`, and how they look as LOOKS_NAME.

    The seek goes to a keyframe before the span; what lies before it is thrown away by time, not by packet, so that
    the span begins with the picture that was shown there.
    """
    rate = frame_rate(source)
    frames = segment_frames(rate, SEGMENT_MS)
    first = 0 if span is None else span.from_ms // SEGMENT_MS
    lead = min(first, LEAD_SEGMENTS)
    seek = {"ss": _seconds((first - lead) * frames / rate), "noaccurate_seek": None} if first > lead else {}
    opened = ffmpeg.input(f"file:{source_path}", **seek, t=DURATION_MS_MAX // 1000, **DECODE_LIMITS)
    picture = opened[str(source.video_index)]
    if source.is_interlaced:
        picture = picture.filter("yadif", deint="interlaced")
    picture = picture.filter("fps", fps=str(rate), start_time=_seconds(lead * frames / rate))
    if span is not None and span.to_ms < source.duration_ms:
        picture = picture.filter("trim", end_frame=(span.to_ms // SEGMENT_MS - first) * frames)
    pictures = picture.filter("setpts", "PTS-STARTPTS").filter_multi_output("split", len(rungs))
    outputs = [_rendition(pictures[number], rung, frames, rung is rungs[-1]) for number, rung in enumerate(rungs)]
    argv: list[str] = ffmpeg.merge_outputs(*outputs).global_args(*TELLING).get_args()
    return argv


def coding(rung: Rung, segment: int) -> dict[str, Any]:
    """How the pictures of a rendition are encoded; a keyframe every `segment` frames and nowhere else."""
    return {
        "vcodec": "libx264",
        "preset": "veryfast",
        "crf": 23,
        "maxrate": f"{rung.video_kbits}k",
        "bufsize": f"{rung.video_kbits * 2}k",
        "pix_fmt": "yuv420p",
        "profile:v": "main",
        "g": segment,
        "sc_threshold": 0,
        "force_key_frames": f"expr:not(mod(n,{segment}))",
        # Headers that do not depend on the part of the film, so that parts can be joined.
        "x264-params": "stitchable=1",
    }


def loudness_argv(source_path: str, source: Source) -> list[str]:
    """Arguments for ffmpeg: writes how loud the sound is (once a second) and where it is silent."""
    sound = _stereo(source_path, source)
    sound = sound.filter("silencedetect", noise=f"{QUIET_DB}dB", d=QUIET_S_MIN)
    sound = sound.filter("ametadata", mode="print", file=QUIET_NAME)
    sound = sound.filter("ebur128", peak="true", metadata=1, framelog="quiet").filter("aselect", "not(mod(n,10))")
    sound = sound.filter("ametadata", mode="print", file=LOUDNESS_NAME)
    argv: list[str] = sound.output("-", f="null").global_args(*TELLING).get_args()
    return argv


def sound_argv(source_path: str, source: Source, mastering: Mastering) -> list[str]:
    """Arguments for ffmpeg: the one sound of all renditions, at the loudness wanted."""
    sound = _stereo(source_path, source).filter("volume", f"{mastering.gain_db:.2f}dB")
    if mastering.is_limited:
        # Peaks between samples count as well, so the limiter works on four times as many.
        limit = f"{10 ** (TRUE_PEAK_DB / 20):.6f}"
        sound = sound.filter("aresample", 192_000).filter("alimiter", limit=limit, level=0, attack=5, release=50)
        sound = sound.filter("aresample", 48_000)
    argv: list[str] = _encoded(sound, SOUND_NAME).global_args(*TELLING).get_args()
    return argv


def silence_argv(duration_ms: int) -> list[str]:
    """Arguments for ffmpeg: silence, encoded as the sound is, for the part of a film that has none."""
    silence = ffmpeg.input(SILENCE, f="lavfi", t=_seconds(Fraction(duration_ms, 1000))).audio
    argv: list[str] = _encoded(silence, SILENCE_NAME).global_args(*QUIET).get_args()
    return argv


def join_argv(list_name: str, rung_name: str, duration_ms: int) -> list[str]:
    """Arguments for ffmpeg: copies the parts of one rendition and the sound into `<rung name>/index.m3u8`.

    Every keyframe lies on the grid of segments and begins a segment.
    """
    parts = ffmpeg.input(list_name, f="concat", protocol_whitelist="file", format_whitelist="concat,mov")
    sound = ffmpeg.input(
        SOUND_NAME,
        f="aac",
        itsoffset=_seconds(-PRIMING),
        t=_seconds(Fraction(duration_ms, 1000)),
        protocol_whitelist="file",
        format_whitelist="aac",
    )
    output = ffmpeg.output(
        parts.video,
        sound.audio,
        f"{rung_name}/{PLAYLIST_NAME}",
        c="copy",
        map_metadata=-1,
        f="hls",
        hls_time=1,
        hls_list_size=0,
        hls_playlist_type="vod",
        hls_flags="independent_segments",
        hls_segment_filename=f"{rung_name}/%05d.ts",
    )
    argv: list[str] = output.global_args(*TELLING).get_args()
    return argv


def join_list(parts: Sequence[tuple[str, int]], rate: Fraction) -> str:
    """The list of files for `join_argv`: (path below the folder, frames) of each part."""
    lines = ["ffconcat version 1.0"]
    for path, frames in parts:
        lines += [f"file {path}", f"duration {_seconds(frames / rate)}"]
    return "\n".join(lines) + "\n"


def sprites_argv(list_name: str, sprites: Sprites) -> list[str]:
    """Arguments for ffmpeg: the sheets of small pictures, from the keyframes alone."""
    parts = ffmpeg.input(
        list_name, f="concat", skip_frame="nokey", protocol_whitelist="file", format_whitelist="concat,mov"
    )
    picture = parts.video.filter("select", f"not(mod(n,{sprites.every_segments}))")
    picture = picture.filter("scale", sprites.width, sprites.height, out_range="pc")
    picture = picture.filter("tile", f"{sprites.columns}x{sprites.rows}")
    options = {"fps_mode": "passthrough", "pix_fmt": "yuvj420p", "strict": "unofficial", "q:v": 6}
    output = picture.output(SPRITE_NAME, start_number=0, map_metadata=-1, **options)
    argv: list[str] = output.global_args(*QUIET).get_args()
    return argv


def poster_argv(segment_path: str) -> list[str]:
    """Arguments for ffmpeg: the most telling picture of one of our own segments as a JPEG."""
    picture = ffmpeg.input(f"file:{segment_path}", protocol_whitelist="file", format_whitelist="mpegts").video
    picture = picture.filter("thumbnail", 50).filter("scale", f"min({POSTER_WIDTH_MAX},iw)", -2, out_range="pc")
    output = picture.output(POSTER_NAME, vframes=1, update=1, pix_fmt="yuvj420p", strict="unofficial", **{"q:v": 4})
    argv: list[str] = output.global_args(*QUIET).get_args()
    return argv


def count_argv(path: str) -> list[str]:
    """Arguments for ffprobe: how many pictures one of our own parts has, by its header."""
    return [
        *("-v", "error", "-protocol_whitelist", "file", "-format_whitelist", "mov", "-select_streams", "v:0"),
        *("-of", "json", "-show_entries", "stream=nb_frames", f"file:{path}"),
    ]


def measure_argv(playlist_path: str) -> list[str]:
    """Arguments for ffprobe: reads a finished, encrypted playlist to its end and counts its pictures."""
    return [
        *("-v", "error", "-protocol_whitelist", "file,crypto", "-allowed_extensions", "ALL"),
        *("-select_streams", "v:0", "-count_packets", "-of", "json"),
        *("-show_entries", "stream=nb_read_packets,r_frame_rate", f"file:{playlist_path}"),
    ]


def describe_argv(segment_path: str) -> list[str]:
    """Arguments for ffprobe: profile and level of the picture in one of our own segments."""
    return [
        *("-v", "error", "-protocol_whitelist", "file", "-format_whitelist", "mpegts", "-select_streams", "v:0"),
        *("-of", "json", "-show_entries", "stream=profile,level", f"file:{segment_path}"),
    ]


def _rendition(picture: Any, rung: Rung, segment: int, is_looked_at: bool) -> Any:
    """One output. The smallest one is looked at for black and frozen stretches: it costs next to nothing there."""
    scaled = picture.filter("scale", rung.width, rung.height).filter("setsar", 1)
    if is_looked_at:
        scaled = scaled.filter("freezedetect", d=FROZEN_S_MIN).filter("blackdetect", d=BLACK_S_MIN)
        scaled = scaled.filter("metadata", mode="print", file=LOOKS_NAME)
    return ffmpeg.output(scaled, f"{rung.name}.mp4", map_metadata=-1, f="mp4", **coding(rung, segment))


def _stereo(source_path: str, source: Source) -> Any:
    """The source's sound in two channels from position zero on, without holes."""
    opened = ffmpeg.input(f"file:{source_path}", t=DURATION_MS_MAX // 1000, **DECODE_LIMITS)
    sound = opened[str(source.audio_index)].filter("aresample", 48_000, **{"async": 1, "first_pts": 0})
    return sound.filter("aformat", channel_layouts="stereo")


def _encoded(sound: Any, name: str) -> Any:
    options = {"acodec": "aac", "ar": 48_000, "ac": 2, "b:a": f"{AUDIO_KBITS}k", "map_metadata": -1, "f": "adts"}
    return sound.output(name, **options)


def _seconds(length: Fraction) -> str:
    """Seconds with six places, as exact as ffmpeg reads them."""
    return f"{round(length * 1_000_000) / 1_000_000:.6f}"
