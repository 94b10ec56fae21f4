"""Puts into the audit log what allauth writes by itself: a changed or reset password."""

from typing import Any

from allauth.account.signals import password_changed, password_reset
from django.dispatch import receiver
from django.utils import timezone

from lms.accounts.actions import record_own_password
from lms.accounts.models import User


@receiver([password_changed, password_reset], dispatch_uid="lms.accounts.password")
def log_password(sender: Any, *, user: User, **kwargs: Any) -> None:
    record_own_password(person=user, at=timezone.now())
