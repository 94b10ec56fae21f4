from lms.hours.models.appeals import Appeal, AppealState, Verdict
from lms.hours.models.checks import CheckOutcome, CheckPolicy, LessonQuestion, PresenceCheck
from lms.hours.models.clock import LessonCoverage, StudyClock, StudySession
from lms.hours.models.ledger import Entry, EntrySort, ModuleHours, Refusal

__all__ = [
    "Appeal",
    "AppealState",
    "CheckOutcome",
    "CheckPolicy",
    "Entry",
    "EntrySort",
    "LessonCoverage",
    "LessonQuestion",
    "ModuleHours",
    "PresenceCheck",
    "Refusal",
    "StudyClock",
    "StudySession",
    "Verdict",
]
