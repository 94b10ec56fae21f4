"""A question about a lesson as its editor writes it: the place, the words in Chinese and English, five rows of options.

The form asks for nothing itself: the rule says what is wrong, and every problem comes back beside its field.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.hours.models import LessonQuestion
from lms.hours.queries.checks import question_in
from lms.hours.rules.appeals import Problem
from lms.hours.rules.checks import Words
from lms.hours.rules.lesson_questions import OPTION_MAX, OPTIONS_MAX, PROMPT_MAX, Draft

MS_PER_SECOND = 1_000
MINUTES_MAX = 24 * 60
NUMBERS = range(1, OPTIONS_MAX + 1)


def _text(length_max: int, language: str, **attributes: Any) -> forms.CharField:
    widget = forms.Textarea if "rows" in attributes else forms.TextInput
    # An attribute and no rule of the field: what is too long is said once, by the rule.
    attributes = {"maxlength": length_max, "lang": language, "autocomplete": "off", **attributes}
    return forms.CharField(required=False, widget=widget(attrs=attributes))


class QuestionForm(forms.Form):
    """`uuid` is made with the page, so that sending it twice adds nothing twice."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    minutes = forms.IntegerField(label=gettext_lazy("Minute"), min_value=0, max_value=MINUTES_MAX)
    seconds = forms.IntegerField(label=gettext_lazy("Second"), min_value=0, max_value=59)
    prompt = _text(PROMPT_MAX, "zh-Hans", rows=2)
    prompt_en = _text(PROMPT_MAX, "en", rows=2)
    right = forms.ChoiceField(
        label=gettext_lazy("The right answer"),
        required=False,
        widget=forms.RadioSelect,
        choices=[(str(number - 1), str(number)) for number in NUMBERS],
    )

    def __init__(self, *args: Any, question: LessonQuestion | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["prompt"].label = _("Question in Chinese")
        self.fields["prompt_en"].label = _("Question in English")
        for number in NUMBERS:
            for name, language, label in (
                (f"option_{number}", "zh-Hans", _("Option %(number)s in Chinese")),
                (f"option_{number}_en", "en", _("Option %(number)s in English")),
            ):
                self.fields[name] = _text(OPTION_MAX, language)
                self.fields[name].label = label % {"number": number}
        self.initial = {"uuid": uuid.uuid4(), "minutes": 0, "seconds": 0} if question is None else _written(question)

    def rows(self) -> list[dict[str, Any]]:
        """The rows of options: the number, the button that marks the right one, and the two texts."""
        buttons = list(self["right"])
        return [
            {
                "number": number,
                "right": buttons[number - 1],
                "zh": self[f"option_{number}"],
                "en": self[f"option_{number}_en"],
            }
            for number in NUMBERS
        ]

    def faults(self) -> list[tuple[BoundField, str]]:
        """Every fault with its field, in the order of the page."""
        return [(field, str(error)) for field in self for error in field.errors]

    def draft(self) -> Draft:
        """What was written, for the rule to judge."""
        said = self.cleaned_data
        return Draft(
            from_ms=(said["minutes"] * 60 + said["seconds"]) * MS_PER_SECOND,
            prompt=Words(said["prompt"], said["prompt_en"]),
            options=[Words(said[f"option_{number}"], said[f"option_{number}_en"]) for number in NUMBERS],
            right=int(said["right"]) if said["right"] else None,
        )

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Put every problem beside its field."""
        for problem in problems:
            field = {"from_ms": "minutes", "uuid": None}.get(problem.field, problem.field)
            self.add_error(field if field in self.fields else None, problem_text(problem.code))


def problem_text(code: str) -> str:
    """What is wrong, in one line."""
    return {
        "beyond_the_end": _("The lesson ends before this place."),
        "text_missing": _("Please write this."),
        "text_too_long": _("This is too long."),
        "same_option": _("Another option says the same; only one may be right."),
        "too_few_options": _("Please write at least two options."),
        "too_many_options": _("There may be at most five options."),
        "english_missing": _("The English is written in part; please write this too, or leave all of it empty."),
        "right_missing": _("Please mark the option that is right."),
        "too_many": _("This lesson has as many questions as a lesson may have."),
        "uuid": _("This question belongs to another version of the lesson."),
    }.get(code, _("This is not possible (%(code)s).") % {"code": code})


def _written(row: LessonQuestion) -> dict[str, Any]:
    question = question_in(row)
    whole_s = row.from_ms // MS_PER_SECOND
    texts: dict[str, Any] = {}
    for number, option in enumerate(question.options, start=1):
        texts |= {f"option_{number}": option.zh, f"option_{number}_en": option.en}
    return {
        "uuid": row.uuid,
        "minutes": whole_s // 60,
        "seconds": whole_s % 60,
        "prompt": question.prompt.zh,
        "prompt_en": question.prompt.en,
        "right": str(question.right),
        **texts,
    }
