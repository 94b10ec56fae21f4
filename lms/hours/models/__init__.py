from lms.hours.models.appeals import Appeal, AppealState, Verdict
from lms.hours.models.attendance import (
    AttendanceProposal,
    AttendanceSheet,
    Effect,
    Presence,
    ProposalState,
    ProposedLearner,
)
from lms.hours.models.checks import CheckOutcome, CheckPolicy, LessonQuestion, PresenceCheck
from lms.hours.models.clock import LessonCoverage, StudyClock, StudySession
from lms.hours.models.ledger import Entry, EntrySort, ModuleHours, Refusal

__all__ = [
    "Appeal",
    "AppealState",
    "AttendanceProposal",
    "AttendanceSheet",
    "CheckOutcome",
    "CheckPolicy",
    "Effect",
    "Entry",
    "EntrySort",
    "LessonCoverage",
    "LessonQuestion",
    "ModuleHours",
    "Presence",
    "PresenceCheck",
    "ProposalState",
    "ProposedLearner",
    "Refusal",
    "StudyClock",
    "StudySession",
    "Verdict",
]
