from lms.oversight.models.documents import Document, DocumentKind, DocumentSeries, Revocation
from lms.oversight.models.standings import ClassDay, ClassStanding, LastRefresh, LearnerStanding

__all__ = [
    "ClassDay",
    "ClassStanding",
    "Document",
    "DocumentKind",
    "DocumentSeries",
    "LastRefresh",
    "LearnerStanding",
    "Revocation",
]
