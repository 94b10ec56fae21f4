"""Every write of syllabi, classes and enrollments."""

from lms.enrollments.actions.classes import accept_class, end_class, plan_class, report_class, return_class
from lms.enrollments.actions.enrolling import enroll, withdraw_enrollment
from lms.enrollments.actions.loading import load_short_syllabus, load_syllabi
from lms.enrollments.actions.refusals import (
    ClassRefused,
    EnrollmentRefused,
    NotAuthority,
    NotStaff,
    SyllabusRefused,
    UuidTaken,
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
    "NotAuthority",
    "NotStaff",
    "NotSyllabusWriter",
    "SyllabusRefused",
    "UuidTaken",
    "accept_class",
    "create_syllabus",
    "create_syllabus_version",
    "create_syllabus_with_version",
    "end_class",
    "enroll",
    "load_short_syllabus",
    "load_syllabi",
    "plan_class",
    "report_class",
    "return_class",
    "withdraw_enrollment",
]
