"""Builds the argument lists for ffprobe and ffmpeg; runs nothing.

One decode feeds every rendition: constant frame rate from position zero, then split and scaled. Keyframes are
forced at every segment start, so all renditions cut at the same positions. Sound is padded with silence and
ends with the picture; a source without sound gets a silent track, so that every segment has the same streams.
"""

from collections.abc import Sequence
from typing import Final

import ffmpeg

from media_pipeline.rules.ladder import AUDIO_KBITS, Rung, frame_rate, keyframe_gap
from media_pipeline.rules.probing import CONTAINERS, DURATION_MS_MAX, PIXELS_MAX, Source

SEGMENT_MS: Final = 4_000
PLAYLIST_NAME: Final = "index.m3u8"
POSTER_NAME: Final = "poster.jpg"
POSTER_WIDTH_MAX: Final = 1280

# A hostile file may name other files or addresses to open; these lists leave nothing but the file itself.
READ_LIMITS: Final = {"protocol_whitelist": "file", "format_whitelist": ",".join(CONTAINERS)}
# A picture may grow in the middle of a film, after the probe. Twice, because decoders round sides up.
DECODE_LIMITS: Final = {**READ_LIMITS, "max_pixels": 2 * PIXELS_MAX}
SILENCE: Final = "anullsrc=channel_layout=stereo:sample_rate=48000"


def probe_argv(source_path: str) -> list[str]:
    """Arguments for ffprobe: container and streams as JSON."""
    limits = [part for name, value in READ_LIMITS.items() for part in (f"-{name}", value)]
    return ["-v", "error", *limits, "-of", "json", "-show_format", "-show_streams", f"file:{source_path}"]


def transcode_argv(source_path: str, source: Source, rungs: Sequence[Rung]) -> list[str]:
    """Arguments for ffmpeg: writes `<rung name>/index.m3u8` and its segments below the working folder."""
    rate = frame_rate(source)
    opened = ffmpeg.input(f"file:{source_path}", t=DURATION_MS_MAX // 1000, **DECODE_LIMITS)
    picture = opened[str(source.video_index)].filter("fps", fps=str(rate), start_time=0)
    pictures = picture.filter_multi_output("split", len(rungs))
    if source.audio_index is None:
        sound = ffmpeg.input(SILENCE, f="lavfi").audio
    else:
        sound = opened[str(source.audio_index)]
    sound = sound.filter("aresample", 48000, **{"async": 1, "first_pts": 0}).filter("apad")
    sounds = sound.filter_multi_output("asplit", len(rungs))
    outputs = [
        _rendition(pictures[number], sounds[number], rung, keyframe_gap(rate, SEGMENT_MS))
        for number, rung in enumerate(rungs)
    ]
    argv: list[str] = ffmpeg.merge_outputs(*outputs).global_args(*QUIET, "-progress", "pipe:1").get_args()
    return argv


def poster_argv(segment_path: str) -> list[str]:
    """Arguments for ffmpeg: the most telling picture of one of our own segments as a JPEG."""
    picture = ffmpeg.input(f"file:{segment_path}", protocol_whitelist="file", format_whitelist="mpegts").video
    picture = picture.filter("thumbnail", 50).filter("scale", f"min({POSTER_WIDTH_MAX},iw)", -2, out_range="pc")
    output = picture.output(POSTER_NAME, vframes=1, update=1, pix_fmt="yuvj420p", strict="unofficial", **{"q:v": 4})
    argv: list[str] = output.global_args(*QUIET).get_args()
    return argv


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


QUIET: Final = ("-hide_banner", "-nostdin", "-loglevel", "warning", "-y")


def _rendition(picture: object, sound: object, rung: Rung, keyframes_every: int) -> object:
    scaled = picture.filter("scale", rung.width, rung.height).filter("setsar", 1)  # type: ignore[attr-defined]
    return ffmpeg.output(
        scaled,
        sound,
        f"{rung.name}/{PLAYLIST_NAME}",
        vcodec="libx264",
        preset="veryfast",
        crf=23,
        maxrate=f"{rung.video_kbits}k",
        bufsize=f"{rung.video_kbits * 2}k",
        pix_fmt="yuv420p",
        g=keyframes_every,
        sc_threshold=0,
        force_key_frames=f"expr:gte(t,n_forced*{SEGMENT_MS // 1000})",
        acodec="aac",
        ar=48000,
        ac=2,
        map_metadata=-1,
        shortest=None,
        f="hls",
        hls_time=SEGMENT_MS // 1000,
        hls_list_size=0,
        hls_playlist_type="vod",
        hls_flags="independent_segments",
        hls_segment_filename=f"{rung.name}/%05d.ts",
        **{"profile:v": "main", "b:a": f"{AUDIO_KBITS}k"},
    )
