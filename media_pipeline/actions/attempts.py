"""The worker's writes: claim an asset, report, and end the attempt in one of its ways. Those of its chunks: `chunks`.

Every write names the attempt's token. A worker that lost its lease, and with it the asset, gets AttemptLost and
must stop; what it stored lies in a folder of its own that nobody points to. Reports are heartbeats and leave no
audit row; everything else does.
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from media_pipeline import sealing
from media_pipeline.actions.waking import wake_on_commit
from media_pipeline.limits import ATTEMPTS_MAX, LEASE_S, SWEEP_JOBS_MAX, WAKE_AGAIN_S
from media_pipeline.models import Asset, Chunk, ChunkState, KeyWindow, Rendition, Stage
from media_pipeline.rules import states
from media_pipeline.rules.stretches import Stretch
from media_pipeline.rules.windows import Window
from media_pipeline.signals import acted
from media_pipeline.storage import private_storage

logger = logging.getLogger(__name__)

WAIT_FIRST = frozenset({"disk_full", "internal"})


class AttemptLost(Exception):
    """Another attempt holds the asset, or none does; the caller must stop and store nothing more."""


@dataclass(frozen=True)
class NewRendition:
    """A rendition whose files are already in default storage."""

    width: int
    height: int
    bandwidth: int
    codecs: str
    segments: tuple[tuple[str, int], ...]


def claim(*, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID) -> Asset | None:
    """Take a waiting asset, or one whose worker is silent beyond its lease, for one attempt.

    It comes back `probing`, to be examined, or `transcoding`, when all its chunks are done and to be joined. None when
    there is nothing to do: unknown, settled, in another worker's hands, or its chunks are not done.
    """
    with transaction.atomic():
        asset = Asset.objects.select_for_update().filter(uuid=asset_uuid).first()
        if asset is None or asset.is_settled:
            return None
        if asset.state in states.WORKING:
            if asset.lease_until is not None and asset.lease_until > at:
                return None
            let_go(asset, at)
        if asset.state == states.UPLOADED:
            move(asset, states.PROBING)
            asset.stage, asset.percent, asset.speed = Stage.PROBING, 0, None
        elif asset.state == states.SPLIT and not unfinished_chunks(asset).exists():
            move(asset, states.TRANSCODING)
            asset.stage, asset.speed = Stage.JOINING, None
        else:
            return None
        asset.attempts += 1
        asset.begun_at, asset.begun_percent = at, asset.percent
        asset.attempt_token, asset.heartbeat_at, asset.lease_until = token, at, at + timedelta(seconds=LEASE_S)
        asset.save()
        acted.send(Asset, verb="asset.claimed", subject=asset, by=None, at=at, detail={"attempt": asset.attempts})
        return asset


def start_transcoding(*, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID) -> None:
    """The file was accepted. AttemptLost when fenced."""
    with transaction.atomic():
        asset = held(asset_uuid, token)
        move(asset, states.TRANSCODING)
        asset.stage, asset.heartbeat_at, asset.lease_until = Stage.TRANSCODING, at, at + timedelta(seconds=LEASE_S)
        asset.save()
        acted.send(Asset, verb="asset.accepted", subject=asset, by=None, at=at, detail={})


def keep_lease(*, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID) -> None:
    """The attempt lives, whatever it has to report. AttemptLost when fenced."""
    mine = Asset.objects.filter(uuid=asset_uuid, attempt_token=token, state__in=states.WORKING)
    if not mine.update(heartbeat_at=at, lease_until=at + timedelta(seconds=LEASE_S)):
        raise AttemptLost(str(asset_uuid))


def report_progress(
    *, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID, stage: str, percent: int, speed: float | None = None
) -> None:
    """Say how far the work is and keep the lease. One narrow update; AttemptLost when fenced."""
    mine = Asset.objects.filter(uuid=asset_uuid, attempt_token=token, state__in=states.WORKING)
    reported = mine.update(
        stage=stage,
        percent=max(0, min(100, percent)),
        speed=speed,
        heartbeat_at=at,
        lease_until=at + timedelta(seconds=LEASE_S),
    )
    if not reported:
        raise AttemptLost(str(asset_uuid))


def publish_renditions(
    *,
    at: datetime,
    asset_uuid: uuid.UUID,
    token: uuid.UUID,
    duration_ms: int,
    poster: str,
    renditions: Sequence[NewRendition],
    windows: Sequence[tuple[Window, bytes]],
    sprites: dict[str, Any] | None = None,
    stretches: Sequence[Stretch] = (),
) -> None:
    """Make the asset ready, with everything that belongs to it, or nothing at all. AttemptLost when fenced."""
    with transaction.atomic():
        asset = held(asset_uuid, token)
        move(asset, states.READY)
        Rendition.objects.bulk_create(
            Rendition(
                asset=asset,
                width=new.width,
                height=new.height,
                bandwidth=new.bandwidth,
                codecs=new.codecs,
                segments=[list(segment) for segment in new.segments],
            )
            for new in renditions
        )
        KeyWindow.objects.bulk_create(
            KeyWindow(
                asset=asset,
                ordinal=window.ordinal,
                from_ms=window.from_ms,
                to_ms=window.to_ms,
                sealed_key=sealing.seal(key, asset.uuid, window.ordinal),
            )
            for window, key in windows
        )
        top = max(renditions, key=lambda new: new.height)
        asset.duration_ms, asset.width, asset.height = duration_ms, top.width, top.height
        asset.poster, asset.ready_at = poster, at
        asset.sprites, asset.stretches = sprites, [[each.kind, each.from_ms, each.to_ms] for each in stretches]
        asset.stage, asset.percent, asset.speed, asset.reasons, asset.log_tail = Stage.DONE, 100, None, [], ""
        settle(asset)
        acted.send(
            Asset,
            verb="asset.ready",
            subject=asset,
            by=None,
            at=at,
            detail={"duration_ms": duration_ms, "renditions": [new.height for new in renditions]},
        )


def reject(
    *, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID, reasons: Sequence[str], log_tail: str = ""
) -> None:
    """The file is no video that we accept; another attempt would say the same. AttemptLost when fenced.

    The original goes; its name, size and digest stay, with the reasons.
    """
    with transaction.atomic():
        reject_locked(held(asset_uuid, token), at, reasons, log_tail)


def fail(*, at: datetime, asset_uuid: uuid.UUID, token: uuid.UUID, reason: str, log_tail: str = "") -> None:
    """The attempt broke. Back to the queue, or quarantined after the last attempt. AttemptLost when fenced."""
    with transaction.atomic():
        asset = held(asset_uuid, token)
        asset.log_tail = log_tail
        let_go(asset, at, reason=reason)


def requeue_stale(*, at: datetime) -> int:
    """Take assets from silent workers and wake workers for those that wait too long; the number of both.

    Chunks are looked after by `chunks.sweep_chunks`.
    """
    silent = Q(state__in=states.WORKING, lease_until__lt=at)
    waiting = Q(state=states.UPLOADED, woken_at__lt=at - timedelta(seconds=WAKE_AGAIN_S))
    with transaction.atomic():
        rows = Asset.objects.select_for_update(skip_locked=True).filter(silent | waiting).order_by("woken_at", "pk")
        found = list(rows[:SWEEP_JOBS_MAX])
        for asset in found:
            if asset.state in states.WORKING:
                let_go(asset, at)
            else:
                wake_again(asset, at)
    return len(found)


def wake_again(asset: Asset, at: datetime) -> None:
    """Only a second call for the same work: nothing happened to the asset, so no audit row."""
    asset.woken_at = at
    asset.save(update_fields=["woken_at"])
    wake_on_commit(asset.uuid)


def let_go(asset: Asset, at: datetime, *, reason: str = "gave_up") -> None:
    """End a locked asset's attempt without a result: where it was taken from, or quarantined after the last attempt."""
    if asset.attempts >= ATTEMPTS_MAX:
        quarantine(asset, at, reason=reason, detail={"attempt": asset.attempts})
        return
    move(asset, states.SPLIT if Chunk.objects.filter(asset=asset).exists() else states.UPLOADED)
    asset.stage, asset.speed, asset.woken_at = Stage.WAITING, None, at
    if asset.state == states.UPLOADED:
        asset.percent = 0
    _release(asset)
    asset.save()
    attempt = {"reason": reason, "attempt": asset.attempts}
    acted.send(Asset, verb="asset.requeued", subject=asset, by=None, at=at, detail=attempt)
    # What will not be better in a second waits for the next sweep.
    if reason not in WAIT_FIRST:
        wake_on_commit(asset.uuid)


