"""Adding one person, uploading a list, inviting, asking to join and answering.

Identity numbers are typed into plain text fields that no browser remembers, and never come back in an error.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from lms.enrollments.rules.joining import REASON_MAX, USES_MAX
from lms.enrollments.rules.roster import NAME_MAX, RowProblem
from lms.enrollments.texts import row_text

_UNREMEMBERED = {"autocomplete": "off"}


class UnrepeatedInput(forms.TextInput):
    """Never shows again what was typed: a page that comes back with errors holds no identity number."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class UuidForm(forms.Form):
    """The id is made with the page, so that sending it twice does one thing."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("uuid", uuid.uuid4())
        super().__init__(*args, **kwargs)


class PersonForm(UuidForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_MAX, widget=forms.TextInput(attrs=_UNREMEMBERED))
    identity = forms.CharField(
        label=gettext_lazy("Identity number"),
        max_length=40,
        help_text=gettext_lazy("18 places, as on the card. It is kept encrypted and shown masked."),
        widget=UnrepeatedInput(attrs={**_UNREMEMBERED, "spellcheck": "false"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone number"), max_length=40, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("A phone number or an e-mail address is needed; with it the person logs in."),
    )

    def refuse(self, problems: Iterable[RowProblem]) -> None:
        for problem in problems:
            self.add_error(problem.column if problem.column in self.fields else None, row_text(problem.code))


class SignUpForm(PersonForm):
    password = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=128,
        help_text=gettext_lazy("At least 10 characters, not digits alone."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class UploadForm(UuidForm):
    file = forms.FileField(
        label=gettext_lazy("The list (xlsx or csv)"), widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"})
    )


class InviteForm(UuidForm):
    uses_max = forms.IntegerField(
        label=gettext_lazy("For how many people"), min_value=1, max_value=USES_MAX, initial=30
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Open for"),
        coerce=int,
        initial=7,
        choices=[
            (1, gettext_lazy("1 day")),
            (7, gettext_lazy("7 days")),
            (30, gettext_lazy("30 days")),
            (90, gettext_lazy("90 days")),
        ],
    )

    def expires_at(self, at: datetime) -> datetime:
        return at + timedelta(days=self.cleaned_data["days"])


class RefuseForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason, which the learner reads"),
        required=False,
        max_length=REASON_MAX,
        widget=forms.TextInput(attrs={"maxlength": REASON_MAX}),
    )


class CardForm(forms.Form):
    """What somebody says who held a card against a record."""

    seen = forms.BooleanField(
        label=gettext_lazy("I saw the person's identity card. Name and identity number on it agree with the record.")
    )
