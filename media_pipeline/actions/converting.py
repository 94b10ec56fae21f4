"""Runs the converter: pictures of a span, the sound, and the join of both into plain HLS segments. No database.

Each step works in a folder of its own, which is its result as it stands: it can be stored, brought to another
machine and joined there. A long lecture makes its pictures span by span; the join is the same for one part and for a
hundred. What ends badly raises what `programs.run` raises.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from media_pipeline import programs
from media_pipeline.limits import (
    DETECTOR_BYTES_MAX,
    PROBE_TIMEOUT_S,
    timeout_for_s,
)
from media_pipeline.rules import graph, loudness, stretches
from media_pipeline.rules.chunks import Span
from media_pipeline.rules.confinement import PROBING
from media_pipeline.rules.ladder import Rung, frame_rate, segment_frames
from media_pipeline.rules.probing import Source, judge, nothing_decoded
from media_pipeline.rules.progress import JOINING, PICTURES, SOUND, Progress, ProgressReader, whole_way_ms
from media_pipeline.rules.sprites import Sprites, sprites_of

PART_NAME = "part.json"
SOUND_REPORT_NAME = "sound.json"
LIST_NAME = "parts.txt"
# Sound that ends this much before the picture needs no silence after it: players do not notice.
SOUND_SHORTER_MS_MAX = 50

Telling = Callable[[Progress], None]


class SourceRejected(Exception):
    """The probe says no; every reason is in it."""

    def __init__(self, reasons: tuple[str, ...], log_tail: str = "") -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons
        self.log_tail = log_tail


@dataclass(frozen=True)
class Joined:
    """What the join left in its folder, besides `<rung name>/index.m3u8` with its segments."""

    duration_ms: int
    sprites: Sprites
    stretches: tuple[stretches.Stretch, ...]


def examine(source_path: Path, folder: Path) -> Source:
    """What the file holds. SourceRejected with every reason when it is no video that we accept."""
    try:
        printed = programs.run(
            "ffprobe",
            graph.probe_argv(str(source_path)),
            folder=folder,
            timeout_s=PROBE_TIMEOUT_S,
            reads=(source_path,),
            limits=PROBING,
        )
        report = json.loads(printed)
    except programs.ProgramTimedOut:
        raise
    except programs.ProgramOverLimit:
        raise SourceRejected(("too_costly",)) from None
    except (programs.ProgramFailed, ValueError, RecursionError) as error:
        # Without a path of ours: the tail is shown to editors.
        tail = getattr(error, "tail", "").replace(f"file:{source_path}", "file")
        raise SourceRejected(("not_media",), tail) from None
    verdict = judge(report)
    if verdict.source is None:
        raise SourceRejected(verdict.reasons)
    return verdict.source


def convert(
    source_path: Path,
    source: Source,
    rungs: Sequence[Rung],
    *,
    folder: Path,
    on_progress: Telling,
    on_step: Callable[[str], None] = lambda step: None,
) -> Joined:
    """The whole film in one go. Positions told are those of all steps together, 0 to the film's length."""

    def telling(step: str, runs: int = 1) -> Telling:
        on_step(step)
        ended = 0

        def tell(told: Progress) -> None:
            nonlocal ended
            position_ms = (min(ended, runs - 1) * source.duration_ms + told.position_ms) // runs
            ended += told.finished
            on_progress(replace(told, position_ms=whole_way_ms(step, position_ms, source.duration_ms)))

        return tell

    part, sound = folder / "parts" / "0000", folder / "sound"
    part.mkdir(parents=True)
    sound.mkdir()
    make_pictures(source_path, source, rungs, folder=part, on_progress=telling(PICTURES))
    make_sound(source_path, source, folder=sound, on_progress=telling(SOUND))
    return join(source, rungs, folder=folder, parts=[part], sound=sound, on_progress=telling(JOINING, len(rungs)))


def make_pictures(
    source_path: Path,
    source: Source,
    rungs: Sequence[Rung],
    *,
    folder: Path,
    span: Span | None = None,
    on_progress: Telling,
) -> None:
    """`<rung name>.mp4` for every rung in the empty `folder`; positions told count from the span's start.

    A span behind the real end of the film gives no frames.
    """
    program = programs.AV1_PROGRAM if source.video_codec == "av1" else "ffmpeg"
    length_ms = source.duration_ms if span is None else min(span.to_ms, source.duration_ms) - span.from_ms
    argv = graph.pictures_argv(str(source_path), source, rungs, span)
    _read(source_path, program, argv, folder, length_ms, on_progress)
    frames = _count_frames(folder, rungs)
    (folder / PART_NAME).write_text(json.dumps({"frames": frames}))


def make_sound(source_path: Path, source: Source, *, folder: Path, on_progress: Telling) -> None:
    """The one sound of all renditions in the empty `folder`: measured, then encoded at the loudness wanted.

    A source without sound leaves only the report; the join fills in silence.
    """
    ends_ms = 0
    if source.audio_index is not None:
        _read_half(source_path, graph.loudness_argv(str(source_path), source), folder, source, on_progress, half=0)
        measured = loudness.parse_loudness(_text(folder / graph.LOUDNESS_NAME))
        (folder / graph.LOUDNESS_NAME).unlink(missing_ok=True)
        argv = graph.sound_argv(str(source_path), source, loudness.mastering(measured))
        ends_ms = _read_half(source_path, argv, folder, source, on_progress, half=1)
    (folder / SOUND_REPORT_NAME).write_text(json.dumps({"ends_ms": ends_ms}))


