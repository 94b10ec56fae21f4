"""Converts one video on this machine into a folder that any player opens: no database, no keys, no worker."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, no_translations

from media_pipeline import programs
from media_pipeline.actions import converting
from media_pipeline.actions.packaging import ResultBroken, package_plain
from media_pipeline.actions.workfolders import work_folder
from media_pipeline.reasons import explain
from media_pipeline.rules.ladder import ladder
from media_pipeline.rules.playlists import PlaylistBroken
from media_pipeline.rules.progress import Progress, seconds_left

BAR_CHARS: Final = 30
# What cannot go on, each with a sentence of its own.
BROKEN: Final = (programs.ProgramMissing, programs.SandboxMissing, ResultBroken, PlaylistBroken, OSError)


class Command(BaseCommand):
    help = "Convert a video into a folder with all its renditions (master.m3u8), poster, sprite sheets and report."
    # Nothing that the checks look at is needed.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="made if missing; must be empty")

    @no_translations
    def handle(self, *args: Any, file: Path, out: Path, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"{file} is not a file.")
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise CommandError(f"{out} is not an empty folder; nothing was touched.")
        bar = ProgressBar(self._tell, is_live=self.stderr.isatty())
        try:
            self._convert(file.resolve(), out, bar)
        except converting.SourceRejected as rejected:
            raise CommandError(_in_words(rejected)) from None
        except programs.ProgramFailed as failed:
            raise CommandError(f"{failed}. {failed.tail.strip()}".strip()) from None
        except BROKEN as error:
            raise CommandError(str(error)) from None

    def _tell(self, text: str, ending: str = "\n") -> None:
        """Beside the result, but not in the colour of errors."""
        self.stderr.write(text, str, ending)

    def _convert(self, file: Path, out: Path, bar: "ProgressBar") -> None:
        with work_folder() as folder:
            source = converting.examine(file, folder)
            rungs = ladder(source)
            bar.duration_ms = source.duration_ms
            joined = converting.convert(
                file, source, rungs, folder=folder, on_progress=bar.show, on_step=bar.begin_step
            )
            out.mkdir(parents=True, exist_ok=True)
            package_plain(folder, rungs, joined, out)
        bar.finish()
        made = ", ".join(f"{rung.width}x{rung.height}" for rung in rungs)
        self.stdout.write(f"{out / 'master.m3u8'}: {joined.duration_ms / 1000:.3f} s, {made}")


class ProgressBar:
    """Percent, step, speed and time left: one line that is written over, or a line every ten percent for a log."""

    def __init__(self, write: Callable[..., object], *, is_live: bool) -> None:
        self._write, self._is_live = write, is_live
        self._begun_s = time.monotonic()
        self._step, self._told_percent = "", -1
        self.duration_ms = 1

    def begin_step(self, step: str) -> None:
        self._step = step

    def show(self, progress: Progress) -> None:
        percent = min(100, progress.position_ms * 100 // self.duration_ms)
        if not self._is_live and percent // 10 <= self._told_percent // 10:
            return
        self._told_percent = percent
        left_s = seconds_left(round((time.monotonic() - self._begun_s) * 1000), 0, percent)
        full = BAR_CHARS * percent // 100
        parts = [f"[{'#' * full}{'.' * (BAR_CHARS - full)}]", f"{percent:3d} %", self._step]
        parts += [f"{progress.speed:.1f}x"] if progress.speed else []
        parts += [f"{left_s // 60}:{left_s % 60:02d} left"] if left_s is not None else []
        line = "  ".join(parts)
        self._write(f"\r{line:<78}" if self._is_live else line, ending="" if self._is_live else "\n")

    def finish(self) -> None:
        self.show(Progress(self.duration_ms, None, finished=True))
        if self._is_live:
            self._write("")


def _in_words(rejected: converting.SourceRejected) -> str:
    return "\n".join(f"{each.what} {each.advice}" for each in explain(rejected.reasons))
