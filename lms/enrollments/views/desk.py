"""What the page of a class says to its staff beside the roster: how far it is, what comes next, and its plan."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lms.accounts.queries import Viewer
from lms.enrollments.models import ClassState, JoinRequest, JoinState, TrainingClass
from lms.enrollments.queries.planning import Step, local_day, plan_of, report_problems, steps_of
from lms.enrollments.queries.reports import may_decide
from lms.enrollments.rules.classes import MENDABLE, closed_to_newcomers
from lms.enrollments.texts import plan_text
from lms.enrollments.views.planning import class_head, module_row, teacher_names
from lms.institutions.queries import staffs


def desk_of(viewer: Viewer, group: TrainingClass, at: datetime) -> dict[str, Any]:
    """The context of `enrollments/_desk.html`, for whoever sees the class; only staff is told what to do next."""
    is_staff = staffs(viewer, group.institution)
    training = group.syllabus_version.syllabus.training
    steps = steps_of(viewer, group)
    return {
        **class_head(group),
        "way": way_of(group, steps),
        "returned": next((each.reason for each in reversed(steps) if each.state == "returned"), "")
        if group.state == ClassState.RETURNED
        else "",
        "next": _next(group, at) if is_staff else None,
        "is_staff": is_staff,
        "takes_people": is_staff and not closed_to_newcomers(group.state, group.ends_on, local_day(at), training),
        "asking": JoinRequest.objects.filter(training_class=group, state=JoinState.ASKED).count() if is_staff else 0,
        "is_mendable": is_staff and group.state in MENDABLE,
        "decide_url": reverse("class_report", args=[group.uuid]) if may_decide(viewer, group) else None,
        "teachers": teacher_names(group),
        "modules": [module_row(group, each) for each in plan_of(group)],
    }


def way_of(group: TrainingClass, steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Planned, reported, accepted, ended: each done, now or still to come, with its moment."""
    at = {each.state: each.at for each in steps}
    is_returned = group.state == ClassState.RETURNED
    labels = [
        ("planned", _("Plan")),
        ("returned", _("Returned")) if is_returned else ("reported", _("Report")),
        ("accepted", _("Acceptance")),
        ("ended", _("End")),
    ]
    reached = {"planned": 0, "returned": 1, "reported": 1, "accepted": 2, "ended": 3}[group.state]
    # An accepted class has this step behind it; all others wait for somebody.
    done = reached + (group.state in (ClassState.ACCEPTED, ClassState.ENDED))
    return [
        {
            "label": label,
            "at": at.get(state) if index <= reached else None,
            "state": "done" if index < done else "now" if index == reached else "todo",
        }
        for index, (state, label) in enumerate(labels)
    ]


def step_rows(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The history of a class in words."""
    labels = {
        "planned": _("Plan made"),
        "reported": _("Reported to the authority"),
        "returned": _("Returned"),
        "accepted": _("Accepted"),
        "ended": _("Ended"),
    }
    return [{"at": each.at, "label": labels[each.state], "by": each.by, "reason": each.reason} for each in steps]


def _next(group: TrainingClass, at: datetime) -> dict[str, Any]:
    """A heading, a sentence, what is missing, and at most one button."""
    if group.state in MENDABLE:
        missing = [plan_text(each) for each in report_problems(group, at)]
        return {
            "title": _("Finish the plan") if missing else _("Report the class"),
            "text": _(
                "A class is reported to the authority before its first day. Nothing counts before it is accepted."
            ),
            "missing": missing,
            "url": reverse("edit_class" if missing else "report_class", args=[group.uuid]),
            "button": _("Mend the plan") if missing else _("Look through and report"),
        }
    if group.state == ClassState.REPORTED:
        return {
            "title": _("Wait for the authority"),
            "text": _(
                "The plan is closed while the authority reads it. It accepts the class, or returns it with a reason."
            ),
        }
    if group.state == ClassState.ACCEPTED:
        return _next_of_accepted(group, at)
    return {"title": _("The class has ended"), "text": _("Nothing is earned in it any more. What was earned stays.")}


def _next_of_accepted(group: TrainingClass, at: datetime) -> dict[str, Any]:
    day = local_day(at)
    if day < group.starts_on:
        return {
            "title": _("Fill the roster"),
            "text": _(
                "The class is accepted. Add everybody before the first day: nobody earns before they were added."
            ),
            "url": reverse("upload_roster", args=[group.uuid]),
            "button": _("Upload a list"),
        }
    if day <= group.ends_on:
        return {
            "title": _("The class is running"),
            "text": _("Online hours count by themselves. Enter who was in the classroom and the workshop."),
        }
    return {
        "title": _("End the class"),
        "text": _("Its last day has passed. End it when all attendance is entered."),
        "url": reverse("end_class", args=[group.uuid]),
        "button": _("End the class"),
    }
