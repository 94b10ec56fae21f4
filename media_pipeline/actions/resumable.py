"""People's writes on uploads that come in parts: begin one, append to it, give it up. And the sweep of old ones.

A part is written under a lock on the upload's row, and acknowledged after the disk and the commit: two tabs, a
repeated request and a process that dies in between can neither mix nor lose bytes. The request's body is already
here when the lock is taken (Django keeps it in a temporary file), so no slow client ever holds one.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, transaction
from django.db.models import F, Sum
from wagtail.models import Collection

from media_pipeline import limits, queries
from media_pipeline.actions import part_files
from media_pipeline.actions.part_files import Hashing
from media_pipeline.actions.uploads import place_for, shown_name
from media_pipeline.actions.waking import wake_check_on_commit
from media_pipeline.models import Asset, Upload, UploadPart
from media_pipeline.rules import uploading
from media_pipeline.rules.tus import Checksum
from media_pipeline.signals import acted

ROOM_LOCK = 0x726F6F6D
"""Key of the advisory lock; `room`."""


class UploadNotBegun(Exception):
    """Refused for the reasons in it (rules.uploading)."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons


class UploadIdTaken(Exception):
    """The id is known with another file, another person or an upload that has ended."""


class UploadGone(Exception):
    """The upload has ended without a video: nothing can be added to it."""


class UploadBusy(Exception):
    """Another request writes to this upload right now."""


class OffsetDiffers(Exception):
    """The part does not begin where the upload ends."""


class PartTooLong(Exception):
    """The part ends behind the announced end of the file, or is larger than a part may be."""


class ChecksumDiffers(Exception):
    """The part is not what its sender hashed; nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class NewUpload:
    """What somebody announces: the file's name and size in bytes, where it goes, and what it must hash to if known."""

    uuid: uuid.UUID
    name: str
    bytes_total: int
    title: str = ""
    collection: Collection | None = None
    metadata: str = ""
    sha256: str = ""


def begin_upload(*, by: Any, at: datetime, new: NewUpload) -> Upload:
    """Promise room for a file. Idempotent by its uuid for the same person and the same size.

    Raises NotAllowed, UploadNotBegun, UploadIdTaken.
    """
    place = place_for(by, new.collection)
    with transaction.atomic():
        # One at a time for each person, so that their number holds.
        get_user_model().objects.select_for_update(no_key=True).get(pk=by.pk)
        known = Upload.objects.filter(uuid=new.uuid).first()
        if known is not None:
            return _same(known, by, new)
        if Asset.objects.filter(uuid=new.uuid).exists():
            raise UploadIdTaken(str(new.uuid))
        _one_at_a_time()
        _check_room(by, new)
        name = shown_name(new.name)
        upload = Upload.objects.create(
            uuid=new.uuid,
            created_by=by,
            created_at=at,
            touched_at=at,
            expires_at=_expiry(at),
            woken_at=at,
            collection=place,
            title=new.title or PurePath(name).stem,
            source_name=name,
            bytes_total=new.bytes_total,
            metadata=new.metadata,
            sha256_expected=new.sha256,
        )
        part_files.begin_file(upload.uuid)
        acted.send(Upload, verb="upload.begun", subject=upload, by=by, at=at, detail={"bytes": new.bytes_total})
    return upload


def append_part(
    *,
    by: Any,
    at: datetime,
    upload_uuid: uuid.UUID,
    offset: int,
    pieces: Iterable[bytes],
    checksum: Checksum | None = None,
) -> Upload:
    """Add these bytes at the end; when nothing is missing any more, have the whole checked.

    Acknowledged means on the disk and committed. Raises NotAllowed, queries.UploadUnknown, UploadGone, UploadBusy,
    OffsetDiffers, PartTooLong, ChecksumDiffers, part_files.DiskFull, part_files.BytesLost; then the upload is as
    before.
    """
    visible = queries.upload_for(by, upload_uuid)
    place_for(by, None)
    with transaction.atomic():
        upload = _locked(visible.pk)
        _check_open(upload, at)
        if offset != upload.received:
            raise OffsetDiffers(f"{offset}, not {upload.received}")
        size, digest = _write(upload, pieces, checksum)
        if size == 0:
            return upload
        UploadPart.objects.create(upload=upload, from_byte=offset, to_byte=offset + size, sha256=digest)
        upload.received, upload.touched_at, upload.expires_at = offset + size, at, _expiry(at)
        if upload.received == upload.bytes_total:
            _hand_over(upload, by, at)
        upload.save(update_fields=["received", "touched_at", "expires_at", "state", "woken_at"])
    return upload


