"""The gate's reasons in the reader's language: what is missing, and what to do about it."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.enrollments.models import spoken
from lms.enrollments.rules.units import plain
from lms.exams.rules.eligibility import Unmet
from lms.institutions.models import Region

HOURS = frozenset({"hours_missing", "classroom_share"})
"""Reasons that are told in class hours."""


WITH_THE_INSTITUTION = frozenset(
    {"no_enrollment", "class_not_accepted", "class_reported_late", "institution_suspended", "teacher_not_certified"}
)

OTHER_SITTINGS = frozenset(
    {
        "full",
        "registration_closed",
        "registration_not_open",
        "sitting_not_published",
        "sitting_cancelled",
        "trained_by_examiner",
    }
)
"""Reasons about this sitting: another one may have room."""

OWN_SEATS = frozenset({"already_registered", "registered_elsewhere", "another_exam_then"})
"""Reasons that are a seat which the learner has."""


ASKED = {
    "classroom_percent": (
        gettext_lazy("Theory in a classroom"),
        gettext_lazy("At least this share of the theory hours is earned in a classroom."),
    ),
    "reported_class": (
        gettext_lazy("Class reported in time"),
        gettext_lazy("The class was reported to the authority before its first day began."),
    ),
    "certified_teachers": (
        gettext_lazy("Certified teachers"),
        gettext_lazy("Every teacher named in the report held a teacher's certificate on the first day of the class."),
    ),
    "institution_in_order": (
        gettext_lazy("Institution in order"),
        gettext_lazy("The training institution is not suspended."),
    ),
    "verified_identity": (
        gettext_lazy("Verified identity"),
        gettext_lazy("Somebody saw the identity card and compared name and number with the record."),
    ),
    "earlier_certificate": (
        gettext_lazy("Earlier certificate of a refresher"),
        gettext_lazy("Who takes a refresher held the certificate that it renews, valid on the first day of the class."),
    ),
}
"""What can be asked (the fields of `Requirements`): a short name, and what it means."""


def region_name(region: Region | None) -> str:
    """In the reader's language; everywhere has no region."""
    return spoken(region.name_zh, region.name_en) if region else _("The whole country")


class Next(TypedDict):
    text: str
    url: str


class Reason(TypedDict):
    """One reason; `required`, `actual` and `missing` are class hours, and there only where they are told in them."""

    code: str
    text: str
    required: int | float | None
    actual: int | float | None
    missing: int | float | None
    module: str | None
    module_name: str
    kind: str | None
    next: Next | None


def reason(unmet: Unmet, module_name: str) -> Reason:
    """One unmet requirement in words; `module_name` in the reader's language, "" when there is none."""
    is_hours = unmet.code in HOURS
    return {
        "code": unmet.code,
        "text": _text(unmet, module_name),
        "required": _number(unmet.required) if is_hours else None,
        "actual": _number(unmet.actual) if is_hours else None,
        "missing": _number(unmet.missing) if is_hours else None,
        "module": unmet.module,
        "module_name": module_name,
        "kind": unmet.kind,
        "next": _next(unmet),
    }


def _text(unmet: Unmet, module_name: str) -> str:
    writer = _TEXTS.get(unmet.code, _unknown)
    return writer(unmet, module_name)


def _hours_missing(unmet: Unmet, module_name: str) -> str:
    missing = plain(unmet.missing) if unmet.missing is not None else "?"
    values = {"module": module_name, "hours": missing}
    if unmet.kind == "online":
        return _("%(module)s: online class hours missing: %(hours)s.") % values
    if unmet.kind == "classroom":
        return _("%(module)s: classroom class hours missing: %(hours)s.") % values
    return _("%(module)s: workshop class hours missing: %(hours)s.") % values


def _classroom_share(unmet: Unmet, module_name: str) -> str:
    values = {
        "required": plain(unmet.required) if isinstance(unmet.required, Decimal) else "?",
        "hours": plain(unmet.missing) if unmet.missing is not None else "?",
    }
    return _("%(required)s class hours of the theory must be earned in a classroom; %(hours)s are missing.") % values


