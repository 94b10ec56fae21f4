"""Writing people: who they are, what they may do, whether they may come in.

Administrators do this, or the system itself (`by=None`: commands, tasks); staff of an institution registers learners
and nobody else. Everything is audited, and the audit holds codes only. Whatever takes an identity number or a password
hides all its variables from error reports.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from lms.accounts import sealing
from lms.accounts.models import Role, RoleGrant, User
from lms.accounts.queries import Viewer, has_role, roles_of
from lms.accounts.rules.identity import IdentityNumber, Reason, read_number
from lms.accounts.rules.login_names import normalised_email, normalised_phone
from lms.accounts.rules.roles import CONTENT_GROUP, content_groups, may_register
from lms.accounts.signals import roles_changed, suspended
from lms.audit.actions import record, record_many

PEOPLE_PER_STATEMENT = 500
LOGIN_IN_THE_MAKING = timedelta(days=1)


class NotAdministrator(PermissionDenied):
    """Only an administrator, or the system itself, may do this."""


class PersonRefused(ValueError):
    """What was given cannot be a person's; `reasons` lists every field and code, no value."""

    def __init__(self, reasons: Iterable[Reason]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(", ".join(f"{reason.field}: {reason.code}" for reason in self.reasons))


def require_administrator(by: Viewer | None) -> None:
    """`None` is the system; an anonymous visitor is not None."""
    if by is not None and not has_role(by, Role.ADMINISTRATOR):
        raise NotAdministrator("only an administrator may do this")


def require_registrar(by: Viewer | None, roles: Collection[str]) -> None:
    """As `require_administrator`, but staff of an institution may register a learner."""
    if by is not None and not may_register(roles_of(by), frozenset(roles)):
        raise NotAdministrator("only an administrator may do this")


@dataclass(frozen=True, slots=True)
class NewLearner:
    """One of many people whose every value was checked; `number` shows itself masked."""

    uuid: UUID
    real_name: str
    number: IdentityNumber
    email: str | None
    phone: str | None


@sensitive_variables()
def create_person(
    *,
    by: Viewer | None,
    at: datetime,
    uuid: UUID | None = None,
    email: str | None = None,
    phone: str | None = None,
    real_name: str = "",
    identity_number: str | None = None,
    password: str | None = None,
    roles: Collection[str] = (),
    is_verified: bool = True,
) -> User:
    """A new person, or the one that already has this `uuid`, unchanged. Without a password nobody can log in as them.

    Who registers somebody has the identity card before them; who registers themselves is not `is_verified` yet.
    Raises NotAdministrator, PersonRefused (every reason at once).
    """
    require_registrar(by, roles)
    if uuid and (existing := User.objects.filter(uuid=uuid).first()):
        return existing
    person = User(uuid=uuid or uuid4(), real_name=real_name.strip(), date_joined=at)
    reasons = [*_take_contacts(person, email, phone), *_take_identity(person, identity_number, at)]
    reasons += _take_password(person, password)
    if not is_verified:
        person.identity_verified_at = None
    if len(person.real_name) > 60:
        reasons.append(Reason("real_name", "name_too_long"))
    reasons += [Reason("roles", "role_unknown") for role in roles if role not in Role.values]
    if reasons := reasons or _taken(person):
        raise PersonRefused(reasons)
    with transaction.atomic():
        try:
            with transaction.atomic():
                person.save(force_insert=True)
        except IntegrityError:
            # Somebody was faster: with the same uuid it is the same call, else a contact or a number is taken.
            if uuid and (existing := User.objects.filter(uuid=uuid).first()):
                return existing
            raise PersonRefused(_taken(person)) from None
        record(verb="person.created", subject=person, by=by, at=at, detail={"roles": sorted(roles)})
        for role in sorted(roles):
            _grant(by, at, person, role)
    return person


@sensitive_variables()
def create_learners(*, by: Viewer | None, at: datetime, learners: Sequence[NewLearner]) -> list[User]:
    """Many learners in few statements, all or none; each is audited as `create_person` does.

    Nobody can log in as them until they set a password. Raises NotAdministrator; IntegrityError when a number or a
    contact is taken, for the caller checks first and holds what it must.
    """
    require_registrar(by, [Role.LEARNER])
    people = [
        User(
            uuid=each.uuid,
            real_name=each.real_name,
            email=each.email,
            phone=each.phone,
            identity_cipher=sealing.seal(each.number, each.uuid),
            identity_mac=sealing.mac(each.number),
            identity_verified_at=at,
            password=make_password(None),
            date_joined=at,
        )
        for each in learners
    ]
    granted_by = by if isinstance(by, User) else None
    with transaction.atomic():
        User.objects.bulk_create(people, batch_size=PEOPLE_PER_STATEMENT)
        RoleGrant.objects.bulk_create(
            (RoleGrant(person=each, role=Role.LEARNER, granted_at=at, granted_by=granted_by) for each in people),
            batch_size=PEOPLE_PER_STATEMENT,
        )
        record_many(verb="person.created", subjects=people, by=by, at=at, detail={"roles": [Role.LEARNER.value]})
        record_many(verb="role.granted", subjects=people, by=by, at=at, detail={"role": Role.LEARNER.value})
    return people


@sensitive_variables()
def set_identity(*, by: Viewer | None, at: datetime, person: User, real_name: str, identity_number: str) -> None:
    """Name and number as they stand on the card; they are only ever set together. Raises as `create_person`."""
    require_administrator(by)
    with transaction.atomic():
        locked = _locked(person)
        replaced = locked.identity_mac is not None
        reasons = _take_identity(locked, identity_number, at)
        if len(real_name.strip()) > 60:
            reasons.append(Reason("real_name", "name_too_long"))
        if reasons := reasons or _taken(locked):
            raise PersonRefused(reasons)
        locked.real_name = real_name.strip()
        try:
            with transaction.atomic():
                locked.save(update_fields=["real_name", "identity_cipher", "identity_mac", "identity_verified_at"])
        except IntegrityError:
            raise PersonRefused([Reason("identity_number", "identity_taken")]) from None
        record(verb="person.identity_set", subject=locked, by=by, at=at, detail={"replaced": replaced})
    person.real_name, person.identity_mac = locked.real_name, locked.identity_mac
    person.identity_cipher = locked.identity_cipher


def verify_identity(*, by: Viewer | None, at: datetime, person: User) -> None:
    """Somebody who registers people held name and number against the card. Twice keeps the first moment.

    Raises NotAdministrator, PersonRefused (there is no number to verify); nobody verifies themselves.
    """
    require_registrar(by, [Role.LEARNER])
    if isinstance(by, User) and by.pk == person.pk:
        raise NotAdministrator("nobody verifies their own identity")
    with transaction.atomic():
        locked = _locked(person)
        if locked.identity_mac is None:
            raise PersonRefused([Reason("identity_number", "identity_missing")])
        if locked.identity_verified_at is None:
            User.objects.filter(pk=locked.pk).update(identity_verified_at=at)
            detail = {"compared": ["real_name", "identity_number"]}
            record(verb="person.identity_verified", subject=locked, by=by, at=at, detail=detail)


def grant_role(*, by: Viewer | None, at: datetime, person: User, role: str) -> RoleGrant:
    """The open grant; granting what is held changes nothing."""
    require_administrator(by)
    return _grant(by, at, person, role)


def _grant(by: Viewer | None, at: datetime, person: User, role: str) -> RoleGrant:
    if role not in Role.values:
        raise PersonRefused([Reason("roles", "role_unknown")])
    with transaction.atomic():
        locked = _locked(person)
        grant, made = RoleGrant.objects.get_or_create(
            person=locked,
            role=role,
            ended_at=None,
            defaults={"granted_at": at, "granted_by": by if isinstance(by, User) else None},
        )
        if made:
            _open_doors(locked, _held(locked))
            roles_changed.send(sender=User, person=locked, at=at)
            record(verb="role.granted", subject=locked, by=by, at=at, detail={"role": role})
    return grant


def end_role(*, by: Viewer | None, at: datetime, person: User, role: str) -> None:
    """Ending what is not held changes nothing."""
    require_administrator(by)
    with transaction.atomic():
        locked = _locked(person)
        held = _held(locked)
        if role not in held:
            return
        RoleGrant.objects.filter(person=locked, role=role, ended_at__isnull=True).update(ended_at=at)
        _open_doors(locked, held - {role})
        roles_changed.send(sender=User, person=locked, at=at)
        record(verb="role.ended", subject=locked, by=by, at=at, detail={"role": role})


def suspend(*, by: Viewer | None, at: datetime, person: User, reason: str) -> None:
    """No login and no credit from now on; every session of the person ends."""
    require_administrator(by)
    with transaction.atomic():
        locked = _locked(person)
        if not locked.is_active:
            return
        User.objects.filter(pk=locked.pk).update(is_active=False)
        for session in UserSession.objects.filter(user=locked):
            session.end()
        record(verb="person.suspended", subject=locked, by=by, at=at, detail={"reason": reason})
        locked.is_active = False
        suspended.send(sender=User, person=locked, at=at)
    person.is_active = False


def restore(*, by: Viewer | None, at: datetime, person: User) -> None:
    require_administrator(by)
    with transaction.atomic():
        locked = _locked(person)
        if locked.is_active:
            return
        User.objects.filter(pk=locked.pk).update(is_active=True)
        record(verb="person.restored", subject=locked, by=by, at=at)
    person.is_active = True


def record_own_password(*, person: User, at: datetime, login: str | None) -> None:
    """The person changed or reset the password (allauth wrote it): every login but `login`, a session's key, is over.

    Django refuses their requests from now on, but a socket is asked no more after its handshake: it is ended by who
    finds its session gone. Who and when belongs in the log, and how many logins it ended.
    """
    with transaction.atomic():
        others = list(UserSession.objects.filter(user=person).exclude(session_key=login))
        ended = sum(session.exists() for session in others)
        for session in others:
            session.end()
        record(verb="person.password_changed", subject=person, by=person, at=at, detail={"logins_ended": ended})


def forget_expired_logins(*, at: datetime) -> int:
    """Delete sessions that ended by time, and what allauth noted of sessions that are gone; how many rows."""
    expired, _rows = Session.objects.filter(expire_date__lt=at).delete()
    # A row of a login that is being made may be committed before its session: a day later it is not.
    gone = ~Exists(Session.objects.filter(session_key=OuterRef("session_key")))
    noted, _rows = UserSession.objects.filter(gone, created_at__lt=at - LOGIN_IN_THE_MAKING).delete()
    return expired + int(noted)


def record_verified_phone(*, person: User, at: datetime) -> None:
    """The person read a code that was sent to their phone. A second time changes nothing."""
    with transaction.atomic():
        if User.objects.filter(pk=person.pk, phone_verified=False).update(phone_verified=True):
            record(verb="person.phone_verified", subject=person, by=person, at=at)


def _locked(person: User) -> User:
    # One row lock per person puts their role changes in one order; no_key, because entries of hours refer to the row.
    return User.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)


