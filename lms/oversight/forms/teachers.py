"""What an authority writes about a teacher: a certificate, or that one is revoked."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.institutions.actions.teachers import NUMBER_MAX, REASON_MAX


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


class CertifyForm(forms.Form):
    """`uuid` is made with the page, so that sending it twice grants one certificate."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    number = forms.CharField(
        label=gettext_lazy("Number of the certificate"),
        max_length=NUMBER_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    valid_from = _day(gettext_lazy("Valid from"))
    valid_to = _day(
        gettext_lazy("Valid until"), help_text=gettext_lazy("The first day on which it is not valid any more.")
    )

    def refuse(self, name: str) -> None:
        """Say at the field what is allowed there."""
        texts = {
            "number": _("%(value)s: another certificate has this number."),
            "valid_to": _("%(value)s: give a day after the first one."),
        }
        known = name in texts
        text = texts[name] % {"value": self.data.get(name, "")} if known else _("This person does not teach now.")
        self.add_error(name if known else None, text)


class RevokeCertificateForm(forms.Form):
    """From which day on, and why."""

    on = _day(gettext_lazy("From this day on"))
    why = forms.CharField(label=gettext_lazy("Reason"), max_length=REASON_MAX, widget=forms.Textarea(attrs={"rows": 2}))

    def refuse(self, name: str) -> None:
        """Say at the field what is allowed there."""
        texts = {"on": _("%(value)s: give a day on which it is valid."), "why": _("Give a reason.")}
        self.add_error(name, texts[name] % {"value": self.data.get(name, "")})
