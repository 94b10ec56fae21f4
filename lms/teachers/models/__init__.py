"""Years of continuing education, claims of hours, and statements of a year."""

from lms.teachers.models.forty_hours import CategoryCap, Claim, ClaimState, EducationYear, Evidence
from lms.teachers.models.statements import YearStatement

__all__ = ["CategoryCap", "Claim", "ClaimState", "EducationYear", "Evidence", "YearStatement"]
