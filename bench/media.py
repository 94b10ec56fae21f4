"""`make bench-media`: our converter beside plain ffmpeg commands that make the same ladder of the same film.

Ours measures loudness, looks for silent, frozen and black stretches, draws sprite sheets and joins; the plain commands
do none of it. The film is what a phone records: 1080p, H.264, 17 Mbit/s. One worker has one core; two have two, and
share the film's chunks, where a plain command has its threads. CPU seconds are those of all programs that a variant
started. SECONDS (60) of film, ROUNDS (2): the quickest round counts.
"""

import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.history import keep
from lms.env.values import integer

WORKERS: Final = (1, 2)
CHUNKS: Final = 4
PICTURES: Final = "testsrc2=s=1920x1080:r=25:d={seconds},noise=alls=6:allf=t"
VOICE: Final = "aevalsrc=0.2*sin(220*2*PI*t)*gt(mod(t\\,3)\\,0.4):c=stereo:s=48000:d={seconds}"
PLAIN, EACH, OURS, CHUNKED = "plain command", "one run per rendition", "ours", "ours in chunks"
AIMS: Final = {"ours / plain command": 1.10, "one run per rendition / ours": 1.50, "ours in chunks / ours": 1.10}


def main() -> None:
    seconds = integer("SECONDS", default=60, at_least=8, at_most=7200)
    rounds = integer("ROUNDS", default=2, at_least=1, at_most=20)
    with tempfile.TemporaryDirectory(prefix="xueshi-bench-") as name:
        os.environ.update(DATA_DIR=name, DJANGO_SETTINGS_MODULE="lms.settings")
        import django

        django.setup()
        rows = _measured(Path(name), seconds, rounds)
    ratios = _ratios(rows)
    keep("media", with_servers=False, seconds=seconds, rounds=rounds, rows=rows, ratios=ratios)


def _measured(folder: Path, seconds: int, rounds: int) -> list[dict[str, Any]]:
    from media_pipeline.actions import converting

    film = _film(folder, seconds)
    source = converting.examine(film, folder)
    rows: list[dict[str, Any]] = []
    for workers in WORKERS:
        if workers > len(os.sched_getaffinity(0)):
            print(f"{workers} workers need {workers} cores; left out", flush=True)
            continue
        variants: dict[str, Callable[[Path], None]] = {
            PLAIN: lambda out: _plain(film, source, out),
            EACH: lambda out: _each(film, source, out),
            OURS: lambda out: _ours(film, source, out),
            CHUNKED: lambda out, workers=workers: _chunked(film, source, out, workers),  # type: ignore[misc]
        }
        with _cores(workers):
            for variant, run in variants.items():
                tries = [_spent(folder / "out", run) for _ in range(rounds)]
                wall_s, cpu_s = (min(each[place] for each in tries) for place in (0, 1))
                rows.append({"workers": workers, "variant": variant, "wall_s": wall_s, "cpu_s": cpu_s})
                print(f"{workers} worker(s)  {variant:22} {wall_s:8.1f} s  {cpu_s:8.1f} CPU s", flush=True)
    return rows


def _film(folder: Path, seconds: int) -> Path:
    film = folder / "film.mp4"
    inputs = []
    for drawn in (PICTURES, VOICE):
        inputs += ["-f", "lavfi", "-i", drawn.format(seconds=seconds)]
    _ffmpeg([*inputs, "-c:v", "libx264", "-preset", "veryfast", "-b:v", "17M", "-c:a", "aac", str(film)])
    return film


def _plain(film: Path, source: Any, out: Path) -> None:
    from media_pipeline.rules.ladder import ladder

    _ffmpeg(_command(film, source, ladder(source), out))


def _each(film: Path, source: Any, out: Path) -> None:
    from media_pipeline.rules.ladder import ladder

    for rung in ladder(source):
        _ffmpeg(_command(film, source, [rung], out))


