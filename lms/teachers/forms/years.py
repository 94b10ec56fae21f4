"""Opening a year: first where and under which syllabus, then what is asked, category by category.

Which categories and lessons there are to choose from follows from the first step, so that no script is needed.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.models import LessonVersion
from lms.accounts.queries import Viewer
from lms.enrollments.forms.classes import InstitutionField, SyllabusField
from lms.enrollments.models import Module, Syllabus, SyllabusVersion, spoken
from lms.enrollments.rules.classes import PLACE_MAX, TITLE_MAX, PlanProblem
from lms.enrollments.texts import plan_text
from lms.institutions.models import Institution, Region
from lms.institutions.queries import PlannableShelf
from lms.teachers.queries.desk import continuing_syllabi, hosts, is_opened, version_for_year
from lms.teachers.rules.claims import Problem
from lms.teachers.rules.terms import FIRST_YEAR, HOURS_MAX, YEARS_MAX
from lms.teachers.texts import problem_text

REQUIRED_HOURS = Decimal(40)
MAKE_UP_MONTH, MAKE_UP_DAY = 6, 30
"""Proposed, for the year after."""


@dataclass(frozen=True, slots=True)
class Category:
    """A module of the chosen version with the kinds of hours that it takes."""

    module: Module
    kinds: tuple[str, ...]

    @property
    def is_online(self) -> bool:
        """Whether lessons can be put into it."""
        return "online" in self.kinds


class RegionField(forms.ModelChoiceField):
    """Rows with names in both languages, by the one that is being spoken."""

    def label_from_instance(self, obj: Any) -> str:
        return spoken(obj.name_zh, obj.name_en)


class WhereForm(forms.Form):
    """The first step. `version` is what is in force there on the first day of the year."""

    region = RegionField(
        label=gettext_lazy("Province"), empty_label=gettext_lazy("Choose a region"), queryset=Region.objects.none()
    )
    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=FIRST_YEAR, max_value=YEARS_MAX)
    institution = InstitutionField(
        label=gettext_lazy("Host institution"),
        empty_label=gettext_lazy("Choose an institution"),
        queryset=Institution.objects.none(),
        help_text=gettext_lazy(
            "A training institution for which you do not work; the year's online courses run there."
        ),
    )
    syllabus = SyllabusField(
        label=gettext_lazy("Syllabus"),
        empty_label=gettext_lazy("Choose a syllabus"),
        queryset=Syllabus.objects.none(),
    )

    def __init__(self, *args: Any, viewer: Viewer, regions: Sequence[Region], day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version: SyllabusVersion | None = None
        self._choose("region", Region.objects.filter(pk__in=[each.pk for each in regions]).order_by("code"))
        self._choose("institution", hosts(viewer, regions))
        self._choose("syllabus", continuing_syllabi())
        if len(regions) == 1:
            self.fields["region"].initial, self.fields["region"].widget = regions[0].pk, forms.HiddenInput()
        # In December the next year is prepared; whatever is open already is passed over.
        first = day.year if day.month < 12 else day.year + 1
        opened = [each for each in (first, first + 1) if not (regions and is_opened(regions[0], each))]
        self.fields["year"].initial = next(iter(opened), first + 2)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        region, year, institution = cleaned["region"], cleaned["year"], cleaned["institution"]
        if is_opened(region, year):
            self.add_error("year", problem_text(Problem("year", "opened", str(year))))
        if not institution.region.code.startswith(region.code):
            self.add_error("institution", problem_text(Problem("institution", "institution")))
        self.version = version_for_year(cleaned["syllabus"], institution.region, year)
        if self.version is None:
            text = _("No version of this syllabus is in force on the first day of %(year)s.")
            self.add_error("syllabus", text % {"year": year})
        return cleaned

    def _choose(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = choices


class TermsForm(forms.Form):
    """The second step. `uuid` is made with the page: sending it twice opens one year."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
    required_hours = forms.DecimalField(
        label=gettext_lazy("Class hours asked"), min_value=Decimal("0.01"), max_value=HOURS_MAX, decimal_places=2
    )
    make_up_until = forms.DateField(
        label=gettext_lazy("To be made up until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy(
            "Who is short at the end of the year may still be named in class reports until this day."
        ),
    )
    carry_over_hours_max = forms.DecimalField(
        label=gettext_lazy("Carried over at most"),
        min_value=Decimal(0),
        max_value=HOURS_MAX,
        decimal_places=2,
        help_text=gettext_lazy("Class hours above what is asked that count in the next year; 0 for none."),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=TITLE_MAX)
    place = forms.CharField(label=gettext_lazy("Training place"), max_length=PLACE_MAX)

    def __init__(
        self, *args: Any, year: int, categories: Sequence[Category], shelves: Sequence[PlannableShelf], **kwargs: Any
    ) -> None:
        kwargs["initial"] = {
            "uuid": uuid.uuid4(),
            "required_hours": REQUIRED_HOURS,
            "make_up_until": date(year + 1, MAKE_UP_MONTH, MAKE_UP_DAY),
            "carry_over_hours_max": 0,
            "title": _("Continuing education of teachers %(year)s") % {"year": year},
        }
        super().__init__(*args, **kwargs)
        self.categories, self.shelves = categories, shelves
        self._versions = {str(each.pk): each for shelf in shelves for each in shelf.versions}
        for each in categories:
            self.fields[cap_name(each.module)] = forms.DecimalField(
                label=_("At most, in class hours"),
                required=False,
                min_value=Decimal("0.01"),
                max_value=HOURS_MAX,
                decimal_places=2,
            )
            if each.is_online:
                self.fields[lessons_name(each.module)] = forms.MultipleChoiceField(
                    label=each.module.name,
                    required=False,
                    choices=[(key, version.title) for key, version in self._versions.items()],
                )

    @property
    def facts(self) -> list[forms.BoundField]:
        """The fields that are no category's."""
        return [self[name] for name in self.base_fields if name != "uuid"]

    def caps(self) -> list[tuple[Module, Decimal]]:
        """The categories that have one."""
        given = [(each.module, self.cleaned_data[cap_name(each.module)]) for each in self.categories]
        return [(module, hours) for module, hours in given if hours is not None]

    def lessons(self) -> list[tuple[Module, LessonVersion]]:
        """Each lesson with the category into which it was put."""
        return [
            (each.module, self._versions[key])
            for each in self.categories
            if each.is_online
            for key in self.cleaned_data[lessons_name(each.module)]
        ]

    def terms(self) -> dict[str, Any]:
        """The figures of the year, by the names that `open_year` has for them."""
        return {name: self.cleaned_data[name] for name in self.base_fields}

    def refuse(self, problems: Iterable[Problem]) -> None:
        """What `open_year` says of the year, beside its field."""
        for each in problems:
            self.add_error(each.field if each.field in self.fields else None, problem_text(each))

    def refuse_class(self, problems: Iterable[PlanProblem]) -> None:
        """What it says of the year's class; of lessons at the first category that has them."""
        online = next((lessons_name(each.module) for each in self.categories if each.is_online), None)
        for each in problems:
            field = online if each.field.startswith("lessons") else each.field
            self.add_error(field if field in self.fields else None, plan_text(each))


def cap_name(module: Module) -> str:
    """The field of a category's cap."""
    return f"cap_{module.pk}"


def lessons_name(module: Module) -> str:
    """The field of a category's lessons."""
    return f"lessons_{module.pk}"
