"""Every read of media. Staff pages reach an asset only through `assets_for` and `asset_for`, which take the viewer.

Playlists, keys and windows take an asset that the caller was already allowed to use: learners reach a lesson's asset
through the lesson, and whether a key is due is decided where the study session is known. Addresses of renditions,
keys and segments are the caller's as well: segments are given to the login that their address was signed for, and are
worthless without their keys.
"""

import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Count, Max, Q, QuerySet
from wagtail.models import Collection
from wagtail.permission_policies.collections import CollectionPermissionPolicy

from media_pipeline import sealing
from media_pipeline.models import Asset, CaptionVersion, Chunk, ChunkState, KeyWindow, Rendition, Upload
from media_pipeline.rules import captions, playlists, states, uploading
from media_pipeline.rules.sprites import from_json
from media_pipeline.rules.stretches import Stretch
from media_pipeline.rules.windows import Window

SEEING = ("view", "change")
"""The rights on a collection that show every video in it; with "add" alone one sees one's own there."""

permission_policy = CollectionPermissionPolicy(Asset)
"""Wagtail's rights on collections: the only ones that open videos to staff."""


class AssetUnknown(Exception):
    """No such asset, or none that this viewer may see; the two look the same on purpose."""


class UploadUnknown(Exception):
    """No such upload, or one of somebody else; the two look the same on purpose."""


class NotReady(Exception):
    """The asset has nothing published."""


class WindowUnknown(Exception):
    """The asset has no such window."""


class CaptionsUnknown(Exception):
    """The asset shows no captions in this language, or has no such version."""


def may_upload(viewer: Any) -> bool:
    return bool(permission_policy.user_has_permission(viewer, "add"))


def may_see_library(viewer: Any) -> bool:
    """Whether there is a video library for this person at all, be it an empty one."""
    return bool(permission_policy.user_has_any_permission(viewer, ["add", *SEEING]))


def collections_to_upload_into(viewer: Any) -> QuerySet[Collection]:
    """Where this person may put a video."""
    places: QuerySet[Collection] = permission_policy.collections_user_has_permission_for(viewer, "add").order_by("path")
    return places if viewer.is_active else places.none()


def jobs_by_state() -> dict[str, int]:
    """How many videos are in each state, those without any as 0; for whoever watches the installation."""
    counted = dict(Asset.objects.order_by().values_list("state").annotate(number=Count("*")))
    return {state: counted.get(state, 0) for state in states.STATES}


def uploads_by_state() -> dict[str, int]:
    """How many files are on their way in, are being checked, or became no video; the others are only history."""
    told = (*uploading.UNFINISHED, uploading.SPOILED)
    counted = Upload.objects.filter(state__in=told).order_by().values_list("state").annotate(number=Count("*"))
    return {**dict.fromkeys(told, 0), **dict(counted)}


def chunks_by_state() -> dict[str, int]:
    """How many chunks of long lectures wait, are worked on, and have failed and wait for another try.

    The rows of a lecture go when it is settled, so the table is never large.
    """
    waits = Q(state=ChunkState.WAITING)
    return Chunk.objects.aggregate(
        waiting=Count("pk", filter=waits & Q(attempts=0)),
        working=Count("pk", filter=Q(state=ChunkState.WORKING)),
        failed=Count("pk", filter=waits & Q(attempts__gt=0)),
    )


def unfinished_jobs() -> QuerySet[Asset]:
    """Videos that wait, are being prepared or are quarantined, oldest first: for whoever runs the installation."""
    return Asset.objects.exclude(state__in=(states.READY, states.REJECTED)).order_by("uploaded_at", "pk")


def finished_chunks(asset: Asset) -> tuple[int, int]:
    """How many chunks of a long lecture are done, and of how many; (0, 0) when it is not split."""
    return Chunk.objects.filter(asset=asset, state=ChunkState.DONE).count(), Chunk.objects.filter(asset=asset).count()


def is_published(asset_uuid: uuid.UUID, folder: str) -> bool:
    """Whether what the asset shows lies in this folder of default storage."""
    published = Rendition.objects.filter(asset__uuid=asset_uuid, asset__state=states.READY)
    return published.filter(segments__0__0__startswith=f"{folder}/").exists()