def _not_open(unmet: Unmet, module_name: str) -> str:
    return _("Registration opens on %(at)s.") % {"at": _moment(unmet.required)}


def _closed(unmet: Unmet, module_name: str) -> str:
    return _("Registration closed on %(at)s.") % {"at": _moment(unmet.required)}


def _unknown(unmet: Unmet, module_name: str) -> str:
    return _("Something that must be checked is not known, so nobody can be admitted on it.")


# Functions, not strings: gettext must be asked when somebody reads, in that reader's language.
_TEXTS: dict[str, Callable[[Unmet, str], str]] = {
    "no_enrollment": lambda unmet, name: _("You are in no training class for this exam."),
    "class_not_accepted": lambda unmet, name: _("Your training class has not been accepted by the authority."),
    "class_reported_late": lambda unmet, name: _("Your training class was reported only after it had begun."),
    "institution_suspended": lambda unmet, name: _("Your training institution is suspended."),
    "person_suspended": lambda unmet, name: _("Your account is suspended."),
    "identity_missing": lambda unmet, name: _("Your real name or identity number is not on record."),
    "identity_not_verified": lambda unmet, name: _("Nobody has held your identity card against your record yet."),
    "teacher_not_certified": lambda unmet, name: _("Not every teacher of your class held a teacher's certificate."),
    "earlier_certificate_missing": lambda unmet, name: _(
        "A refresher needs the certificate that it renews; none that was valid is on record."
    ),
    "hours_missing": _hours_missing,
    "classroom_share": _classroom_share,
    "registration_not_open": _not_open,
    "registration_closed": _closed,
    "full": lambda unmet, name: _("Every seat of this sitting is taken."),
    "already_registered": lambda unmet, name: _("You are already registered for this sitting."),
    "sitting_not_published": lambda unmet, name: _("This sitting has not been published."),
    "sitting_cancelled": lambda unmet, name: _("The exam office cancelled this sitting."),
    "trained_by_examiner": lambda unmet, name: _("Whoever trained you may not examine you; choose another site."),
    "registered_elsewhere": lambda unmet, name: _("You have a seat in another sitting of this exam; change that one."),
    "another_exam_then": lambda unmet, name: _("You have a seat in another exam at that time."),
    "unknown": _unknown,
}


def _next(unmet: Unmet) -> Next | None:
    if unmet.code == "hours_missing" and unmet.kind == "online":
        return {"text": _("Go on studying"), "url": "/my/hours/"}
    if unmet.code in HOURS:
        return {"text": _("Your institution enters these hours. See what it has entered"), "url": "/my/hours/"}
    if unmet.code in WITH_THE_INSTITUTION:
        return {"text": _("Ask your training institution. See your classes"), "url": "/my/hours/"}
    if unmet.code == "identity_not_verified":
        return {"text": _("Show your identity card at your training institution"), "url": "/me/"}
    if unmet.code == "earlier_certificate_missing":
        return {"text": _("Show the certificate to the exam institution"), "url": "/exams/"}
    if unmet.code == "identity_missing":
        return {"text": _("Look at your details and tell your institution"), "url": "/me/"}
    if unmet.code in OWN_SEATS:
        return {"text": _("See your seats"), "url": "/exams/#mine"}
    if unmet.code in OTHER_SITTINGS:
        return {"text": _("See the other sittings"), "url": "/exams/"}
    if unmet.code == "unknown":
        return {"text": _("Ask the exam institution"), "url": "/exams/"}
    return None


def _moment(written: Decimal | str | None) -> str:
    if not isinstance(written, str):
        return "?"
    return date_format(timezone.localtime(datetime.fromisoformat(written)), "DATETIME_FORMAT")


def _number(hours: Decimal | str | None) -> int | float | None:
    if not isinstance(hours, Decimal):
        return None
    return int(hours) if hours == hours.to_integral_value() else float(hours)
