"""Captions of a video inside the library: what there is, a file or an editor for each language beside the playing
video, the check while one types, a file to keep, and taking them back.

Who sees the video sees its captions; who may change it changes them (`queries.may_caption`). `caption_file` answers
with one version's WebVTT for whoever the caller let in, learners as well.
"""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language, gettext
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from media_pipeline import queries
from media_pipeline.actions import captions as actions
from media_pipeline.forms import CaptionFileForm, CaptionTextForm, CaptionWithdrawForm
from media_pipeline.models import Asset, CaptionVersion
from media_pipeline.rules.caption_files import Reading, read_file, read_text
from media_pipeline.rules.captions import BYTES_MAX, LANGUAGES, Language
from media_pipeline.texts.captions import fault_text, note_text
from media_pipeline.views.previews import ready_asset_or_404

HISTORY_SHOWN = 20


def caption_file(request: HttpRequest, version: CaptionVersion) -> HttpResponse:
    """One version as a `.vtt` for a player, or 304 when the browser has it. Kept by nobody between, and asked about
    every time: captions may be changed or withdrawn at any moment."""
    etag = f'"{version.uuid.hex}"'
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = HttpResponse(queries.captions_text(version), content_type="text/vtt; charset=utf-8")
    answer.headers["ETag"] = etag
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


class CaptionFileView(View):
    """One version by its number; `?keep` makes it a download."""

    def get(self, request: HttpRequest, asset_uuid: uuid.UUID, language: str, number: int) -> HttpResponse:
        asset = ready_asset_or_404(request, asset_uuid)
        try:
            answer = caption_file(request, queries.caption_version(asset, language, number))
        except queries.CaptionsUnknown:
            raise Http404 from None
        if "keep" in request.GET:
            answer.headers["Content-Disposition"] = f'attachment; filename="{asset.uuid}-{language}-{number}.vtt"'
        return answer


class CaptionPage(WagtailAdminTemplateMixin, TemplateView):
    """The frame of the caption pages of one video."""

    header_icon = "openquote"
    asset: Asset
    may_caption: bool

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.asset = ready_asset_or_404(request, kwargs["asset_uuid"])
        self.may_caption = queries.may_caption(request.user, self.asset)
        if request.method == "POST" and not self.may_caption:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("videos:index"), "label": gettext("Videos")},
            {"url": reverse("videos:asset", args=[self.asset.uuid]), "label": self.asset.title},
            *self.further_crumbs(),
        ]

    def further_crumbs(self) -> list[dict[str, Any]]:
        return [{"url": "", "label": gettext("Captions")}]

    def save(self, form: CaptionTextForm, language: str, reading: Reading, source_name: str = "") -> bool:
        """Whether it was saved; if not, the form says why."""
        try:
            actions.save_captions(
                by=self.request.user,
                at=timezone.now(),
                uuid=form.cleaned_data["save"],
                asset_uuid=self.asset.uuid,
                language=language,
                cues=reading.cues,
                replaces=form.cleaned_data["replaces"],
                source_name=source_name,
            )
        except actions.CaptionsChanged:
            form.add_error(
                None, gettext("Somebody saved these captions meanwhile. Keep your text, and load them again.")
            )
            return False
        except actions.CaptionsDiffer:
            form.add_error(None, gettext("This form was already used for something else. Open the page again."))
            return False
        except actions.NotAllowed:
            raise PermissionDenied from None
        messages.success(self.request, gettext("Saved. Learners see these captions from now on."))
        for note in reading.notes:
            messages.warning(self.request, note_text(note))
        return True


class CaptionsView(CaptionPage):
    """What captions there are, and a form for more."""

    template_name = "media_pipeline/captions.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.page_title = gettext("Captions")
        # Before the list: what is saved in between is refused, not replaced unseen.
        numbers = queries.caption_numbers(self.asset)
        shown = queries.captions_of(self.asset, reader=get_language() or "")
        return super().get_context_data(**kwargs) | {
            "asset": self.asset,
            "may_caption": self.may_caption,
            "captions": [(each, LANGUAGES.get(each.language), _withdrawing(each)) for each in shown],
            "form": kwargs.get("form") or CaptionFileForm(initial={"shown": numbers}),
        }

    def post(self, request: HttpRequest, asset_uuid: uuid.UUID) -> HttpResponse:
        form = CaptionFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        language, file = form.cleaned_data["language"], form.cleaned_data["file"]
        editor = reverse("videos:captions_edit", args=[self.asset.uuid, language])
        if file is None:
            return redirect(editor)
        reading = read_file(file.read(BYTES_MAX + 1), self.asset.duration_ms or 0)
        text = CaptionTextForm({"save": form.cleaned_data["save"], "replaces": form.replaces, "text": reading.text})
        if text.is_valid() and not reading.faults and self.save(text, language, reading, source_name=file.name or ""):
            return redirect(editor)
        return EditCaptionsView.showing(request, self.asset, language, text, reading)


