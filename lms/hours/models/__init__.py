from lms.hours.models.appeals import Appeal, AppealState, Verdict
from lms.hours.models.clock import LessonCoverage, StudyClock, StudySession
from lms.hours.models.ledger import Entry, EntrySort, ModuleHours, Refusal

__all__ = [
    "Appeal",
    "AppealState",
    "Entry",
    "EntrySort",
    "LessonCoverage",
    "ModuleHours",
    "Refusal",
    "StudyClock",
    "StudySession",
    "Verdict",
]
