"""The sentence for every code of a refusal in this app, and for what is said of a teacher in the report of a class."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from lms.enrollments.rules.units import plain
from lms.teachers.rules.claims import (
    FILE_BYTES_MAX,
    FILES_MAX,
    PLACE_MAX,
    REASON_MAX,
    TEXT_MAX,
    TITLE_MAX,
    WAITING_MAX,
    Problem,
)
from lms.teachers.rules.consequences import YearState

MEGABYTE = 1024 * 1024


def problem_text(problem: Problem) -> str:
    """Why a year cannot be opened or taken part in, or why hours cannot be claimed or decided."""
    found = {**_year_texts(problem.value), **_time_texts(problem.value), **_claim_texts(problem.value)}
    return found.get(problem.code, problem.code)


def year_text(year: int, state: YearState, missing: Decimal, until: str) -> str:
    """How a year that is over stands for a teacher who is named in a report."""
    facts = {"year": year, "hours": plain(missing), "until": until}
    return {
        YearState.COMPLETE: _("Continuing education of %(year)s: complete."),
        YearState.EXEMPT: _("Continuing education of %(year)s: not owed, certified only during that year or after it."),
        YearState.GRACE: _(
            "Continuing education of %(year)s: %(hours)s class hours are missing; to be made up until %(until)s."
        ),
        YearState.SHORT: _(
            "Continuing education of %(year)s: %(hours)s class hours are missing, and the time to make them up ended "
            "on %(until)s. Once they are made up, the teacher may be named."
        ),
    }[state] % facts


def certificate_text(is_certified: bool) -> str:
    """What the certificate means for the report of a class."""
    if is_certified:
        return _("The teacher's certificate is valid on the first day of the class.")
    return _("No teacher's certificate that is valid on the first day: exams do not accept a class without one.")


def against_claim_text(code: str) -> str:
    """Why somebody who reads a claim does not decide on it."""
    return {
        "own": _("This is your own claim: somebody else decides on it."),
        "colleague": _(
            "You work for an institution where this teacher works, or did when the hours were claimed: somebody else "
            "decides on it."
        ),
        "not_above": _("The authority of the province decides on it."),
    }[code]


def _year_texts(value: str) -> dict[str, str]:
    return {
        "year": _("A year from 2016 to 2100 is needed, not %(value)s.") % {"value": value},
        "opened": _("The year %(value)s is open already.") % {"value": value},
        "institution": _("A training institution of the province hosts the year."),
        "make_up_until": _("Hours are made up after the year: choose a later day than %(value)s.") % {"value": value},
        "required_hours": _("More than 0 and at most 1000 class hours can be asked, not %(value)s.") % {"value": value},
        "carry_over_hours_max": _("From 0 to as many class hours as are asked can be carried over, not %(value)s.")
        % {"value": value},
        "caps": _("A cap is of one category of the year, more than 0 and at most 1000 class hours; not %(value)s.")
        % {"value": value},
        "not_a_teacher": _("Only teachers take part in continuing education."),
        "not_certified": _("You hold no teacher's certificate that is valid today."),
        "elsewhere": _("You work for no institution of this province."),
        "class_ended": _("This year is not open."),
    }


def _time_texts(value: str) -> dict[str, str]:
    return {
        "ends_before_it_begins": _("It ends after it begins."),
        "longer_than_half_a_day": _("A claim is of at most 12 hours."),
        "too_many_lately": _("You have made very many claims today. Please go on tomorrow."),
        "longer_than_a_day": _("A claim is of one day; claim each day by itself."),
        "in_the_future": _("Hours are claimed after they were held."),
        "before_the_year": _("This was before the year %(value)s; claim it for its own year.") % {"value": value},
        "after_the_year": _(
            "This was after the year %(value)s, and nothing is to be made up; claim it for its own year."
        )
        % {"value": value},
        "taken": _("Other hours of yours, or another claim, have some of this time already."),
        "overlap": _("By now other hours of the teacher have some of this time, so it cannot be accepted."),
    }


def _claim_texts(value: str) -> dict[str, str]:
    return {
        "module": _("This category belongs to another year."),
        "kind": _("This category takes no hours of this kind."),
        "title_missing": _("Say what it was."),
        "title_too_long": _("The title has at most %(n)s characters.") % {"n": TITLE_MAX},
        "place_missing": _("Say where it was."),
        "place_too_long": _("The place has at most %(n)s characters.") % {"n": PLACE_MAX},
        "text_too_long": _("The description has at most %(n)s characters.") % {"n": TEXT_MAX},
        "files": _("A claim needs evidence: 1 to %(n)s files.") % {"n": FILES_MAX},
        "file_type": _("%(value)s is neither a PDF nor a JPEG or PNG picture.") % {"value": value},
        "file_too_large": _("%(value)s is larger than %(n)s MB.") % {"value": value, "n": FILE_BYTES_MAX // MEGABYTE},
        "too_many_waiting": _("At most %(n)s of your claims can wait at a time.") % {"n": WAITING_MAX},
        "verb": _("Accept or refuse the claim."),
        "reason_missing": _("Please give a reason; the teacher reads it."),
        "reason_too_long": _("The reason has at most %(n)s characters.") % {"n": REASON_MAX},
        "decided": _("This claim was decided or taken back already."),
        "uuid": _("This form was used for something else. Open it anew."),
    }


def statement_problem_text(problem: Problem) -> str:
    """Why no statement of a year was issued."""
    return {
        "not_your_year": _("You take no part in this year yet, so there is nothing to state."),
        "name_missing": _("Your name is not recorded yet. Your institution can enter it."),
        "too_many_today": _("At most %(value)s statements of a year are issued on one day.") % {"value": problem.value},
        "uuid": _("This form was used for something else. Open it anew."),
        "signing_unavailable": _("Nothing can be signed right now, so nothing was done. Try again later."),
    }.get(problem.code, problem.code)


def claim_state_text(state: str) -> str:
    """What became of a claim, as its claimant reads it."""
    return {
        "waiting": _("Waits for review"),
        "accepted": pgettext("claim", "Accepted"),
        "refused": _("Not accepted"),
        "taken_back": _("You took it back"),
    }[state]


def source_text(sort: str) -> str:
    """How hours came into the account, or left it."""
    return {
        "lesson": _("Online course"),
        "attendance": _("Attended"),
        "claim": _("Claimed and reviewed"),
        "void": _("Taken back by decision"),
        "correction": _("Corrected"),
    }.get(sort, sort)