def join(
    source: Source,
    rungs: Sequence[Rung],
    *,
    folder: Path,
    parts: Sequence[Path],
    sound: Path,
    on_progress: Telling = lambda progress: None,
) -> Joined:
    """`<rung name>/index.m3u8` with its segments for every rung, and the sprite sheets; nothing is encoded again.

    `parts`, in the order of their spans, and `sound` lie inside `folder`. Raises ProgramFailed when there is not a
    single picture.
    """
    rate = frame_rate(source)
    counted = [(part, int(json.loads((part / PART_NAME).read_text())["frames"])) for part in parts]
    counted = [(part, frames) for part, frames in counted if frames]
    frames = sum(number for _, number in counted)
    if not frames:
        raise programs.ProgramFailed("ffmpeg", 0, "the film has no pictures")
    duration_ms = round(frames / rate * 1000)
    heard_ms = _join_sound(folder, sound, duration_ms)
    for rung in rungs:
        (folder / rung.name).mkdir()
        listed = [(f"{part.relative_to(folder)}/{rung.name}.mp4", number) for part, number in counted]
        (folder / LIST_NAME).write_text(graph.join_list(listed, rate))
        _run("ffmpeg", graph.join_argv(LIST_NAME, rung.name, duration_ms), folder, duration_ms, on_progress)
    sprites = _make_sprites(source, rungs[-1], folder, frames)
    found = list(stretches.parse_marks(_text(sound / graph.QUIET_NAME), ends_ms=min(heard_ms, duration_ms)))
    if duration_ms - heard_ms > SOUND_SHORTER_MS_MAX:
        found.append(stretches.Stretch(stretches.SILENT, heard_ms, duration_ms))
    position = 0
    for part, number in counted:
        seen = stretches.parse_marks(_text(part / graph.LOOKS_NAME), ends_ms=round(number / rate * 1000))
        found += stretches.shifted(seen, round(position / rate * 1000))
        position += number
    return Joined(duration_ms, sprites, stretches.told(found))


def _read(source_path: Path, program: str, argv: list[str], folder: Path, length_ms: int, on_progress: Telling) -> int:
    """Run a program over the source. SourceRejected when nothing in it could be decoded, or it wants too much.

    Not for memory: a machine that has none left looks the same, and a rejected original is deleted.
    """
    try:
        return _run(program, argv, folder, length_ms, on_progress, reads=(source_path,))
    except programs.ProgramOverLimit as error:
        if error.limit == "memory":
            raise
        raise SourceRejected(("too_costly",)) from None
    except programs.ProgramFailed as error:
        if nothing_decoded(error.tail):
            raise SourceRejected(("damaged",)) from None
        raise


def _run(
    program: str,
    argv: list[str],
    folder: Path,
    length_ms: int,
    on_progress: Telling,
    *,
    reads: Sequence[Path] = (),
) -> int:
    """Run to the end; the last position that the program told, in ms."""
    reader, reached_ms = ProgressReader(), 0

    def on_line(line: str) -> None:
        nonlocal reached_ms
        progress = reader.feed(line)
        if progress is not None:
            reached_ms = progress.position_ms
            on_progress(progress)

    timeout_s = timeout_for_s(length_ms)
    programs.run(program, argv, folder=folder, timeout_s=timeout_s, reads=reads, on_line=on_line)
    return reached_ms


def _read_half(
    source_path: Path, argv: list[str], folder: Path, source: Source, on_progress: Telling, *, half: int
) -> int:
    """One of the two passes over the sound, told as half of the way."""

    def tell(progress: Progress) -> None:
        on_progress(replace(progress, position_ms=(half * source.duration_ms + progress.position_ms) // 2))

    return _read(source_path, "ffmpeg", argv, folder, source.duration_ms, tell)


def _count_frames(folder: Path, rungs: Sequence[Rung]) -> int:
    path = folder / f"{rungs[-1].name}.mp4"
    argv = graph.count_argv(path.name)
    report = json.loads(programs.run("ffprobe", argv, folder=folder, timeout_s=PROBE_TIMEOUT_S))
    streams = report.get("streams") or [{}]
    return int(streams[0].get("nb_frames", 0))


def _join_sound(folder: Path, sound: Path, duration_ms: int) -> int:
    """The whole sound in the join's folder, with silence after it where the picture goes on; where it ends, in ms."""
    heard_ms = int(json.loads((sound / SOUND_REPORT_NAME).read_text())["ends_ms"])
    target = folder / graph.SOUND_NAME
    if heard_ms:
        shutil.copyfile(sound / graph.SOUND_NAME, target)
    if duration_ms - heard_ms > SOUND_SHORTER_MS_MAX:
        argv = graph.silence_argv(duration_ms - heard_ms)
        programs.run("ffmpeg", argv, folder=folder, timeout_s=timeout_for_s(duration_ms))
        with target.open("ab") as whole, (folder / graph.SILENCE_NAME).open("rb") as silence:
            shutil.copyfileobj(silence, whole)
    return heard_ms


def _make_sprites(source: Source, rung: Rung, folder: Path, frames: int) -> Sprites:
    rate = frame_rate(source)
    of_segment = segment_frames(rate, graph.SEGMENT_MS)
    segments = -(-frames // of_segment)
    sprites = sprites_of(segments, round(of_segment / rate * 1000), rung.width, rung.height)
    argv = graph.sprites_argv(LIST_NAME, sprites)
    programs.run("ffmpeg", argv, folder=folder, timeout_s=timeout_for_s(round(frames / rate * 1000)))
    return sprites


def _text(path: Path) -> str:
    """What a detector printed; a hostile film may make it print without end."""
    if not path.exists():
        return ""
    with path.open("rb") as printed:
        return printed.read(DETECTOR_BYTES_MAX).decode("utf-8", "replace")