def assets_for(viewer: Any) -> QuerySet[Asset]:
    """Assets that a member of staff may see: all of a collection with the right to view or change there, their own
    with the right to add there."""
    if not viewer.is_active:
        return Asset.objects.none()
    if viewer.is_superuser:
        return Asset.objects.select_related("uploaded_by")
    seen = permission_policy.collections_user_has_any_permission_for(viewer, SEEING)
    own = Q(uploaded_by=viewer.pk, collection__in=collections_to_upload_into(viewer).order_by())
    return Asset.objects.filter(Q(collection__in=seen) | own).select_related("uploaded_by")


def asset_for(viewer: Any, asset_uuid: uuid.UUID) -> Asset:
    """One asset for a member of staff; AssetUnknown otherwise."""
    asset = assets_for(viewer).filter(uuid=asset_uuid).first()
    if asset is None:
        raise AssetUnknown(str(asset_uuid))
    return asset


def upload_for(viewer: Any, upload_uuid: uuid.UUID) -> Upload:
    """An upload of this person's own, in whatever state; UploadUnknown otherwise."""
    upload = Upload.objects.filter(uuid=upload_uuid, created_by=viewer.pk).first() if viewer.is_active else None
    if upload is None:
        raise UploadUnknown(str(upload_uuid))
    return upload


def unfinished_uploads_for(viewer: Any) -> QuerySet[Upload]:
    """What this person has begun to send and not finished, the last one first."""
    own = Upload.objects.filter(created_by=viewer.pk, state__in=uploading.UNFINISHED)
    return own if viewer.is_active else own.none()


def spoiled_uploads_for(viewer: Any, *, since: datetime) -> QuerySet[Upload]:
    """What this person sent whole and what became no video, with its reason; the last one first."""
    own = Upload.objects.filter(created_by=viewer.pk, state=uploading.SPOILED, touched_at__gte=since)
    return own if viewer.is_active else own.none()


def part_hashes(upload: Upload) -> list[tuple[int, int, str]]:
    """The first and the last part that came in, as (from byte, to byte, sha256): enough to know the file again."""
    parts = upload.parts.order_by("from_byte").values_list("from_byte", "to_byte", "sha256")
    first, last = parts.first(), parts.last()
    return [] if first is None or last is None else [first] if first == last else [first, last]


def ready_assets_for(viewer: Any) -> QuerySet[Asset]:
    """What an editor can put into a lesson."""
    return assets_for(viewer).filter(state=states.READY)


def windows_of(asset: Asset) -> tuple[Window, ...]:
    """The key windows, in order, without holes from 0 to the duration; empty until the asset is ready."""
    rows = KeyWindow.objects.filter(asset=asset).order_by("ordinal").values_list("ordinal", "from_ms", "to_ms")
    return tuple(Window(*row) for row in rows)


def window_at(asset: Asset, position_ms: int) -> Window | None:
    """The window of a position; the very end belongs to the last one; None outside the media."""
    rows = KeyWindow.objects.filter(asset=asset, from_ms__lte=position_ms, to_ms__gte=position_ms)
    row = rows.order_by("-ordinal").values_list("ordinal", "from_ms", "to_ms").first()
    return Window(*row) if row else None


def window_numbered(asset: Asset, ordinal: int) -> Window:
    """The window with this number. WindowUnknown when the asset has none."""
    rows = KeyWindow.objects.filter(asset=asset, ordinal=ordinal)
    row = rows.values_list("ordinal", "from_ms", "to_ms").first()
    if row is None:
        raise WindowUnknown(f"{asset.uuid}: {ordinal}")
    return Window(*row)


def key_of(asset: Asset, ordinal: int) -> bytes:
    """The 16 bytes of a window's key. The caller has checked that they are due. WindowUnknown otherwise."""
    sealed = KeyWindow.objects.filter(asset=asset, ordinal=ordinal).values_list("sealed_key", flat=True).first()
    if sealed is None:
        raise WindowUnknown(f"{asset.uuid}: {ordinal}")
    return sealing.unseal(bytes(sealed), asset.uuid, ordinal)


