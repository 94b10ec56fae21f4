"""Every write of regions, institutions, who works where, and what institutions publish.

Shelves, offers, reviews and withdrawals are in their own modules; the rest is re-exported here.
"""

from lms.institutions.actions.bodies import (
    BadInstitutionKind,
    BadInstitutionName,
    BadRegion,
    add_region,
    end_post,
    join_institution,
    leave_institution,
    open_institution,
    post_authority,
)
from lms.institutions.actions.credit_codes import BadCreditCode, set_credit_code
from lms.institutions.actions.permission import NotInstitutionsAuthority
from lms.institutions.actions.suspending import BadReason, lift_suspension, suspend_institution
from lms.institutions.actions.teachers import (
    CertificateRefused,
    NotTeachersAuthority,
    certify_teacher,
    revoke_certificate,
)

__all__ = [
    "BadCreditCode",
    "BadInstitutionKind",
    "BadInstitutionName",
    "BadReason",
    "BadRegion",
    "CertificateRefused",
    "NotInstitutionsAuthority",
    "NotTeachersAuthority",
    "add_region",
    "certify_teacher",
    "end_post",
    "join_institution",
    "leave_institution",
    "lift_suspension",
    "open_institution",
    "post_authority",
    "revoke_certificate",
    "set_credit_code",
    "suspend_institution",
]
