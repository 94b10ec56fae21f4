"""Every write of sites, sittings, decisions and registrations."""

from lms.exams.actions.registering import (
    NotCancellable,
    NotOwnRegistration,
    RegistrationRefused,
    cancel_registration,
    register,
)
from lms.exams.actions.scheduling import NotExaminer, SittingRefused, open_site, schedule_sitting
from lms.exams.actions.taken import UuidTaken

__all__ = [
    "NotCancellable",
    "NotExaminer",
    "NotOwnRegistration",
    "RegistrationRefused",
    "SittingRefused",
    "UuidTaken",
    "cancel_registration",
    "open_site",
    "register",
    "schedule_sitting",
]
