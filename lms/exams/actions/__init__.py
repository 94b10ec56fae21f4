"""Every write of sites, plans, sittings, decisions, registrations, waiting lists and admissions."""

from lms.exams.actions.admitting import AdmissionRefused, NotAtTheDoor, admit
from lms.exams.actions.deciding import SIGNING_UNAVAILABLE, GateFailed, SigningUnavailable
from lms.exams.actions.exporting import CandidateList, export_candidates
from lms.exams.actions.plans import (
    NotDecider,
    PlanStepRefused,
    decide_plan,
    draft_plan,
    propose_plan,
    publish_plan,
    remove_sitting,
    schedule_sitting,
)
from lms.exams.actions.refusals import NotExaminer, SittingRefused
from lms.exams.actions.registering import (
    NotCancellable,
    NotChangeable,
    NotOwnRegistration,
    RegistrationRefused,
    cancel_registration,
    change_registration,
    register,
)
from lms.exams.actions.requirements import (
    NotCertifying,
    NotEnacting,
    RequirementsRefused,
    enact_requirements,
    write_certificate,
)
from lms.exams.actions.seating import NotWaiting, join_waiting, leave_waiting, seat_waiting
from lms.exams.actions.sites import add_room, open_site
from lms.exams.actions.sittings import (
    DutyRefused,
    assign_officer,
    cancel_sitting,
    change_capacity,
    relieve_officer,
)
from lms.exams.actions.taken import UuidTaken
from lms.exams.actions.unavailable import note_unavailable

__all__ = [
    "SIGNING_UNAVAILABLE",
    "AdmissionRefused",
    "CandidateList",
    "DutyRefused",
    "GateFailed",
    "NotAtTheDoor",
    "NotCancellable",
    "NotCertifying",
    "NotChangeable",
    "NotDecider",
    "NotEnacting",
    "NotExaminer",
    "NotOwnRegistration",
    "NotWaiting",
    "PlanStepRefused",
    "RegistrationRefused",
    "RequirementsRefused",
    "SigningUnavailable",
    "SittingRefused",
    "UuidTaken",
    "add_room",
    "admit",
    "assign_officer",
    "cancel_registration",
    "cancel_sitting",
    "change_capacity",
    "change_registration",
    "decide_plan",
    "draft_plan",
    "enact_requirements",
    "export_candidates",
    "join_waiting",
    "leave_waiting",
    "note_unavailable",
    "open_site",
    "propose_plan",
    "publish_plan",
    "register",
    "relieve_officer",
    "remove_sitting",
    "schedule_sitting",
    "seat_waiting",
    "write_certificate",
]
