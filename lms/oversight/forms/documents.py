"""What people type about documents: a code or number, a reason, which ledger."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.accounts.queries import Viewer
from lms.enrollments.models import spoken
from lms.oversight.actions.documents import REASON_MAX
from lms.oversight.queries.ledgers import Scope, institutions_with_ledgers, trades_with_ledgers


class VerifyForm(forms.Form):
    """The code or the number that stands on the paper."""

    q = forms.CharField(
        label=_("Code or number of the document"),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "inputmode": "text"}
        ),
        help_text=_("Both stand on the paper: the code beside the QR code, the number below the title."),
    )


class RevokeForm(forms.Form):
    """Why a document is taken back; it is read by the learner and the institution."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The learner and the institution read it. A revocation cannot be undone."),
    )


class LedgerForm(forms.Form):
    """Which classes; each choice is one that the viewer has."""

    institution = forms.ChoiceField(label=_("Institution"), required=False)
    trade = forms.ChoiceField(label=_("Trade"), required=False)

    def __init__(self, *args: Any, viewer: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        institutions = [
            (str(each.uuid), spoken(each.name_zh, each.name_en)) for each in institutions_with_ledgers(viewer)
        ]
        self._choices("institution", _("All institutions"), institutions)
        self._choices("trade", _("All trades"), list(trades_with_ledgers(viewer).items()))

    def scope(self) -> Scope:
        """What was chosen, of a valid form."""
        institution = self.cleaned_data["institution"]
        return Scope(UUID(institution) if institution else None, self.cleaned_data["trade"])

    def _choices(self, name: str, everything: Any, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", everything), *choices]
