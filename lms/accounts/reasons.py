"""The sentence for every reason code about people. It names the field and what is wrong, never what was typed."""

from django.utils.translation import gettext, gettext_noop

_SENTENCES = {
    "identity_length": gettext_noop("The identity number must have 18 places."),
    "identity_characters": gettext_noop("The identity number has digits only; the last place may be X."),
    "identity_birth_date": gettext_noop("The birth date in the identity number does not exist."),
    "identity_future": gettext_noop("The birth date in the identity number is in the future."),
    "identity_check_digit": gettext_noop("The check digit of the identity number is wrong: one place was mistyped."),
    "identity_taken": gettext_noop("Somebody with this identity number is already registered."),
    "contact_missing": gettext_noop("An e-mail address or a phone number is needed to log in."),
    "email_form": gettext_noop("This is not an e-mail address."),
    "email_taken": gettext_noop("Somebody with this e-mail address is already registered."),
    "phone_form": gettext_noop("This is not a mainland mobile number."),
    "phone_taken": gettext_noop("Somebody with this phone number is already registered."),
    "name_too_long": gettext_noop("The name is too long."),
    "role_unknown": gettext_noop("There is no such role."),
    "password_weak": gettext_noop("The password is too easy to guess or too short."),
}


def reason_text(code: str) -> str:
    return gettext(_SENTENCES[code])
