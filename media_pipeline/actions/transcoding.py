"""One attempt at one job of an asset, from the claim to the end: whatever its row says is next.

A short video is converted, encrypted, stored, checked and published in one attempt. A long one is split by the first
attempt; then each attempt takes a chunk (`pieces`), and the last one joins and publishes them. All files are made in an
empty private folder and stored under the attempt's own prefix; nothing points to them until the rows are published in
one transaction. Our own check reads the encrypted result to its end before that.
"""

import logging
import secrets
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.db import transaction

from media_pipeline import queries
from media_pipeline.actions import attempts, chunks
from media_pipeline.actions.converting import Joined, convert, examine, join
from media_pipeline.actions.originals import local_source
from media_pipeline.actions.packaging import Packaged, check_playable, discard, package
from media_pipeline.actions.pieces import fetch_pieces, reason_of, rejection_of, run_chunk, tail_of
from media_pipeline.actions.pulse import Pulse, beating
from media_pipeline.actions.workfolders import work_folder
from media_pipeline.limits import REPORT_EVERY_S
from media_pipeline.models import Asset, Chunk, Stage
from media_pipeline.rules import states
from media_pipeline.rules.chunks import CHUNK_MS, SPLIT_ABOVE_MS, ChunkPlan, plan_chunks
from media_pipeline.rules.ladder import Rung, ladder
from media_pipeline.rules.probing import DURATION_MS_MAX, Source
from media_pipeline.rules.progress import (
    STORING_TO_PERCENT,
    TRANSCODING_TO_PERCENT,
    Progress,
    storing_percent,
    transcoding_percent,
)
from media_pipeline.storage import chunks_folder, private_storage, published_folder

logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]


class Reporter:
    """Writes progress at most every REPORT_EVERY_S; raises AttemptLost in the middle of the work when fenced."""

    def __init__(self, asset_uuid: uuid.UUID, token: uuid.UUID, clock: Clock, pulse: Pulse) -> None:
        self.asset_uuid, self.token, self.clock, self.pulse = asset_uuid, token, clock, pulse

    def say(self, stage: str, percent: int, speed: float | None = None, *, at_once: bool = False) -> None:
        if not self.pulse.heard(0 if at_once else REPORT_EVERY_S):
            return
        attempts.report_progress(
            at=self.clock(),
            asset_uuid=self.asset_uuid,
            token=self.token,
            stage=stage,
            percent=percent,
            speed=speed,
        )


def run_attempt(*, clock: Clock, asset_uuid: uuid.UUID, token: uuid.UUID) -> str | None:
    """Do the next job of the asset if there is any; the asset's state afterwards, None when there was nothing to do.

    Never raises for what a file or a program does: the asset's row tells it.
    """
    asset = attempts.claim(at=clock(), asset_uuid=asset_uuid, token=token)
    if asset is not None:
        _run(asset, clock, token)
    else:
        chunk = chunks.claim_chunk(at=clock(), asset_uuid=asset_uuid, token=token)
        if chunk is None:
            return None
        asset = chunk.asset
        run_chunk(chunk, clock=clock, token=token)
    asset.refresh_from_db(fields=["state"])
    if asset.is_settled:
        _discard_pieces(asset.uuid)
    return asset.state


def _run(asset: Asset, clock: Clock, token: uuid.UUID) -> None:
    place = {"asset_uuid": asset.uuid, "token": token}
    try:
        with beating(lambda: attempts.keep_lease(at=clock(), **place)) as pulse, work_folder() as folder:
            reporter = Reporter(asset.uuid, token, clock, pulse)
            packaged = _made(asset, folder, reporter)
            if packaged is None:
                return
            attempts.publish_renditions(
                at=clock(),
                **place,
                duration_ms=packaged.duration_ms,
                poster=packaged.poster,
                renditions=packaged.renditions,
                windows=packaged.windows,
                sprites=packaged.sprites,
                stretches=packaged.stretches,
            )
        logger.info("asset %s is ready: %s ms", asset.uuid, packaged.duration_ms)
    except BaseException as error:
        if isinstance(error, Exception):
            _record_end(error, clock(), asset.uuid, token)
        _discard_unpublished(asset.uuid, token)
        if not isinstance(error, Exception):
            raise  # the worker is told to stop; the lease runs out and another one takes over


