"""What pages of the roster say about states and refusals."""

from django.utils.translation import gettext as _

from lms.institutions.rules.certificates import EXPIRED, LATER, REVOKED, VALID
from lms.teachers.actions.photos import PhotoRefused
from lms.teachers.models import FileState
from lms.teachers.rules.roster import LINE_MAX, LINES_MAX, Practice

NO_CERTIFICATE = "none"
MARKS = {
    FileState.WAITING: "wait",
    FileState.ACCEPTED: "ok",
    FileState.RETURNED: "stop",
    FileState.TAKEN_BACK: "",
}


def certificate_text(state: str) -> str:
    """How a certificate stands, or that there is none."""
    return {
        VALID: _("May teach"),
        LATER: _("Valid later"),
        EXPIRED: _("Run out"),
        REVOKED: _("Revoked"),
        NO_CERTIFICATE: _("No certificate"),
    }[state]


def against_text(code: str) -> str:
    """Why somebody who reads an application does not decide on it."""
    return {
        "own": _("This is your own application: somebody else decides on it."),
        "applied": _("You applied for this teacher: somebody else decides on it."),
        "works_there": _("You work for an institution where this teacher works: somebody else decides on it."),
        "not_above": _("The authority of a region where the teacher works decides on it."),
    }[code]


def photo_text(refused: PhotoRefused) -> str:
    """What the photo is and what it may be."""
    words = {"value": refused.value, "allowed": refused.allowed}
    return {
        "too_large": _("%(value)s is too large: at most %(allowed)s."),
        "unreadable": _("This file is no picture that can be read: %(allowed)s."),
        "too_many_pixels": _("%(value)s pixels are too many: at most %(allowed)s megapixels."),
        "too_small": _("%(value)s pixels are too few to know a face by: at least %(allowed)s."),
    }[refused.code] % words


def practice_text(value: str, practice: Practice | None) -> str:
    """Practice that began too late, or tomorrow."""
    if practice is None:
        return _("%(value)s: give a day that is past.") % {"value": value}
    text = _("%(value)s: practice must have begun at least %(years)d years ago (%(source)s).")
    return text % {"value": value, "years": practice.years_min, "source": practice.source}


def file_text(field: str, value: str) -> str:
    """Any other problem of `FileRefused` at its field."""
    words = {"value": value, "lines": LINES_MAX, "characters": LINE_MAX}
    return {
        "trades": _("%(value)s: choose one to twelve of these trades."),
        "qualifications": _("At most %(lines)d lines of %(characters)d characters each."),
        "photo": _("Add a photo."),
        "reason": _("Say in at most 500 characters what is to be mended."),
        "number": _("Give number and both days, or leave all three empty."),
        "valid_from": _("Give number and both days, or leave all three empty."),
        "valid_to": _("Give number and both days, or leave all three empty."),
    }[field] % words
