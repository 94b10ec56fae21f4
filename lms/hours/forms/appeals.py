"""What people write into an appeal: the learner why, the institution what it proposes, the second person the decision.

Ids are made with the page, so that sending it twice does nothing twice. A refused step comes back as the same list of
problems that the rule gave, each beside its field.
"""

import uuid
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.hours.actions.appeals import AppealRefused
from lms.hours.forms.refusable import RefusableForm
from lms.hours.models import Verdict
from lms.hours.queries.appeals import Offer
from lms.hours.queries.clocks import moment_of
from lms.hours.rules.appeals import REASON_MAX, TEXT_MAX
from lms.hours.rules.spans import Span

MS_PER_SECOND = 1_000
MINUTES_MAX = 24 * 60

FIELDS = {"text": "text", "reason": "reason", "verdict": "verdict", "ms": "minutes", "span": "stretch"}
"""The field of a form that shows a problem with what the rule calls so; everything else stands above the form."""


OVER = ("state", "changed")


class _AppealForm(RefusableForm):
    def over(self, refused: AppealRefused) -> list[str]:
        return [problem_text(each.code) for each in refused.problems if each.code in OVER]

    def refuse(self, refused: AppealRefused) -> None:
        for problem in refused.problems:
            field = FIELDS.get(problem.field)
            self.add_error(field if field in self.fields else None, problem_text(problem.code))


class AppealForm(_AppealForm):
    """The learner's own words."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("Why should this time count?"),
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Say what you did and what happened. Your institution and the authority read it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("uuid", uuid.uuid4())
        super().__init__(*args, **kwargs)


class ProposalForm(_AppealForm):
    """What the institution proposes. Only free stretches of the clock are offered; nothing free leaves one verdict."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    verdict = forms.ChoiceField(label=gettext_lazy("Your proposal"), widget=forms.RadioSelect)
    stretch = forms.ChoiceField(
        label=gettext_lazy("When it was studied"),
        required=False,
        help_text=gettext_lazy("Only time in which nothing else was counted is offered: one second counts once."),
    )
    minutes = forms.IntegerField(label=gettext_lazy("Minutes"), min_value=0, max_value=MINUTES_MAX, required=False)
    seconds = forms.IntegerField(label=gettext_lazy("Seconds"), min_value=0, max_value=59, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=REASON_MAX, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whole_s = offer.ms_max // MS_PER_SECOND
        self.initial = {"uuid": uuid.uuid4(), "minutes": whole_s // 60, "seconds": whole_s % 60}
        self.offer = offer
        verdict, stretch = self.fields["verdict"], self.fields["stretch"]
        assert isinstance(verdict, forms.ChoiceField) and isinstance(stretch, forms.ChoiceField)
        verdict.choices = [each for each in Verdict.choices if offer.gives or each[0] == Verdict.REJECT]
        stretch.choices = [(_token(each), stretch_text(each)) for each in offer.stretches]
        if not offer.gives:
            del self.fields["minutes"], self.fields["seconds"]
        if not (offer.gives and offer.stretches):
            del self.fields["stretch"]

    def proposal(self) -> dict[str, Any]:
        """The arguments of `propose`: the time is taken from the beginning of the chosen stretch on."""
        cleaned = self.cleaned_data
        said = {"uuid": cleaned["uuid"], "verdict": cleaned["verdict"], "reason": cleaned["reason"]}
        if cleaned["verdict"] != Verdict.ACCEPT:
            return said
        ms = ((cleaned.get("minutes") or 0) * 60 + (cleaned.get("seconds") or 0)) * MS_PER_SECOND
        if not cleaned.get("stretch"):
            return {**said, "ms": ms}
        from_ms, to_ms = _span_of(cleaned["stretch"])
        # The rule says so when the stretch is too short for the time.
        return {**said, "ms": ms, "from_at": moment_of(from_ms), "to_at": moment_of(min(to_ms, from_ms + ms))}


class DecisionForm(_AppealForm):
    """The second person's decision on the proposal that the page showed."""

    proposal = forms.UUIDField(widget=forms.HiddenInput)
    verb = forms.ChoiceField(label=gettext_lazy("Your decision"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=REASON_MAX, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, proposal: uuid.UUID | None, gives: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"proposal": proposal}
        verb = self.fields["verb"]
        assert isinstance(verb, forms.ChoiceField)
        verb.choices = [
            *([("accept", _("Accept: count the proposed time"))] if gives else []),
            ("reject", _("Reject the appeal")),
            ("return", _("Send it back to the institution")),
        ]


def stretch_text(span: Span) -> str:
    """`12:01:00 – 12:05:00 (4 min 0 s)` in the installation's zone; short, because phones cut it."""
    lower, upper = (timezone.localtime(moment_of(each)) for each in span)
    minutes, seconds = divmod((span[1] - span[0]) // MS_PER_SECOND, 60)
    length = _("%(m)d min %(s)d s") % {"m": minutes, "s": seconds}
    return f"{lower:%H:%M:%S} – {upper:%H:%M:%S} ({length})"


def problem_text(code: str) -> str:
    """Why a step was refused, in one line."""
    return {
        "text_missing": _("Please say why."),
        "text_too_long": _("This is too long."),
        "already_appealed": _("There is already an appeal against this."),
        "too_many_open": _("You have many undecided appeals. Please wait until some are decided."),
        "nothing_taken": _("This entry took nothing away."),
        "voided": _("This time was taken back by an entry. Please appeal against that entry."),
        "nothing": _("Say how much time is to be counted."),
        "more_than_refused": _("This is more than was refused."),
        "day_cap": _("With this, more would count on that day than a day may have."),
        "lesson_full": _("Less of this lesson is left: everything else in it is counted already."),
        "outside": _("This time lies outside the time of the refusal."),
        "too_short": _("This stretch is shorter than the time to be counted."),
        "midnight": _("The time must lie within one day."),
        "overlap": _("The learner already has hours in this time; one second counts once."),
        "state": _("The appeal is no longer waiting for this step."),
        "changed": _("There is a newer proposal. Please read it first."),
        "nothing_proposed": _("The institution proposes to count nothing; send it back if it should."),
    }.get(code, _("This is not possible (%(code)s).") % {"code": code})


def _token(span: Span) -> str:
    return f"{span[0]}-{span[1]}"


def _span_of(token: str) -> Span:
    lower, _dash, upper = token.partition("-")
    return int(lower), int(upper)