def quarantine(asset: Asset, at: datetime, *, reason: str, detail: dict[str, int]) -> None:
    """The locked asset's work ends here, with a reason, until somebody tries it again."""
    move(asset, states.QUARANTINED)
    asset.stage, asset.percent, asset.speed, asset.woken_at, asset.reasons = Stage.WAITING, 0, None, at, [reason]
    settle(asset)
    acted.send(Asset, verb="asset.quarantined", subject=asset, by=None, at=at, detail={"reason": reason, **detail})


def reject_locked(asset: Asset, at: datetime, reasons: Sequence[str], log_tail: str) -> None:
    """The locked asset's work ends here: its file is no fit video, and goes after the commit."""
    move(asset, states.REJECTED)
    original, asset.source = asset.source.name or "", ""
    asset.reasons, asset.log_tail = list(reasons), log_tail
    settle(asset)
    transaction.on_commit(lambda: _remove_original(original))
    acted.send(Asset, verb="asset.rejected", subject=asset, by=None, at=at, detail={"reasons": list(reasons)})


def settle(asset: Asset) -> None:
    """Write a locked asset whose work is over: nobody holds it, and no chunk of it is left."""
    _release(asset)
    asset.save()
    Chunk.objects.filter(asset=asset).delete()


def unfinished_chunks(asset: Asset) -> QuerySet[Chunk]:
    return Chunk.objects.filter(asset=asset).exclude(state=ChunkState.DONE)


def held(asset_uuid: uuid.UUID, token: uuid.UUID) -> Asset:
    """The locked asset that this attempt holds. AttemptLost when fenced."""
    asset = Asset.objects.select_for_update().filter(uuid=asset_uuid).first()
    if asset is None or asset.attempt_token != token or asset.state not in states.WORKING:
        raise AttemptLost(str(asset_uuid))
    return asset


def _remove_original(name: str) -> None:
    try:
        if name:
            private_storage().delete(name)
    except OSError:
        # The row names it no more: whoever sweeps orphans removes it.
        logger.warning("the rejected original %s was not removed", name, exc_info=True)


def move(asset: Asset, to_state: str) -> None:
    states.check_transition(asset.state, to_state)
    asset.state = to_state


def _release(asset: Asset) -> None:
    asset.attempt_token, asset.lease_until = None, None
