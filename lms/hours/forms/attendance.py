"""Who was there: one date and span for all, a tick for each learner of the class."""

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from lms.enrollments.models import Enrollment, Kind, Module


class AttendanceForm(forms.Form):
    """`batch` is made with the page, so that sending it twice enters nothing twice."""

    batch = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=_("Kind of hours"),
        choices=[(Kind.CLASSROOM.value, Kind.CLASSROOM.label), (Kind.WORKSHOP.value, Kind.WORKSHOP.label)],
    )
    module = forms.ModelChoiceField(label=_("Module"), queryset=Module.objects.none())
    date = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    begins = forms.TimeField(label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}))
    ends = forms.TimeField(label=_("To"), widget=forms.TimeInput(attrs={"type": "time"}))

    def __init__(self, *args: Any, modules: Any, roster: list[Enrollment], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("batch", uuid.uuid4())
        super().__init__(*args, **kwargs)
        module = self.fields["module"]
        assert isinstance(module, forms.ModelChoiceField)
        module.queryset = modules
        self.roster = roster
        for enrollment in roster:
            self.fields[f"present_{enrollment.uuid}"] = forms.BooleanField(
                label=str(enrollment.learner), required=False
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self.present():
            raise forms.ValidationError(_("Tick at least one learner who was there."))
        return cleaned

    def present(self) -> list[Enrollment]:
        """The enrollments whose learners were there."""
        return [each for each in self.roster if self.cleaned_data.get(f"present_{each.uuid}")]

    def span(self) -> tuple[datetime, datetime]:
        """From and to as moments of the installation's zone."""
        zone = ZoneInfo(settings.TIME_ZONE)
        day = self.cleaned_data["date"]
        return (
            datetime.combine(day, self.cleaned_data["begins"], tzinfo=zone),
            datetime.combine(day, self.cleaned_data["ends"], tzinfo=zone),
        )

    def entry_id(self, enrollment: Enrollment) -> uuid.UUID:
        """The same batch and learner give the same entry, however often the form is sent."""
        return uuid.uuid5(self.cleaned_data["batch"], str(enrollment.uuid))
