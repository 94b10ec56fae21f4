"""Every write of syllabi, classes and enrollments."""

from lms.enrollments.actions.classes import (
    accept_class,
    change_facts,
    change_lessons,
    end_class,
    plan_class,
    report_class,
    return_class,
)
from lms.enrollments.actions.enrolling import ParticipantRefused, add_participant, enroll, withdraw_enrollment
from lms.enrollments.actions.joining import (
    InvitationRefused,
    JoinRefused,
    approve_join,
    ask_to_join,
    invite,
    refuse_join,
    revoke_invitation,
    set_open,
    sign_up_and_ask,
)
from lms.enrollments.actions.loading import load_short_syllabus, load_syllabi
from lms.enrollments.actions.refusals import (
    ClassRefused,
    EnrollmentRefused,
    NotAuthority,
    NotStaff,
    SyllabusRefused,
    UuidTaken,
)
from lms.enrollments.actions.rosters import (
    NotConfirmable,
    check_roster,
    confirm_import,
    discard_import,
    requeue_imports,
    run_import,
)
from lms.enrollments.actions.syllabi import (
    NotSyllabusWriter,
    create_syllabus,
    create_syllabus_version,
    create_syllabus_with_version,
)

__all__ = [
    "ClassRefused",
    "EnrollmentRefused",
    "InvitationRefused",
    "JoinRefused",
    "NotAuthority",
    "NotConfirmable",
    "NotStaff",
    "NotSyllabusWriter",
    "ParticipantRefused",
    "SyllabusRefused",
    "UuidTaken",
    "accept_class",
    "add_participant",
    "approve_join",
    "ask_to_join",
    "change_facts",
    "change_lessons",
    "check_roster",
    "confirm_import",
    "create_syllabus",
    "create_syllabus_version",
    "create_syllabus_with_version",
    "discard_import",
    "end_class",
    "enroll",
    "invite",
    "load_short_syllabus",
    "load_syllabi",
    "plan_class",
    "refuse_join",
    "report_class",
    "requeue_imports",
    "return_class",
    "revoke_invitation",
    "run_import",
    "set_open",
    "sign_up_and_ask",
    "withdraw_enrollment",
]
