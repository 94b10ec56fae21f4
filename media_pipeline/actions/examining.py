"""Reads an original: where programs find it, and whether it is a video that we accept."""

import json
from pathlib import Path

from media_pipeline import programs
from media_pipeline.limits import PROBE_TIMEOUT_S
from media_pipeline.models import Asset
from media_pipeline.rules import graph
from media_pipeline.rules.probing import Source, judge


class SourceRejected(Exception):
    """The probe says no; every reason is in it."""

    def __init__(self, reasons: tuple[str, ...], log_tail: str = "") -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons
        self.log_tail = log_tail


def local_source(asset: Asset, folder: Path) -> Path:
    """A path that programs can read: the stored file itself, or a copy when the storage has no paths."""
    try:
        path = Path(asset.source.path)
        # A lost original is our fault and must not read as "no video".
        path.stat()
        return path
    except NotImplementedError:
        copy = folder / "source"
        with asset.source.open("rb") as original, copy.open("wb") as target:
            for chunk in original.chunks():
                target.write(chunk)
        return copy


def probe(source_path: Path, folder: Path) -> Source:
    """What the file holds. Raises SourceRejected with every reason why it is no video for us."""
    try:
        printed = programs.run("ffprobe", graph.probe_argv(str(source_path)), folder=folder, timeout_s=PROBE_TIMEOUT_S)
        report = json.loads(printed)
    except programs.ProgramTimedOut:
        raise
    except (programs.ProgramFailed, ValueError) as error:
        # Without a path of ours: the tail is shown to editors.
        tail = getattr(error, "tail", "").replace(f"file:{source_path}", "file")
        raise SourceRejected(("not_media",), tail) from None
    verdict = judge(report)
    if verdict.source is None:
        raise SourceRejected(verdict.reasons)
    return verdict.source
