from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser

from lms.accounts.actions import create_person, suspend
from lms.accounts.models import User
from lms.accounts.queries import PersonNotFound, person_by_identity_number, person_for, profile_of, roles_of
from tests.integration.people.made_up import AT

WANGS_NUMBER = "999999199001010016"
NOBODY = UUID("44444444-4444-4444-8444-444444444444")


def holder(role: str) -> User:
    return create_person(by=None, at=AT, email=f"{role}@people.test", roles=[role])


def test_one_sees_oneself_and_an_administrator_sees_everybody(ada: User, wang: User) -> None:
    assert person_for(wang, wang.uuid) == wang
    assert person_for(ada, wang.uuid) == wang


@pytest.mark.parametrize("role", ["learner", "teacher", "institution", "reviewer", "examiner", "authority"])
def test_a_stranger_with_any_other_role_is_told_what_is_told_of_nobody(wang: User, role: str) -> None:
    stranger = holder(role)

    with pytest.raises(PersonNotFound) as hidden:
        person_for(stranger, wang.uuid)
    with pytest.raises(PersonNotFound) as absent:
        person_for(stranger, NOBODY)

    assert str(hidden.value) == str(absent.value)


def test_nobody_and_the_suspended_see_no_one(ada: User, wang: User) -> None:
    suspend(by=None, at=AT, person=ada, reason="left")

    for viewer in (AnonymousUser(), ada):
        with pytest.raises(PersonNotFound):
            person_for(viewer, wang.uuid)
    assert roles_of(AnonymousUser()) == frozenset()


@pytest.mark.parametrize("role", ["institution", "examiner", "authority", "administrator"])
def test_a_number_is_found_by_those_who_enrol_examine_or_supervise(wang: User, role: str) -> None:
    assert person_by_identity_number(holder(role), " 999999 19900101 0016") == wang


@pytest.mark.parametrize("role", ["learner", "teacher", "reviewer"])
def test_a_number_is_not_found_by_others(wang: User, role: str) -> None:
    with pytest.raises(PersonNotFound):
        person_by_identity_number(holder(role), WANGS_NUMBER)


@pytest.mark.parametrize("number", ["999999199001010112", "999999199001010017", "", "x" * 10_000])
def test_an_unknown_or_malformed_number_is_nobodys_and_is_not_repeated(ada: User, number: str) -> None:
    with pytest.raises(PersonNotFound) as refused:
        person_by_identity_number(ada, number)

    assert str(refused.value) == "no such person"


def test_a_profile_shows_the_number_masked_only(wang: User) -> None:
    profile = profile_of(wang)

    assert profile.masked_identity == "999***********0016"
    assert profile.roles == ("learner",)
    assert WANGS_NUMBER not in repr(profile)
