from lms.institutions.models.bodies import (
    AuthorityPost,
    Institution,
    InstitutionKind,
    Membership,
    Region,
)
from lms.institutions.models.publishing import (
    CourseOffer,
    CourseSubmission,
    InstitutionShelf,
    ReviewComment,
    ReviewState,
    ReviewTask,
)
from lms.institutions.models.teachers import TeacherCertificate

__all__ = [
    "AuthorityPost",
    "CourseOffer",
    "CourseSubmission",
    "Institution",
    "InstitutionKind",
    "InstitutionShelf",
    "Membership",
    "Region",
    "ReviewComment",
    "ReviewState",
    "ReviewTask",
    "TeacherCertificate",
]
