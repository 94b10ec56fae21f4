"""Every write about a person: what it leaves, that it is audited once, and that a stranger is refused."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser

from lms.accounts import actions
from lms.accounts.actions import NotAdministrator, PersonRefused, create_person, end_role, grant_role, restore, suspend
from lms.accounts.models import RoleGrant, User
from lms.accounts.queries import masked_identity, roles_of
from lms.accounts.signals import suspended
from lms.audit.models import Event
from tests.integration.people.made_up import AT, PASSWORD

WANGS_NUMBER = "999999199001010016"
FREE_NUMBER = "999999199001010112"
MADE = UUID("33333333-3333-4333-8333-333333333333")


def verbs(person: User) -> list[str]:
    events = Event.objects.filter(subject_type="accounts.user", subject_id=str(person.uuid)).order_by("pk")
    return list(events.values_list("verb", flat=True))


def codes(refused: pytest.ExceptionInfo[PersonRefused]) -> list[tuple[str, str]]:
    return [(reason.field, reason.code) for reason in refused.value.reasons]


def test_a_person_is_kept_in_normal_form_and_masked(wang: User) -> None:
    wang.refresh_from_db()

    assert wang.phone == "+8613900000001"
    assert wang.date_joined == AT
    assert masked_identity(wang) == "999***********0016"
    assert WANGS_NUMBER.encode() not in bytes(wang.identity_cipher or b"")
    assert wang.check_password(PASSWORD)
    assert roles_of(wang) == {"learner"}
    assert verbs(wang) == ["person.created", "role.granted"]


def test_creating_twice_with_one_uuid_makes_one_person(ada: User) -> None:
    first = create_person(by=ada, at=AT, uuid=MADE, email="one@people.test")
    second = create_person(by=ada, at=AT, uuid=MADE, email="two@people.test")

    assert second == first
    assert second.email == "one@people.test"
    assert verbs(first) == ["person.created"]


def test_it_lists_every_reason_at_once_and_keeps_nothing(ada: User) -> None:
    people = User.objects.count()

    with pytest.raises(PersonRefused) as refused:
        create_person(
            by=ada,
            at=AT,
            email="no address",
            phone="12345",
            real_name="x" * 61,
            identity_number="999999199001010017",
            password="12345",
            roles=["king"],
        )

    assert codes(refused) == [
        ("email", "email_form"),
        ("phone", "phone_form"),
        ("identity_number", "identity_check_digit"),
        ("password", "password_weak"),
        ("real_name", "name_too_long"),
        ("roles", "role_unknown"),
    ]
    assert User.objects.count() == people


def test_it_needs_something_to_log_in_with(ada: User) -> None:
    with pytest.raises(PersonRefused) as refused:
        create_person(by=ada, at=AT, real_name="nobody")

    assert codes(refused) == [("email", "contact_missing")]


def test_it_refuses_what_another_person_has(ada: User, wang: User) -> None:
    with pytest.raises(PersonRefused) as refused:
        create_person(by=ada, at=AT, email="WANG@people.test", phone="+86 139-0000-0001", identity_number=WANGS_NUMBER)

    assert codes(refused) == [
        ("email", "email_taken"),
        ("phone", "phone_taken"),
        ("identity_number", "identity_taken"),
    ]


def test_a_refusal_holds_no_number(ada: User, wang: User) -> None:
    with pytest.raises(PersonRefused) as refused:
        create_person(by=ada, at=AT, email="new@people.test", identity_number=WANGS_NUMBER)

    assert WANGS_NUMBER not in repr(refused.value) + str(refused.value) + repr(refused.value.reasons)


def test_setting_the_identity_replaces_name_and_number_together(ada: User, wang: User) -> None:
    actions.set_identity(by=ada, at=AT, person=wang, real_name="王晓明", identity_number=FREE_NUMBER)

    wang.refresh_from_db()
    assert (wang.real_name, masked_identity(wang)) == ("王晓明", "999***********0112")
    assert Event.objects.get(verb="person.identity_set").detail == {"replaced": True}


def test_a_number_that_another_has_is_not_set(ada: User, wang: User, chen: User) -> None:
    with pytest.raises(PersonRefused) as refused:
        actions.set_identity(by=ada, at=AT, person=chen, real_name="陈", identity_number=WANGS_NUMBER)

    assert codes(refused) == [("identity_number", "identity_taken")]
    chen.refresh_from_db()
    assert chen.identity_mac is None


def test_a_role_is_granted_once_and_ended_once(ada: User, wang: User) -> None:
    grant_role(by=ada, at=AT, person=wang, role="teacher")
    grant_role(by=ada, at=AT, person=wang, role="teacher")
    assert roles_of(wang) == {"learner", "teacher"}

    end_role(by=ada, at=AT, person=wang, role="teacher")
    end_role(by=ada, at=AT, person=wang, role="teacher")

    assert roles_of(wang) == {"learner"}
    assert verbs(wang)[2:] == ["role.granted", "role.ended"]
    assert RoleGrant.objects.get(person=wang, role="teacher").ended_at == AT


@pytest.mark.parametrize(
    ("role", "groups", "is_administrator"),
    [
        ("institution", ["Editors"], False),
        ("reviewer", ["Moderators"], False),
        ("administrator", [], True),
        ("teacher", [], False),
    ],
)
def test_a_role_opens_its_doors_and_ending_it_closes_them(
    ada: User, wang: User, role: str, groups: list[str], is_administrator: bool
) -> None:
    grant_role(by=ada, at=AT, person=wang, role=role)
    wang.refresh_from_db()
    assert sorted(wang.groups.values_list("name", flat=True)) == groups
    assert (wang.is_superuser, wang.is_staff) == (is_administrator, is_administrator)

    end_role(by=ada, at=AT, person=wang, role=role)

    wang.refresh_from_db()
    assert not wang.groups.exists()
    assert (wang.is_superuser, wang.is_staff) == (False, False)


def test_a_superuser_from_the_command_line_keeps_the_administration(db: None) -> None:
    root = User.objects.create_superuser("root@people.test", PASSWORD)
    assert roles_of(root) == {"administrator"}

    grant_role(by=root, at=AT, person=root, role="reviewer")
    root.refresh_from_db()
    assert root.is_superuser

    end_role(by=None, at=AT, person=root, role="administrator")

    root.refresh_from_db()
    assert roles_of(root) == {"reviewer"}


def test_a_suspension_takes_all_roles_and_tells_who_listens(
    ada: User, wang: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    told: list[User] = []

    def listen(sender: object, *, person: User, **kwargs: object) -> None:
        told.append(person)

    suspended.connect(listen)
    with django_capture_on_commit_callbacks(execute=True):
        suspend(by=ada, at=AT, person=wang, reason="fake attendance")
        suspend(by=ada, at=AT, person=wang, reason="again")
    suspended.disconnect(listen)

    assert roles_of(wang) == frozenset()
    assert told == [wang]

    restore(by=ada, at=AT, person=wang)

    assert roles_of(wang) == {"learner"}
    assert verbs(wang)[2:] == ["person.suspended", "person.restored"]


WRITES: dict[str, Callable[[Any, User], object]] = {
    "create_person": lambda by, p: create_person(by=by, at=AT, email="new@people.test"),
    "set_identity": lambda by, p: actions.set_identity(
        by=by, at=AT, person=p, real_name="x", identity_number=FREE_NUMBER
    ),
    "grant_role": lambda by, p: grant_role(by=by, at=AT, person=p, role="administrator"),
    "end_role": lambda by, p: end_role(by=by, at=AT, person=p, role="learner"),
    "suspend": lambda by, p: suspend(by=by, at=AT, person=p, reason="x"),
    "restore": lambda by, p: restore(by=by, at=AT, person=p),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_stranger_an_anonymous_visitor_and_a_suspended_administrator_are_refused(
    ada: User, wang: User, chen: User, name: str
) -> None:
    suspend(by=None, at=AT, person=ada, reason="left")
    events = Event.objects.count()

    for by in (chen, wang, AnonymousUser(), ada):
        with pytest.raises(NotAdministrator):
            WRITES[name](by, wang)

    assert Event.objects.count() == events
    assert roles_of(wang) == {"learner"}
