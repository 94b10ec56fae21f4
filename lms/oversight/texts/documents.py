"""Reasons against a document in the reader's language: what is missing, and where a document stands."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.enrollments.rules.units import plain
from lms.oversight.rules.documents import REVOKED, UNCOVERED, VALID, Unmet

STATES = {
    VALID: gettext_lazy("Valid"),
    REVOKED: gettext_lazy("Revoked"),
    UNCOVERED: gettext_lazy("No longer covered by its hours"),
}
REASONS = {
    "revoked": gettext_lazy("The authority took the document back; only the authority can issue a new one."),
    "kind_of_another_training": gettext_lazy("A record card is only issued for a refresher."),
    "no_document": gettext_lazy("A teachers' year gives no certificate; it has a statement of its own."),
    "not_enrolled": gettext_lazy("The learner has left the class."),
    "identity_missing": gettext_lazy("Name and identity number are not on file; the institution can add them."),
    "class_not_accepted": gettext_lazy("The class was not accepted by the authority."),
    "institution_suspended": gettext_lazy("The institution is suspended."),
    "nothing_asked": gettext_lazy("The syllabus asks no hours; nothing can be certified."),
}


def reasons(unmet: Iterable[Unmet], module_names: Mapping[str, str]) -> list[str]:
    """One sentence each; `module_names` by the uuid of a module."""
    return [_reason(each, module_names) for each in unmet]


def _reason(unmet: Unmet, module_names: Mapping[str, str]) -> str:
    if unmet.code != "hours_missing" or unmet.required is None or unmet.actual is None or unmet.missing is None:
        return str(REASONS[unmet.code])
    values = {
        "module": module_names.get(unmet.module, ""),
        "missing": plain(unmet.missing),
        "actual": plain(unmet.actual),
        "required": plain(unmet.required),
    }
    if unmet.kind == "online":
        return _("%(module)s: %(missing)s online class hours missing (%(actual)s of %(required)s)") % values
    if unmet.kind == "classroom":
        return _("%(module)s: %(missing)s classroom class hours missing (%(actual)s of %(required)s)") % values
    return _("%(module)s: %(missing)s workshop class hours missing (%(actual)s of %(required)s)") % values
