"""Figures of years in the shapes that the chart templates draw: boxes, and words beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from lms.enrollments.rules.units import plain
from lms.teachers.queries.desk import STATES
from lms.teachers.rules.consequences import YearState
from lms.teachers.rules.desk import PITCH, Band, heights, shares
from lms.teachers.rules.forty import rounded_down
from lms.teachers.views.desk.words import STATE_LABELS, TONES


def bands_chart(bands: Sequence[Band], *, is_over: bool) -> dict[str, Any]:
    """How many teachers have how many hours. Below what is asked nobody is late while the year runs."""
    drawn = heights([each.teachers for each in bands])
    below = "behind" if is_over else "way"
    return {
        "width": PITCH * len(bands),
        "teachers": sum(each.teachers for each in bands),
        "columns": [
            {
                "label": _band_label(each),
                "count": each.teachers,
                "tone": "done" if each.upper is None else below,
                "box": box,
            }
            for each, box in zip(bands, drawn, strict=True)
        ],
        "below": below,
    }


def states_bar(states: Mapping[YearState, int]) -> dict[str, Any]:
    """How many teachers stand how: a row of boxes and its legend, without states that nobody is in."""
    counted = [(state, states.get(state, 0)) for state in STATES]
    drawn = shares([number for _state, number in counted])
    parts = [
        {"label": STATE_LABELS[state], "tone": TONES[state], "count": number, "box": box}
        for (state, number), box in zip(counted, drawn, strict=True)
        if number
    ]
    return {"parts": parts, "label": ", ".join(f"{each['label']}: {each['count']}" for each in parts)}


def _band_label(band: Band) -> str:
    lower = plain(rounded_down(band.lower))
    if band.upper is None:
        return _("%(hours)s and more") % {"hours": lower}
    return f"{lower}–{plain(rounded_down(band.upper))}"
