"""Every read of media. Staff pages reach an asset only through `assets_for` and `asset_for`, which take the viewer.

Playlists, keys and windows take an asset that the caller was already allowed to use: learners reach a lesson's asset
through the lesson, and whether a key is due is decided where the study session is known. Addresses of renditions,
keys and segments are the caller's as well: segments are given to the login that their address was signed for, and are
worthless without their keys.
"""

import uuid
from collections.abc import Callable
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Count, Q, QuerySet
from wagtail.models import Collection
from wagtail.permission_policies.collections import CollectionPermissionPolicy

from media_pipeline import sealing
from media_pipeline.models import Asset, KeyWindow, Rendition
from media_pipeline.rules import playlists, states
from media_pipeline.rules.windows import Window

SEEING = ("view", "change")
"""The rights on a collection that show every video in it; with "add" alone one sees one's own there."""

permission_policy = CollectionPermissionPolicy(Asset)
"""Wagtail's rights on collections: the only ones that open videos to staff."""


class AssetUnknown(Exception):
    """No such asset, or none that this viewer may see; the two look the same on purpose."""


class NotReady(Exception):
    """The asset has nothing published."""


class WindowUnknown(Exception):
    """The asset has no such window."""


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
    counted = dict(Asset.objects.order_by().values_list("state").annotate(number=Count("pk")))
    return {state: counted.get(state, 0) for state in states.STATES}


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
