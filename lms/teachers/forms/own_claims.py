"""The form by which a teacher claims hours. It works without a script: dates, times and files are the browser's own."""

import uuid
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.enrollments.models import Kind, Module, spoken
from lms.teachers.models import EducationYear
from lms.teachers.queries import categories_of
from lms.teachers.rules.claims import CLAIMED_KINDS, FILE_BYTES_MAX, FILES_MAX, Problem, shown_name
from lms.teachers.texts import problem_text

FIELDS = {"module": "what", "kind": "what", "from_at": "begins", "to_at": "ends"}
"""Where a problem's field stands in the form under another name."""


class EvidenceInput(forms.FileInput):
    """Takes several files at once."""

    allow_multiple_selected = True


class EvidenceField(forms.FileField):
    """Several files of one input; nothing that is too many or too large is ever read."""

    widget = EvidenceInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = list(data) if isinstance(data, list | tuple) else [data] if data else []
        if not 1 <= len(files) <= FILES_MAX:
            raise forms.ValidationError(problem_text(Problem("evidence", "files", str(len(files)))))
        large = [each.name for each in files if each.size > FILE_BYTES_MAX]
        if large:
            problems = [Problem("evidence", "file_too_large", shown_name(name, "")) for name in large]
            raise forms.ValidationError([problem_text(each) for each in problems])
        return files


class ClaimForm(forms.Form):
    """`what` is a category and a kind of hour at once; with several years, each year's are a group."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    what = forms.ChoiceField(label=gettext_lazy("What it was"))
    date = forms.DateField(
        label=gettext_lazy("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    begins = forms.TimeField(label=gettext_lazy("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(label=gettext_lazy("To"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    title = forms.CharField(
        label=gettext_lazy("Name of the event"),
        help_text=gettext_lazy("As it stands on the evidence: the seminar, the contest."),
    )
    place = forms.CharField(label=gettext_lazy("Where it was held"))
    text = forms.CharField(
        label=gettext_lazy("What you did there"),
        required=False,
        help_text=gettext_lazy("Only if the evidence does not say it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    evidence = EvidenceField(
        label=gettext_lazy("Evidence"),
        help_text=gettext_lazy(
            "1 to 5 files, PDF, JPEG or PNG, at most 10 MB each: a certificate, an attendance list, photographs."
        ),
    )

    def __init__(self, *args: Any, years: Sequence[EducationYear], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("uuid", uuid.uuid4())
        super().__init__(*args, **kwargs)
        self.offered: dict[str, tuple[EducationYear, Module, str]] = {}
        groups = [(_group(each), self._choices(each)) for each in years]
        what = self.fields["what"]
        assert isinstance(what, forms.ChoiceField)
        what.choices = groups[0][1] if len(groups) == 1 else groups

    def claimed(self) -> dict[str, Any]:
        """What the action asks for, of a valid form."""
        typed = self.cleaned_data
        education_year, module, kind = self.offered[typed["what"]]
        from_at, to_at = self._span()
        return {
            "uuid": typed["uuid"],
            "education_year": education_year,
            "module": module,
            "kind": kind,
            "from_at": from_at,
            "to_at": to_at,
            "title": typed["title"],
            "place": typed["place"],
            "text": typed["text"],
            "evidence": [(each.name, each.read()) for each in typed["evidence"]],
        }

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Each reason beside the field that it is about."""
        for each in problems:
            name = FIELDS.get(each.field, each.field)
            self.add_error(name if name in self.fields and name != "uuid" else None, problem_text(each))

    def _choices(self, education_year: EducationYear) -> list[tuple[str, str]]:
        found = []
        for module, _cap, kinds in categories_of(education_year):
            for kind in CLAIMED_KINDS:
                if kind in kinds:
                    value = f"{education_year.uuid}.{module.uuid}.{kind}"
                    self.offered[value] = (education_year, module, kind)
                    found.append((value, f"{module.name} · {Kind(kind).label}"))
        return found

    def _span(self) -> tuple[datetime, datetime]:
        """Both in the installation's zone; midnight ends the day that was named."""
        zone, day = ZoneInfo(settings.TIME_ZONE), self.cleaned_data["date"]
        begins, ends = self.cleaned_data["begins"], self.cleaned_data["ends"]
        last_day = day + timedelta(days=1) if ends == time(0) and begins > ends else day
        return datetime.combine(day, begins, tzinfo=zone), datetime.combine(last_day, ends, tzinfo=zone)


def _group(education_year: EducationYear) -> str:
    region = education_year.region
    return _("Year %(year)s") % {"year": education_year.year} + " · " + spoken(region.name_zh, region.name_en)
