"""The editors' video library in the Wagtail admin: the list, the upload, and one page per video with live progress.

A view translates the request, makes one call and translates the answer. Who may see which video is decided by
`queries`; a video that somebody may not see answers 404 as one that does not exist.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView, View
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic import IndexView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from media_pipeline import queries
from media_pipeline.actions import uploads
from media_pipeline.forms import UploadForm
from media_pipeline.limits import FORM_BYTES_MAX, PART_BYTES, UPLOAD_KEPT_S
from media_pipeline.models import Asset, Rendition
from media_pipeline.reasons import explain
from media_pipeline.rules import states
from media_pipeline.rules.progress import seconds_left
from media_pipeline.texts.uploads import spoiled_text
from media_pipeline.views.report import clock_text, report_of

LIBRARY_CSS = {"all": ["media_pipeline/library.css"]}
BADGES = {states.READY: "ok", states.REJECTED: "stop", states.QUARANTINED: "stop"}


class StateColumn(Column):
    """State in words, with a colour beside it and, during the work, the percent."""

    cell_template_name = "media_pipeline/state_cell.html"

    class Media:
        css = LIBRARY_CSS

    def get_cell_context_data(self, instance: Asset, parent_context: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        context["badge"] = BADGES.get(instance.state, "wait")
        context["working"] = instance.state in states.UNDER_WAY
        return context


class PosterColumn(Column):
    cell_template_name = "media_pipeline/poster_cell.html"

    def get_value(self, instance: Asset) -> str | None:
        return queries.poster_url(instance)


class LibraryView(IndexView):
    """All videos that the editor may see, newest first."""

    model = Asset
    permission_policy = queries.permission_policy
    page_title = _("Videos")
    add_item_label = _("Upload a video")
    search_fields = ["title", "source_name"]
    is_searchable = True
    default_ordering = "-uploaded_at"
    paginate_by = 30
    is_export = False
    list_export: list[str] = []

    @property
    def columns(self) -> list[Column]:
        return [
            PosterColumn("poster", label=_("Poster")),
            TitleColumn("title", label=_("Title"), get_url=asset_url, sort_key="title"),
            StateColumn("state", label=_("State"), accessor="get_state_display", sort_key="state"),
            Column("duration", label=_("Duration"), accessor=lambda asset: clock_text(asset.duration_ms)),
            Column("uploaded_by", label=_("Uploaded by"), classname="xv-wide"),
            Column("uploaded_at", label=_("Uploaded at"), sort_key="uploaded_at", classname="xv-wide"),
        ]

    def get_base_queryset(self) -> Any:
        return queries.assets_for(self.request.user)


class UploadView(WagtailAdminTemplateMixin, FormView):
    """The upload form, and what is unfinished. With JavaScript the file goes in parts (views/uploading.py) and the form
    itself is never sent.
    """

    form_class = UploadForm
    template_name = "media_pipeline/upload.html"
    page_title = _("Upload a video")
    header_icon = "media"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not queries.may_upload(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*_library_crumbs(self.breadcrumbs_items), {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        since = timezone.now() - timedelta(seconds=UPLOAD_KEPT_S)
        spoiled = queries.spoiled_uploads_for(self.request.user, since=since)
        return {
            **super().get_context_data(**kwargs),
            "part_bytes": PART_BYTES,
            "form_bytes_max": FORM_BYTES_MAX,
            "unfinished": queries.unfinished_uploads_for(self.request.user),
            "spoiled": [(upload, spoiled_text(upload.reason)) for upload in spoiled],
        }

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "collections": queries.collections_to_upload_into(self.request.user)}

    def form_valid(self, form: UploadForm) -> HttpResponse:
        try:
            asset = uploads.upload_asset(
                by=self.request.user,
                at=timezone.now(),
                asset_uuid=form.cleaned_data["upload"],
                title=form.cleaned_data["title"],
                file=form.cleaned_data["file"],
                collection=form.cleaned_data["collection"],
            )
        except (uploads.UploadDiffers, uploads.NotAllowed):
            form.add_error(None, gettext("This form was already used for another file. Open the page again."))
            return self.form_invalid(form)
        except uploads.UploadEmpty:
            form.add_error("file", gettext("The file is empty."))
            return self.form_invalid(form)
        return redirect(asset_url(asset))


class AssetView(WagtailAdminTemplateMixin, TemplateView):
    """One video: progress while it is prepared, then what came of it, or what went wrong and what to do."""

    template_name = "media_pipeline/asset.html"
    header_icon = "media"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asset = _asset_or_404(self.request, kwargs["asset_uuid"])
        self.page_title = asset.title
        context = super().get_context_data(**kwargs)
        renditions = list(Rendition.objects.filter(asset=asset).defer("segments").order_by("-height"))
        return context | {
            "asset": asset,
            "badge": BADGES.get(asset.state, "wait"),
            "poster_url": queries.poster_url(asset),
            "duration": clock_text(asset.duration_ms),
            "renditions": renditions,
            "window_count": len(queries.windows_of(asset)),
            "captions": queries.captions_of(asset),
            "explanations": explain(asset.reasons),
            "report": report_of(asset),
            "progress": progress_of(asset, timezone.now()),
            "progress_url": reverse("videos:progress", args=[asset.uuid]),
            "can_try_again": asset.state == states.QUARANTINED,
            "upload_url": reverse("videos:add") if queries.may_upload(self.request.user) else None,
        }

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*_library_crumbs(self.breadcrumbs_items), {"url": "", "label": self.page_title}]


class ProgressView(View):
    """What the page of a video asks for every second."""

    def get(self, request: HttpRequest, asset_uuid: uuid.UUID) -> JsonResponse:
        response = JsonResponse(progress_of(_asset_or_404(request, asset_uuid), timezone.now()))
        response["Cache-Control"] = "no-store"
        return response


class TryAgainView(View):
    """Sends a quarantined video to the workers again."""

    def post(self, request: HttpRequest, asset_uuid: uuid.UUID) -> HttpResponse:
        asset = _asset_or_404(request, asset_uuid)
        try:
            uploads.try_again(by=request.user, at=timezone.now(), asset_uuid=asset.uuid)
        except uploads.NotAllowed:
            messages.warning(request, gettext("This video is not waiting for another try."))
        return redirect(asset_url(asset))


def asset_url(asset: Asset) -> str:
    return reverse("videos:asset", args=[asset.uuid])


def progress_of(asset: Asset, at: datetime) -> dict[str, Any]:
    """Progress in words of the reader's language, so that the script holds none."""
    speed = gettext("%(speed)s times real time") % {"speed": f"{asset.speed:.1f}"} if asset.speed else ""
    attempt = gettext("attempt %(number)s") % {"number": asset.attempts} if asset.attempts > 1 else ""
    return {
        "settled": asset.is_settled,
        "state": str(asset.get_state_display()),
        "stage": str(asset.get_stage_display()),
        "percent": asset.percent,
        "note": " · ".join(part for part in (_left_text(asset, at), _parts_text(asset), speed, attempt) if part),
    }