class EditCaptionsView(CaptionPage):
    """The captions of one language as a text beside the playing video."""

    template_name = "media_pipeline/captions_edit.html"
    language: Language

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if kwargs["language"] not in LANGUAGES:
            raise Http404
        self.language = LANGUAGES[kwargs["language"]]
        return super().dispatch(request, *args, **kwargs)

    @classmethod
    def showing(
        cls, request: HttpRequest, asset: Asset, language: str, form: CaptionTextForm, reading: Reading
    ) -> HttpResponse:
        """The editor with a text that was not saved, and why."""
        page = cls()
        page.setup(request, asset_uuid=asset.uuid, language=language)
        page.asset, page.language, page.may_caption = asset, LANGUAGES[language], True
        return page.render_to_response(page.get_context_data(form=form, reading=reading), status=422)

    def further_crumbs(self) -> list[dict[str, Any]]:
        captions = {"url": reverse("videos:captions", args=[self.asset.uuid]), "label": gettext("Captions")}
        return [captions, {"url": "", "label": self.language.own_name}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.page_title = gettext("Captions: %(language)s") % {"language": self.language.own_name}
        reading = kwargs.get("reading")
        return super().get_context_data(**kwargs) | {
            "asset": self.asset,
            "language": self.language,
            "may_caption": self.may_caption,
            "form": kwargs.get("form") or self._form(),
            "faults": _faults(reading) if reading else [],
            "faults_left_out": reading.faults_left_out if reading else 0,
            "history": queries.caption_history(self.asset, self.language.code)[:HISTORY_SHOWN],
            "poster_url": queries.poster_url(self.asset),
            "edit_url": reverse("videos:captions_edit", args=[self.asset.uuid, self.language.code]),
        }

    def post(self, request: HttpRequest, asset_uuid: uuid.UUID, language: str) -> HttpResponse:
        form = CaptionTextForm(request.POST)
        reading = read_text(request.POST.get("text", ""), self.asset.duration_ms or 0)
        if form.is_valid() and not reading.faults and self.save(form, language, reading):
            return redirect(request.path)
        return self.render_to_response(self.get_context_data(form=form, reading=reading), status=422)

    def _form(self) -> CaptionTextForm:
        # Before the text: what is saved in between is refused, not replaced unseen.
        number = queries.caption_numbers(self.asset).get(self.language.code, 0)
        try:
            text = queries.captions_text(queries.caption_version(self.asset, self.language.code))
        except queries.CaptionsUnknown:
            text = "WEBVTT\n\n"
        return CaptionTextForm(initial={"replaces": number, "text": text})


class CheckCaptionsView(View):
    """What the editor's page asks while somebody types: what is wrong, and what the player would show."""

    def post(self, request: HttpRequest, asset_uuid: uuid.UUID, language: str) -> JsonResponse:
        asset = ready_asset_or_404(request, asset_uuid)
        reading = read_text(request.POST.get("text", ""), asset.duration_ms or 0)
        answer = {
            "faults": _faults(reading),
            "left_out": reading.faults_left_out,
            "notes": [note_text(note) for note in reading.notes],
            "cues": [[cue.start_ms, cue.end_ms, cue.text] for cue in reading.cues],
        }
        return JsonResponse(answer, headers={"Cache-Control": "no-store"})


class WithdrawCaptionsView(View):
    def post(self, request: HttpRequest, asset_uuid: uuid.UUID, language: str) -> HttpResponse:
        asset = ready_asset_or_404(request, asset_uuid)
        if not queries.may_caption(request.user, asset):
            raise PermissionDenied
        form = CaptionWithdrawForm(request.POST)
        if form.is_valid() and self._withdraw(request, asset, language, form):
            messages.success(request, gettext("Withdrawn. These captions are not shown any more."))
        else:
            messages.error(request, gettext("These captions were changed meanwhile. Nothing was withdrawn."))
        return redirect("videos:captions", asset.uuid)

    def _withdraw(self, request: HttpRequest, asset: Asset, language: str, form: CaptionWithdrawForm) -> bool:
        try:
            actions.withdraw_captions(
                by=request.user,
                at=timezone.now(),
                uuid=form.cleaned_data["save"],
                asset_uuid=asset.uuid,
                language=language,
                replaces=form.cleaned_data["replaces"],
            )
        except (actions.CaptionsChanged, actions.CaptionsDiffer, actions.NotAllowed, actions.LanguageUnknown):
            return False
        return True


def _faults(reading: Reading) -> list[dict[str, Any]]:
    return [{"line": fault.line, "text": fault_text(fault)} for fault in reading.faults]


def _withdrawing(version: CaptionVersion) -> CaptionWithdrawForm:
    return CaptionWithdrawForm(initial={"replaces": version.number}, auto_id=f"{version.language}-%s")
