"""The words of every letter. English here, Chinese in the catalogue; a letter has both, the Chinese first.

Nobody is called by name and no number is told: an address may be mistyped, and then a stranger reads it.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

WITH_PASSWORD = "enrollment.first"
"""What `enrollment` becomes for who has no password yet: its link leads to choosing one."""
WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Words:
    """`happened` and `to_do` name facts by `%(name)s`; `route` names the address, whose id is the letter's `about`."""

    subject: str
    happened: str
    to_do: str
    route: str


KINDS: dict[str, Words] = {
    "enrollment": Words(
        _("You are in the class %(title)s"),
        _("%(institution)s entered you in the training class %(title)s, %(starts)s to %(ends)s."),
        _("Log in with this e-mail address and your password, and begin:"),
        "home",
    ),
    WITH_PASSWORD: Words(
        _("You are in the class %(title)s: choose a password"),
        _("%(institution)s entered you in the training class %(title)s, %(starts)s to %(ends)s."),
        _(
            "Choose your password here; nobody else has one, your institution neither. The link is good once, for "
            "%(days)s days; later, ask for a new one on the login page under “Forgotten the password?”."
        ),
        "",
    ),
    "class.accepted": Words(
        _("Class accepted: %(title)s"),
        _("The authority accepted the report of the class %(title)s. Hours count on its days."),
        _("Your class:"),
        "class",
    ),
    "class.returned": Words(
        _("Class returned: %(title)s"),
        _("The authority returned the report of the class %(title)s. No hours count until it is accepted."),
        _("Mend it and report it again:"),
        "edit_class",
    ),
    "review.approved": Words(
        _("Approved: %(title)s"),
        _("The review committee approved “%(title)s”. It is live now."),
        _("The decision:"),
        "review",
    ),
    "review.rejected": Words(
        _("Returned with reasons: %(title)s"),
        _("The review committee returned “%(title)s” with reasons."),
        _("Read them, mend the draft and submit it again:"),
        "review",
    ),
    "course.approved": Words(
        _("Approved: %(title)s"),
        _("The review committee approved “%(title)s” with all its lessons that you submitted. It is live now."),
        _("The decision:"),
        "course_review",
    ),
    "course.rejected": Words(
        _("Returned with reasons: %(title)s"),
        _("The review committee returned “%(title)s” and the lessons that you submitted with it, with reasons."),
        _("Read them, mend the drafts and submit the whole again:"),
        "course_review",
    ),
    "join.approved": Words(
        _("You are in the class %(title)s"),
        _("%(institution)s took you into the class %(title)s. Hours count from now on, on the days of the class."),
        _("Log in and begin:"),
        "home",
    ),
    "join.refused": Words(
        _("Your request for the class %(title)s"),
        _("%(institution)s did not take you into the class %(title)s."),
        _("Your request:"),
        "my_join_request",
    ),
    "appeal.accepted": Words(
        _("Your appeal was accepted"),
        _("Your appeal about hours of the class %(title)s was accepted. The hours are in your ledger."),
        _("The decision:"),
        "my_appeal",
    ),
    "appeal.rejected": Words(
        _("Your appeal was not accepted"),
        _("Your appeal about hours of the class %(title)s was not accepted."),
        _("The decision:"),
        "my_appeal",
    ),
    "appeal.accepted.proposer": Words(
        _("Appeal decided: accepted"),
        _("The authority accepted an appeal of the class %(title)s that you proposed on."),
        _("The decision:"),
        "appeal",
    ),
    "appeal.rejected.proposer": Words(
        _("Appeal decided: not accepted"),
        _("The authority did not accept an appeal of the class %(title)s that you proposed on."),
        _("The decision:"),
        "appeal",
    ),
    "attendance.accepted": Words(
        _("Hours on %(day)s were accepted"),
        _("Hours of the class %(title)s on %(day)s that were proposed for you were accepted."),
        _("Your hours:"),
        "my_hours",
    ),
    "attendance.rejected": Words(
        _("Hours on %(day)s were not accepted"),
        _("Hours of the class %(title)s on %(day)s that were proposed for you were not accepted."),
        _("Your hours, with the reason:"),
        "my_hours",
    ),
    "attendance.accepted.proposer": Words(
        _("Proposed hours decided: accepted"),
        _(
            "The authority accepted hours of the class %(title)s on %(day)s that you proposed, "
            "for %(given)s of %(all)s."
        ),
        _("The decision, learner by learner:"),
        "attendance_proposal",
    ),
    "attendance.rejected.proposer": Words(
        _("Proposed hours decided: not accepted"),
        _("The authority did not accept hours of the class %(title)s on %(day)s that you proposed."),
        _("The decision:"),
        "attendance_proposal",
    ),
    "taking.accepted": Words(
        _("Hours on %(day)s were taken back"),
        _("Hours of the class %(title)s on %(day)s that counted for you were taken back."),
        _("Your hours, with the reason and the way to appeal:"),
        "my_hours",
    ),
    "taking.rejected": Words(
        _("Hours on %(day)s stay yours"),
        _("It was proposed to take back hours of the class %(title)s on %(day)s from you; they stay."),
        _("Your hours:"),
        "my_hours",
    ),
    "taking.accepted.proposer": Words(
        _("Proposed hours decided: accepted"),
        _(
            "The authority took back hours of the class %(title)s on %(day)s, as you proposed, "
            "from %(given)s of %(all)s."
        ),
        _("The decision, learner by learner:"),
        "attendance_proposal",
    ),
    "taking.rejected.proposer": Words(
        _("Proposed hours decided: not accepted"),
        _("The authority did not take back hours of the class %(title)s on %(day)s, as you proposed."),
        _("The decision:"),
        "attendance_proposal",
    ),
    "claim.accepted": Words(
        _("Claimed hours on %(day)s were accepted"),
        _("The hours of continuing education on %(day)s that you claimed were accepted. They are in your ledger."),
        _("Your claim:"),
        "teaching_claim",
    ),
    "claim.refused": Words(
        _("Claimed hours on %(day)s were not accepted"),
        _("The hours of continuing education on %(day)s that you claimed were not accepted."),
        _("Your claim:"),
        "teaching_claim",
    ),
    "year.short": Words(
        _("Continuing education %(year)s: %(hours)s class hours missing"),
        _("Your continuing education of %(year)s ends on %(until)s, and %(hours)s class hours are missing."),
        _("Your year, and the open courses that help:"),
        "teaching_year_of",
    ),
    "registration.withdrawn": Words(
        _("Your seat in an exam was withdrawn"),
        _("What your seat in the exam %(title)s on %(day)s rested on is no longer there; the seat was withdrawn."),
        _("Every reason, and what to do:"),
        "sitting",
    ),
    "waiting.seated": Words(
        _("You have a seat in the exam"),
        _("A seat came free in the exam %(title)s on %(day)s, and you are registered for it."),
        _("Your seat; give it back there if you cannot come:"),
        "sitting",
    ),
    "waiting.refused": Words(
        _("No seat in the exam: something is missing"),
        _("A seat came free in the exam %(title)s on %(day)s, but something that the exam requires is missing now."),
        _("Every reason, and what to do:"),
        "sitting",
    ),
    "waiting.cancelled": Words(
        _("The exam that you waited for was cancelled"),
        _("The exam office cancelled the exam %(title)s on %(day)s; you do not wait for a seat any more."),
        _("The reason, and other sittings:"),
        "sitting",
    ),
    "registration.moved": Words(
        _("Your seat in an exam has another number"),
        _("The exam %(title)s on %(day)s was made smaller; you keep a seat, with another number."),
        _("Your seat, and a new admission ticket:"),
        "sitting",
    ),
    "plan.approved": Words(
        _("Exam plan approved: %(title)s"),
        _("The authority approved the exam plan %(title)s. Learners see it once you publish it."),
        _("The plan:"),
        "exam_plan",
    ),
    "plan.returned": Words(
        _("Exam plan returned: %(title)s"),
        _("The authority returned the exam plan %(title)s with a reason."),
        _("Read it, mend the plan and propose it again:"),
        "exam_plan",
    ),
    "file.accepted": Words(
        _("Your file as a teacher was accepted"),
        _("The authority accepted the application for your file on the roster of teachers."),
        _("Your file and your certificates:"),
        "my_teaching",
    ),
    "file.returned": Words(
        _("Your file as a teacher was returned"),
        _("The authority returned the application for your file on the roster of teachers, with a reason."),
        _("Read it; mended, the file can be applied for again:"),
        "my_teaching",
    ),
    "file.accepted.applicant": Words(
        _("A teacher's file was accepted"),
        _("The authority accepted a teacher's file that you applied for."),
        _("The file:"),
        "institution_teacher",
    ),
    "file.returned.applicant": Words(
        _("A teacher's file was returned"),
        _("The authority returned a teacher's file that you applied for, with a reason."),
        _("Read it, mend the application and send it again:"),
        "institution_teacher",
    ),
    "institution.suspended.training": Words(
        _("%(institution)s is suspended"),
        _(
            "The authority suspended %(institution)s. While that lasts nobody registers for an exam upon its classes, "
            "and it reports no new class. Classes that run go on."
        ),
        _("For questions turn to the authority. Log in:"),
        "home",
    ),
    "institution.suspended.exam": Words(
        _("%(institution)s is suspended"),
        _(
            "The authority suspended %(institution)s. While that lasts its programs get no answer from the exchange. "
            "What is published takes place."
        ),
        _("For questions turn to the authority. Log in:"),
        "home",
    ),
    "institution.lifted": Words(
        _("%(institution)s is no longer suspended"),
        _("The authority lifted the suspension of %(institution)s. Withdrawn seats do not come back by themselves."),
        _("Log in:"),
        "home",
    ),
    WAITING: Words(
        _("Something waits for you"),
        _("This waits for your decision this morning:"),
        _("Log in:"),
        "home",
    ),
}

WAITING_FOR = {
    "reports": (_("Class reports: %(number)s"), "class_reports"),
    "appeals": (_("Appeals: %(number)s"), "appeals"),
    "attendance": (_("Proposed hours: %(number)s"), "attendance_proposals"),
    "plans": (_("Exam plans: %(number)s"), "exam_plans"),
    "files": (_("Applications for teachers' files: %(number)s"), "file_applications"),
    "claims": (_("Claims of class hours: %(number)s"), "claims_desk"),
    "reviews": (_("Submissions to the review committee: %(number)s"), "reviews"),
}
"""What a morning's letter counts: words, and the name of the list's address."""
