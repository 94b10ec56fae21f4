"""Years of continuing education and claims of hours."""

from lms.teachers.models.forty_hours import CategoryCap, Claim, ClaimState, EducationYear, Evidence

__all__ = ["CategoryCap", "Claim", "ClaimState", "EducationYear", "Evidence"]
