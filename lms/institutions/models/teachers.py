"""Certificates by which somebody may teach, on a roster that the whole province shares."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from lms.institutions.rules.certificates import Term


class TeacherCertificate(models.Model):
    """A person may teach in [valid_from, valid_to), unless it was revoked before. Revoking keeps the row."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="teacher_certificates")
    number = models.CharField(max_length=40, unique=True)
    valid_from = models.DateField()
    valid_to = models.DateField()
    granted_at = models.DateTimeField()
    revoked_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="teacher_certificate_has_a_term"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.number}"

    @property
    def term(self) -> Term:
        """When it is valid, for `rules.certificates`."""
        return Term(self.valid_from, self.valid_to, self.revoked_on)
