"""What is kept of teachers: years of continuing education and claims of hours; their files on the roster."""

from lms.teachers.models.forty_hours import CategoryCap, Claim, ClaimState, EducationYear, Evidence
from lms.teachers.models.roster import FileApplication, FileState, PracticeAsked, TeacherFile

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
]
