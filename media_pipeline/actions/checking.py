"""The checksum at the end of an upload: the whole file read once more from the disk, then an asset or nothing.

Every part must still hash to what its bytes hashed to when they came in, which is what the browser said; the whole to
what the sender announced, if so. A worker holds the upload by a token and a lease, as one holds an asset; a report is
its heartbeat. The file becomes the asset's original by another name, in the transaction that makes the asset.
"""

import hashlib
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from media_pipeline.actions import part_files
from media_pipeline.actions.uploads import NotAllowed, Original, admit_asset, place_for
from media_pipeline.actions.waking import wake_check_on_commit
from media_pipeline.limits import ATTEMPTS_MAX, LEASE_S, REPORT_EVERY_S, SWEEP_UPLOADS_MAX, WAKE_AGAIN_S
from media_pipeline.models import Upload
from media_pipeline.rules import uploading
from media_pipeline.signals import acted
from media_pipeline.storage import source_path

logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]

BYTES_DIFFER = "bytes_differ"
CHECKSUM_DIFFERS = "checksum_differs"
NO_LONGER_ALLOWED = "no_longer_allowed"
GAVE_UP = "gave_up"


class CheckLost(Exception):
    """Another worker holds the upload, or none does; the caller must stop."""


class UploadSpoiled(Exception):
    """The file is not what was sent; the reason's code is in it."""


def check_upload(*, clock: Clock, upload_uuid: uuid.UUID, token: uuid.UUID) -> str | None:
    """Check an upload that is complete; its state afterwards, None when there was nothing to do.

    What breaks on the way (a disk that does not answer) leaves it waiting for the next sweep.
    """
    upload = _claim(clock(), upload_uuid, token)
    if upload is None:
        return None
    try:
        try:
            digest = _digest(upload, token, clock)
            _finish(clock(), upload, token, digest)
        except (UploadSpoiled, part_files.BytesLost, NotAllowed) as error:
            _spoil(clock(), upload, token, _reason(error))
    except CheckLost:
        logger.warning("upload %s was taken over; this check stopped", upload.uuid)
    except Exception:
        logger.exception("upload %s could not be checked", upload.uuid)
        _let_go(upload, token, clock())
    upload.refresh_from_db(fields=["state"])
    return upload.state


def wake_stale_checks(*, at: datetime) -> int:
    """Wake workers for complete uploads whose worker is silent or was never woken; their number."""
    waiting = Q(lease_until__isnull=True, woken_at__lt=at - timedelta(seconds=WAKE_AGAIN_S))
    silent = Q(lease_until__lt=at)
    with transaction.atomic():
        rows = Upload.objects.select_for_update(skip_locked=True).filter(waiting | silent, state=uploading.CHECKING)
        found = list(rows.order_by("woken_at", "pk")[:SWEEP_UPLOADS_MAX])
        for upload in found:
            upload.woken_at, upload.lease_until, upload.attempt_token = at, None, None
            upload.save(update_fields=["woken_at", "lease_until", "attempt_token"])
            wake_check_on_commit(upload.uuid)
    return len(found)


def _claim(at: datetime, upload_uuid: uuid.UUID, token: uuid.UUID) -> Upload | None:
    with transaction.atomic():
        upload = Upload.objects.select_for_update().filter(uuid=upload_uuid, state=uploading.CHECKING).first()
        if upload is None or (upload.lease_until is not None and upload.lease_until > at):
            return None
        if upload.attempts >= ATTEMPTS_MAX:
            _end_spoiled(upload, at, GAVE_UP)
            return None
        upload.attempts += 1
        upload.attempt_token, upload.lease_until, upload.checked = token, at + timedelta(seconds=LEASE_S), 0
        upload.save(update_fields=["attempts", "attempt_token", "lease_until", "checked"])
        return upload