def _command(film: Path, source: Any, rungs: Any, out: Path) -> list[str]:
    """What one would type: one decode, a scaler and an encoder per rendition, sound for each, cut into segments."""
    import ffmpeg

    from media_pipeline.rules import graph
    from media_pipeline.rules.ladder import AUDIO_KBITS, frame_rate, segment_frames

    segment = segment_frames(frame_rate(source), graph.SEGMENT_MS)
    opened = ffmpeg.input(str(film))
    pictures = opened.video.filter_multi_output("split", len(rungs))
    outputs = []
    for number, rung in enumerate(rungs):
        (out / rung.name).mkdir()
        options = {"acodec": "aac", "b:a": f"{AUDIO_KBITS}k", "f": "hls", "hls_time": 4, "hls_list_size": 0}
        scaled = pictures[number].filter("scale", rung.width, rung.height)
        target = str(out / rung.name / "index.m3u8")
        outputs.append(ffmpeg.output(scaled, opened.audio, target, **options, **graph.coding(rung, segment)))
    argv: list[str] = ffmpeg.merge_outputs(*outputs).get_args()
    return argv


def _ours(film: Path, source: Any, out: Path) -> None:
    from media_pipeline.actions import converting
    from media_pipeline.rules.ladder import ladder

    converting.convert(film, source, ladder(source), folder=out, on_progress=lambda progress: None)


def _chunked(film: Path, source: Any, out: Path, workers: int) -> None:
    from media_pipeline.actions import converting
    from media_pipeline.rules.chunks import Span
    from media_pipeline.rules.graph import SEGMENT_MS
    from media_pipeline.rules.ladder import ladder

    rungs, sound = ladder(source), out / "sound"
    segments = -(-source.duration_ms // SEGMENT_MS)
    edges = [segments * number // CHUNKS * SEGMENT_MS for number in range(CHUNKS + 1)]
    parts = [out / "parts" / f"{number:04d}" for number in range(CHUNKS)]
    for folder in (*parts, sound):
        folder.mkdir(parents=True)

    def pictures(number: int) -> None:
        span = Span(edges[number], edges[number + 1])
        converting.make_pictures(
            film, source, rungs, folder=parts[number], span=span, on_progress=lambda progress: None
        )

    def rest() -> None:
        converting.make_sound(film, source, folder=sound, on_progress=lambda progress: None)

    with ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(pictures, number) for number in range(CHUNKS)] + [pool.submit(rest)]
        for job in jobs:
            job.result()
    converting.join(source, rungs, folder=out, parts=parts, sound=sound)


def _spent(out: Path, run: Callable[[Path], None]) -> tuple[float, float]:
    """Seconds that passed, and CPU seconds of this process and of all that it started."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    began_s, before_s = time.monotonic(), _cpu_s()
    run(out)
    return time.monotonic() - began_s, _cpu_s() - before_s


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


@contextmanager
def _cores(number: int) -> Iterator[None]:
    """Programs started within have so many cores."""
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(all_of_them)[:number]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)


def _ffmpeg(argv: list[str]) -> None:
    from media_pipeline.programs import program_path

    subprocess.run([program_path("ffmpeg"), "-v", "error", "-nostdin", "-y", *argv], check=True)


def _ratios(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    told = []
    for workers in sorted({row["workers"] for row in rows}):
        of = {row["variant"]: row for row in rows if row["workers"] == workers}
        for name, aim in AIMS.items():
            one, other = (of[variant] for variant in name.split(" / "))
            found = {unit: one[f"{unit}_s"] / other[f"{unit}_s"] for unit in ("cpu", "wall")}
            told.append({"workers": workers, "ratio": name, **found, "aim": aim})
            print(f"{workers} worker(s)  {name:30} CPU {found['cpu']:.2f}  wall {found['wall']:.2f}  (aim {aim:.2f})")
    return told


if __name__ == "__main__":
    main()
