"""Turns ffmpeg's plain segments into what is published: encrypted, stored, measured, and checked.

`package` stores; `package_plain` leaves files for any player instead. `check_playable` reads the encrypted result back
from storage, to its end and through the keys, with ffprobe; `discard` removes what an attempt stored. No database.
"""

import json
import logging
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage

from media_pipeline import programs
from media_pipeline.actions.attempts import NewRendition
from media_pipeline.actions.converting import Joined
from media_pipeline.limits import DURATION_TOLERANCE_MS, MADE_BYTES_MAX, PROBE_TIMEOUT_S, timeout_for_s
from media_pipeline.rules import graph, playlists, windows
from media_pipeline.rules.encryption import encrypt_segment
from media_pipeline.rules.ladder import Rung
from media_pipeline.rules.sprites import Sprites, to_json, to_webvtt
from media_pipeline.rules.stretches import Stretch

logger = logging.getLogger(__name__)
AUDIO_CODEC = "mp4a.40.2"
H264_PROFILES = {"Constrained Baseline": "42e0", "Baseline": "42e0", "Main": "4d40", "High": "6400"}


class ResultBroken(Exception):
    """What we made does not play, or not for as long as its segments say."""


@dataclass(frozen=True)
class Packaged:
    """What was stored: `windows` holds each window with its key, `sprites` the sheets as the asset keeps them."""

    duration_ms: int
    poster: str
    renditions: tuple[NewRendition, ...]
    windows: tuple[tuple[windows.Window, bytes], ...]
    sprites: dict[str, Any]
    stretches: tuple[Stretch, ...]


