"""Every read of syllabi, classes and enrollments."""

from lms.enrollments.queries.classes import (
    ClassNotFound,
    PlanWarning,
    class_for,
    classes_for,
    enrollments_of,
    plan_warnings,
    roster,
)
from lms.enrollments.queries.studying import not_studying_because, studying
from lms.enrollments.queries.syllabi import SyllabusNotFound, syllabus_by_code, version_in_force
from lms.enrollments.queries.teaching import taught_by, teaches

__all__ = [
    "ClassNotFound",
    "PlanWarning",
    "SyllabusNotFound",
    "class_for",
    "classes_for",
    "enrollments_of",
    "not_studying_because",
    "plan_warnings",
    "roster",
    "studying",
    "syllabus_by_code",
    "taught_by",
    "teaches",
    "version_in_force",
]
