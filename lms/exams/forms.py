"""What a page sends to the gate: uuids that were made with the form, so that a repeat is one booking.

And what those who answer for the gate write: requirements to enact, and certificates that they have seen. Each form
has a uuid that was made with the page, so that sending it twice writes once.
"""

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.enrollments.models import Syllabus
from lms.exams import texts
from lms.exams.actions.requirements import NUMBER_MAX, SOURCE_MAX
from lms.exams.rules.requirement_changes import FLAGS
from lms.exams.rules.requirements import Requirements, problems_of
from lms.institutions.models import Region

CONTACT_MAX = 254


class RegisterForm(forms.Form):
    """Sending the form twice asks for the same registration."""

    registration = forms.UUIDField(widget=forms.HiddenInput)


class ChangeForm(forms.Form):
    """Another sitting, and the registration wanted there."""

    sitting = forms.UUIDField(widget=forms.HiddenInput)
    registration = forms.UUIDField(widget=forms.HiddenInput)


class WaitForm(forms.Form):
    """Sending the form twice asks for the same place."""

    place = forms.UUIDField(widget=forms.HiddenInput)


class _Named(forms.ModelChoiceField):
    """Choices by their name in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name) if isinstance(obj, Syllabus) else texts.region_name(obj)


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


class PlaceForm(forms.Form):
    """Whose requirements somebody wants to read; what is left empty means all."""

    region = _Named(label=gettext_lazy("Region"), queryset=Region.objects.none(), required=False)
    syllabus = _Named(label=gettext_lazy("Syllabus"), queryset=Syllabus.objects.order_by("pk"), required=False)

    def __init__(self, *args: Any, regions: QuerySet[Region], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, regions, _("The whole country"))


class EnactForm(forms.Form):
    """A set of requirements. The rule says what is wrong with it, before anything is written."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    region = _Named(label=gettext_lazy("Region"), queryset=Region.objects.none())
    syllabus = _Named(label=gettext_lazy("Syllabus"), queryset=Syllabus.objects.order_by("pk"), required=False)
    in_force_from = _day(
        gettext_lazy("For classes reported from"),
        help_text=gettext_lazy("A coming day: no class is judged by what it could not know."),
    )
    in_force_to = _day(
        gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("The first day on which it no longer holds; empty: until another one replaces it."),
    )
    classroom_percent = forms.IntegerField(widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=SOURCE_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("The regulation and its clause; everybody can read it."),
    )

    def __init__(
        self, *args: Any, regions: QuerySet[Region], may_be_everywhere: bool, today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        _offer(self, regions, _("The whole country") if may_be_everywhere else _("Choose a region"))
        self.fields["region"].required = not may_be_everywhere
        for name in FLAGS:
            self.fields[name] = forms.BooleanField(required=False)
        for name, (label, help_text) in texts.ASKED.items():
            self.fields[name].label, self.fields[name].help_text = label, help_text
        self.fields["classroom_percent"].help_text = _(
            "The smallest share of the theory hours, in percent; 0: not asked."
        )

    @property
    def flags(self) -> list[forms.BoundField]:
        return [self[name] for name in FLAGS]

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        asked = {"classroom_percent", "in_force_from"}
        if not asked <= said.keys():
            return said
        found = problems_of(said["classroom_percent"], said["in_force_from"], said.get("in_force_to"), self.today)
        for name in found:
            self.refuse(name)
        return said

    def refuse(self, name: str) -> None:
        """Say at the field what is allowed there."""
        texts_of = {
            "classroom_percent": _("%(value)s: give a whole number from 0 to 100."),
            "in_force_from": _("%(value)s: give a day after today."),
            "in_force_to": _("%(value)s: give a day after the first one."),
            "source": _("%(value)s: name the rule that asks it."),
        }
        self.add_error(name, texts_of[name] % {"value": self.data.get(name, "")})

    def asks(self) -> Requirements:
        """What a valid form asks; it has no mark before it is enacted."""
        return Requirements(mark="", **self.asked())

    def asked(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("classroom_percent", *FLAGS)}


class FindForm(forms.Form):
    """One person, exactly: whoever cannot name a person sees nobody."""

    who = forms.CharField(
        label=gettext_lazy("Identity number or e-mail"),
        max_length=CONTACT_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
        help_text=gettext_lazy("As it stands on the card, or the whole e-mail address. Nothing is guessed or listed."),
    )


class HeldCertificateForm(forms.Form):
    """A certificate that somebody has before them."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    syllabus = _Named(
        label=gettext_lazy("Training whose trade it is for"),
        queryset=Syllabus.objects.order_by("pk"),
        empty_label=gettext_lazy("Choose"),
        help_text=gettext_lazy("It counts for every training of this category and trade."),
    )
    number = forms.CharField(
        label=gettext_lazy("Number on the certificate"),
        max_length=NUMBER_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    issued_on = _day(gettext_lazy("Issued on"))
    expires_on = _day(gettext_lazy("Valid until"), help_text=gettext_lazy("The last day on which it is valid."))

    def refuse(self, name: str) -> None:
        """Say at the field what is allowed there."""
        texts_of = {
            "number": _("%(value)s: this number is written down for this person and trade already."),
            "issued_on": _("%(value)s: give a day that has come."),
            "expires_on": _("%(value)s: give a day after the first one."),
        }
        self.add_error(name, texts_of[name] % {"value": self.data.get(name, "")})


def _offer(form: forms.Form, regions: QuerySet[Region], empty_label: str) -> None:
    region: Any = form.fields["region"]
    region.queryset, region.empty_label = regions, empty_label
    syllabus: Any = form.fields["syllabus"]
    syllabus.empty_label = _("All syllabi")
