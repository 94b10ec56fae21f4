"""What the actions refuse, in the reader's language: which value, and what is allowed."""

import re
from collections.abc import Callable

from django.utils.translation import gettext as _

from lms.exams.actions import PlanStepRefused
from lms.exams.models import PlanState

RANGE = re.compile(r"(\d+) to (\d+)")

# Functions, not strings: gettext must be asked when somebody reads.
_ALLOWED: dict[str, Callable[[], str]] = {
    "a name": lambda: _("a name"),
    "a title": lambda: _("a title"),
    "a name that no other room of the site has": lambda: _("a name that no other room of the site has"),
    "a room of the institution that plans": lambda: _("a room of the institution that plans"),
    "a room without another sitting at that time": lambda: _("a room without another sitting at that time"),
    "a moment to come": lambda: _("a moment to come"),
    "after opens_at and not after starts_at": lambda: _("after registration opens and not after the exam begins"),
    "at least one sitting": lambda: _("at least one sitting"),
    "a sitting that is still to come": lambda: _("a sitting that is still to come"),
    "a published sitting that is still to come": lambda: _("a published sitting that is still to come"),
    "a training that ends in an exam": lambda: _("a training that ends in an exam"),
    "a sitting of a published plan": lambda: _("a sitting of a published plan"),
}

_DUTIES: dict[str, Callable[[], str]] = {
    "not_an_examiner_here": lambda: _("Works for this exam institution as an examiner no longer, or never did."),
    "works_for_training": lambda: _("Works for a training institution; nobody serves both sides."),
    "trained_somebody_here": lambda: _(
        "Worked for an institution that trained somebody who sits here, and may not examine them."
    ),
    "on_duty_then": lambda: _("Is on duty at another exam at that time, or here already."),
    "has_a_chief": lambda: _("This sitting has a chief examiner; relieve that one first."),
}

_DOOR: dict[str, Callable[[], str]] = {
    "not_booked": lambda: _("This ticket has no seat any more."),
    "door_not_open": lambda: _("This exam's door is not open yet: it opens 60 minutes before the exam begins."),
    "door_closed": lambda: _("This exam's door has closed: nobody is let in later than 30 minutes after it began."),
}

_AGAINST_DECIDING: dict[str, Callable[[], str]] = {
    "not_above": lambda: _("The authority of the region decides on this plan."),
    "worked_there": lambda: _("You worked for this exam institution; somebody else of the authority decides."),
    "drafted_it": lambda: _("You drafted this plan; somebody else decides."),
}


def problem_text(value: str, allowed: str) -> str:
    """One problem of `SittingRefused`; its field is where the text stands."""
    if allowed in _ALLOWED:
        words = _ALLOWED[allowed]()
    elif found := RANGE.match(allowed):
        least, most = int(found[1]), int(found[2])
        words = _("%(least)d to %(most)d") % {"least": least, "most": most} if least <= most else _("no more seats")
    else:
        words = allowed
    if not value.strip():
        return _("Nothing was given; allowed: %(allowed)s.") % {"allowed": words}
    return _("“%(value)s” cannot be; allowed: %(allowed)s.") % {"value": value, "allowed": words}


def step_text(refused: PlanStepRefused) -> str:
    """Why a plan does not take a step."""
    return _("The plan is in the state “%(state)s”; somebody was faster, or it does not go this way.") % {
        "state": PlanState(refused.state).label
    }


def duty_text(code: str) -> str:
    return _DUTIES[code]()


def door_text(code: str) -> str:
    return _DOOR[code]()


def against_deciding_text(code: str) -> str:
    return _AGAINST_DECIDING[code]()
