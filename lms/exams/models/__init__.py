"""Sites, plans and sittings, what registering asks, registrations and the decisions behind them."""

from lms.exams.models.decisions import Decision
from lms.exams.models.registrations import (
    Admission,
    PlaceState,
    Registration,
    RegistrationState,
    WaitingPlace,
)
from lms.exams.models.requirements import HeldCertificate, RequirementSet
from lms.exams.models.sittings import Duty, ExamPlan, Officer, PlanState, Room, Site, Sitting

__all__ = [
    "Admission",
    "Decision",
    "Duty",
    "ExamPlan",
    "HeldCertificate",
    "Officer",
    "PlaceState",
    "PlanState",
    "Registration",
    "RegistrationState",
    "RequirementSet",
    "Room",
    "Site",
    "Sitting",
    "WaitingPlace",
]
