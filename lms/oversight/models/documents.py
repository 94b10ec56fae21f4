"""Documents that a learner carries away, and their revocation.

Both tables are append-only (trigger): what was issued is never changed, a revocation is a row beside it. A document
says what the ledger said when it was issued; whether the ledger still says so is computed whenever somebody asks.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.enrollments.models import Enrollment


class DocumentKind(models.TextChoices):
    CERTIFICATE = "certificate", _("Certificate of training completed")
    RECORD_CARD = "record_card", _("Training record card")


class DocumentSeries(models.Model):
    """The last serial of a region and year. Its row is locked while a number is taken, so a series has no hole."""

    region_code = models.CharField(max_length=12)
    year = models.PositiveIntegerField()
    last_serial = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "document series"
        constraints = [models.UniqueConstraint(fields=["region_code", "year"], name="one_series_per_region_and_year")]

    def __str__(self) -> str:
        return f"{self.region_code} {self.year}: {self.last_serial}"


class Document(models.Model):
    """One document of one enrollment.

    `snapshot` is all that is printed; `digest` the SHA-256 over the confirmed entries up to `entries_to` (an entry's
    number) that the printed hours are the sum of. `edition` n + 1 exists only when n was revoked (trigger). `code` is
    what a stranger must know to look at it: 100 random bits.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=DocumentKind.choices)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="documents")
    edition = models.PositiveIntegerField(default=1)
    region_code = models.CharField(max_length=12)
    year = models.PositiveIntegerField()
    serial = models.PositiveIntegerField()
    number = models.CharField(max_length=30, unique=True)
    code = models.CharField(max_length=20, unique=True)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    snapshot = models.JSONField()
    entries_to = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrollment", "kind", "edition"], name="one_document_per_edition"),
            models.UniqueConstraint(fields=["region_code", "year", "serial"], name="one_document_per_serial"),
            models.CheckConstraint(condition=Q(edition__gte=1, serial__gte=1), name="documents_count_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Revocation(models.Model):
    """The authority took a document back, once and for ever, with a reason."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="revocation")
    revoked_at = models.DateTimeField()
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="revoked_with_a_reason")]

    def __str__(self) -> str:
        return f"revocation of {self.document_id}"
