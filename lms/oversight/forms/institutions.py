"""What is written about an institution: a new one, why it is suspended or goes on, and whose body it is."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.enrollments.models import spoken
from lms.institutions.actions.bodies import NAME_MAX
from lms.institutions.actions.suspending import REASON_MAX
from lms.institutions.models import InstitutionKind, Region

TYPED_MAX = 40
"""A code that was copied may have blanks in it; whether it can be one, its rule says."""


class RegionField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{spoken(obj.name_zh, obj.name_en)} · {obj.code}"


class CreditCodeField(forms.CharField):
    """Blanks are left out: papers print the code in groups."""

    def __init__(self, **more: Any) -> None:
        typed = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters", "class": "code-input"}
        super().__init__(
            label=gettext_lazy("Unified social credit code"),
            max_length=TYPED_MAX,
            widget=forms.TextInput(attrs=typed),
            **more,
        )

    def to_python(self, value: Any) -> str:
        return "".join((super().to_python(value) or "").split())


class CreditCodeRefused:
    """Of a form with the field `credit_code`: say there why the code cannot be."""

    def refuse_code(self: Any, code: str) -> None:
        texts = {
            "length": _("%(value)s: a credit code has 18 signs."),
            "signs": _("%(value)s: a credit code has digits and capital letters, none of them I, O, S, V or Z."),
            "check_sign": _("%(value)s: the last sign does not fit the others. One of them is mistyped."),
            "other_kind": _(
                "%(value)s: this body is on file as the other kind. Whoever trains does not examine, under any name."
            ),
        }
        self.add_error("credit_code", texts[code] % {"value": self.data.get("credit_code", "")})


class OpenInstitutionForm(CreditCodeRefused, forms.Form):
    """`uuid` is made with the page, so that sending it twice opens one institution."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=gettext_lazy("What it does"),
        choices=InstitutionKind.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("It trains or it examines, never both, and this cannot be changed later."),
        error_messages={"invalid_choice": gettext_lazy("%(value)s: choose training or examining.")},
    )
    name_zh = forms.CharField(
        label=gettext_lazy("Name in Chinese"),
        max_length=NAME_MAX,
        widget=forms.TextInput(attrs={"lang": "zh-Hans", "autocomplete": "off"}),
    )
    name_en = forms.CharField(
        label=gettext_lazy("Name in English"),
        max_length=NAME_MAX,
        required=False,
        widget=forms.TextInput(attrs={"lang": "en", "autocomplete": "off"}),
        help_text=gettext_lazy("May be left empty: then the Chinese name is shown everywhere."),
    )
    region = RegionField(
        label=gettext_lazy("Region"),
        queryset=Region.objects.none(),
        to_field_name="code",
        empty_label=gettext_lazy("Choose a region"),
        help_text=gettext_lazy("The authority of this region and those above it supervise the institution."),
        error_messages={"invalid_choice": gettext_lazy("%(value)s: choose one of the regions.")},
    )
    credit_code = CreditCodeField(
        required=False, help_text=gettext_lazy("18 signs. It may follow later on the institution's file.")
    )

    def __init__(self, *args: Any, regions: QuerySet[Region], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        region: Any = self.fields["region"]
        region.queryset = regions


class ReasonForm(forms.Form):
    """Why an institution is suspended, or why it goes on."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Kept in the log with your office; authorities and administrators read it."),
        error_messages={"required": gettext_lazy("Give a reason.")},
    )


class CreditCodeForm(CreditCodeRefused, forms.Form):
    """Whose body it is."""

    credit_code = CreditCodeField()