def abandon_upload(*, by: Any, at: datetime, upload_uuid: uuid.UUID) -> None:
    """Give an unfinished upload up; its bytes go. Twice is once. A finished or checked one: UploadGone."""
    visible = queries.upload_for(by, upload_uuid)
    with transaction.atomic():
        upload = _locked(visible.pk)
        if upload.state == uploading.ABANDONED:
            return
        if upload.state != uploading.RECEIVING:
            raise UploadGone
        _end(upload, uploading.ABANDONED)
        acted.send(Upload, verb="upload.abandoned", subject=upload, by=by, at=at, detail={"received": upload.received})


def expire_uploads(*, at: datetime) -> int:
    """End uploads that nobody went on with, and remove files that belong to none; the number of both."""
    with transaction.atomic():
        rows = Upload.objects.select_for_update(skip_locked=True)
        old = list(rows.filter(state=uploading.RECEIVING, expires_at__lt=at)[: limits.SWEEP_UPLOADS_MAX])
        for upload in old:
            _end(upload, uploading.EXPIRED)
            detail = {"received": upload.received}
            acted.send(Upload, verb="upload.expired", subject=upload, by=None, at=at, detail=detail)
    stray = list(part_files.stray_files(limits.STRAY_PART_S, at.timestamp()))
    living = set(Upload.objects.filter(uuid__in=stray, state__in=uploading.UNFINISHED).values_list("uuid", flat=True))
    lost = [each for each in stray if each not in living]
    for each in lost:
        part_files.remove_file(each)
    return len(old) + len(lost)


def _same(known: Upload, by: Any, new: NewUpload) -> Upload:
    is_same = known.created_by_id == by.pk and known.bytes_total == new.bytes_total
    if not is_same or known.state in uploading.GONE:
        raise UploadIdTaken(str(known.uuid))
    return known


def _one_at_a_time() -> None:
    """Space is promised to one person after the other, or two would be promised the same bytes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ROOM_LOCK])


def _check_room(by: Any, new: NewUpload) -> None:
    unfinished = Upload.objects.filter(state=uploading.RECEIVING)
    promised = unfinished.aggregate(bytes=Sum(F("bytes_total") - F("received")))["bytes"] or 0
    reasons = uploading.why_not_begin(
        bytes_total=new.bytes_total,
        bytes_max=limits.SOURCE_BYTES_MAX,
        unfinished=unfinished.filter(created_by=by).count(),
        unfinished_max=limits.UNFINISHED_UPLOADS_MAX,
        bytes_free=part_files.bytes_free() - promised,
        bytes_kept_free=limits.DISK_KEPT_FREE_BYTES,
    )
    if reasons:
        raise UploadNotBegun(reasons)


def _locked(pk: int) -> Upload:
    try:
        return Upload.objects.select_for_update(nowait=True).get(pk=pk)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != "55P03":
            raise
        raise UploadBusy from error


def _check_open(upload: Upload, at: datetime) -> None:
    if upload.state in uploading.GONE or (upload.state == uploading.RECEIVING and upload.expires_at < at):
        raise UploadGone


def _write(upload: Upload, pieces: Iterable[bytes], checksum: Checksum | None) -> tuple[int, str]:
    """The part on the disk: its size and sha256. What must not stay is refused before the disk is waited for."""
    room = uploading.room_for_part(
        received=upload.received, bytes_total=upload.bytes_total, part_bytes_max=limits.PART_BYTES_MAX
    )
    hashing = Hashing(pieces, *([checksum.algorithm] if checksum else []))

    def checked() -> Iterable[bytes]:
        for piece in hashing:
            if hashing.size > room:
                raise PartTooLong
            yield piece
        if checksum is not None and hashing.digest(checksum.algorithm) != checksum.digest:
            raise ChecksumDiffers

    if upload.state == uploading.RECEIVING:
        part_files.write_part(upload.uuid, upload.received, checked())
    else:
        # Complete: a repeated last request brings nothing, and whatever else comes is too much.
        for _piece in checked():
            pass
    return hashing.size, hashing.digest().hex()


def _hand_over(upload: Upload, by: Any, at: datetime) -> None:
    uploading.check_transition(upload.state, uploading.CHECKING)
    upload.state, upload.woken_at = uploading.CHECKING, at
    acted.send(Upload, verb="upload.received", subject=upload, by=by, at=at, detail={"bytes": upload.received})
    wake_check_on_commit(upload.uuid)


def _end(upload: Upload, state: str) -> None:
    uploading.check_transition(upload.state, state)
    upload.state = state
    upload.save(update_fields=["state"])
    upload.parts.all().delete()
    # After the commit: an upload that is not ended keeps its bytes. A crash in between is swept.
    transaction.on_commit(lambda: part_files.remove_file(upload.uuid))


def _expiry(at: datetime) -> datetime:
    return at + timedelta(seconds=limits.UPLOAD_KEPT_S)
