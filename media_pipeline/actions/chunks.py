"""The worker's writes about the chunks of a long lecture: split, claim, report, finish, break.

Every decision about the whole is taken under the asset's row lock: who finishes the last chunk is one statement's
answer, so the join starts once. Locks are taken asset first, chunk second; reports lock neither for longer than a
statement.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Least

from media_pipeline.actions.attempts import (
    WAIT_FIRST,
    AttemptLost,
    held,
    move,
    quarantine,
    reject_locked,
    unfinished_chunks,
)
from media_pipeline.actions.waking import wake_on_commit
from media_pipeline.limits import ATTEMPTS_MAX, CHUNK_LANES_MAX, LEASE_S, SWEEP_JOBS_MAX, WAKE_AGAIN_S
from media_pipeline.models import Asset, Chunk, ChunkState, Stage
from media_pipeline.rules import states
from media_pipeline.rules.chunks import ChunkPlan
from media_pipeline.rules.progress import transcoding_percent
from media_pipeline.signals import acted


def split(*, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID, plan: Sequence[ChunkPlan]) -> None:
    """The file was accepted and is long: its chunks are there for any worker. AttemptLost when fenced."""
    with transaction.atomic():
        asset = held(asset_uuid, token)
        move(asset, states.SPLIT)
        # Each job has attempts of its own: from here those of the chunks count, then those of the join.
        asset.stage, asset.attempts, asset.attempt_token, asset.lease_until = Stage.TRANSCODING, 0, None, None
        asset.heartbeat_at = asset.woken_at = asset.begun_at = at
        asset.save()
        Chunk.objects.bulk_create(
            Chunk(
                asset=asset,
                ordinal=one.ordinal,
                from_ms=one.span.from_ms,
                to_ms=one.span.to_ms,
                work_ms=one.work_ms,
            )
            for one in plan
        )
        acted.send(Asset, verb="asset.split", subject=asset, by=None, at=at, detail={"chunks": len(plan)})
        for _ in range(min(len(plan), CHUNK_LANES_MAX)):
            wake_on_commit(asset.uuid)


def claim_chunk(*, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID) -> Chunk | None:
    """Take the first chunk that waits, or whose worker is silent beyond its lease; None when there is none."""
    with transaction.atomic():
        asset = _split_asset(asset_uuid)
        if asset is None or not _take_from_the_silent(asset, at):
            return None
        waiting = Chunk.objects.select_for_update().filter(asset=asset, state=ChunkState.WAITING)
        chunk = waiting.filter(Q(waits_until=None) | Q(waits_until__lte=at)).first()
        if chunk is None:
            return None
        chunk.state, chunk.attempt_token = ChunkState.WORKING, token
        chunk.attempts += 1
        chunk.heartbeat_at, chunk.lease_until = at, at + timedelta(seconds=LEASE_S)
        chunk.done_ms, chunk.speed, chunk.waits_until = 0, None, None
        chunk.save()
        detail = {"chunk": chunk.ordinal, "attempt": chunk.attempts}
        acted.send(Asset, verb="asset.chunk_claimed", subject=asset, by=None, at=at, detail=detail)
        # `asset` comes along, so that the worker knows where its file is.
        chunk.asset = asset
        return chunk


def keep_chunk_lease(*, at: datetime, token: uuid.UUID) -> None:
    """The attempt lives, whatever it has to report. AttemptLost when fenced."""
    mine = Chunk.objects.filter(attempt_token=token, state=ChunkState.WORKING)
    if not mine.update(heartbeat_at=at, lease_until=at + timedelta(seconds=LEASE_S)):
        raise AttemptLost(str(token))


def report_chunk(
    *, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID, done_ms: int, speed: float | None = None
) -> None:
    """Say how much of the chunk's `work_ms` is done and keep its lease; the asset shows the sum of its chunks.

    AttemptLost when fenced.
    """
    reported = Chunk.objects.filter(attempt_token=token, state=ChunkState.WORKING).update(
        done_ms=Least(max(0, done_ms), F("work_ms")),
        speed=speed,
        heartbeat_at=at,
        lease_until=at + timedelta(seconds=LEASE_S),
    )
    if not reported:
        raise AttemptLost(str(token))
    _show_sum(asset_uuid, at)


def finish_chunk(*, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID, result: str) -> None:
    """What the chunk made lies in the folder `result` of private storage. AttemptLost when fenced.

    Whoever finishes the last one wakes the worker that joins them; the others wake one for the next chunk.
    """
    with transaction.atomic():
        asset = _split_asset(asset_uuid)
        if asset is None:
            raise AttemptLost(str(token))
        chunk = _held_chunk(asset, token)
        chunk.state, chunk.result, chunk.done_ms, chunk.speed = ChunkState.DONE, result, chunk.work_ms, None
        chunk.attempt_token, chunk.lease_until, chunk.heartbeat_at = None, None, at
        chunk.save()
        detail = {"chunk": chunk.ordinal}
        acted.send(Asset, verb="asset.chunk_finished", subject=asset, by=None, at=at, detail=detail)
        left = unfinished_chunks(asset)
        if not left.exists() or left.filter(state=ChunkState.WAITING).exists():
            asset.woken_at = at
            asset.save(update_fields=["woken_at"])
            wake_on_commit(asset.uuid)
    _show_sum(asset_uuid, at)


def break_chunk(*, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID, reason: str, log_tail: str = "") -> None:
    """The attempt broke: the chunk waits again, or its third failure quarantines the asset. AttemptLost when fenced."""
    with transaction.atomic():
        asset = _split_asset(asset_uuid)
        if asset is None:
            raise AttemptLost(str(token))
        chunk = _held_chunk(asset, token)
        asset.log_tail = log_tail
        asset.save(update_fields=["log_tail"])
        if _let_chunk_go(asset, chunk, at, reason=reason) and chunk.waits_until is None:
            wake_on_commit(asset.uuid)


def reject_chunk(
    *, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID, reasons: Sequence[str], log_tail: str = ""
) -> None:
    """What only the chunk's work showed: the file is no video that we accept. AttemptLost when fenced."""
    with transaction.atomic():
        asset = _split_asset(asset_uuid)
        if asset is None:
            raise AttemptLost(str(token))
        _held_chunk(asset, token)
        reject_locked(asset, at, reasons, log_tail)


