"""A syllabus version as the authority writes it: what it is, when and where it holds, its terms, and rows of modules.

The forms ask for as little as possible themselves: the rule says what is wrong, and every problem comes back at its
field with the value and what is allowed. A row that is left empty is no module.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.forms import BoundField
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.enrollments.models import Kind, Syllabus, SyllabusVersion, spoken
from lms.enrollments.rules.syllabus import (
    HOURS_MAX,
    KINDS,
    MINUTES_MAX,
    MODULES_MAX,
    NAME_MAX,
    PLACES_MAX,
    SOURCE_MAX,
    Asked,
    ModulePlan,
    Problem,
    VersionPlan,
    problems_of,
    theory_hours,
)
from lms.enrollments.rules.syllabus_data import CATEGORIES
from lms.enrollments.rules.units import plain
from lms.institutions.models import Region

ROWS_AT_FIRST = 3
# Rows that were taken away keep their number, so there may be more of them than modules.
ROWS_MAX = 2 * MODULES_MAX
CODE_MAX = 60


def _text(label: Any, length_max: int, language: str = "", **more: Any) -> forms.CharField:
    attributes = {"autocomplete": "off", **({"lang": language} if language else {})}
    return forms.CharField(label=label, max_length=length_max, widget=forms.TextInput(attrs=attributes), **more)


def _whole(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, widget=forms.TextInput(attrs={"inputmode": "numeric"}))


def _hours(label: Any, **more: Any) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.DecimalField(label=label, widget=widget, **more)


def _day(label: Any, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


class WhatForm(forms.Form):
    """What a new syllabus is; its code, the word in its address, is made of the English name."""

    category = forms.ChoiceField(label=gettext_lazy("Category"))
    training = forms.ChoiceField(
        label=gettext_lazy("Initial or refresher"), choices=Syllabus._meta.get_field("training").flatchoices
    )
    name_zh = _text(gettext_lazy("Name in Chinese"), NAME_MAX, "zh-Hans")
    name_en = _text(gettext_lazy("Name in English"), NAME_MAX, "en")
    trade = _text(gettext_lazy("Trade (may stay empty)"), CODE_MAX, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [(code, spoken(zh, en)) for code, zh, en in CATEGORIES]  # type: ignore[attr-defined]

    def clean_name_en(self) -> str:
        name: str = self.cleaned_data["name_en"]
        code = slugify(name)[:CODE_MAX]
        if not code:
            raise forms.ValidationError(_("%(value)s: give a name with Latin letters or digits.") % {"value": name})
        if Syllabus.objects.filter(code=code).exists():
            raise forms.ValidationError(_("%(value)s: another syllabus has this name.") % {"value": name})
        self.cleaned_data["code"] = code
        return name


class TermsForm(forms.Form):
    """`uuid` is made with the page, so that sending it twice writes one version."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    region = forms.ModelChoiceField(label=gettext_lazy("Region"), queryset=Region.objects.none())
    in_force_from = _day(gettext_lazy("In force from"))
    in_force_to = _day(
        gettext_lazy("In force until"),
        required=False,
        help_text=gettext_lazy("The first day on which it no longer holds; empty: until another one replaces it."),
    )
    source = _text(
        gettext_lazy("Source"),
        SOURCE_MAX,
        help_text=gettext_lazy("The regulation and its clause; everybody can read it."),
    )
    online_minutes = _whole(gettext_lazy("Minutes of an online class hour"))
    classroom_minutes = _whole(gettext_lazy("Minutes of a classroom class hour"))
    workshop_minutes = _whole(gettext_lazy("Minutes of a workshop class hour"))
    online_share_percent = _whole(gettext_lazy("Most of the theory that may be online, in percent"))
    daily_cap_hours = _hours(gettext_lazy("Most online class hours of a day"))

    def __init__(self, *args: Any, regions: QuerySet[Region], may_be_everywhere: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        region: Any = self.fields["region"]
        region.queryset = regions
        region.required = not may_be_everywhere
        region.empty_label = _("Everywhere") if may_be_everywhere else _("Choose a region")


class ModuleForm(forms.Form):
    """One row. It asks for nothing: what is missing in a row with something in it, the rule says."""

    name_zh = _text(gettext_lazy("Module in Chinese"), NAME_MAX, "zh-Hans", required=False)
    name_en = _text(gettext_lazy("Module in English"), NAME_MAX, "en", required=False)
    online = _hours(Kind.ONLINE.label, required=False)
    classroom = _hours(Kind.CLASSROOM.label, required=False)
    workshop = _hours(Kind.WORKSHOP.label, required=False)

    def hours(self) -> list[BoundField]:
        return [self[kind] for kind in KINDS]

    def is_empty(self) -> bool:
        return not any(value not in (None, "") for value in self.cleaned_data.values())

    def plan(self) -> ModulePlan:
        said = self.cleaned_data
        # A written 0 asks nothing; a negative number goes on to the rule, which refuses it.
        asked = tuple(Asked(kind, said[kind]) for kind in KINDS if said[kind])
        return ModulePlan(said["name_zh"], said["name_en"], asked)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong where: the field, or None for the modules as a whole; the number of the row, 0 above the rows."""

    field: BoundField | None
    row: int
    text: str


class SyllabusEditor:
    """The whole page as one: with `data` it judges what was sent, without it shows `initial` to be written on."""

    def __init__(
        self,
        *,
        regions: QuerySet[Region],
        may_be_everywhere: bool,
        is_new: bool,
        data: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
        modules: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self.what = WhatForm(data, initial=dict(initial or {}), prefix="what") if is_new else None
        self.terms = TermsForm(
            data,
            initial={"uuid": uuid.uuid4(), **(initial or {})},
            regions=regions,
            may_be_everywhere=may_be_everywhere,
            prefix="terms",
        )
        rows = list(modules) if data is None else [{}] * rows_sent(data)
        self.rows = [
            ModuleForm(
                data, initial=dict(row), prefix=f"modules-{index}", empty_permitted=True, use_required_attribute=False
            )
            for index, row in enumerate(rows)
        ]
        self.blank_row = ModuleForm(prefix="modules-__row__")
        self.problems: list[str] = []

    @property
    def parts(self) -> list[forms.Form]:
        return [*self._heads(), *self.rows]

    def is_valid(self) -> bool:
        """Everything that was sent is readable and makes a lawful version; otherwise the faults are at the fields.

        The rule is asked also about what can be read of a page that cannot be read altogether: an editor mends it all
        at once. Only what it says about the modules together has to wait then.
        """
        unread = [form for form in self.parts if not form.is_valid()]
        if self.terms in unread:
            return False
        problems = problems_of(self.plan())
        self.refuse(each for each in problems if not unread or each.field not in ("modules", "online hours"))
        return not unread and not problems

    def plan(self) -> VersionPlan:
        said = self.terms.cleaned_data
        names = ("in_force_from", "in_force_to", "daily_cap_hours", "online_share_percent", "source")
        minutes = {f"{kind}_minutes": said[f"{kind}_minutes"] for kind in KINDS}
        modules = tuple(row.plan() for row in self._filled())
        return VersionPlan(**{name: said[name] for name in names}, **minutes, modules=modules)

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Put every problem at its field."""
        plan, filled = self.plan(), self._filled()
        for problem in problems:
            text = _said(problem, plan)
            place, _dot, name = problem.field.partition(".")
            if place.startswith("modules["):
                row = filled[int(place[len("modules[") : -1])]
                row.add_error(_cell(row, name, problem.value), text)
            elif problem.field in self.terms.fields:
                self.terms.add_error(problem.field, text)
            elif problem.field == "code" and self.what:
                self.what.add_error("name_en", text)
            else:
                self.problems.append(text)

    def faults(self) -> list[Fault]:
        """Every fault with its place, in the order of the page; those of the modules as a whole come last."""
        heads = [Fault(field, 0, str(error)) for form in self._heads() for field in form for error in field.errors]
        rows = [
            Fault(field, number, str(error))
            for number, row in enumerate(self.rows, start=1)
            for field in row
            for error in field.errors
        ]
        return [*heads, *rows, *(Fault(None, 0, text) for text in self.problems)]

    def _heads(self) -> list[forms.Form]:
        return [*([self.what] if self.what else []), self.terms]

    def _filled(self) -> list[ModuleForm]:
        """The rows with a module in them, of those that can be read."""
        return [row for row in self.rows if row.is_valid() and not row.is_empty()]


def rows_sent(data: Mapping[str, Any]) -> int:
    """How many rows the page had. Raises BadRequest: more than any page of ours has would be silently cut."""
    text = str(data.get("rows", "0"))
    if not text.isascii() or not text.isdigit() or len(text) > 3 or int(text) > ROWS_MAX:
        raise BadRequest(f"rows: 0 to {ROWS_MAX} are allowed")
    return int(text)


def as_initial(data: Mapping[str, Any], *, more_rows: int = 0) -> dict[str, Any]:
    """What was sent, to be shown again without being judged; with so many empty rows more."""
    written = {
        name: data.get(f"{prefix}-{name}", "")
        for prefix, form in (("what", WhatForm), ("terms", TermsForm))
        for name in form.base_fields
    }
    modules = [
        {name: data.get(f"modules-{index}-{name}", "") for name in ModuleForm.base_fields}
        for index in range(rows_sent(data))
    ]
    room = ROWS_MAX - len(modules)
    return {"initial": written, "modules": [*modules, *[{}] * min(more_rows, room)]}


def from_version(version: SyllabusVersion, plan: VersionPlan, region: Region | None, day: date) -> dict[str, Any]:
    """The last version as a beginning for the next, which holds from `day` on at the earliest."""
    written = {
        "region": region,
        "in_force_from": day,
        "source": plan.source,
        "online_share_percent": plan.online_share_percent,
        "daily_cap_hours": plain(version.daily_cap_hours),
        **{f"{kind}_minutes": version.minutes_of(kind) for kind in KINDS},
    }
    modules = [
        {
            "name_zh": module.name_zh,
            "name_en": module.name_en,
            **{asked.kind: plain(asked.hours) for asked in module.asked},
        }
        for module in plan.modules
    ]
    return {"initial": written, "modules": modules}


def from_nothing(region: Region | None, day: date) -> dict[str, Any]:
    """A new syllabus begins with the figures of AQ 8011-2023."""
    written = {
        "region": region,
        "in_force_from": day,
        "online_minutes": 30,
        "classroom_minutes": 45,
        "workshop_minutes": 45,
        "online_share_percent": 70,
        "daily_cap_hours": 8,
    }
    return {"initial": written, "modules": [{}] * ROWS_AT_FIRST}


def _cell(row: ModuleForm, name: str, value: str) -> str:
    """The field of a row that a problem is about: hours are found by their value; a row without any has them first."""
    if name in row.fields:
        return name
    wrong = [kind for kind in KINDS if name == "hours" and str(row.cleaned_data.get(kind)) == value]
    return next(iter(wrong), KINDS[0])


def _said(problem: Problem, plan: VersionPlan) -> str:
    """A problem in the reader's language: the value, and what is allowed."""
    name = problem.field.rpartition(".")[2]
    told = {"value": problem.value, "max": HOURS_MAX, "places": PLACES_MAX}
    if name == "hours" or name == "daily_cap_hours":
        return _("%(value)s: allowed is more than 0, at most %(max)s, with at most %(places)s decimal places.") % told
    if name.endswith("_minutes"):
        return _("%(value)s: allowed are 1 to %(max)s minutes.") % {**told, "max": MINUTES_MAX}
    if name == "online hours":
        online, classroom = theory_hours(plan.modules)
        most = (online + classroom) * Decimal(plan.online_share_percent) / 100
        told |= {"share": plan.online_share_percent, "most": plain(most), "value": plain(online)}
        return _("%(value)s online class hours: at most %(share)s %% of the theory are allowed, %(most)s.") % told
    texts = {
        "in_force_to": _("%(value)s: allowed is a day after the first one."),
        "online_share_percent": _("%(value)s: allowed is 0 to 100."),
        "asked": _("Give the class hours of at least one kind."),
        "modules": _("%(value)s modules: allowed are 1 to %(max)s.") % {**told, "max": MODULES_MAX},
        "code": _("%(value)s: another syllabus has this name."),
    }
    if name in texts:
        return texts[name] % told
    return _("Another module has this name.") if problem.value else _("Give a name.")
