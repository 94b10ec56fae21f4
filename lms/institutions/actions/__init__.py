"""Every write of regions, institutions, who works where, and what institutions publish.

Shelves, offers, reviews and withdrawals are in their own modules; the rest is re-exported here.
"""

from lms.institutions.actions.bodies import (
    BadCreditCode,
    BadInstitutionKind,
    BadRegion,
    add_region,
    end_post,
    join_institution,
    leave_institution,
    lift_suspension,
    open_institution,
    post_authority,
    suspend_institution,
)
from lms.institutions.actions.teachers import (
    CertificateRefused,
    NotTeachersAuthority,
    certify_teacher,
    revoke_certificate,
)

__all__ = [
    "BadCreditCode",
    "BadInstitutionKind",
    "BadRegion",
    "CertificateRefused",
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
    "suspend_institution",
]
