"""The tables of dashboards as sheets: what stands behind the charts, in whole minutes and class hours."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from lms.enrollments.models import Kind, TrainingClass, spoken
from lms.institutions.models import Institution, Region
from lms.oversight.queries.classes import ClassFigures, KindFigures, LearnerRow
from lms.oversight.queries.days import DayHours
from lms.oversight.queries.places import Figures, Place, RegionFigures
from lms.oversight.views.drawing import MS_PER_MINUTE, NEEDS, refusals_chart
from lms.oversight.views.workbooks import Cell, Sheet


def place_name(place: Region | Institution) -> str:
    return spoken(place.name_zh, place.name_en)


def figures_row(figures: Figures) -> dict[str, Any]:
    """The columns of a place, as a page and a sheet show them."""
    return {
        "institutions": figures.institutions,
        "classes": figures.classes,
        "learners": figures.learners,
        "done": figures.done,
        "behind": figures.behind,
        "idle": figures.idle,
        "confirmed_hours": figures.confirmed_hours,
        "percent": figures.percent,
        "refused_percent": figures.refused_percent,
    }


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
        Sheet(
            _("Not counted, and why"),
            [_("Reason"), _("Not counted (minutes)"), _("Share (%)")],
            ((each["label"], each["ms"] // MS_PER_MINUTE, each["percent"]) for each in refusals_chart(refused)),
        ),
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
    return [
        Sheet(title, [first, *headings], [_place_cells(each) for each in places])
        for title, first, places in (
            (_("Regions"), _("Region"), figures.regions),
            (_("Training institutions"), _("Institution"), figures.institutions),
        )
    ]


def _place_cells(each: Place) -> tuple[Cell, ...]:
    row = figures_row(each.figures)
    order = ("institutions", "classes", "learners", "done", "behind", "idle", "confirmed_hours", "percent")
    return (place_name(each.place), *(row[name] for name in order), row["refused_percent"])
