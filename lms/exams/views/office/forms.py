"""What exam offices and the authority fill in. Ids are made with the page, so that sending it twice does one thing."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.accounts.models import User
from lms.enrollments.models import Syllabus, Training, spoken
from lms.exams.actions import SittingRefused
from lms.exams.models import Duty, ExamPlan, Room
from lms.exams.views.office.words import problem_text
from lms.institutions.models import Institution

NAME_MAX = 120
REASON_MAX = 500
ENGLISH = gettext_lazy("May stay empty; then the Chinese name stands for both.")


def sent(request: HttpRequest) -> QueryDict | None:
    """What was sent, empty too: a form that came back empty is bound, and says what is missing."""
    return request.POST if request.method == "POST" else None


class OfficeForm(forms.Form):
    """Problems that an action finds come back beside their field."""

    def refuse(self, refused: SittingRefused) -> None:
        for field, value, allowed in refused.problems:
            self.add_error(field if field in self.fields else None, problem_text(self._typed(field, value), allowed))

    def _typed(self, field: str, value: str) -> str:
        """A moment as it was typed, not as it travels."""
        shown = self[field].value() if field in self.fields else value
        is_moment = field in self.fields and isinstance(self.fields[field], forms.DateTimeField)
        return str(shown).replace("T", " ") if is_moment else value


class MakingForm(OfficeForm):
    uuid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("uuid", uuid.uuid4())
        super().__init__(*args, **kwargs)


class OfficeField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return spoken(obj.name_zh, obj.name_en)


class SyllabusField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.get_training_display()}"


class RoomField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return _("%(site)s · %(room)s (%(seats)d seats)") % {
            "site": obj.site.name,
            "room": obj.name,
            "seats": obj.seats,
        }


class PersonField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj)


def _moment(label: Any, **kwargs: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, **kwargs)


def _choose_office(form: forms.Form, offices: QuerySet[Institution]) -> None:
    field = form.fields["institution"]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = offices
    if len(offices) == 1:
        field.initial, field.widget = offices[0].pk, forms.HiddenInput()


class SiteForm(MakingForm):
    institution = OfficeField(label=gettext_lazy("Exam institution"), queryset=Institution.objects.none())
    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=NAME_MAX)
    name_en = forms.CharField(
        label=gettext_lazy("Name in English"), max_length=NAME_MAX, required=False, help_text=ENGLISH
    )
    address = forms.CharField(label=gettext_lazy("Address"), max_length=200, required=False)
    seats = forms.IntegerField(
        label=gettext_lazy("Seats of the site"),
        help_text=gettext_lazy("How many people it may hold at once, over all rooms."),
    )

    def __init__(self, *args: Any, offices: QuerySet[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_office(self, offices)


class RoomForm(MakingForm):
    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=60)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=60, required=False)
    seats = forms.IntegerField(label=gettext_lazy("Seats of the room"))


class PlanForm(MakingForm):
    institution = OfficeField(label=gettext_lazy("Exam institution"), queryset=Institution.objects.none())
    title_zh = forms.CharField(label=gettext_lazy("Title in Chinese"), max_length=NAME_MAX)
    title_en = forms.CharField(
        label=gettext_lazy("Title in English"), max_length=NAME_MAX, required=False, help_text=ENGLISH
    )

    def __init__(self, *args: Any, offices: QuerySet[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_office(self, offices)


class SittingForm(MakingForm):
    """One exam of a plan. Moments are typed in the installation's zone."""

    syllabus = SyllabusField(
        label=gettext_lazy("Syllabus"),
        queryset=Syllabus.objects.exclude(training=Training.CONTINUING).order_by("category", "trade", "training"),
    )
    room = RoomField(label=gettext_lazy("Room"), queryset=Room.objects.none())
    title_zh = forms.CharField(label=gettext_lazy("Title in Chinese"), max_length=NAME_MAX)
    title_en = forms.CharField(label=gettext_lazy("Title in English"), max_length=NAME_MAX, required=False)
    starts_at = _moment(gettext_lazy("The exam begins"))
    minutes = forms.IntegerField(label=gettext_lazy("Minutes"), initial=120)
    opens_at = _moment(gettext_lazy("Registration opens"))
    closes_at = _moment(gettext_lazy("Registration closes"))
    capacity = forms.IntegerField(label=gettext_lazy("Seats of this sitting"))

    def __init__(self, *args: Any, plan: ExamPlan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["room"]
        assert isinstance(field, forms.ModelChoiceField)
        rooms = Room.objects.filter(site__institution=plan.institution_id)
        field.queryset = rooms.select_related("site__institution").order_by("site__name_zh", "site", "name_zh")


class DecisionForm(OfficeForm):
    verb = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[("approve", gettext_lazy("Approve the plan")), ("return", gettext_lazy("Return it with a reason"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Needed where the plan is returned: what is to be mended."),
        max_length=REASON_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CapacityForm(OfficeForm):
    capacity = forms.IntegerField(label=gettext_lazy("Seats of this sitting"))


class CancelForm(OfficeForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=REASON_MAX, widget=forms.Textarea(attrs={"rows": 3})
    )


class OfficerForm(MakingForm):
    person = PersonField(label=gettext_lazy("Examiner"), queryset=User.objects.none())
    duty = forms.ChoiceField(label=gettext_lazy("Duty"), choices=Duty.choices)

    def __init__(self, *args: Any, examiners: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.filter(pk__in=[each.pk for each in examiners]).order_by("real_name", "pk")


class TicketForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("Ticket number"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
