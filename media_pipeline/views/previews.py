"""Plays a video for members of staff who may see it in the library, as it is published. It opens no study session and
earns nothing; keys are given by the right to see the video alone, and never kept by a browser.
"""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.generic import View

from media_pipeline import queries
from media_pipeline.models import Asset
from media_pipeline.rules import states
from media_pipeline.views import playlists


def ready_asset_or_404(request: HttpRequest, asset_uuid: uuid.UUID) -> Asset:
    """A video that is published and that this person may see."""
    try:
        asset = queries.asset_for(request.user, asset_uuid)
    except queries.AssetUnknown:
        raise Http404 from None
    if asset.state != states.READY:
        raise Http404
    return asset


class PreviewMasterView(View):
    """The list of renditions."""

    def get(self, request: HttpRequest, asset_uuid: uuid.UUID) -> HttpResponse:
        asset = ready_asset_or_404(request, asset_uuid)
        text = queries.master_playlist(
            asset, variant_url=lambda height: reverse("videos:preview_playlist", args=[asset_uuid, height])
        )
        return playlists.playlist(request, text)


class PreviewPlaylistView(View):
    """The segments of one rendition."""

    def get(self, request: HttpRequest, asset_uuid: uuid.UUID, height: int) -> HttpResponse:
        asset = ready_asset_or_404(request, asset_uuid)
        try:
            text = queries.media_playlist(
                asset,
                height,
                segment_url=playlists.segment_url(request),
                key_url=lambda ordinal: reverse("videos:preview_key", args=[asset_uuid, ordinal]),
            )
        except queries.NotReady:
            raise Http404 from None
        return playlists.playlist(request, text)


class PreviewKeyView(View):
    """The key of one window, 16 bytes."""

    def get(self, request: HttpRequest, asset_uuid: uuid.UUID, ordinal: int) -> HttpResponse:
        asset = ready_asset_or_404(request, asset_uuid)
        try:
            return playlists.key(queries.key_of(asset, ordinal))
        except queries.WindowUnknown:
            raise Http404 from None
