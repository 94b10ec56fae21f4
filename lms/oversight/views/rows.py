"""Places, classes and learners in the shapes that the templates of dashboards print; names in the reader's language."""

from typing import Any

from django.urls import reverse

from lms.enrollments.models import ClassState, TrainingClass, spoken
from lms.institutions.models import Institution, Region
from lms.oversight.queries.classes import LearnerRow
from lms.oversight.queries.places import Place
from lms.oversight.rules.progress import Need
from lms.oversight.views.drawing import NEEDS, standing_bar

TONES = {Need.DONE: "ok", Need.ON_WAY: "", Need.IDLE: "wait", Need.BEHIND: "stop", Need.BOTH: "stop"}


def place_name(place: Region | Institution | TrainingClass) -> str:
    return place.title if isinstance(place, TrainingClass) else spoken(place.name_zh, place.name_en)


def place_url(place: Region | Institution | TrainingClass) -> str:
    if isinstance(place, Region):
        return reverse("region_dashboard", args=[place.code])
    if isinstance(place, Institution):
        return reverse("institution_dashboard", args=[place.uuid])
    return reverse("class_dashboard", args=[place.uuid])


def place_row(each: Place) -> dict[str, Any]:
    return {
        "name": place_name(each.place),
        "url": place_url(each.place),
        "is_suspended": isinstance(each.place, Institution) and each.place.suspended_at is not None,
        "bar": standing_bar(each.figures),
        "figures": each.figures,
    }


def class_row(group: TrainingClass) -> dict[str, Any]:
    standing = getattr(group, "standing", None)
    runs = group.state in (ClassState.ACCEPTED, ClassState.ENDED)
    return {
        "title": group.title,
        "syllabus": group.syllabus_version.syllabus.name,
        "starts_on": group.starts_on,
        "ends_on": group.ends_on,
        "state": group.state,
        "state_label": group.get_state_display(),
        "url": place_url(group) if runs else reverse("class", args=[group.uuid]),
        "learners": standing.learners if standing else None,
        "percent": standing.percent if standing else 0,
        "bar": standing_bar(standing) if standing else None,
    }


def learner_row(row: LearnerRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "identity": row.masked_identity,
        "need_label": NEEDS[row.need],
        "tone": TONES[row.need],
        "percent": row.percent,
        "confirmed_hours": row.confirmed_hours,
        "required_hours": row.required_hours,
        "refused_ms": row.refused_ms,
        "last_on": row.last_on,
        "idle_days": row.idle_days,
    }
