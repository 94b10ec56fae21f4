"""Figures in the shapes that the chart templates draw (templates/oversight/_*.html): boxes, words beside them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.enrollments.models import Kind
from lms.hours.study_texts import refusal_text
from lms.oversight.queries.classes import KindFigures
from lms.oversight.queries.days import DayHours
from lms.oversight.rules import charts
from lms.oversight.rules.progress import SLACK_PERCENT, Need

MS_PER_MINUTE = 60_000
MS_PER_HOUR = 3_600_000
NEEDS = {
    Need.BOTH: gettext_lazy("Behind and idle"),
    Need.BEHIND: gettext_lazy("Behind"),
    Need.IDLE: gettext_lazy("Idle"),
    Need.ON_WAY: gettext_lazy("On the way"),
    Need.DONE: gettext_lazy("Done"),
}
# From best to worst, as the bar is read; whoever is behind and idle is drawn with the others who are behind.
SEGMENTS = ("done", "way", "idle", "behind")


def standing_bar(figures: Any) -> dict[str, Any]:
    """How many are done, on the way, idle and behind: `figures` of a class, an institution or a region."""
    counts = (figures.done, figures.on_way, figures.idle - figures.both, figures.behind)
    labels = (_("Done"), _("On the way"), _("Idle, not yet behind"), _("Behind"))
    boxes = charts.row(counts)
    return {
        "boxes": [
            {"box": box, "tone": SEGMENTS[box.part], "title": f"{labels[box.part]}: {counts[box.part]}"}
            for box in boxes
        ],
        "legend": [
            {"tone": tone, "label": label, "count": count, "percent": charts.percent(count, figures.learners)}
            for tone, label, count in zip(SEGMENTS, labels, counts, strict=True)
        ],
        "label": ", ".join(f"{label}: {count}" for label, count in zip(labels, counts, strict=True)),
        "idle": figures.idle,
        "both": figures.both,
        "learners": figures.learners,
    }


def spread_chart(spread: Sequence[int], expected: int) -> dict[str, Any]:
    """Learners by tenths of their progress; those clearly below what is expected today stand out."""
    values = [*spread] or [0] * 11
    # No axis: each column says its number, and the highest fills the box.
    drawn = charts.columns([[value] for value in values], max(1, *values))
    rows = [
        {
            "from": tenth * 10,
            "label": "100%" if tenth == 10 else f"{tenth * 10}–{tenth * 10 + 9}%",
            "count": value,
            "tone": _tenth_tone(tenth, expected),
            "boxes": boxes,
        }
        for tenth, (value, boxes) in enumerate(zip(values, drawn.columns, strict=True))
    ]
    return {"chart": drawn, "columns": rows, "expected": expected}


def days_chart(days: Sequence[DayHours]) -> dict[str, Any]:
    """Confirmed time by day and kind, and what was refused. The axis is in minutes where no day reaches an hour.

    Kinds that gave nothing in these days are left out: most classes have one or two.
    """
    kinds = [each for each in Kind if any(day.confirmed.get(each.value) for day in days)] or [Kind.ONLINE]
    stacks = [[*(day.confirmed.get(each.value, 0) for each in kinds), day.refused_ms] for day in days]
    highest = max((sum(max(0, each) for each in stack) for stack in stacks), default=0)
    unit = MS_PER_HOUR if highest >= MS_PER_HOUR else MS_PER_MINUTE
    top = charts.ceiling(max(2, -(-highest // unit)))
    drawn = charts.columns(stacks, top * unit)
    words = _("%(n)s h") if unit == MS_PER_HOUR else _("%(n)s min")
    parts = [(f"kind-{each.value}", each.label) for each in kinds] + [("idle", _("Not counted"))]
    sums = [sum(stack[place] for stack in stacks) for place in range(len(parts))]
    return {
        "chart": drawn,
        "ticks": [words % {"n": top}, words % {"n": f"{top / 2:g}"}, "0"],
        "parts": [{"tone": tone, "label": label, "ms": ms} for (tone, label), ms in zip(parts, sums, strict=True)],
        "columns": [
            {
                "day": day.day,
                "ms": stack,
                "confirmed_ms": day.confirmed_ms,
                "boxes": [{"box": box, "tone": parts[box.part][0]} for box in boxes],
            }
            for day, stack, boxes in zip(days, stacks, drawn.columns, strict=True)
        ],
        "marks": [date_format(days[place].day, "m-d") for place in (0, len(days) // 2, -1)] if days else [],
        "is_empty": highest == 0,
    }


def kinds_chart(kinds: Sequence[KindFigures]) -> list[dict[str, Any]]:
    """A bar for each kind of hours, all modules together, and beneath it one for each module."""
    found = []
    for kind in Kind:
        own = [each for each in kinds if each.kind == kind.value]
        if own:
            whole = _measure(
                kind.label,
                sum((each.confirmed_hours for each in own), Decimal(0)),
                sum((each.required_hours for each in own), Decimal(0)),
            )
            modules = [_measure(each.module.name, each.confirmed_hours, each.required_hours) for each in own]
            found.append({**whole, "modules": modules})
    return found


def refusals_chart(refused: Mapping[str, int]) -> list[dict[str, Any]]:
    """A bar for each reason, the largest first, as long as it is of the largest."""
    ordered = sorted(refused.items(), key=lambda item: (-item[1], item[0]))
    total, largest = sum(refused.values()), ordered[0][1] if ordered else 0
    return [
        {
            "code": code,
            "label": refusal_text(code),
            "ms": ms,
            "percent": charts.percent(ms, total),
            "boxes": charts.row([ms], largest),
        }
        for code, ms in ordered
        if ms
    ]


def _measure(name: Any, confirmed: Decimal, required: Decimal) -> dict[str, Any]:
    return {
        "name": name,
        "confirmed_hours": confirmed,
        "required_hours": required,
        "percent": min(100, int(confirmed * 100 / required)) if required else 0,
        "boxes": charts.row([int(confirmed * 1000)], int(required * 1000)),
    }


def _tenth_tone(tenth: int, expected: int) -> str:
    """A tenth is behind when all in it are."""
    if tenth == 10:
        return "done"
    return "behind" if expected >= 100 or tenth * 10 + 9 < expected - SLACK_PERCENT else "way"
