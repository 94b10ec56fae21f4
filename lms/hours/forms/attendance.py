"""Forms of classroom and workshop hours: a sheet, hours to count or take back, one learner of a sheet, a decision."""

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.enrollments.models import Enrollment, Kind, Requirement, TrainingClass
from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.forms.refusable import RefusableForm
from lms.hours.models.attendance import HELD
from lms.hours.rules.attendance import EVIDENCE_MAX, PLACE_MAX, REASON_MAX

FIELDS = {"from": "begins", "kind": "what", "learners": "learner"}
"""Where a refusal's field stands in a form under another name."""


class HeldHours(forms.ModelChoiceField):
    """What a class asks to be held in a place: a module and a kind of hour at once."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.module.name} · {Kind(obj.kind).label}"


def held_hours(training_class: TrainingClass) -> QuerySet[Requirement]:
    asked = Requirement.objects.filter(module__syllabus_version=training_class.syllabus_version, kind__in=HELD)
    return asked.select_related("module").order_by("module__ordinal", "kind")


class Spanned(RefusableForm):
    """A date with two times in the installation's zone, and a refusal of the action shown beside its field."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    date = forms.DateField(
        label=gettext_lazy("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    begins = forms.TimeField(label=gettext_lazy("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(label=gettext_lazy("To"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("uuid", uuid.uuid4())
        super().__init__(*args, **kwargs)

    def span(self) -> tuple[datetime, datetime]:
        zone, day = ZoneInfo(settings.TIME_ZONE), self.cleaned_data["date"]
        begins, ends = (datetime.combine(day, self.cleaned_data[name], tzinfo=zone) for name in ("begins", "ends"))
        return begins, ends

    def refuse(self, refused: AttendanceRefused) -> None:
        name = FIELDS.get(refused.field, refused.field)
        text = problem_text(refused.code)
        who = f"{refused.learner}: " if refused.learner is not None else ""
        self.add_error(name if name in self.fields else None, who + text)


class SheetForm(Spanned):
    what = HeldHours(label=gettext_lazy("What is taught"), queryset=Requirement.objects.none(), empty_label=None)
    place = forms.CharField(label=gettext_lazy("Where it is held"), max_length=PLACE_MAX)

    def __init__(self, *args: Any, training_class: TrainingClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, training_class)
        self.order_fields(["uuid", "what", "date", "begins", "ends", "place"])


class MissedHoursForm(Spanned):
    """`evidence` says what the authority can look at; a tick for each learner of the class."""

    nobody_ticked = gettext_lazy("Tick at least one learner who was there.")

    what = HeldHours(label=gettext_lazy("What was taught"), queryset=Requirement.objects.none(), empty_label=None)
    reason = forms.CharField(label=gettext_lazy("Why it was not signed for"), max_length=REASON_MAX)
    evidence = forms.CharField(
        label=gettext_lazy("What proves it"),
        help_text=gettext_lazy("Who taught, a list signed on paper, photographs and where they are kept."),
        max_length=EVIDENCE_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, training_class: TrainingClass, roster: list[Enrollment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, training_class)
        self.order_fields(["uuid", "what", "date", "begins", "ends", "reason", "evidence"])
        self.roster = roster
        for each in roster:
            self.fields[f"present_{each.uuid}"] = forms.BooleanField(label=str(each.learner), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self.present():
            raise forms.ValidationError(self.nobody_ticked)
        return cleaned

    def present(self) -> list[Enrollment]:
        """The enrollments whose learners were ticked."""
        return [each for each in self.roster if self.cleaned_data.get(f"present_{each.uuid}")]


class TakeBackForm(MissedHoursForm):
    """The same for hours that count and should not; a tick for each learner who has attended hours."""

    nobody_ticked = gettext_lazy("Tick at least one learner whose hours should not count.")
    reason = forms.CharField(label=gettext_lazy("Why it should not count"), max_length=REASON_MAX)


class ByHandForm(Spanned):
    """One learner on a sheet, without a phone or there in name only; the date is the sheet's."""

    learner = forms.ChoiceField(label=gettext_lazy("Learner"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=REASON_MAX)

    def __init__(self, *args: Any, roster: list[Enrollment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["date"].widget = forms.HiddenInput()
        learner = self.fields["learner"]
        assert isinstance(learner, forms.ChoiceField)
        learner.choices = [(str(each.uuid), str(each.learner)) for each in roster]
        self.roster = {str(each.uuid): each for each in roster}
        self.order_fields(["uuid", "learner", "date", "begins", "ends", "reason"])

    def enrollment(self) -> Enrollment:
        return self.roster[self.cleaned_data["learner"]]


class AttendanceDecisionForm(RefusableForm):
    verb = forms.ChoiceField(label=gettext_lazy("Your decision"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=REASON_MAX, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, takes: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        verb = self.fields["verb"]
        assert isinstance(verb, forms.ChoiceField)
        if takes:
            verb.choices = [("accept", _("Accept: take these hours back")), ("reject", _("Reject: the hours stand"))]
        else:
            verb.choices = [("accept", _("Accept: count these hours")), ("reject", _("Reject these hours"))]

    def over(self, refused: AttendanceRefused) -> list[str]:
        return [problem_text(refused.code)] if refused.code == "state" else []

    def refuse(self, refused: AttendanceRefused) -> None:
        self.add_error(refused.field if refused.field in self.fields else None, problem_text(refused.code))


def problem_text(code: str) -> str:
    """Why something was refused, in one line, for whoever reads it: staff or learner."""
    return {
        "overlap": _("The learner already has hours in this time; one second counts once."),
        "nothing": _("There are no attended hours in this time that still count."),
        "teachers": _("Teachers claim hours of continuing education themselves."),
        "future": _("Hours are proposed after they were held."),
        "over": _("A sheet is for a meeting that is still to end."),
        "span": _("It must end after it begins and last at most 12 hours."),
        "outside_class": _("The day lies outside the dates of the class."),
        "kind": _("This module asks no hours of this kind."),
        "not_accepted": _("Nothing counts for a class that was not accepted."),
        "place": _("Please say where."),
        "reason": _("Please say why."),
        "own": _("Nobody proposes hours of their own."),
        "state": _("This was decided already."),
        "withdrawn": _("The learner is no longer in the class."),
        "before_enrolled": _("The learner was not in the class yet."),
        "own_class": _("You work for this institution, so you cannot sign in to its classes."),
        "closed": _("This sheet is closed. Please speak to your teacher."),
        "not_now": _("It is too early or too late to sign in or out here."),
        "code": _("The code has changed meanwhile. Please scan the one that stands on the screen now."),
        "elsewhere": _("You are still signed in at another class. Please sign out there first."),
        "not_in": _("You have not signed in here. Please speak to your teacher."),
    }.get(code, _("This is not possible (%(code)s).") % {"code": code})


def _offer(form: forms.Form, training_class: TrainingClass) -> None:
    what = form.fields["what"]
    assert isinstance(what, forms.ModelChoiceField)
    what.queryset = held_hours(training_class)
