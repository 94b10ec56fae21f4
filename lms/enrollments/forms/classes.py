"""Planning a class, changing it, and the small forms around its way."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.accounts.models import User
from lms.enrollments.models import Syllabus, SyllabusVersion, Training, TrainingClass, spoken
from lms.enrollments.queries.planning import teachers_of
from lms.enrollments.queries.syllabi import version_in_force
from lms.enrollments.rules.classes import PLACE_MAX, REASON_MAX, TITLE_MAX, PlanProblem
from lms.enrollments.texts import plan_text
from lms.institutions.models import Institution


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class SyllabusField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.get_training_display()}"


class InstitutionField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return spoken(obj.name_zh, obj.name_en)


class TeachersField(forms.ModelMultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=gettext_lazy("Teachers"),
            queryset=User.objects.none(),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            **kwargs,
        )

    def label_from_instance(self, obj: Any) -> str:
        return str(obj)


class FactsForm(forms.Form):
    """What a class is. Problems that the actions find come back beside their field."""

    title = forms.CharField(label=gettext_lazy("Title of the class"), max_length=TITLE_MAX)
    place = forms.CharField(
        label=gettext_lazy("Training place"),
        max_length=PLACE_MAX,
        required=False,
        help_text=gettext_lazy(
            "Where classroom and workshop hours are held. It may follow until the class is reported."
        ),
    )
    starts_on = _day(gettext_lazy("First day"))
    ends_on = _day(gettext_lazy("Last day"))

    def refuse(self, problems: Iterable[PlanProblem]) -> None:
        for problem in problems:
            self.add_error(problem.field if problem.field in self.fields else None, plan_text(problem))

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("title", "place", "starts_on", "ends_on")}


class NewClassForm(FactsForm):
    """`uuid` is made with the page: sending it twice plans one class."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    institution = InstitutionField(label=gettext_lazy("Institution"), queryset=Institution.objects.none())
    syllabus = SyllabusField(
        label=gettext_lazy("Syllabus"),
        # The teachers' own is planned by their authority.
        queryset=Syllabus.objects.exclude(training=Training.CONTINUING).order_by("category", "trade", "training"),
    )
    field_order = ["uuid", "institution", "syllabus", "title", "place", "starts_on", "ends_on"]

    def __init__(self, *args: Any, institutions: list[Institution], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("uuid", uuid.uuid4())
        super().__init__(*args, **kwargs)
        field = self.fields["institution"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Institution.objects.filter(pk__in=[each.pk for each in institutions]).select_related("region")
        if len(institutions) == 1:
            field.initial, field.widget = institutions[0].pk, forms.HiddenInput()
        self.version: SyllabusVersion | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.version = version_in_force(cleaned["syllabus"], cleaned["institution"].region, cleaned["starts_on"])
            if self.version is None:
                self.add_error("starts_on", _("No version of this syllabus is in force on this day."))
        return cleaned


class ChangeClassForm(FactsForm):
    teachers = TeachersField()

    def __init__(self, *args: Any, training_class: TrainingClass, **kwargs: Any) -> None:
        names = ("title", "place", "starts_on", "ends_on")
        initial: dict[str, Any] = {name: getattr(training_class, name) for name in names}
        initial["teachers"] = list(training_class.teachers.values_list("person", flat=True))
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        field = self.fields["teachers"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = teachers_of(training_class.institution)


class ReturnForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("What is to be mended"),
        required=False,
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": REASON_MAX}),
    )
