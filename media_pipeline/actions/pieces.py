"""One attempt at one chunk of a long lecture: convert it, keep what came of it in private storage, report its end.

Also what the join needs: the pieces of all chunks, brought back into one folder. Each attempt keeps its files in a
folder of its own, named in the chunk's row when they are whole; a folder that no row names is waste.
"""

import errno
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files import File

from media_pipeline import programs
from media_pipeline.actions import chunks
from media_pipeline.actions.attempts import AttemptLost
from media_pipeline.actions.converting import SourceRejected, examine, make_pictures, make_sound
from media_pipeline.actions.originals import local_source
from media_pipeline.actions.packaging import discard
from media_pipeline.actions.pulse import Pulse, beating
from media_pipeline.actions.workfolders import work_folder
from media_pipeline.limits import REPORT_EVERY_S
from media_pipeline.models import Chunk
from media_pipeline.rules.chunks import SOUND_ORDINAL, SOUND_SHARE, Span
from media_pipeline.rules.ladder import ladder
from media_pipeline.rules.progress import Progress
from media_pipeline.storage import chunk_folder, private_storage

logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]
NO_SPACE = "No space left on device"


def rejection_of(error: Exception) -> tuple[str, ...]:
    """Why the file itself is to blame, so that another attempt would say the same; empty when it is not."""
    return error.reasons if isinstance(error, SourceRejected) else ()


def reason_of(error: Exception) -> str:
    """Why the attempt broke, as a code of `reasons`."""
    if _is_no_space(error):
        return "disk_full"
    if isinstance(error, programs.ProgramTimedOut):
        return "timed_out"
    if isinstance(error, programs.ProgramOverLimit):
        return "too_costly"
    return "damaged" if isinstance(error, programs.ProgramFailed) else "internal"


def tail_of(error: Exception) -> str:
    """The details for the administrator."""
    if isinstance(error, SourceRejected):
        return error.log_tail
    return error.tail if isinstance(error, programs.ProgramFailed) else repr(error)


def run_chunk(chunk: Chunk, *, clock: Clock, token: uuid.UUID) -> None:
    """Never raises for what a file or a program does: the rows tell it."""
    asset_uuid = chunk.asset.uuid
    result = chunk_folder(asset_uuid, token)
    try:
        with beating(lambda: chunks.keep_chunk_lease(at=clock(), token=token)) as pulse, work_folder() as folder:
            made = _convert(chunk, folder, _reporting(chunk, clock, token, pulse))
            _keep(made, result, pulse)
            chunks.finish_chunk(at=clock(), asset_uuid=asset_uuid, token=token, result=result)
    except BaseException as error:
        if isinstance(error, Exception):
            _record_end(error, clock(), asset_uuid, token)
        discard_piece(asset_uuid, token)
        if not isinstance(error, Exception):
            raise  # the worker is told to stop; the lease runs out and another one takes over


def discard_piece(asset_uuid: uuid.UUID, token: uuid.UUID) -> None:
    """Remove what an attempt at a chunk kept, unless its row names it; what stays is the orphan sweep's."""
    try:
        result = chunk_folder(asset_uuid, token)
        if not chunks.is_named(asset_uuid=asset_uuid, result=result):
            discard(result, private_storage())
    except Exception:
        logger.warning("pieces of asset %s were not removed", asset_uuid, exc_info=True)


def fetch_pieces(rows: Iterable[Chunk], folder: Path) -> tuple[list[Path], Path]:
    """Bring the pieces into `folder`, in order; the folders of the pictures, and that of the sound."""
    storage, parts = private_storage(), []
    sound = folder / "sound"
    for row in rows:
        place = sound if row.ordinal == SOUND_ORDINAL else folder / "parts" / f"{row.ordinal:04d}"
        place.mkdir(parents=True)
        if place != sound:
            parts.append(place)
        for name in storage.listdir(row.result)[1]:
            _fetch(f"{row.result}/{name}", place / name)
    return parts, sound


def _convert(chunk: Chunk, folder: Path, on_progress: Callable[[Progress], None]) -> Path:
    source_path = local_source(chunk.asset, folder)
    source = examine(source_path, folder)
    made = folder / "made"
    made.mkdir()
    if chunk.ordinal == SOUND_ORDINAL:
        make_sound(source_path, source, folder=made, on_progress=on_progress)
    else:
        span = Span(chunk.from_ms, chunk.to_ms)
        make_pictures(source_path, source, ladder(source), folder=made, span=span, on_progress=on_progress)
    return made


def _reporting(chunk: Chunk, clock: Clock, token: uuid.UUID, pulse: Pulse) -> Callable[[Progress], None]:
    """Writes progress at most every REPORT_EVERY_S; raises AttemptLost in the middle of the work when fenced."""
    share = SOUND_SHARE if chunk.ordinal == SOUND_ORDINAL else 1

    def tell(progress: Progress) -> None:
        if pulse.heard(REPORT_EVERY_S):
            chunks.report_chunk(
                at=clock(),
                asset_uuid=chunk.asset.uuid,
                token=token,
                done_ms=progress.position_ms // share,
                speed=progress.speed if share == 1 else None,
            )

    return tell


def _keep(made: Path, result: str, pulse: Pulse) -> None:
    storage = private_storage()
    for path in sorted(made.iterdir()):
        pulse.check()
        with path.open("rb") as content:
            storage.save(f"{result}/{path.name}", File(content))


def _fetch(name: str, target: Path) -> None:
    """A second name for the same bytes where that is possible, else a copy."""
    storage = private_storage()
    try:
        os.link(storage.path(name), target)
    except (NotImplementedError, OSError):
        with storage.open(name) as kept, target.open("wb") as copy:
            shutil.copyfileobj(kept, copy)


def _is_no_space(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, programs.ProgramFailed) and NO_SPACE in error.tail


def _record_end(error: Exception, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID) -> None:
    place: dict[str, Any] = {"at": at, "asset_uuid": asset_uuid, "token": token}
    try:
        if isinstance(error, AttemptLost):
            raise error
        if reasons := rejection_of(error):
            chunks.reject_chunk(**place, reasons=reasons, log_tail=tail_of(error))
            return
        logger.warning("a chunk of asset %s: %s", asset_uuid, reason_of(error), exc_info=error)
        chunks.break_chunk(**place, reason=reason_of(error), log_tail=tail_of(error))
    except AttemptLost:
        logger.warning("a chunk of asset %s was taken over; this attempt stopped", asset_uuid)