def _held(person: User) -> frozenset[str]:
    """As `roles_of`, also of a suspended person: the doors must be right on the day they are restored."""
    granted = RoleGrant.objects.filter(person=person, ended_at__isnull=True).values_list("role", flat=True)
    return frozenset(granted) | ({Role.ADMINISTRATOR.value} if person.is_superuser else set())


def _open_doors(person: User, roles: frozenset[str]) -> None:
    """Write down, in the form that the content administration reads, what the roles open."""
    is_administrator = Role.ADMINISTRATOR in roles
    User.objects.filter(pk=person.pk).update(is_superuser=is_administrator, is_staff=is_administrator)
    wanted = content_groups(roles)
    for name in CONTENT_GROUP.values():
        group, _made = Group.objects.get_or_create(name=name)
        if name in wanted:
            person.groups.add(group)
        else:
            person.groups.remove(group)


def _take_contacts(person: User, email: str | None, phone: str | None) -> list[Reason]:
    reasons = []
    if not email and not phone:
        reasons.append(Reason("email", "contact_missing"))
    if email:
        person.email = normalised_email(email)
        try:
            validate_email(person.email)
        except ValidationError:
            reasons.append(Reason("email", "email_form"))
    if phone:
        person.phone = normalised_phone(phone)
        if person.phone is None:
            reasons.append(Reason("phone", "phone_form"))
    return reasons


@sensitive_variables()
def _take_identity(person: User, text: str | None, at: datetime) -> list[Reason]:
    if text is None:
        return []
    number = read_number(text, today=timezone.localdate(at))
    if not isinstance(number, IdentityNumber):
        return list(number)
    person.identity_cipher = sealing.seal(number, person.uuid)
    person.identity_mac = sealing.mac(number)
    person.identity_verified_at = at
    return []


@sensitive_variables()
def _take_password(person: User, password: str | None) -> list[Reason]:
    if password is not None:
        try:
            validate_password(password, person)
        except ValidationError:
            return [Reason("password", "password_weak")]
    person.set_password(password)
    return []


def _taken(person: User) -> list[Reason]:
    others = User.objects.exclude(pk=person.pk)
    claims = {
        ("email", "email_taken"): {"email": person.email},
        ("phone", "phone_taken"): {"phone": person.phone},
        ("identity_number", "identity_taken"): {"identity_mac": person.identity_mac},
    }
    return [
        Reason(field, code)
        for (field, code), claim in claims.items()
        if None not in claim.values() and others.filter(**claim).exists()
    ]
