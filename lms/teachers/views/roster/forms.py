"""What is filled in about a teacher's file and certificate. Ids are made with the page: sending it twice does one
thing."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.institutions.actions import CertificateRefused
from lms.institutions.actions.teachers import NUMBER_MAX
from lms.institutions.actions.teachers import REASON_MAX as REVOCATION_MAX
from lms.teachers.actions.files import REASON_MAX, FileRefused
from lms.teachers.models import FileApplication
from lms.teachers.rules.roster import LINE_MAX, LINES_MAX, SEARCH_MAX, Practice
from lms.teachers.views.roster.words import file_text, practice_text


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


def _number(**more: Any) -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Number of the certificate"),
        max_length=NUMBER_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        **more,
    )


class FileForm(forms.Form):
    """A file as it is applied for. `kept` says whether an earlier photo stays when none is given."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    trades = forms.MultipleChoiceField(label=gettext_lazy("Trades"), widget=forms.CheckboxSelectMultiple)
    practising_since = _day(gettext_lazy("Practising since"))
    qualifications = forms.CharField(
        label=gettext_lazy("Qualifications"),
        required=False,
        max_length=LINES_MAX * (LINE_MAX + 2),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("One a line: degrees, titles, licences, posts held."),
    )
    photo = forms.FileField(
        label=gettext_lazy("Photo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png"}),
    )

    def __init__(
        self, *args: Any, trades: Mapping[str, str], practice: Practice | None, is_kept: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.practice = practice
        self.fields["trades"].choices = list(trades.items())  # type: ignore[attr-defined]
        if practice is not None:
            text = _("At least %(years)d years ago (%(source)s).")
            self.fields["practising_since"].help_text = text % {
                "years": practice.years_min,
                "source": practice.source,
            }
        photo = _("A face from the front, JPEG or PNG. It is made small, and nothing else in the file is kept.")
        stays = _("Without a new one the earlier photo stays.") if is_kept else ""
        self.fields["photo"].help_text = f"{photo} {stays}".strip()

    def refuse(self, refused: FileRefused) -> None:
        """Say at each field what is allowed there."""
        for name, value, _allowed in refused.problems:
            is_practice = name == "practising_since"
            self.add_error(name, practice_text(value, self.practice) if is_practice else file_text(name, value))


def beginning(earlier: FileApplication | None) -> dict[str, Any]:
    """What a new application begins with: what the last one said."""
    if earlier is None:
        return {"uuid": uuid4()}
    return {
        "uuid": uuid4(),
        "trades": earlier.trades,
        "practising_since": earlier.practising_since,
        "qualifications": earlier.qualifications,
    }


class AcceptForm(forms.Form):
    """With a number and a term the certificate is granted too."""

    number = _number(required=False)
    valid_from = _day(gettext_lazy("Valid from"), required=False)
    valid_to = _day(
        gettext_lazy("Valid until"),
        required=False,
        help_text=gettext_lazy("The first day on which it is not valid any more."),
    )

    def refuse(self, refused: FileRefused | CertificateRefused) -> None:
        """Say at each field what is allowed there."""
        if isinstance(refused, CertificateRefused):
            refuse_certificate(self, refused)
            return
        for name, value, _allowed in refused.problems:
            self.add_error(name, file_text(name, value))


class ReturnForm(forms.Form):
    """With what is to be mended."""

    reason = forms.CharField(
        label=gettext_lazy("What is to be mended"), max_length=REASON_MAX, widget=forms.Textarea(attrs={"rows": 3})
    )


class CertifyForm(forms.Form):
    """`uuid` is made with the page, so that sending it twice grants one certificate."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    number = _number()
    valid_from = _day(gettext_lazy("Valid from"))
    valid_to = _day(
        gettext_lazy("Valid until"), help_text=gettext_lazy("The first day on which it is not valid any more.")
    )

    def refuse(self, refused: CertificateRefused) -> None:
        """As `refuse_certificate`."""
        refuse_certificate(self, refused)


def refuse_certificate(form: forms.Form, refused: CertificateRefused) -> None:
    """Say at the field what is allowed there."""
    texts = {
        "number": _("%(value)s: another certificate has this number."),
        "valid_to": _("%(value)s: give a day after the first one."),
    }
    for name, _value, _allowed in refused.problems:
        known = name in texts
        text = texts[name] % {"value": form.data.get(name, "")} if known else _("This person does not teach now.")
        form.add_error(name if known else None, text)


class RevokeCertificateForm(forms.Form):
    """From which day on, and why."""

    on = _day(gettext_lazy("From this day on"))
    why = forms.CharField(
        label=gettext_lazy("Reason"), max_length=REVOCATION_MAX, widget=forms.Textarea(attrs={"rows": 2})
    )

    def refuse(self, refused: CertificateRefused) -> None:
        """Say at the field what is allowed there."""
        texts = {"on": _("%(value)s: give a day on which it is valid."), "why": _("Give a reason.")}
        for name, _value, _allowed in refused.problems:
            self.add_error(name, texts[name] % {"value": self.data.get(name, "")})


class SearchForm(forms.Form):
    """What a stranger looks for: a name or a number, neither of them a part of one."""

    q = forms.CharField(
        label=gettext_lazy("Whole name, or whole number of a certificate"),
        max_length=SEARCH_MAX,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("Exactly as it stands on the card."),
    )
