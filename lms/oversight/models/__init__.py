from lms.oversight.models.documents import Document, DocumentKind, DocumentSeries, Revocation
from lms.oversight.models.standings import (
    SUMMED,
    ClassDay,
    ClassStanding,
    InstitutionDay,
    InstitutionStanding,
    KeptStanding,
    LastRefresh,
    LearnerStanding,
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
    "KeptStanding",
    "LastRefresh",
    "LearnerStanding",
    "Revocation",
]
