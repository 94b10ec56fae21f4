"""Sites, sittings, what registering asks, registrations and the decisions behind them."""

from lms.exams.models.decisions import Decision
from lms.exams.models.registrations import Registration, RegistrationState
from lms.exams.models.requirements import HeldCertificate, RequirementSet
from lms.exams.models.sittings import Site, Sitting

__all__ = [
    "Decision",
    "HeldCertificate",
    "Registration",
    "RegistrationState",
    "RequirementSet",
    "Site",
    "Sitting",
]
