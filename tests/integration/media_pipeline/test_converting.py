"""A film in chunks equals the film in one go, and what is found on the way is where it is."""

import itertools
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from media_pipeline import programs
from media_pipeline.actions import converting, packaging
from media_pipeline.limits import MADE_BYTES_MAX
from media_pipeline.rules.chunks import Span
from media_pipeline.rules.ladder import Rung, ladder
from media_pipeline.rules.playlists import parse_segments
from media_pipeline.rules.stretches import BLACK, FROZEN, SILENT
from tests.clips import AAC, H264, make

# A picture that stands for seven seconds, over the border of two spans.
STANDING = "-vf setpts=(N/25+7*gt(N\\,60))/TB -fps_mode vfr -t 21"


def film(path: Path, rate: str = "25", more: str = "") -> Path:
    drawn = f"-f lavfi -i testsrc2=s=128x96:r={rate}:d=21 -f lavfi -i sine=d=21:r=48000"
    return make(path, f"{drawn} {more} {H264} -g 150 {AAC}")


def converted(path: Path, folder: Path, spans: Sequence[Span | None]) -> converting.Joined:
    sound = folder / "sound"
    sound.mkdir(parents=True)
    source = converting.examine(path, folder)
    rungs, parts = ladder(source), []
    for number, span in enumerate(spans):
        parts.append(folder / "parts" / f"{number:04d}")
        parts[-1].mkdir(parents=True)
        converting.make_pictures(path, source, rungs, folder=parts[-1], span=span, on_progress=ignore)
    converting.make_sound(path, source, folder=sound, on_progress=ignore)
    return converting.join(source, rungs, folder=folder, parts=parts, sound=sound)


def ignore(progress: object) -> None:
    return


def likeness_db(one: Path, other: Path) -> float:
    """The PSNR of the picture that differs most."""
    inputs = ["-i", str(one), "-i", str(other)]
    command = [programs.program_path("ffmpeg"), "-hide_banner", *inputs, "-lavfi", "[0:v][1:v]psnr", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(told.rpartition(" min:")[2].split()[0])


def packets(playlist: Path, stream: str) -> list[float]:
    """Times of the packets of one stream in the order of playing."""
    command = [programs.program_path("ffprobe"), "-v", "error", "-select_streams", stream, "-of", "json"]
    told = subprocess.run(
        [*command, "-show_entries", "packet=pts_time", str(playlist)], capture_output=True, text=True, check=True
    )
    return sorted(float(packet["pts_time"]) for packet in json.loads(told.stdout)["packets"])


@pytest.mark.parametrize(
    ("rate", "more"), [("25", ""), ("30000/1001", ""), ("24000/1001", ""), ("25", STANDING)], ids=str
)
def test_chunks_leave_no_seam(tmp_path: Path, rate: str, more: str) -> None:
    path = film(tmp_path / "film.mkv", rate, more)

    # The last span begins behind the film: it was claimed to be longer than it is.
    spans = [Span(0, 4_000), Span(4_000, 12_000), Span(12_000, 16_000), Span(16_000, 24_000), Span(24_000, 28_000)]
    whole = converted(path, tmp_path / "whole", [None])
    chunked = converted(path, tmp_path / "chunked", spans)

    one, other = (tmp_path / name / "96" / "index.m3u8" for name in ("whole", "chunked"))
    assert chunked == whole
    assert parse_segments(other.read_text()) == parse_segments(one.read_text())
    assert likeness_db(one, other) > 33
    for stream, longest_s in (("v:0", 0.051), ("a:0", 0.022)):
        times = packets(other, stream)
        assert times == packets(one, stream)
        assert max(after - before for before, after in itertools.pairwise(times)) <= longest_s


def test_what_is_silent_frozen_or_black_is_found_over_the_border_of_chunks(tmp_path: Path) -> None:
    drawn = "color=gray:s=64x48:r=10:d=64[a];color=black:s=64x48:r=10:d=3[b];testsrc=s=64x48:r=10:d=9[c]"
    heard = "aevalsrc=0.2*sin(440*2*PI*t)*(lt(t\\,20)+gt(t\\,40)):d=76:s=48000"
    inputs = f"-f lavfi -i {heard} -filter_complex {drawn};[a][b][c]concat=n=3[v] -map [v] -map 0:a"
    path = make(tmp_path / "film.mp4", f"{inputs} {H264} {AAC}")

    found = converted(path, tmp_path / "made", [Span(0, 32_000), Span(32_000, 76_000)]).stretches

    # What is black stands still as well.
    told = [(each.kind, round(each.from_ms / 1000), round(each.to_ms / 1000)) for each in found]
    assert told == [(FROZEN, 0, 67), (SILENT, 20, 40), (BLACK, 64, 67)]


def test_sound_that_ends_early_is_followed_by_silence(tmp_path: Path) -> None:
    path = make(tmp_path / "film.mp4", f"-f lavfi -i testsrc=s=64x48:r=10:d=20 -f lavfi -i sine=d=5 {H264} {AAC}")

    made = converted(path, tmp_path / "made", [None])

    times = packets(tmp_path / "made" / "48" / "index.m3u8", "a:0")
    assert times[-1] - times[0] == pytest.approx(20, abs=0.05)
    assert max(after - before for before, after in itertools.pairwise(times)) <= 0.022
    assert [(each.kind, round(each.from_ms / 1000), each.to_ms) for each in made.stretches] == [(SILENT, 5, 20_000)]


@dataclass(frozen=True)
class Told:
    """A film that was converted in one go, and what was told on the way."""

    folder: Path
    rungs: Sequence[Rung]
    joined: converting.Joined
    steps: list[str]
    positions_ms: list[int]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The tests below share it: a conversion takes longer than they do."""
    base = tmp_path_factory.mktemp("told")
    path, folder = film(base / "film.mp4"), base / "made"
    folder.mkdir()
    source = converting.examine(path, folder)
    rungs = ladder(source)
    steps: list[str] = []
    positions_ms: list[int] = []
    joined = converting.convert(
        path,
        source,
        rungs,
        folder=folder,
        on_progress=lambda progress: positions_ms.append(progress.position_ms),
        on_step=steps.append,
    )
    return Told(folder, rungs, joined, steps, positions_ms)


def test_all_steps_are_told_as_one_way(told: Told) -> None:
    assert told.steps == ["pictures", "sound", "joining"]
    assert told.positions_ms == sorted(told.positions_ms)
    assert 20_500 <= told.positions_ms[-1] <= 21_000


def test_no_file_that_a_program_left_fills_the_memory(told: Told, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    shutil.copytree(told.folder, folder)
    name = told.rungs[0].name
    second, _ = parse_segments((folder / name / "index.m3u8").read_text())[1]
    with (folder / name / second).open("wb") as grown:
        grown.truncate(MADE_BYTES_MAX + 1)
    quietly = {"new_key": lambda: bytes(16), "on_stored": lambda done, total: None}

    with pytest.raises(packaging.ResultBroken, match="more than"):
        packaging.package(folder, told.rungs, "hls/x/y", **quietly, joined=told.joined)
