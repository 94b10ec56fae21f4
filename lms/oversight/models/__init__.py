from lms.oversight.models.documents import Document, DocumentKind, DocumentSeries, Revocation

__all__ = ["Document", "DocumentKind", "DocumentSeries", "Revocation"]
