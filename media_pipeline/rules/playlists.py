"""Reads ffmpeg's playlist and writes ours: a master list and one list per rendition.

Our lists name a key at the start of each window. There is no IV attribute, so players take the media sequence
number as 16 bytes (RFC 8216, 5.2), which is how the segments were encrypted. The caller decides every address,
because only the caller knows who may ask for a key.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from media_pipeline.rules.windows import Window


@dataclass(frozen=True)
class Variant:
    """One line of the master list."""

    url: str
    width: int
    height: int
    bandwidth: int
    codecs: str


class PlaylistBroken(Exception):
    """A list of segments and windows that do not fit each other, or a list that is not one."""


def parse_segments(text: str) -> tuple[tuple[str, float], ...]:
    """(file, seconds) of every segment in a playlist written by ffmpeg, all beside the playlist.

    PlaylistBroken also for names that lead elsewhere: whoever broke ffmpeg would have us publish other files.
    """
    found: list[tuple[str, float]] = []
    seconds: float | None = None
    for line in text.splitlines():
        if line.startswith("#EXTINF:"):
            seconds = float(line.removeprefix("#EXTINF:").partition(",")[0])
        elif line and not line.startswith("#") and seconds is not None:
            found.append((line, seconds))
            seconds = None
    if not found or "#EXT-X-ENDLIST" not in text:
        raise PlaylistBroken("no segments, or no end")
    if any("/" in file or file.startswith(".") for file, _ in found):
        raise PlaylistBroken("a segment lies elsewhere")
    return tuple(found)


def master_playlist(variants: Sequence[Variant]) -> str:
    """Lowest first: a player that takes the first one starts on any network."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for variant in sorted(variants, key=lambda variant: variant.bandwidth):
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={variant.bandwidth},RESOLUTION={variant.width}x{variant.height},"
            f'CODECS="{variant.codecs}"'
        )
        lines.append(variant.url)
    return "\n".join(lines) + "\n"


def media_playlist(
    segments: Sequence[tuple[str, int]],
    windows: Sequence[Window],
    *,
    segment_url: Callable[[str], str],
    key_url: Callable[[int], str],
) -> str:
    """The list of one rendition; `segments` are (file, ms), a window must begin where a segment does."""
    target_s = max(ceil(duration_ms / 1000) for _, duration_ms in segments)
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{target_s}"]
    lines += ["#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS"]
    starts = {window.from_ms: window.ordinal for window in windows}
    position_ms = 0
    for file, duration_ms in segments:
        if position_ms in starts:
            lines.append(f'#EXT-X-KEY:METHOD=AES-128,URI="{key_url(starts.pop(position_ms))}"')
        lines.append(f"#EXTINF:{duration_ms // 1000}.{duration_ms % 1000:03d},")
        lines.append(segment_url(file))
        position_ms += duration_ms
    if starts:
        raise PlaylistBroken(f"windows begin inside segments: {sorted(starts)}")
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


def windows_of_segments(durations_ms: Sequence[int], windows: Sequence[Window]) -> tuple[int, ...]:
    """The ordinal of the window of each segment."""
    found, position_ms = [], 0
    for duration_ms in durations_ms:
        found.append(next(window.ordinal for window in windows if window.from_ms <= position_ms < window.to_ms))
        position_ms += duration_ms
    return tuple(found)
