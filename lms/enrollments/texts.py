"""The sentence for every code of a refusal in this app: what is wrong and what is allowed."""

from django.utils.translation import gettext as _

from lms.accounts.reasons import reason_text
from lms.enrollments.rules.classes import PLACE_MAX, REASON_MAX, TITLE_MAX, PlanProblem
from lms.enrollments.rules.roster import CELL_MAX, EMAIL, IDENTITY, NAME, PHONE, FileProblem


def plan_text(problem: PlanProblem) -> str:
    """Why a class cannot be planned, changed or brought a step further."""
    if problem.said:
        return problem.said
    planned, _slash, in_force = problem.value.partition("/")
    return {
        "title": _("A title is needed, with at most %(n)s characters.") % {"n": TITLE_MAX},
        "place": _("The place has at most %(n)s characters.") % {"n": PLACE_MAX},
        "ends_before_it_starts": _("The last day comes before the first one."),
        "too_many_lessons": _("A class has at most 500 lessons."),
        "module_of_another_syllabus": _("This module belongs to another syllabus."),
        "lesson_twice": _("A lesson is twice in the plan; it counts for one module only."),
        "lesson_withdrawn": _("A lesson of the plan was withdrawn; take it out."),
        "lesson_of_others": _("A lesson of the plan belongs to another institution, which does not offer it to yours."),
        "no_training_institution": _("Only a training institution plans classes."),
        "institution_suspended": _("The institution is suspended."),
        "version_not_in_force": _("This version of the syllabus is not in force on the first day."),
        "version_replaced": _(
            "Version %(in_force)s of the syllabus is in force on the first day; this class was planned under version "
            "%(planned)s. Plan it anew and choose version %(in_force)s."
        )
        % {"planned": planned, "in_force": in_force},
        "already_begun": _("A class is reported before its first day begins; move the first day."),
        "place_missing": _("The place is missing."),
        "teacher_missing": _("At least one teacher is needed."),
        "too_many_teachers": _("A class has at most 50 teachers."),
        "no_teacher": _("One of the teachers does not teach for this institution any more."),
        "continuing": _("Continuing education of teachers is opened by the authority, year by year."),
        "not_continuing": _("A teachers' year is opened under a syllabus of continuing education."),
        "year_runs": _("The teachers' year runs to its last day; it cannot be ended before."),
        "reason_missing": _("Please give a reason; the institution must know what to mend."),
        "reason_too_long": _("The reason has at most %(n)s characters.") % {"n": REASON_MAX},
        "state": _("The class has moved on meanwhile; this step is not possible any more."),
    }.get(problem.code, problem.code)


def enrollment_text(code: str) -> str:
    """Why nobody can be added to a class."""
    return {
        "not_a_learner": _("This person is registered, but not as a learner."),
        "not_a_teacher": _("This person is registered, but not as a teacher."),
        "class_of_teachers": _("Teachers take part in their continuing education themselves; no list is needed."),
        "class_reported": _("The authority has the report before it; wait for its answer, then add people."),
        "class_ended": _("This class has ended; nobody can be added any more."),
        "class_over": _("The last day of this class has passed; nobody can be added any more."),
    }.get(code, code)


def column_text(column: str) -> str:
    """The heading of a column."""
    return {
        NAME: _("Name"),
        IDENTITY: _("Identity number"),
        PHONE: _("Phone number"),
        EMAIL: _("E-mail address"),
    }.get(column, _("Whole list"))


def row_text(code: str, other: int | None = None) -> str:
    """What is wrong in a cell, and what is allowed."""
    own = {
        "cell_too_long": _("A cell holds at most %(n)s characters.") % {"n": CELL_MAX},
        "name_missing": _("The name is missing."),
        "identity_missing": _("The identity number is missing."),
        "identity_as_number": _(
            "The cell holds a number, and its last digits are lost. Format it as text, type it anew."
        ),
        "twice_in_file": _("Row %(row)s has the same.") % {"row": other},
        "already_in_class": _("This person is in the class already."),
        "identity_of_another": _("This number is registered under another name."),
        "changed": _("Somebody else registered one of these people at the same moment. Upload the list again."),
        "cannot_open": _("The waiting rows cannot be opened any more. Upload the list again."),
        "broken": _("The import broke off by a fault of ours; nobody was imported. Upload the list again."),
        "no_longer_staff": _("Whoever confirmed the list does not work for the institution any more."),
    }
    if code in own:
        return own[code]
    return enrollment_text(code) if code.startswith(("class_", "not_a_")) else reason_text(code)


def file_text(problem: FileProblem) -> str:
    """Why a whole file was refused: what was found and what is allowed."""
    values = {"value": problem.value, "allowed": problem.allowed}
    return {
        "too_large": _("The file has %(value)s; at most %(allowed)s are allowed."),
        "unpacks_too_large": _("The file unpacks to more than %(allowed)s."),
        "too_many_rows": _("The list has more than %(allowed)s rows; split it."),
        "too_many_columns": _("The list has more than %(allowed)s columns; use the template."),
        "no_rows": _("The list has no people in it."),
        "macros": _("The file holds macros. Save it as a workbook without them (%(allowed)s)."),
        "old_workbook": _("This is an old workbook (%(value)s). Save it as %(allowed)s."),
        "file_type": _("This is no list. Allowed are: %(allowed)s."),
        "encoding": _("The text is in no known encoding. Allowed are: %(allowed)s."),
        "unreadable": _("The file is damaged and cannot be read as %(allowed)s."),
        "headings": _("The first row must hold the headings %(allowed)s; found: %(value)s."),
    }[problem.code] % values


def join_text(code: str) -> str:
    """Why somebody cannot ask to join, or cannot be answered."""
    return {
        "invitation_closed": _("This invitation is not open any more. Ask the institution for a new one."),
        "class_closed": _("This class does not take people in now."),
        "not_a_learner": _("Only learners join a class; this account is not a learner's."),
        "in_class": _("You are in this class already."),
        "reason_missing": _("Please give a reason; the learner reads it."),
        "reason_too_long": _("The reason has at most 300 characters."),
        "decided": _("This request was answered already."),
        "uses": _("An invitation is for 1 to 10,000 people."),
        "expires": _("An invitation lasts at least a moment and at most 90 days."),
    }.get(code, code)