def package(
    folder: Path,
    rungs: Sequence[Rung],
    prefix: str,
    *,
    new_key: Callable[[], bytes],
    on_stored: Callable[[int, int], None],
    joined: Joined,
) -> Packaged:
    """Encrypt and store the segments of all renditions below `prefix` in default storage; poster and sprites plain."""
    made = [playlists.parse_segments((folder / rung.name / graph.PLAYLIST_NAME).read_text()) for rung in rungs]
    lengths = [windows.whole_durations_ms([seconds for _, seconds in segments]) for segments in made]
    windows.check_same_cuts(lengths)
    # One time line for all renditions: the shortest last segment decides, so that no rendition ends before it.
    shared = min(lengths, key=sum)
    keyed = [(window, new_key()) for window in windows.windows(shared)]
    _draw_poster(folder, rungs[0])
    poster = default_storage.save(f"{prefix}/{graph.POSTER_NAME}", ContentFile(_taken(folder / graph.POSTER_NAME)))
    of_segment = playlists.windows_of_segments(shared, [window for window, _ in keyed])
    total, done, renditions = len(shared) * len(rungs), 0, []
    for rung, segments in zip(rungs, made, strict=True):
        stored, peak = [], 0
        for sequence, (file, _) in enumerate(segments):
            content = _taken(folder / rung.name / file)
            content = encrypt_segment(content, key=keyed[of_segment[sequence]][1], sequence=sequence)
            name = default_storage.save(f"{prefix}/{rung.name}/{sequence:05d}.ts", ContentFile(content))
            stored.append((name, shared[sequence]))
            peak = max(peak, len(content) * 8000 // max(1, shared[sequence]))
            done += 1
            on_stored(done, total)
        codecs = f"{_video_codec(folder / rung.name / segments[0][0], folder)},{AUDIO_CODEC}"
        renditions.append(NewRendition(rung.width, rung.height, peak, codecs, tuple(stored)))
    kept = _store_sprites(folder, joined.sprites, prefix)
    return Packaged(sum(shared), poster, tuple(renditions), tuple(keyed), kept, joined.stretches)


def _taken(path: Path) -> bytes:
    """A file that a program left. Whoever took it over chose the size: ResultBroken when it is no segment's."""
    size = path.stat().st_size
    if size > MADE_BYTES_MAX:
        raise ResultBroken(f"{path.name} has {size} bytes, more than {MADE_BYTES_MAX}")
    return path.read_bytes()


def package_plain(folder: Path, rungs: Sequence[Rung], joined: Joined, target: Path) -> None:
    """Leave what `folder` holds in `target` as files that any player opens: no keys, no storage."""
    variants = []
    for rung in rungs:
        listed = playlists.parse_segments((folder / rung.name / graph.PLAYLIST_NAME).read_text())
        sizes = [(folder / rung.name / file).stat().st_size for file, _ in listed]
        peak = max(round(size * 8 / max(0.001, seconds)) for size, (_, seconds) in zip(sizes, listed, strict=True))
        codecs = f"{_video_codec(folder / rung.name / listed[0][0], folder)},{AUDIO_CODEC}"
        address = f"{rung.name}/{graph.PLAYLIST_NAME}"
        variants.append(playlists.Variant(address, rung.width, rung.height, peak, codecs))
    _draw_poster(folder, rungs[0])
    sheets = [graph.SPRITE_NAME % number for number in range(joined.sprites.sheets)]
    (target / "master.m3u8").write_text(playlists.master_playlist(variants))
    (target / "sprites.vtt").write_text(to_webvtt(joined.sprites, sheets, joined.duration_ms))
    report = {"duration_ms": joined.duration_ms, "stretches": [asdict(each) for each in joined.stretches]}
    (target / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    for name in [*(rung.name for rung in rungs), graph.POSTER_NAME, *sheets]:
        shutil.move(folder / name, target / name)


def check_playable(packaged: Packaged, folder: Path) -> None:
    """Read every rendition back from storage, through its keys, to the end. Raises ResultBroken."""
    for window, key in packaged.windows:
        (folder / f"{window.ordinal}.key").write_bytes(key)
    for rendition in packaged.renditions:
        names = {name: _readable(name, folder) for name, _ in rendition.segments}
        text = playlists.media_playlist(
            rendition.segments,
            [window for window, _ in packaged.windows],
            segment_url=names.__getitem__,
            key_url=lambda ordinal: f"{ordinal}.key",
        )
        playlist = folder / f"check-{rendition.height}.m3u8"
        playlist.write_text(text)
        measured_ms = _measured_ms(
            playlist, folder, {Path(path).parent for path in names.values()}, packaged.duration_ms
        )
        if abs(measured_ms - packaged.duration_ms) > DURATION_TOLERANCE_MS:
            raise ResultBroken(f"{rendition.height}: {measured_ms} ms of pictures in {packaged.duration_ms} ms")


def discard(prefix: str, storage: Storage = default_storage) -> None:
    """Remove everything below a prefix, of default storage unless told; what cannot be removed is only waste."""
    try:
        folders, files = storage.listdir(prefix)
    except (FileNotFoundError, NotADirectoryError):
        return
    for file in files:
        storage.delete(f"{prefix}/{file}")
    for folder in folders:
        discard(f"{prefix}/{folder}", storage)
    try:
        storage.delete(prefix)
    except OSError:
        logger.warning("%s was not removed", prefix)


def _draw_poster(folder: Path, rung: Rung) -> None:
    listed = playlists.parse_segments((folder / rung.name / graph.PLAYLIST_NAME).read_text())
    segment = folder / rung.name / listed[len(listed) // 3][0]
    programs.run("ffmpeg", graph.poster_argv(str(segment)), folder=folder, timeout_s=PROBE_TIMEOUT_S)


def _store_sprites(folder: Path, sprites: Sprites, prefix: str) -> dict[str, Any]:
    files = []
    for number in range(sprites.sheets):
        name = graph.SPRITE_NAME % number
        files.append(default_storage.save(f"{prefix}/{name}", ContentFile(_taken(folder / name))))
    return to_json(sprites, files)


def _readable(name: str, folder: Path) -> str:
    try:
        return default_storage.path(name)
    except NotImplementedError:
        copy = folder / "check" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        with default_storage.open(name) as stored:
            copy.write_bytes(stored.read())
        return str(copy)


def _video_codec(segment: Path, folder: Path) -> str:
    """The picture's codec as players want it named (RFC 6381), from what the encoder really wrote."""
    stream = _stream(graph.describe_argv(str(segment)), folder)
    profile = H264_PROFILES.get(str(stream.get("profile")), "6400")
    return f"avc1.{profile}{int(stream.get('level', 40)):02x}"


def _measured_ms(playlist: Path, folder: Path, stored_in: Collection[Path], media_ms: int) -> int:
    stream = _stream(graph.measure_argv(str(playlist)), folder, stored_in, media_ms)
    rate = Fraction(stream["r_frame_rate"])
    return round(int(stream["nb_read_packets"]) / rate * 1000)


def _stream(argv: list[str], folder: Path, reads: Collection[Path] = (), media_ms: int = 0) -> dict[str, str]:
    printed = programs.run("ffprobe", argv, folder=folder, timeout_s=timeout_for_s(media_ms), reads=tuple(reads))
    report = json.loads(printed)
    streams: list[dict[str, str]] = report.get("streams") or []
    if not streams:
        raise ResultBroken("no picture in what we made")
    return streams[0]
