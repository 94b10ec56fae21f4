"""People. A person logs in with an e-mail address or a phone number; the identity number is kept encrypted.

The real name and the identity number belong together: they are what an exam office compares with the card at
the door. Roles say what somebody may do at all; where they may do it is in lms.institutions.
"""

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    LEARNER = "learner", _("Learner")
    TEACHER = "teacher", _("Teacher")
    INSTITUTION = "institution", _("Institution staff")
    REVIEWER = "reviewer", _("Reviewer")
    EXAMINER = "examiner", _("Examiner")
    AUTHORITY = "authority", _("Authority")
    ADMINISTRATOR = "administrator", _("Administrator")


class UserManager(BaseUserManager["User"]):
    """What Django and allauth ask of a manager; people are made by `lms.accounts.actions.create_person`."""

    def create_user(self, email: str | None = None, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower() if email else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """One person. `is_active=False` is a suspension: no login, no credit."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), unique=True, null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=20, unique=True, null=True, blank=True)
    phone_verified = models.BooleanField(default=False)
    real_name = models.CharField(_("real name"), max_length=60, blank=True)
    identity_cipher = models.BinaryField(null=True, blank=True, editable=False)
    identity_mac = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    identity_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    language = models.CharField(max_length=10, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(
                condition=Q(email__isnull=False) | Q(phone__isnull=False), name="person_has_email_or_phone"
            ),
            models.CheckConstraint(
                condition=Q(identity_cipher__isnull=True, identity_mac__isnull=True)
                | Q(identity_cipher__isnull=False, identity_mac__isnull=False),
                name="identity_cipher_and_mac_together",
            ),
            models.CheckConstraint(
                condition=Q(identity_verified_at__isnull=True) | Q(identity_mac__isnull=False),
                name="only_an_identity_is_verified",
            ),
        ]

    def __str__(self) -> str:
        return self.real_name or self.email or self.phone or str(self.uuid)

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)


class RoleGrant(models.Model):
    """A role that a person holds from `granted_at` on; taking it away sets `ended_at`, the row stays."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    granted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "role"], condition=Q(ended_at__isnull=True), name="one_open_grant_per_role"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.role}"