def _parts_text(asset: Asset) -> str:
    """How many chunks of a long lecture are done."""
    if asset.state != states.SPLIT:
        return ""
    done, number = queries.finished_chunks(asset)
    return gettext("%(done)s of %(number)s parts done") % {"done": done, "number": number}


def _left_text(asset: Asset, at: datetime) -> str:
    if asset.state not in states.UNDER_WAY or asset.begun_at is None:
        return ""
    elapsed_ms = int((at - asset.begun_at).total_seconds() * 1000)
    left_s = seconds_left(elapsed_ms, asset.begun_percent, asset.percent)
    if left_s is None:
        return ""
    if left_s < 60:
        return gettext("less than a minute left")
    hours, minutes = divmod(-(-left_s // 60), 60)
    if hours:
        return gettext("about %(hours)s h %(minutes)s min left") % {"hours": hours, "minutes": minutes}
    return gettext("about %(minutes)s min left") % {"minutes": minutes}


def _asset_or_404(request: HttpRequest, asset_uuid: uuid.UUID) -> Asset:
    try:
        return queries.asset_for(request.user, asset_uuid)
    except queries.AssetUnknown:
        raise Http404 from None


def _library_crumbs(base: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*base, {"url": reverse("videos:index"), "label": gettext("Videos")}]
