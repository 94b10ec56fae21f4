"""Where most was refused, for one reason or for any: the way down from a region to an institution and a class."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from lms.enrollments.models import TrainingClass
from lms.hours.study_texts import refusal_text
from lms.institutions.models import Institution
from lms.oversight.queries.places import Figures, Place, most_refused
from lms.oversight.rules import charts
from lms.oversight.views.rows import place_name, place_url


def where_chart(total: Figures, places: Iterable[Place], code: str) -> dict[str, Any]:
    """The places with most of `code`, drawn as shares of the first. A code that was never given means any reason."""
    code = code if code in total.refused else ""
    most = most_refused(places, code)
    largest = most[0].figures.refused_ms_of(code) if most else 0
    reasons = sorted((ms, each) for each, ms in total.refused.items() if ms)
    return {
        "code": code,
        "reasons": [
            {"code": "", "label": _("All reasons")},
            *({"code": each, "label": refusal_text(each)} for _ms, each in reversed(reasons)),
        ],
        "rows": [_row(each, code, largest) for each in most],
    }


def _row(each: Place, code: str, largest: int) -> dict[str, Any]:
    """A class leads on to its learners, a place to its own figures of the same reason."""
    ms = each.figures.refused_ms_of(code)
    way = "?sort=refused#learners" if isinstance(each.place, TrainingClass) else f"?code={code}#where"
    return {
        "name": place_name(each.place),
        "region": place_name(each.place.region) if isinstance(each.place, Institution) else "",
        "url": place_url(each.place) + way,
        "ms": ms,
        "percent": each.figures.refused_percent_of(code),
        "boxes": charts.row([ms], largest),
    }