def _made(asset: Asset, folder: Path, reporter: Reporter) -> Packaged | None:
    """What the attempt made and stored; None when it split the asset, whose chunks are next."""
    source_path = local_source(asset, folder)
    source = examine(source_path, folder)
    rungs = ladder(source)
    room = folder / "made"
    room.mkdir()
    if asset.state == states.TRANSCODING:
        return _stored(asset, room, rungs, reporter, _join(asset, source, rungs, room, reporter))
    plan = _plan(source)
    if plan:
        chunks.split(at=reporter.clock(), asset_uuid=asset.uuid, token=reporter.token, plan=plan)
        return None
    attempts.start_transcoding(at=reporter.clock(), asset_uuid=asset.uuid, token=reporter.token)

    def tell(progress: Progress) -> None:
        percent = transcoding_percent(progress.position_ms, source.duration_ms)
        reporter.say(Stage.TRANSCODING, percent, progress.speed)

    joined = convert(source_path, source, rungs, folder=room, on_progress=tell)
    return _stored(asset, room, rungs, reporter, joined)


def _plan(source: Source) -> tuple[ChunkPlan, ...]:
    """Only files with an index are split: in others each chunk would read everything before it."""
    if not source.seeks:
        return ()
    return plan_chunks(source.duration_ms, end_ms=DURATION_MS_MAX, split_above_ms=SPLIT_ABOVE_MS, chunk_ms=CHUNK_MS)


def _join(asset: Asset, source: Source, rungs: tuple[Rung, ...], room: Path, reporter: Reporter) -> Joined:
    reporter.say(Stage.JOINING, TRANSCODING_TO_PERCENT, at_once=True)
    parts, sound = fetch_pieces(Chunk.objects.filter(asset=asset).order_by("ordinal"), room)

    def tell(progress: Progress) -> None:
        reporter.say(Stage.JOINING, TRANSCODING_TO_PERCENT)

    return join(source, rungs, folder=room, parts=parts, sound=sound, on_progress=tell)


def _stored(asset: Asset, room: Path, rungs: tuple[Rung, ...], reporter: Reporter, joined: Joined) -> Packaged:
    def stored(done: int, total: int) -> None:
        reporter.say(Stage.STORING, storing_percent(done, total))

    packaged = package(
        room,
        rungs,
        published_folder(asset.uuid, reporter.token),
        new_key=lambda: secrets.token_bytes(16),
        on_stored=stored,
        joined=joined,
    )
    reporter.say(Stage.CHECKING, STORING_TO_PERCENT, at_once=True)
    check_playable(packaged, room)
    return packaged


def _record_end(error: Exception, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID) -> None:
    place = {"asset_uuid": asset_uuid, "token": token}
    try:
        if isinstance(error, attempts.AttemptLost):
            raise error
        if reasons := rejection_of(error):
            attempts.reject(at=at, **place, reasons=reasons, log_tail=tail_of(error))
            return
        logger.warning("asset %s: %s\n%s", asset_uuid, reason_of(error), tail_of(error), exc_info=error)
        attempts.fail(at=at, **place, reason=reason_of(error), log_tail=tail_of(error))
    except attempts.AttemptLost:
        logger.warning("asset %s was taken over; this attempt stopped", asset_uuid)


def _discard_unpublished(asset_uuid: uuid.UUID, token: uuid.UUID) -> None:
    """Remove what the attempt stored, unless it was published after all; what stays is the orphan sweep's.

    The connection may break between the commit and its answer: the asset's lock waits for a commit under way, and then
    the row tells.
    """
    folder = published_folder(asset_uuid, token)
    try:
        with transaction.atomic():
            Asset.objects.select_for_update().filter(uuid=asset_uuid).first()
            published = queries.is_published(asset_uuid, folder)
        if not published:
            discard(folder)
    except Exception:
        logger.warning("%s was not removed", folder, exc_info=True)


def _discard_pieces(asset_uuid: uuid.UUID) -> None:
    """The pieces of a settled asset serve nobody any more; what stays is the orphan sweep's."""
    try:
        discard(chunks_folder(asset_uuid), private_storage())
    except Exception:
        logger.warning("pieces of asset %s were not removed", asset_uuid, exc_info=True)
