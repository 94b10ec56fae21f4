"""The upload form. Whether a file is a video is not decided here but by the probe, in the worker."""

import uuid
from pathlib import PurePath
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import Collection

from media_pipeline.limits import FORM_BYTES_MAX
from media_pipeline.rules.captions import LANGUAGES

ACCEPTED = "video/*,.mkv,.mov,.avi,.flv,.wmv,.ts,.mpg,.mpeg"


class UploadForm(forms.Form):
    """`upload` is made with the page, so that a form sent twice makes one video."""

    upload = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    file = forms.FileField(
        label=_("Video file"),
        help_text=_(
            "MP4 is best; most other kinds of video are accepted as well. Six hours and ten gigabytes at most."
        ),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=255,
        required=False,
        help_text=_("For the list of videos; learners see the title of the lesson. Left empty: the file name."),
    )

    collection = forms.ModelChoiceField(label=_("Collection"), queryset=Collection.objects.none(), empty_label=None)

    def __init__(self, *args: Any, collections: QuerySet[Collection], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = list(collections[:2])
        if len(places) == 1:
            # Nothing to ask: most people work for one institution.
            del self.fields["collection"]
        else:
            choice = self.fields["collection"]
            assert isinstance(choice, forms.ModelChoiceField)
            choice.queryset = collections
        self._only_place = places[0] if len(places) == 1 else None

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > FORM_BYTES_MAX:
            limit = filesizeformat(FORM_BYTES_MAX)
            raise forms.ValidationError(gettext("The file is too large; at most %(limit)s.") % {"limit": limit})
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self._only_place is not None:
            cleaned["collection"] = self._only_place
        if not cleaned.get("title") and cleaned.get("file"):
            cleaned["title"] = PurePath(cleaned["file"].name).stem[:255] or str(cleaned.get("upload"))
        return cleaned


def caption_languages() -> list[tuple[str, str]]:
    """Languages by their own names."""
    return [(each.code, each.own_name) for each in LANGUAGES.values()]


class CaptionFileForm(forms.Form):
    """Captions from a file, or a language to write them in. `save` is made with the page: sent twice, it saves once.

    `shown` is the number of the newest version of each language when the page was made: a file replaces that one, and
    no newer one that its sender has not seen.
    """

    save = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    shown = forms.JSONField(widget=forms.HiddenInput, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=caption_languages)
    file = forms.FileField(
        label=_("Caption file"),
        required=False,
        help_text=_("WebVTT (.vtt) or SubRip (.srt). Without a file an empty page to write on is opened."),
        widget=forms.FileInput(attrs={"accept": ".vtt,.srt,text/vtt,application/x-subrip"}),
    )

    @property
    def replaces(self) -> Any:
        """The version that a file replaces, as the page said; 0 where it showed none."""
        shown = self.cleaned_data["shown"]
        return shown.get(self.cleaned_data["language"], 0) if isinstance(shown, dict) else 0


class CaptionTextForm(forms.Form):
    """Captions as they were edited. `replaces` is the version that was edited, so that nobody's work is overwritten."""

    save = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    replaces = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    text = forms.CharField(label=_("Captions"), required=False, strip=False, widget=forms.Textarea)


class CaptionWithdrawForm(forms.Form):
    save = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    replaces = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