def master_playlist(asset: Asset, *, variant_url: Callable[[int], str]) -> str:
    """The list of renditions; `variant_url` gets a rendition's height. NotReady when there are none."""
    renditions = Rendition.objects.filter(asset=asset).defer("segments")
    variants = [
        playlists.Variant(variant_url(row.height), row.width, row.height, row.bandwidth, row.codecs)
        for row in renditions
    ]
    if not variants:
        raise NotReady(str(asset.uuid))
    return playlists.master_playlist(variants)


def media_playlist(
    asset: Asset, height: int, *, key_url: Callable[[int], str], segment_url: Callable[[str], str] | None = None
) -> str:
    """The list of one rendition; `key_url` gets a window's ordinal. NotReady when there is no such rendition.

    `segment_url` signs for a viewer (addresses.signer). Without it addresses are bare, and refused to everybody.
    """
    rendition = Rendition.objects.filter(asset=asset, height=height).first()
    if rendition is None:
        raise NotReady(f"{asset.uuid}: {height}")
    segments = [(str(file), int(duration_ms)) for file, duration_ms in rendition.segments]
    return playlists.media_playlist(
        segments, windows_of(asset), segment_url=segment_url or default_storage.url, key_url=key_url
    )


def poster_url(asset: Asset) -> str | None:
    """Public address of the poster; None until the asset is ready."""
    return default_storage.url(asset.poster) if asset.poster else None


def stretches_of(asset: Asset) -> tuple[Stretch, ...]:
    """Where the film is silent, frozen or black, in its order."""
    return tuple(Stretch(str(kind), int(from_ms), int(to_ms)) for kind, from_ms, to_ms in asset.stretches)


def sprites_of(asset: Asset) -> dict[str, Any] | None:
    """What a player needs for pictures over its seek bar, with public addresses of the sheets; None without any."""
    if asset.sprites is None:
        return None
    sprites, files = from_json(asset.sprites)
    return {**asdict(sprites), "sheets": [default_storage.url(file) for file in files]}


def may_caption(viewer: Any, asset: Asset) -> bool:
    """Who may change the captions of a video: with the right to change its collection, or with the right to add there
    if the video is their own."""
    if not viewer.is_active:
        return False
    if viewer.is_superuser:
        return True
    if permission_policy.collections_user_has_permission_for(viewer, "change").filter(pk=asset.collection_id).exists():
        return True
    is_own = asset.uploaded_by_id == viewer.pk
    return is_own and collections_to_upload_into(viewer).filter(pk=asset.collection_id).exists()


def captions_of(asset: Asset, *, reader: str = "") -> tuple[CaptionVersion, ...]:
    """What is shown now, a version for each language, those of the reader's language in front; without the cues."""
    newest = CaptionVersion.objects.filter(asset=asset).order_by("language", "-number").distinct("language")
    shown = {each.language: each for each in newest.select_related("made_by").defer("cues") if not each.is_withdrawn}
    return tuple(shown[code] for code in captions.in_order_for(shown, reader))


def caption_version(asset: Asset, language: str, number: int | None = None) -> CaptionVersion:
    """One saved version with its cues; without a number the one that is shown now. CaptionsUnknown when there is none
    or it was withdrawn."""
    rows = CaptionVersion.objects.filter(asset=asset, language=language)
    version = rows.order_by("-number").first() if number is None else rows.filter(number=number).first()
    if version is None or version.is_withdrawn:
        raise CaptionsUnknown(f"{asset.uuid}: {language} {number or ''}")
    return version


def caption_history(asset: Asset, language: str) -> QuerySet[CaptionVersion]:
    """Everything that was saved or withdrawn in a language, newest first, without the cues."""
    rows = CaptionVersion.objects.filter(asset=asset, language=language)
    return rows.order_by("-number").select_related("made_by").defer("cues")


def caption_numbers(asset: Asset) -> dict[str, int]:
    """The number of the newest version of each language, withdrawn ones as well."""
    rows = CaptionVersion.objects.filter(asset=asset).order_by().values_list("language")
    return dict(rows.annotate(newest=Max("number")))


def captions_text(version: CaptionVersion) -> str:
    """A version as a WebVTT file."""
    return captions.webvtt(captions.Cue(*row) for row in version.cues)
