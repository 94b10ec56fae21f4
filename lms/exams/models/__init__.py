"""Sites, sittings, registrations and the decisions behind them."""

from lms.exams.models.decisions import Decision
from lms.exams.models.registrations import Registration, RegistrationState
from lms.exams.models.sittings import Site, Sitting

__all__ = ["Decision", "Registration", "RegistrationState", "Site", "Sitting"]
