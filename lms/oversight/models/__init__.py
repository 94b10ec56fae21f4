from lms.oversight.models.documents import Document, DocumentKind, DocumentSeries, Revocation
from lms.oversight.models.standings import (
    SUMMED,
    ClassDay,
    ClassStanding,
    InstitutionDay,
    InstitutionStanding,
    LastRefresh,
    LearnerStanding,
    Standing,
)

__all__ = [
    "SUMMED",
    "ClassDay",
    "ClassStanding",
    "Document",
    "DocumentKind",
    "DocumentSeries",
    "InstitutionDay",
    "InstitutionStanding",
    "LastRefresh",
    "LearnerStanding",
    "Revocation",
    "Standing",
]
