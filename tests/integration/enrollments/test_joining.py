"""Asking to join, answering, and invitations that run out."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from lms.accounts.models import Role, User
from lms.audit.models import Event
from lms.enrollments.actions import (
    InvitationRefused,
    JoinRefused,
    NotStaff,
    approve_join,
    ask_to_join,
    invite,
    refuse_join,
    revoke_invitation,
    set_open,
    sign_up_and_ask,
)
from lms.enrollments.models import Enrollment, Invitation, JoinRequest
from lms.enrollments.queries.joining import InvitationNotFound, invitation_by_code
from tests.integration.enrollments.lists import number
from tests.integration.exams.builders import NOON, Ground, make_ground, make_person

LATER = NOON + timedelta(days=7)


def invited(ground: Ground, uses_max: int = 2) -> tuple[Invitation, str]:
    made, code = invite(
        by=ground.bob, at=NOON, uuid=uuid4(), training_class=ground.training_class, uses_max=uses_max, expires_at=LATER
    )
    assert code is not None
    return made, code


def ask(ground: Ground, who: User, invitation: Invitation | None = None) -> JoinRequest:
    return ask_to_join(by=who, at=NOON, uuid=uuid4(), training_class=ground.training_class, invitation=invitation)


def refusal(ground: Ground, who: User, invitation: Invitation | None = None) -> str:
    with pytest.raises(JoinRefused) as refused:
        ask(ground, who, invitation)
    return refused.value.code


def test_only_the_print_of_a_code_is_kept(ground: Ground) -> None:
    made, code = invited(ground)

    row = Invitation.objects.filter(pk=made.pk).values().get()

    assert code not in repr(row)
    assert code not in repr(list(Event.objects.values()))
    assert invitation_by_code(code, NOON) == made


@pytest.mark.parametrize("end", ["revoked", "expired", "used_up", "wrong", "class_over"])
def test_an_invitation_that_is_over_looks_like_none(ground: Ground, end: str) -> None:
    made, code = invited(ground, uses_max=1)
    at = NOON
    if end == "revoked":
        revoke_invitation(by=ground.bob, at=NOON, invitation=made)
    elif end == "used_up":
        ask(ground, ground.charlie, made)
    elif end == "wrong":
        code += "x"
    else:
        at = LATER if end == "expired" else NOON.replace(year=2027)

    with pytest.raises(InvitationNotFound):
        invitation_by_code(code, at)


def test_asking_twice_is_asking_once_and_uses_one_use(ground: Ground) -> None:
    made, _code = invited(ground)

    first, second = ask(ground, ground.charlie, made), ask(ground, ground.charlie, made)

    made.refresh_from_db()
    assert (first, made.uses) == (second, 1)


def test_a_class_that_is_not_open_is_joined_by_invitation_only(ground: Ground) -> None:
    closed = refusal(ground, ground.charlie)
    set_open(by=ground.bob, at=NOON, training_class=ground.training_class, is_open=True)

    assert closed == "class_closed"
    assert ask(ground, ground.charlie).state == "asked"


def test_who_may_not_ask_is_told_why(ground: Ground) -> None:
    made, _code = invited(ground, uses_max=1)

    assert refusal(ground, ground.alice, made) == "in_class"
    assert refusal(ground, ground.vera, made) == "not_a_learner"
    ask(ground, ground.charlie, made)
    assert refusal(ground, make_person("dora", Role.LEARNER), made) == "invitation_closed"


def test_approving_enrolls_once_from_that_moment_on(ground: Ground) -> None:
    made, _code = invited(ground)
    request = ask(ground, ground.charlie, made)

    for _ in range(2):
        approve_join(by=ground.bob, at=LATER, request=request)

    enrollment = Enrollment.objects.get(learner=ground.charlie)
    assert enrollment.enrolled_at == LATER
    assert Event.objects.filter(verb="join.approved").count() == 1


def test_a_refusal_has_a_reason_and_is_final(ground: Ground) -> None:
    made, _code = invited(ground)
    request = ask(ground, ground.charlie, made)
    with pytest.raises(JoinRefused) as silent:
        refuse_join(by=ground.bob, at=NOON, request=request, reason=" ")
    refused = refuse_join(by=ground.bob, at=NOON, request=request, reason="名额已满")
    with pytest.raises(JoinRefused) as late:
        approve_join(by=ground.bob, at=NOON, request=request)

    assert (silent.value.code, late.value.code) == ("reason_missing", "decided")
    assert (refused.state, refused.reason) == ("refused", "名额已满")
    assert not Enrollment.objects.filter(learner=ground.charlie).exists()
    assert ask(ground, ground.charlie, made) != request


def test_strangers_neither_invite_nor_answer(ground: Ground) -> None:
    made, _code = invited(ground)
    request = ask(ground, ground.charlie, made)
    for stranger in (ground.charlie, ground.vera, make_person("otto", Role.INSTITUTION)):
        with pytest.raises(NotStaff):
            invite(
                by=stranger, at=NOON, uuid=uuid4(), training_class=ground.training_class, uses_max=1, expires_at=LATER
            )
        with pytest.raises(NotStaff):
            revoke_invitation(by=stranger, at=NOON, invitation=made)
        with pytest.raises(NotStaff):
            set_open(by=stranger, at=NOON, training_class=ground.training_class, is_open=True)
        with pytest.raises(NotStaff):
            approve_join(by=stranger, at=NOON, request=request)
        with pytest.raises(NotStaff):
            refuse_join(by=stranger, at=NOON, request=request, reason="x")
    assert request.state == "asked"


def test_a_boundless_invitation_is_refused(ground: Ground) -> None:
    with pytest.raises(InvitationRefused) as refused:
        invite(
            by=ground.bob,
            at=NOON,
            uuid=uuid4(),
            training_class=ground.training_class,
            uses_max=0,
            expires_at=NOON,
        )
    assert refused.value.codes == ("uses", "expires")


def test_signing_up_is_all_or_nothing(ground: Ground) -> None:
    made, _code = invited(ground, uses_max=1)
    ask(ground, ground.charlie, made)
    people = User.objects.count()

    with pytest.raises(JoinRefused):
        sign_up_and_ask(
            at=NOON,
            uuid=uuid4(),
            invitation=made,
            real_name="林示例",
            identity_number=number(7),
            phone="13700000007",
            email="",
            password="a long made-up password",
        )

    assert User.objects.count() == people


def test_the_uuid_of_somebody_else_is_no_way_in(ground: Ground) -> None:
    made, _code = invited(ground)

    person, _asked = sign_up_and_ask(
        at=NOON,
        uuid=ground.bob.uuid,
        invitation=made,
        real_name="林示例",
        identity_number=number(7),
        phone="13700000007",
        email="",
        password="a long made-up password",
    )

    assert person != ground.bob
    assert person.real_name == "林示例"


def test_the_database_counts_uses(ground: Ground) -> None:
    made, _code = invited(ground)

    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.filter(pk=made.pk).update(uses=3)


@pytest.mark.django_db(transaction=True)
def test_the_last_use_is_used_once_by_many_at_once() -> None:
    ground = make_ground()
    made, _code = invited(ground, uses_max=1)
    learners = [make_person(f"l{index}", Role.LEARNER) for index in range(5)]
    barrier = threading.Barrier(5)
    told: list[str] = []

    def go(learner: User) -> None:
        try:
            barrier.wait()
            ask(ground, learner, made)
            told.append("asked")
        except JoinRefused as refused:
            told.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=[each]) for each in learners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == ["asked"] + ["invitation_closed"] * 4
    made.refresh_from_db()
    assert made.uses == 1
