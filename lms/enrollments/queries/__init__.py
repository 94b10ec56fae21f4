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
from lms.enrollments.queries.syllabi import (
    ListedSyllabus,
    SyllabusNotFound,
    VersionHours,
    listed_syllabi,
    may_write_syllabi,
    may_write_version,
    plan_of,
    syllabus_by_code,
    version_in_force,
    version_shown,
    version_written,
    versions_of,
    writable_regions,
)
from lms.enrollments.queries.syllabus_preview import FallingClass, Preview, preview
from lms.enrollments.queries.teaching import taught_by, teachers_named, teaches

__all__ = [
    "ClassNotFound",
    "FallingClass",
    "ListedSyllabus",
    "PlanWarning",
    "Preview",
    "SyllabusNotFound",
    "VersionHours",
    "class_for",
    "classes_for",
    "enrollments_of",
    "listed_syllabi",
    "may_write_syllabi",
    "may_write_version",
    "not_studying_because",
    "plan_of",
    "plan_warnings",
    "preview",
    "roster",
    "studying",
    "syllabus_by_code",
    "taught_by",
    "teachers_named",
    "teaches",
    "version_in_force",
    "version_shown",
    "version_written",
    "versions_of",
    "writable_regions",
]