def is_named(*, asset_uuid: uuid.UUID, result: str) -> bool:
    """Whether a chunk's row names this folder. Waits for a commit that is under way, so that the answer stays true."""
    with transaction.atomic():
        Asset.objects.select_for_update().filter(uuid=asset_uuid).first()
        return Chunk.objects.filter(asset__uuid=asset_uuid, result=result).exists()


def sweep_chunks(*, at: datetime) -> int:
    """Take chunks from silent workers, and wake as many workers as have something to take; the number of assets.

    A chunk that was to wait a minute ended the lane of its worker; here that lane begins again. An asset that nobody
    was woken for in a minute has lost its calls: all its lanes begin again.
    """
    own = Chunk.objects.filter(asset=OuterRef("pk"))
    silent = Exists(own.filter(state=ChunkState.WORKING, lease_until__lt=at))
    rested = Exists(own.filter(state=ChunkState.WAITING, waits_until__lte=at))
    stale = Asset.objects.filter(Q(silent) | Q(rested) | Q(woken_at__lt=_forgotten_before(at)), state=states.SPLIT)
    numbers = list(stale.order_by("woken_at", "pk").values_list("pk", flat=True)[:SWEEP_JOBS_MAX])
    return sum(_sweep_asset(number, at) for number in numbers)


def _sweep_asset(number: int, at: datetime) -> bool:
    with transaction.atomic():
        asset = Asset.objects.select_for_update(skip_locked=True).filter(pk=number, state=states.SPLIT).first()
        if asset is None:
            return False
        lanes = _silent(asset, at).count()
        if not _take_from_the_silent(asset, at):
            return False
        left = unfinished_chunks(asset)
        waiting = left.filter(state=ChunkState.WAITING)
        lanes += waiting.filter(waits_until__lte=at).update(waits_until=None)
        if asset.woken_at < _forgotten_before(at):
            lanes = CHUNK_LANES_MAX
        calls = min(lanes, waiting.filter(waits_until=None).count()) if left.exists() else 1
        # Looked at in any case, so that others get their turn.
        asset.woken_at = at
        asset.save(update_fields=["woken_at"])
        for _ in range(calls):
            wake_on_commit(asset.uuid)
        return calls > 0


def _forgotten_before(at: datetime) -> datetime:
    return at - timedelta(seconds=WAKE_AGAIN_S)


def _split_asset(asset_uuid: uuid.UUID) -> Asset | None:
    return Asset.objects.select_for_update().filter(uuid=asset_uuid, state=states.SPLIT).first()


def _held_chunk(asset: Asset, token: uuid.UUID) -> Chunk:
    mine = Chunk.objects.select_for_update().filter(asset=asset, attempt_token=token, state=ChunkState.WORKING)
    chunk = mine.first()
    if chunk is None:
        raise AttemptLost(str(token))
    return chunk


def _take_from_the_silent(asset: Asset, at: datetime) -> bool:
    """False when that was the last attempt of one, and with it the end of the asset's work."""
    silent = list(_silent(asset, at).select_for_update())
    return all(_let_chunk_go(asset, chunk, at, reason="gave_up") for chunk in silent)


def _silent(asset: Asset, at: datetime) -> QuerySet[Chunk]:
    return Chunk.objects.filter(asset=asset, state=ChunkState.WORKING, lease_until__lt=at)


def _let_chunk_go(asset: Asset, chunk: Chunk, at: datetime, *, reason: str) -> bool:
    """End a locked chunk's attempt without a result; False when its asset is quarantined for it."""
    detail = {"chunk": chunk.ordinal, "attempt": chunk.attempts}
    if chunk.attempts >= ATTEMPTS_MAX:
        quarantine(asset, at, reason=reason, detail=detail)
        return False
    chunk.state, chunk.done_ms, chunk.speed = ChunkState.WAITING, 0, None
    chunk.attempt_token, chunk.lease_until = None, None
    # What will not be better in a second is not tried again by the next free worker.
    chunk.waits_until = at + timedelta(seconds=WAKE_AGAIN_S) if reason in WAIT_FIRST else None
    chunk.save()
    acted.send(Asset, verb="asset.chunk_requeued", subject=asset, by=None, at=at, detail={"reason": reason, **detail})
    return True


def _show_sum(asset_uuid: uuid.UUID, at: datetime) -> None:
    """The asset's progress is that of its chunks together."""
    sums = Chunk.objects.filter(asset__uuid=asset_uuid).aggregate(
        work_ms=Sum("work_ms"), done_ms=Sum("done_ms"), speed=Sum("speed")
    )
    if sums["work_ms"]:
        percent = transcoding_percent(int(sums["done_ms"]), int(sums["work_ms"]))
        Asset.objects.filter(uuid=asset_uuid, state=states.SPLIT).update(
            stage=Stage.TRANSCODING, percent=percent, speed=sums["speed"], heartbeat_at=at
        )
