"""People's writes: upload a video, and try a quarantined one again."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.core.files import File
from django.db import IntegrityError, transaction
from wagtail.models import Collection

from media_pipeline import queries
from media_pipeline.actions.waking import wake_on_commit
from media_pipeline.limits import SOURCE_BYTES_MAX, SOURCE_NAME_CHARS_MAX
from media_pipeline.models import Asset, Stage, Upload
from media_pipeline.rules import states
from media_pipeline.signals import acted
from media_pipeline.storage import private_storage, source_path


class NotAllowed(Exception):
    """This person may not do this with this asset."""


class UploadEmpty(Exception):
    """A file without a single byte."""


class UploadTooLarge(Exception):
    """A file above SOURCE_BYTES_MAX."""


class UploadDiffers(Exception):
    """The same upload id came a second time with another file, or in another way."""


@dataclass(frozen=True, slots=True)
class Original:
    """A file that lies in private storage whole: its path there, its uploader's name for it, size and hash."""

    path: str
    shown_name: str
    size: int
    sha256: str


def upload_asset(
    *,
    by: Any,
    at: datetime,
    asset_uuid: uuid.UUID,
    title: str,
    file: "File[bytes]",
    collection: Collection | None = None,
) -> Asset:
    """Keep an uploaded file in private storage and have it transcoded. Idempotent by `asset_uuid`.

    Without a `collection` it goes into the first one that the person may upload into. `by` None is the system itself
    (the demo). Raises NotAllowed, UploadEmpty, UploadTooLarge, UploadDiffers.
    """
    place = place_for(by, collection)
    digest, size = _measure(file)
    known = Asset.objects.filter(uuid=asset_uuid).first()
    if known is not None:
        return _same_upload(known, by, digest)
    if Upload.objects.filter(uuid=asset_uuid).exists():
        raise UploadDiffers(str(asset_uuid))
    storage = private_storage()
    name = storage.save(source_path(asset_uuid), file)
    try:
        with transaction.atomic():
            asset = admit_asset(
                by=by,
                at=at,
                asset_uuid=asset_uuid,
                title=title,
                original=Original(name, shown_name(file.name), size, digest),
                collection=place,
            )
    except BaseException as error:
        storage.delete(name)
        if isinstance(error, IntegrityError):
            # The same upload, sent twice at once: the other one won.
            winner = Asset.objects.filter(uuid=asset_uuid).first()
            if winner is not None:
                return _same_upload(winner, by, digest)
        raise
    return asset


def admit_asset(
    *, by: Any, at: datetime, asset_uuid: uuid.UUID, title: str, original: Original, collection: Collection
) -> Asset:
    """The row of a kept file, its audit row, and a worker woken. The caller holds the transaction and has the right."""
    asset = Asset.objects.create(
        uuid=asset_uuid,
        title=title,
        source=original.path,
        source_name=original.shown_name,
        bytes=original.size,
        sha256=original.sha256,
        uploaded_by=by,
        uploaded_at=at,
        woken_at=at,
        collection=collection,
    )
    detail = {"bytes": original.size, "sha256": original.sha256}
    acted.send(Asset, verb="asset.uploaded", subject=asset, by=by, at=at, detail=detail)
    wake_on_commit(asset.uuid)
    return asset


def try_again(*, by: Any, at: datetime, asset_uuid: uuid.UUID) -> Asset:
    """Send a quarantined asset to the workers again with fresh attempts. NotAllowed for strangers and other states.

    `by` None is whoever runs the installation (`manage.py videos`).
    """
    if by is not None:
        try:
            queries.asset_for(by, asset_uuid)
        except queries.AssetUnknown:
            raise NotAllowed from None
    with transaction.atomic():
        asset = Asset.objects.select_for_update().filter(uuid=asset_uuid).first()
        if asset is None or asset.state != states.QUARANTINED:
            raise NotAllowed
        states.check_transition(asset.state, states.UPLOADED)
        asset.state, asset.stage, asset.reasons, asset.log_tail = states.UPLOADED, Stage.WAITING, [], ""
        asset.attempts, asset.percent, asset.speed, asset.woken_at = 0, 0, None, at
        asset.save(update_fields=["state", "stage", "reasons", "log_tail", "attempts", "percent", "speed", "woken_at"])
        acted.send(Asset, verb="asset.tried_again", subject=asset, by=by, at=at, detail={})
        wake_on_commit(asset.uuid)
    return asset


def place_for(by: Any, wanted: Collection | None) -> Collection:
    """Where this person's upload goes: where they want it, or the first place that they may use. NotAllowed."""
    if by is None:
        return wanted or Collection.get_first_root_node()
    allowed = queries.collections_to_upload_into(by)
    place = allowed.filter(pk=wanted.pk).first() if wanted else allowed.first()
    if place is None:
        raise NotAllowed
    return place


def _same_upload(known: Asset, by: Any, digest: str) -> Asset:
    if known.uploaded_by_id != getattr(by, "pk", None):
        raise NotAllowed
    if known.sha256 != digest:
        raise UploadDiffers(str(known.uuid))
    return known


def _measure(file: "File[bytes]") -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    for chunk in file.chunks():
        digest.update(chunk)
        size += len(chunk)
        if size > SOURCE_BYTES_MAX:
            raise UploadTooLarge
    if size == 0:
        raise UploadEmpty
    file.seek(0)
    return digest.hexdigest(), size


def shown_name(given: str | None) -> str:
    """The uploader's file name, only ever shown to people."""
    name = PurePath(str(given or "").replace("\\", "/")).name
    printable = "".join(character for character in name if character.isprintable())
    return printable[-SOURCE_NAME_CHARS_MAX:] or "video"
