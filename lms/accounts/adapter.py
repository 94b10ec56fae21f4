"""What allauth asks of us and tells us: phone numbers, one message for every failed login, no self-registration.

Contacts change only through `lms.accounts.actions`; the pages where allauth would write them itself are closed in
urls.py, and the methods here that would write refuse.
"""

import logging
from typing import Any, NoReturn

from allauth.account import app_settings as allauth_settings
from allauth.account.adapter import DefaultAccountAdapter
from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from lms.accounts.actions import record_own_password, record_verified_phone
from lms.accounts.gateway import TextNotSent, send_text
from lms.accounts.models import User
from lms.accounts.queries import comes_in_by_text, person_by_phone
from lms.accounts.reasons import reason_text
from lms.accounts.rules.login_names import normalised_email, normalised_phone

# Wrong password, unknown name and suspended person must not be told apart.
FAILED = _("The name or the password is wrong, or this account is closed. Ask your training institution for help.")
CODE_TEXT = _(
    "[Xueshi] Your code for logging in: %(code)s, good for %(minutes)s minutes. "
    "Tell it nobody, your institution neither."
)
NAME_LENGTH_MAX = 254

log = logging.getLogger(__name__)


class ContactsAreClosed(PermissionDenied):
    """People do not change their own phone or address in this version; their institution does."""


class MobileField(forms.CharField):
    """A mainland mobile number in any usual spelling; cleans to the stored form."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault("widget", forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        phone = normalised_phone(text)
        if text and phone is None:
            raise ValidationError(reason_text("phone_form"), code="phone_form")
        return phone or ""


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": FAILED,
        "phone_password_mismatch": FAILED,
        "username_password_mismatch": FAILED,
        "invalid_login": FAILED,
        "account_inactive": FAILED,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """A suspended person with the right password gets the answer of a wrong one, not allauth's page of its own."""
        person = super().authenticate(request, **credentials)
        return person if person is not None and person.is_active else None

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth leaves the phone out: one guesser would lock out everybody who logs in by phone.
        phone = credentials.get("phone") or ""
        name = normalised_phone(phone) or credentials.get("email") or credentials.get("username") or phone
        return f"login:{normalised_email(name)[:NAME_LENGTH_MAX]}"

    def phone_form_field(self, **kwargs: Any) -> MobileField:
        return MobileField(**kwargs)

    def clean_phone(self, phone: str) -> str:
        return normalised_phone(phone) or phone

    def get_user_by_phone(self, phone: str) -> User | None:
        return person_by_phone(phone)

    def get_phone(self, user: AbstractBaseUser) -> tuple[str, bool] | None:
        if not isinstance(user, User) or not user.phone:
            return None
        return user.phone, user.phone_verified

    def set_phone(self, user: AbstractBaseUser, phone: str, verified: bool) -> NoReturn:
        raise ContactsAreClosed

    def set_phone_verified(self, user: AbstractBaseUser, phone: str) -> None:
        """Somebody read the code that was sent there; the number itself stays what it was."""
        if not isinstance(user, User) or user.phone != phone:
            raise ContactsAreClosed
        record_verified_phone(person=user, at=timezone.now())

    @sensitive_variables()
    def send_verification_code_sms(self, user: AbstractBaseUser, phone: str, code: str, **kwargs: Any) -> None:
        """A code for coming in, to learners alone: whoever decides on others has a password.

        The page says the same whether a text was sent, could not be sent, or is owed to nobody.
        """
        if not isinstance(user, User) or not comes_in_by_text(user):
            return
        values = {"code": code, "minutes": allauth_settings.LOGIN_BY_CODE_TIMEOUT // 60}
        try:
            send_text(phone, CODE_TEXT % values)
        except TextNotSent as error:
            log.error("a text was not sent: %s", error)


def log_password(sender: Any, *, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """A changed, set or reset password is written by allauth itself; the log must know all the same, and the person's
    other logins end. The one behind the request goes on, if it is theirs still: allauth or Django decide that."""
    record_own_password(person=user, at=timezone.now(), login=request.session.session_key)
