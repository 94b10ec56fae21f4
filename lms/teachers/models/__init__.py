"""What is kept of teachers: years of continuing education, claims of hours, statements of a year; their files."""

from lms.teachers.models.forty_hours import CategoryCap, Claim, ClaimState, EducationYear, Evidence
from lms.teachers.models.roster import FileApplication, FileState, PracticeAsked, TeacherFile
from lms.teachers.models.statements import YearStatement

__all__ = [
    "CategoryCap",
    "Claim",
    "ClaimState",
    "EducationYear",
    "Evidence",
    "FileApplication",
    "FileState",
    "PracticeAsked",
    "TeacherFile",
    "YearStatement",
]
