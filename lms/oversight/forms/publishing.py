"""What people write about content: comments, decisions, reasons, the module of a lesson, whom a course is offered to.

Ids are made with the page, so that a form sent twice does nothing twice.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lms.enrollments.models import Module
from lms.institutions.models import Institution
from lms.institutions.rules.reviewing import REASON_MAX


class CommentForm(forms.Form):
    uuid = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(label=_("Comment"), max_length=REASON_MAX, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("uuid", uuid.uuid4())
        super().__init__(*args, **kwargs)


class DecisionForm(forms.Form):
    """`words` may stay empty when approving; who rejects gives reasons."""

    APPROVE, REJECT = "approve", "reject"

    words = forms.CharField(
        label=_("Reasons"),
        max_length=REASON_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The authors read them. To return a submission, say what is to be mended."),
    )
    verb = forms.ChoiceField(choices=[(APPROVE, APPROVE), (REJECT, REJECT)], widget=forms.HiddenInput)


class CourseDecisionForm(DecisionForm):
    """As for one page; whoever returns a course may name the parts that need work."""

    needing_work = forms.TypedMultipleChoiceField(
        label=_("Parts that need work"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, parts: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["needing_work"]
        assert isinstance(choice, forms.TypedMultipleChoiceField)
        choice.choices = list(parts)


class SubmitCourseForm(forms.Form):
    uuid = forms.UUIDField()


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("It is kept in the log with your name."),
    )


class AimForm(forms.Form):
    module = forms.ModelChoiceField(
        label=_("Meant for the module"),
        queryset=Module.objects.none(),
        required=False,
        empty_label=_("No module named"),
    )

    def __init__(self, *args: Any, modules: QuerySet[Module], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["module"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = modules
        choice.label_from_instance = module_label  # type: ignore[method-assign, assignment]


class OfferForm(forms.Form):
    uuid = forms.UUIDField(widget=forms.HiddenInput)
    to = forms.ModelChoiceField(label=_("Offer it to"), queryset=Institution.objects.none(), to_field_name="uuid")

    def __init__(self, *args: Any, institutions: QuerySet[Institution], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("uuid", uuid.uuid4())
        super().__init__(*args, **kwargs)
        choice = self.fields["to"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = institutions


def module_label(module: Module) -> str:
    return f"{module.syllabus_version.syllabus.name} · {module.ordinal}. {module.name}"
