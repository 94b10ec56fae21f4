"""Statements of teachers' years: what the account said at a moment, signed, for whoever asks on paper."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from lms.teachers.models.forty_hours import EducationYear


class YearStatement(models.Model):
    """What a teacher's year said when it was issued; append-only (trigger). Whether it still says so is computed
    whenever somebody asks.

    `facts` is all that is printed, and the exact hours that it is compared by; `digest` the SHA-256 of it, `signature`
    a JWS of both (`lms.signing`). `code` is what a stranger must know to look at it: 100 random bits.
    """

    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=20, unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    education_year = models.ForeignKey(EducationYear, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField()
    issued_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    signature = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["person", "education_year", "-issued_at"], name="statements_of_a_teacher")]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z2-7]{20}$", digest__regex=r"^[0-9a-f]{64}$") & ~Q(signature=""),
                name="a_statement_is_signed_and_has_a_code",
            ),
        ]

    def __str__(self) -> str:
        return f"statement {self.uuid}"
