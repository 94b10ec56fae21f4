"""Every write of sites, sittings, decisions and registrations."""

from lms.exams.actions.deciding import SIGNING_UNAVAILABLE, SigningUnavailable
from lms.exams.actions.registering import (
    NotCancellable,
    NotOwnRegistration,
    RegistrationRefused,
    cancel_registration,
    register,
)
from lms.exams.actions.requirements import (
    NotCertifying,
    NotEnacting,
    RequirementsRefused,
    enact_requirements,
    write_certificate,
)
from lms.exams.actions.scheduling import NotExaminer, SittingRefused, open_site, schedule_sitting
from lms.exams.actions.taken import UuidTaken

__all__ = [
    "SIGNING_UNAVAILABLE",
    "NotCancellable",
    "NotCertifying",
    "NotEnacting",
    "NotExaminer",
    "NotOwnRegistration",
    "RegistrationRefused",
    "RequirementsRefused",
    "SigningUnavailable",
    "SittingRefused",
    "UuidTaken",
    "cancel_registration",
    "enact_requirements",
    "open_site",
    "register",
    "schedule_sitting",
    "write_certificate",
]
