"""The tables of dashboards as sheets: what stands behind the charts, in whole minutes and class hours."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from lms.enrollments.models import Kind, TrainingClass
from lms.hours.study_texts import refusal_text
from lms.oversight.queries.classes import ClassFigures, KindFigures, LearnerRow
from lms.oversight.queries.days import DayHours
from lms.oversight.queries.places import Figures, Place, RegionFigures
from lms.oversight.views.drawing import MS_PER_MINUTE, NEEDS, refusals_chart
from lms.oversight.views.rows import place_name
from lms.workbooks import Cell, Sheet


def class_sheets(figures: ClassFigures, learners: Iterable[LearnerRow]) -> list[Sheet]:
    refused = figures.standing.refused if figures.standing else {}
    return [
        Sheet(
            _("Learners"),
            [
                _("Name"),
                _("Identity number"),
                _("Standing"),
                _("Progress (%)"),
                _("Confirmed class hours"),
                _("Required class hours"),
                _("Not counted (minutes)"),
                _("Last day of study"),
            ],
            (
                (
                    each.name,
                    each.masked_identity or None,
                    str(NEEDS[each.need]),
                    each.percent,
                    each.confirmed_hours,
                    each.required_hours,
                    each.refused_ms // MS_PER_MINUTE,
                    each.last_on,
                )
                for each in learners
            ),
        ),
        Sheet(
            _("Hours by module"),
            [_("Module"), _("Kind"), _("Confirmed class hours"), _("Required class hours"), _("Progress (%)")],
            (_kind_cells(each) for each in figures.kinds),
        ),
        refusals_sheet(refused),
        days_sheet(figures.days),
    ]


def _kind_cells(each: KindFigures) -> tuple[Cell, ...]:
    share = min(100, int(each.confirmed_hours * 100 / each.required_hours)) if each.required_hours else 0
    return (each.module.name, str(Kind(each.kind).label), each.confirmed_hours, each.required_hours, share)


def days_sheet(days: Sequence[DayHours]) -> Sheet:
    headings = [
        _("Day"),
        *(_("%(kind)s (minutes)") % {"kind": kind.label} for kind in Kind),
        _("Not counted (minutes)"),
    ]
    return Sheet(_("Hours by day"), headings, (_day_cells(each) for each in days))


def refusals_sheet(refused: Mapping[str, int]) -> Sheet:
    headings = [_("Reason"), _("Not counted (minutes)"), _("Share (%)")]
    rows = ((each["label"], each["ms"] // MS_PER_MINUTE, each["percent"]) for each in refusals_chart(refused))
    return Sheet(_("Not counted, and why"), headings, rows)


def institution_sheets(
    classes: QuerySet[TrainingClass], days: Sequence[DayHours], total: Figures, counted: Sequence[Place]
) -> list[Sheet]:
    """Every class, and of those that count where what was refused."""
    where = _where_sheet(_("Not counted by class"), _("Training class"), total, counted)
    return [classes_sheet(classes), days_sheet(days), refusals_sheet(total.refused), where]


def classes_sheet(classes: QuerySet[TrainingClass]) -> Sheet:
    headings = [_("Training class"), _("Syllabus"), _("First day"), _("Last day"), _("State"), _("Learners"), _("Done")]
    headings += [_("Behind"), _("Idle"), _("Completion (%)")]
    return Sheet(_("Training classes"), headings, (_class_cells(each) for each in classes.iterator(chunk_size=500)))


def _day_cells(each: DayHours) -> tuple[Cell, ...]:
    confirmed = (each.confirmed.get(kind.value, 0) // MS_PER_MINUTE for kind in Kind)
    return (each.day, *confirmed, each.refused_ms // MS_PER_MINUTE)


def _class_cells(group: TrainingClass) -> tuple[Cell, ...]:
    standing = getattr(group, "standing", None)
    facts = (group.title, group.syllabus_version.syllabus.name, group.starts_on, group.ends_on)
    state = str(group.get_state_display())
    if standing is None:
        return (*facts, state)
    figures = (standing.learners, standing.done, standing.behind, standing.idle, standing.percent)
    return (*facts, state, *figures)


def region_sheets(figures: RegionFigures) -> list[Sheet]:
    headings = [
        _("Training institutions"),
        _("Training classes"),
        _("Learners"),
        _("Done"),
        _("Behind"),
        _("Idle"),
        _("Confirmed class hours"),
        _("Completion (%)"),
        _("Not counted (%)"),
    ]
    tables = (
        (_("Regions"), _("Region"), figures.regions),
        (_("Training institutions"), _("Institution"), figures.institutions),
    )
    return [
        *(Sheet(title, [first, *headings], [_place_cells(each) for each in places]) for title, first, places in tables),
        days_sheet(figures.days),
        refusals_sheet(figures.total.refused),
        _where_sheet(_("Not counted by institution"), _("Institution"), figures.total, figures.everywhere),
    ]


def _place_cells(each: Place) -> tuple[Cell, ...]:
    own = each.figures
    counts = (own.institutions, own.classes, own.learners, own.done, own.behind, own.idle)
    return (place_name(each.place), *counts, own.confirmed_hours, own.percent, own.refused_percent)


def _where_sheet(title: str, first: str, total: Figures, places: Sequence[Place]) -> Sheet:
    """A line for each place, a column for each reason in minutes: the most first, of both."""
    codes = [each["code"] for each in refusals_chart(total.refused)]
    headings = [first, _("Not counted (minutes)"), _("Not counted (%)"), *(refusal_text(code) for code in codes)]
    ordered = sorted(places, key=lambda each: -each.figures.refused_ms)
    return Sheet(title, headings, (_where_cells(each, codes) for each in ordered))


def _where_cells(each: Place, codes: Sequence[str]) -> tuple[Cell, ...]:
    own = each.figures
    reasons = (own.refused[code] // MS_PER_MINUTE for code in codes)
    return (place_name(each.place), own.refused_ms // MS_PER_MINUTE, own.refused_percent, *reasons)
