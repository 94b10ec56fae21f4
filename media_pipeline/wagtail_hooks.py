"""Puts the video library into the Wagtail admin, and makes videos choosable in pages.

A model with a ForeignKey to "media_pipeline.Asset" gets the chooser as its form widget by itself; a plain FieldPanel
is enough.
"""

from typing import Any

from django import forms
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail import hooks
from wagtail.admin.admin_url_finder import register_admin_url_finder
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic.chooser import (
    ChooseResultsView,
    ChooseView,
    ChosenMultipleView,
    ChosenView,
)
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.viewsets.chooser import ChooserViewSet

from media_pipeline import queries
from media_pipeline.models import Asset
from media_pipeline.views import captions, library, previews
from media_pipeline.views.report import clock_text


class VideosMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return queries.may_see_library(request.user)


class VideoViewSet(ViewSet):
    """`/admin/videos/`: the list, the upload, and a page per video."""

    name = "videos"
    icon = "media"
    menu_label = _("Videos")
    menu_order = 250
    menu_item_class = VideosMenuItem
    add_to_admin_menu = True

    def get_urlpatterns(self) -> list[URLPattern]:
        names = {"index_url_name": "videos:index", "add_url_name": "videos:add", "header_icon": self.icon}
        results = {**names, "index_results_url_name": "videos:results"}
        return [
            path("", library.LibraryView.as_view(**results), name="index"),
            path("results/", library.LibraryView.as_view(**results, results_only=True), name="results"),
            path("add/", library.UploadView.as_view(), name="add"),
            path("<uuid:asset_uuid>/", library.AssetView.as_view(), name="asset"),
            path("<uuid:asset_uuid>/progress/", library.ProgressView.as_view(), name="progress"),
            path("<uuid:asset_uuid>/again/", library.TryAgainView.as_view(), name="again"),
            *preview_paths(),
            *caption_paths(),
        ]


def preview_paths() -> list[URLPattern]:
    return [
        path("<uuid:asset_uuid>/preview/master.m3u8", previews.PreviewMasterView.as_view(), name="preview"),
        path(
            "<uuid:asset_uuid>/preview/<int:height>.m3u8",
            previews.PreviewPlaylistView.as_view(),
            name="preview_playlist",
        ),
        path("<uuid:asset_uuid>/preview/keys/<int:ordinal>", previews.PreviewKeyView.as_view(), name="preview_key"),
    ]


def caption_paths() -> list[URLPattern]:
    of_language = "<uuid:asset_uuid>/captions/<slug:language>/"
    return [
        path("<uuid:asset_uuid>/captions/", captions.CaptionsView.as_view(), name="captions"),
        path(of_language, captions.EditCaptionsView.as_view(), name="captions_edit"),
        path(f"{of_language}check/", captions.CheckCaptionsView.as_view(), name="captions_check"),
        path(f"{of_language}withdraw/", captions.WithdrawCaptionsView.as_view(), name="captions_withdraw"),
        path(f"{of_language}<int:number>.vtt", captions.CaptionFileView.as_view(), name="captions_file"),
    ]


class TitleFilterForm(BaseFilterForm):
    """Search by title or file name, in the database: there are thousands of videos, not millions."""

    q = forms.CharField(label=_("Search"), required=False)

    def filter(self, objects: QuerySet[Asset]) -> QuerySet[Asset]:
        objects = super().filter(objects)
        words = self.cleaned_data.get("q", "").strip()
        if words:
            self.is_searching, self.search_query = True, words
            objects = objects.filter(Q(title__icontains=words) | Q(source_name__icontains=words))
        return objects


class ReadyAssetsMixin:
    """Only videos that are ready, and only those that this editor may see."""

    request: HttpRequest
    filter_form_class = TitleFilterForm

    def get_object_list(self) -> QuerySet[Asset]:
        return queries.ready_assets_for(self.request.user)

    @property
    def columns(self) -> list[Column]:
        return [
            *super().columns,  # type: ignore[misc]
            Column("duration", label=_("Duration"), accessor=lambda asset: clock_text(asset.duration_ms)),
            Column("uploaded_at", label=_("Uploaded at")),
        ]


class AssetChooseView(ReadyAssetsMixin, ChooseView):
    pass


class AssetChooseResultsView(ReadyAssetsMixin, ChooseResultsView):
    pass


class AssetChosenView(ChosenView):
    def get_object(self, pk: str) -> Asset:
        return queries.ready_assets_for(self.request.user).get(pk=pk)


class AssetsChosenView(ChosenMultipleView):
    def get_objects(self, pks: list[str]) -> QuerySet[Asset]:
        return queries.ready_assets_for(self.request.user).filter(pk__in=pks)


class AssetChooserViewSet(ChooserViewSet):
    model = Asset
    name = "video_chooser"
    icon = "media"
    choose_one_text = _("Choose a video")
    choose_another_text = _("Choose another video")
    edit_item_text = _("Show this video")
    choose_view_class = AssetChooseView
    choose_results_view_class = AssetChooseResultsView
    chosen_view_class = AssetChosenView
    chosen_multiple_view_class = AssetsChosenView


class AssetURLFinder:
    """Where "Show this video" in a page leads."""

    def __init__(self, user: Any = None) -> None:
        self.user = user

    def get_edit_url(self, instance: Asset) -> str | None:
        if self.user is not None and not queries.may_see_library(self.user):
            return None
        return library.asset_url(instance)


register_admin_url_finder(Asset, AssetURLFinder)


@hooks.register("register_admin_viewset")
def register_videos() -> ViewSet:
    return VideoViewSet()


@hooks.register("register_admin_viewset")
def register_video_chooser() -> ViewSet:
    return AssetChooserViewSet()


@hooks.register("register_permissions")
def register_video_permissions() -> QuerySet[Permission]:
    """Upload, see and change, so that an administrator can give them to groups of editors."""
    return Permission.objects.filter(
        content_type__app_label="media_pipeline", codename__in=["add_asset", "view_asset", "change_asset"]
    )


@hooks.register("describe_collection_contents")
def videos_of_collection(collection: Any) -> dict[str, Any] | None:
    """A collection with videos in it is not deleted."""
    number = Asset.objects.filter(collection=collection).count()
    if not number:
        return None
    text = ngettext("%(count)s video", "%(count)s videos", number) % {"count": number}
    return {"count": number, "count_text": text, "url": reverse("videos:index")}
