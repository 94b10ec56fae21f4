"""The door of the content administration, and the preview of a video for editors.

A preview plays the encrypted video as learners get it, for people who edit pages; it opens no session and earns
nothing. Its addresses are registered inside the administration (wagtail_hooks), so strangers never get this far.
"""

import uuid

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from courses.queries import may_enter, may_preview
from media_pipeline import queries as media
from media_pipeline.models import Asset
from media_pipeline.views import playlists


@never_cache
def admin_login(request: HttpRequest) -> HttpResponse:
    """Strangers are sent to the one login page; who is logged in without access is told so, not sent in a circle."""
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        wanted = reverse("wagtailadmin_home")
    if not request.user.is_authenticated:
        return redirect(f"{reverse('account_login')}?{urlencode({'next': wanted})}")
    if not may_enter(request.user):
        raise PermissionDenied
    return redirect(wanted)


def closed(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    raise Http404


@require_GET
def preview_master(request: HttpRequest, asset_uuid: uuid.UUID) -> HttpResponse:
    asset = _asset_to_preview(request, asset_uuid)
    text = media.master_playlist(
        asset, variant_url=lambda height: reverse("courses_preview_playlist", args=[asset_uuid, height])
    )
    return playlists.playlist(request, text)


@require_GET
def preview_playlist(request: HttpRequest, asset_uuid: uuid.UUID, height: int) -> HttpResponse:
    asset = _asset_to_preview(request, asset_uuid)
    try:
        text = media.media_playlist(
            asset,
            height,
            key_url=lambda ordinal: reverse("courses_preview_key", args=[asset_uuid, ordinal]),
            segment_url=playlists.segment_url(request),
        )
    except media.NotReady:
        raise Http404 from None
    return playlists.playlist(request, text)


@require_GET
def preview_key(request: HttpRequest, asset_uuid: uuid.UUID, ordinal: int) -> HttpResponse:
    asset = _asset_to_preview(request, asset_uuid)
    try:
        key = media.key_of(asset, ordinal)
    except media.WindowUnknown:
        raise Http404 from None
    return playlists.key(key)


def _asset_to_preview(request: HttpRequest, asset_uuid: uuid.UUID) -> Asset:
    if not may_preview(request.user):
        raise PermissionDenied
    try:
        asset = media.asset_for(request.user, asset_uuid)
    except media.AssetUnknown:
        raise Http404 from None
    if asset.duration_ms is None:
        raise Http404
    return asset
