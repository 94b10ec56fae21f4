"""One attempt at one asset, from the claim to the end: probe, transcode, encrypt, store, check, publish.

All files are made in an empty private folder and stored under the attempt's own prefix; nothing points to them
until the rows are published in one transaction. Our own check reads the encrypted result to its end before that.
"""

import json
import logging
import secrets
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from media_pipeline import programs
from media_pipeline.actions import attempts
from media_pipeline.actions.packaging import Packaged, check_playable, discard, package
from media_pipeline.limits import (
    PROBE_TIMEOUT_S,
    REPORT_EVERY_S,
    TRANSCODE_TIMEOUT_MIN_S,
    TRANSCODE_TIMEOUT_PER_MEDIA_S,
)
from media_pipeline.models import Asset, Stage
from media_pipeline.rules import graph
from media_pipeline.rules.confinement import PROBING
from media_pipeline.rules.ladder import Rung, ladder
from media_pipeline.rules.probing import Source, judge, nothing_decoded
from media_pipeline.rules.progress import (
    STORING_TO_PERCENT,
    ProgressReader,
    storing_percent,
    transcoding_percent,
)
from media_pipeline.storage import published_folder

logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]


class SourceRejected(Exception):
    """The probe says no; every reason is in it."""

    def __init__(self, reasons: tuple[str, ...], log_tail: str = "") -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons
        self.log_tail = log_tail


class Reporter:
    """Writes progress at most every REPORT_EVERY_S; raises AttemptLost in the middle of the work when fenced."""

    def __init__(self, asset_uuid: uuid.UUID, token: uuid.UUID, clock: Clock) -> None:
        self.asset_uuid, self.token, self.clock = asset_uuid, token, clock
        self._last_s = float("-inf")

    def say(self, stage: str, percent: int, speed: float | None = None, *, at_once: bool = False) -> None:
        if not at_once and time.monotonic() - self._last_s < REPORT_EVERY_S:
            return
        self._last_s = time.monotonic()
        attempts.report_progress(
            at=self.clock(),
            asset_uuid=self.asset_uuid,
            token=self.token,
            stage=stage,
            percent=percent,
            speed=speed,
        )


def run_attempt(*, clock: Clock, asset_uuid: uuid.UUID, token: uuid.UUID) -> str | None:
    """Do the work if there is any; the asset's state afterwards, None when there was nothing to do.

    Never raises for what a file or a program does: the asset's row tells it.
    """
    asset = attempts.claim(at=clock(), asset_uuid=asset_uuid, token=token)
    if asset is None:
        return None
    place = {"asset_uuid": asset.uuid, "token": token}
    reporter = Reporter(asset.uuid, token, clock)
    try:
        with tempfile.TemporaryDirectory(prefix="xueshi-media-") as name:
            packaged = _make(asset, Path(name), reporter)
        attempts.publish_renditions(
            at=clock(),
            **place,
            duration_ms=packaged.duration_ms,
            poster=packaged.poster,
            renditions=packaged.renditions,
            windows=packaged.windows,
        )
        logger.info("asset %s is ready: %s ms", asset.uuid, packaged.duration_ms)
    except BaseException as error:
        discard(published_folder(asset.uuid, token))
        if not isinstance(error, Exception):
            raise  # the worker is told to stop; the lease runs out and another one takes over
        _record_end(error, clock(), asset.uuid, token)
    asset.refresh_from_db(fields=["state"])
    return asset.state


def _record_end(error: Exception, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID) -> None:
    try:
        if isinstance(error, attempts.AttemptLost):
            logger.warning("asset %s was taken over; this attempt stopped", asset_uuid)
        elif isinstance(error, SourceRejected):
            attempts.reject(at=at, asset_uuid=asset_uuid, token=token, reasons=error.reasons, log_tail=error.log_tail)
        elif isinstance(error, programs.ProgramOverLimit):
            logger.warning("asset %s wanted more %s than there is for one video", asset_uuid, error.limit)
            attempts.reject(at=at, asset_uuid=asset_uuid, token=token, reasons=["too_costly"])
        elif isinstance(error, programs.ProgramFailed):
            logger.warning("asset %s: %s\n%s", asset_uuid, error, error.tail)
            reason = "timed_out" if isinstance(error, programs.ProgramTimedOut) else "damaged"
            attempts.fail(at=at, asset_uuid=asset_uuid, token=token, reason=reason, log_tail=error.tail)
        else:
            logger.error("asset %s failed", asset_uuid, exc_info=error)
            attempts.fail(at=at, asset_uuid=asset_uuid, token=token, reason="internal", log_tail=repr(error))
    except attempts.AttemptLost:
        logger.warning("asset %s was taken over while its attempt ended", asset_uuid)


def _make(asset: Asset, folder: Path, reporter: Reporter) -> Packaged:
    source_path = _local_source(asset, folder)
    source = _probe(source_path, folder)
    attempts.start_transcoding(at=reporter.clock(), asset_uuid=asset.uuid, token=reporter.token)
    rungs = ladder(source)
    _transcode(source_path, source, rungs, folder, reporter)

    def stored(done: int, total: int) -> None:
        reporter.say(Stage.STORING, storing_percent(done, total))

    packaged = package(
        folder,
        rungs,
        published_folder(asset.uuid, reporter.token),
        new_key=lambda: secrets.token_bytes(16),
        on_stored=stored,
    )
    reporter.say(Stage.CHECKING, STORING_TO_PERCENT, at_once=True)
    check_playable(packaged, folder)
    return packaged


def _local_source(asset: Asset, folder: Path) -> Path:
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


def _probe(source_path: Path, folder: Path) -> Source:
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
    except (programs.ProgramTimedOut, programs.ProgramOverLimit):
        raise
    except (programs.ProgramFailed, ValueError, RecursionError) as error:
        # Without a path of ours: the tail is shown to editors.
        tail = getattr(error, "tail", "").replace(f"file:{source_path}", "file")
        raise SourceRejected(("not_media",), tail) from None
    verdict = judge(report)
    if verdict.source is None:
        raise SourceRejected(verdict.reasons)
    return verdict.source


def _transcode(source_path: Path, source: Source, rungs: tuple[Rung, ...], folder: Path, reporter: Reporter) -> None:
    for rung in rungs:
        (folder / rung.name).mkdir()
    reader = ProgressReader()

    def on_line(line: str) -> None:
        progress = reader.feed(line)
        if progress is not None:
            percent = transcoding_percent(progress.position_ms, source.duration_ms)
            reporter.say(Stage.TRANSCODING, percent, progress.speed)

    try:
        programs.run(
            "ffmpeg",
            graph.transcode_argv(str(source_path), source, rungs),
            folder=folder,
            timeout_s=max(TRANSCODE_TIMEOUT_MIN_S, source.duration_ms / 1000 * TRANSCODE_TIMEOUT_PER_MEDIA_S),
            reads=(source_path,),
            on_line=on_line,
        )
    except programs.ProgramFailed as error:
        if nothing_decoded(error.tail):
            raise SourceRejected(("damaged",)) from None
        raise
