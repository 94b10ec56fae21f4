"""Reading people. Every look-up of somebody else takes the viewer; who may not see is told what is told of nobody.

Roles of a suspended person are none: whatever asks for a role refuses them without asking twice.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import NoReturn
from uuid import UUID

from allauth.account import app_settings as allauth_settings
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from lms.accounts import sealing
from lms.accounts.models import Role, RoleGrant, User
from lms.accounts.rules import identity, login_names
from lms.accounts.rules import roles as role_rules

Viewer = User | AnonymousUser


class PersonNotFound(LookupError):
    """There is no such person for this viewer: absent and hidden look alike."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person's own page and a roster show. The identity number only masked."""

    uuid: UUID
    real_name: str
    email: str | None
    phone: str | None
    masked_identity: str | None
    is_identity_verified: bool
    roles: tuple[Role, ...]


def roles_of(person: Viewer) -> frozenset[str]:
    """Roles held now. A superuser made at the command line is an administrator."""
    if not isinstance(person, User) or not person.is_active:
        return frozenset()
    granted = RoleGrant.objects.filter(person=person, ended_at__isnull=True).values_list("role", flat=True)
    made = {Role.ADMINISTRATOR.value} if person.is_superuser else set()
    return frozenset(granted) | made


def has_role(person: Viewer, role: str) -> bool:
    return role in roles_of(person)


def person_for(viewer: Viewer, uuid: UUID) -> User:
    """Oneself, or anybody for an administrator; PersonNotFound otherwise."""
    if not role_rules.may_see(roles_of(viewer), is_self=_uuid_of(viewer) == uuid):
        _not_found()
    try:
        return User.objects.get(uuid=uuid)
    except User.DoesNotExist:
        _not_found()


@sensitive_variables()
def person_by_identity_number(viewer: Viewer, number: str) -> User:
    """The person with this identity number, for those who enrol, examine or supervise; PersonNotFound otherwise."""
    if not role_rules.may_find(roles_of(viewer)):
        _not_found()
    read = identity.read_number(number, today=date.max)
    if not isinstance(read, identity.IdentityNumber):
        _not_found()
    found = User.objects.filter(identity_mac=sealing.mac(read)).first()
    if found is None:
        _not_found()
    return found


@sensitive_variables()
def person_named_exactly(viewer: Viewer, text: str) -> User:
    """The person with this identity number or this whole e-mail address, for those who may find people.

    Raises PersonNotFound.
    """
    if "@" not in text:
        return person_by_identity_number(viewer, text)
    found = person_by_email(text) if role_rules.may_find(roles_of(viewer)) else None
    if found is None:
        _not_found()
    return found


@sensitive_variables()
def people_claiming(
    viewer: Viewer, *, numbers: Collection[identity.IdentityNumber], phones: Collection[str], emails: Collection[str]
) -> list[User]:
    """Everybody who has one of these numbers or contacts, for those who enrol; nobody for others."""
    if not role_rules.may_find(roles_of(viewer)):
        return []
    macs = [sealing.mac(each) for each in numbers]
    claims = Q(identity_mac__in=macs) | Q(phone__in=list(phones)) | Q(email__in=list(emails))
    return list(User.objects.filter(claims))


def person_by_phone(text: str) -> User | None:
    """For logging in: whoever has this phone, however it is typed. The caller is nobody yet, so there is no viewer."""
    phone = login_names.normalised_phone(text)
    return User.objects.filter(phone=phone).first() if phone else None


def person_by_email(text: str) -> User | None:
    """For logging in and loading data: whoever has this address."""
    return User.objects.filter(email=login_names.normalised_email(text)).first()


def comes_in_by_text(person: User) -> bool:
    """Whether a code in a text lets the person in: learners and nobody else, for a phone is soon in another hand."""
    return roles_of(person) == frozenset({Role.LEARNER.value})


def password_path(person: User) -> str:
    """Where the person chooses a password, once, within PASSWORD_RESET_TIMEOUT.

    For a letter to the person and for nobody else's eyes: whoever has it is the person.
    """
    key = allauth_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(person)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(person), "key": key})


def masked_identity(person: User) -> str | None:
    """`110***********1234`, None when no number is kept."""
    if person.identity_cipher is None:
        return None
    return identity.masked(sealing.unseal(bytes(person.identity_cipher), person.uuid).reveal())


def profile_of(person: User) -> Profile:
    """What is shown to the person and to whoever may see them (the caller got `person` from a query)."""
    held = roles_of(person)
    return Profile(
        uuid=person.uuid,
        real_name=person.real_name,
        email=person.email,
        phone=person.phone,
        masked_identity=masked_identity(person),
        is_identity_verified=person.identity_verified_at is not None,
        roles=tuple(role for role in Role if role.value in held),
    )


def _uuid_of(viewer: Viewer) -> UUID | None:
    return viewer.uuid if isinstance(viewer, User) and viewer.is_active else None


def _not_found() -> NoReturn:
    # `from None`: a chained DoesNotExist would tell absent from hidden.
    raise PersonNotFound("no such person") from None
