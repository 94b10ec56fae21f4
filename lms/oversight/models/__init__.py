from lms.oversight.models.standings import ClassDay, ClassStanding, LastRefresh, LearnerStanding

__all__ = [
    "ClassDay",
    "ClassStanding",
    "LastRefresh",
    "LearnerStanding",
]