def _digest(upload: Upload, token: uuid.UUID, clock: Clock) -> str:
    """The sha256 of the whole file, every part of it held against what came in."""
    whole, done, last_s = hashlib.sha256(), 0, time.monotonic()
    parts = iter(upload.parts.order_by("from_byte").values_list("from_byte", "to_byte", "sha256"))
    for piece, ends_part in _pieces_by_part(upload, parts):
        whole.update(piece)
        done += len(piece)
        if ends_part and time.monotonic() - last_s >= REPORT_EVERY_S:
            last_s = time.monotonic()
            _report(upload, token, clock(), done)
    if done != upload.bytes_total:
        raise UploadSpoiled(BYTES_DIFFER)
    digest = whole.hexdigest()
    if upload.sha256_expected not in ("", digest):
        raise UploadSpoiled(CHECKSUM_DIFFERS)
    return digest


def _pieces_by_part(upload: Upload, parts: Iterator[tuple[int, int, str]]) -> Iterator[tuple[memoryview, bool]]:
    """The file in pieces, none of which reaches into two parts, and whether a piece ends one. UploadSpoiled."""
    position, end, expected, part = 0, 0, "", hashlib.sha256()
    for block in part_files.read_pieces(upload.uuid):
        view = memoryview(block)
        while view:
            if position == end:
                begin, end, expected = next(parts, (-1, -1, ""))
                if begin != position:
                    raise UploadSpoiled(BYTES_DIFFER)
                part = hashlib.sha256()
            piece, view = view[: end - position], view[end - position :]
            part.update(piece)
            position += len(piece)
            if position == end and part.hexdigest() != expected:
                raise UploadSpoiled(BYTES_DIFFER)
            yield piece, position == end


def _report(upload: Upload, token: uuid.UUID, at: datetime, done: int) -> None:
    held = Upload.objects.filter(pk=upload.pk, attempt_token=token, state=uploading.CHECKING)
    if not held.update(checked=done, lease_until=at + timedelta(seconds=LEASE_S)):
        raise CheckLost(str(upload.uuid))


def _finish(at: datetime, upload: Upload, token: uuid.UUID, digest: str) -> None:
    with transaction.atomic():
        held = _held(upload, token)
        owner = held.created_by
        place = place_for(owner, held.collection)
        uploading.check_transition(held.state, uploading.DONE)
        held.state, held.sha256, held.checked = uploading.DONE, digest, held.bytes_total
        held.attempt_token, held.lease_until = None, None
        held.save()
        held.parts.all().delete()
        original = Original(source_path(held.uuid), held.source_name, held.bytes_total, digest)
        admit_asset(by=owner, at=at, asset_uuid=held.uuid, title=held.title, original=original, collection=place)
        # Last: no other asset has this id, so no other original has this name.
        part_files.keep_as_source(held.uuid)
        # Where the storage is a bucket the local file is still here.
        transaction.on_commit(lambda: part_files.remove_file(held.uuid))


def _spoil(at: datetime, upload: Upload, token: uuid.UUID, reason: str) -> None:
    with transaction.atomic():
        _end_spoiled(_held(upload, token), at, reason)


def _end_spoiled(upload: Upload, at: datetime, reason: str) -> None:
    uploading.check_transition(upload.state, uploading.SPOILED)
    upload.state, upload.reason, upload.attempt_token, upload.lease_until = uploading.SPOILED, reason, None, None
    upload.save()
    upload.parts.all().delete()
    acted.send(Upload, verb="upload.spoiled", subject=upload, by=None, at=at, detail={"reason": reason})
    transaction.on_commit(lambda: part_files.remove_file(upload.uuid))


def _let_go(upload: Upload, token: uuid.UUID, at: datetime) -> None:
    held = Upload.objects.filter(pk=upload.pk, attempt_token=token, state=uploading.CHECKING)
    held.update(attempt_token=None, lease_until=None, woken_at=at)


def _held(upload: Upload, token: uuid.UUID) -> Upload:
    held = Upload.objects.select_for_update().get(pk=upload.pk)
    if held.attempt_token != token or held.state != uploading.CHECKING:
        raise CheckLost(str(upload.uuid))
    return held


def _reason(error: Exception) -> str:
    if isinstance(error, NotAllowed):
        return NO_LONGER_ALLOWED
    return str(error) if isinstance(error, UploadSpoiled) else BYTES_DIFFER
