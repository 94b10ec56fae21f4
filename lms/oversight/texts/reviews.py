"""The sentence for every code of the review and of publishing."""

from django.utils.translation import gettext, gettext_noop

UNFIT = {
    "not_a_reviewer": gettext_noop("Only members of the review committee decide."),
    "edited_it": gettext_noop("You wrote a part of it: nobody approves their own work."),
    "submitted_it": gettext_noop("You submitted it: somebody else decides."),
    "part_of_course": gettext_noop("It was submitted with its whole course: decide on the course."),
    "works_there": gettext_noop("You work or worked for the institution that it belongs to."),
}
PROBLEMS = {
    "reason_missing": gettext_noop("Give reasons: the authors must know what to mend."),
    "reason_too_long": gettext_noop("At most 2000 characters."),
    "own_institution": gettext_noop("It is your own course already."),
    "no_training_institution": gettext_noop("A course can be offered to training institutions only."),
}
STATES = {
    "draft": gettext_noop("Draft"),
    "in_review": gettext_noop("Under review"),
    "returned": gettext_noop("Returned with reasons"),
    "live": gettext_noop("Live"),
    "changed": gettext_noop("Live, with a newer draft"),
    "withdrawn": gettext_noop("Withdrawn"),
}
STEPS = {
    "in_progress": gettext_noop("Waiting for the committee"),
    "submitted": gettext_noop("Submitted"),
    "comment": gettext_noop("Comment"),
    "approved": gettext_noop("Approved"),
    "rejected": gettext_noop("Returned"),
    "cancelled": gettext_noop("Taken back"),
}


def said(table: dict[str, str], code: str) -> str:
    return gettext(table[code])
