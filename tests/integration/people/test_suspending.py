"""Suspending an institution, lifting it and setting whose body it is: who may, what is kept, and that twice is once."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from lms.accounts.models import Role, User
from lms.audit.models import Event
from lms.institutions.actions import (
    BadCreditCode,
    BadReason,
    NotInstitutionsAuthority,
    lift_suspension,
    open_institution,
    set_credit_code,
    suspend_institution,
)
from lms.institutions.models import Institution, Membership, Region
from lms.institutions.signals import institution_suspended
from tests.integration.hours.judges import Court, make_court
from tests.world import NOON, make_person

BODY = "91350100M000100Y43"
OTHER = "91530100MA6K12345T"
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def court(db: None) -> Court:
    made = make_court()
    made.world.institution.refresh_from_db()
    return made


def school(court: Court) -> Institution:
    return court.world.institution


def told(verb: str) -> list[tuple[Any, dict[str, Any]]]:
    return [(each.by, each.detail) for each in Event.objects.filter(verb=f"institution.{verb}").order_by("pk")]


WRITES: dict[str, Callable[[Any, Institution], None]] = {
    "suspend": lambda by, each: suspend_institution(by=by, at=NOON, institution=each, reason="弄虚作假"),
    "lift": lambda by, each: lift_suspension(by=by, at=NOON, institution=each, reason="已整改"),
    "credit code": lambda by, each: set_credit_code(by=by, at=NOON, institution=each, credit_code=BODY),
}


@pytest.mark.parametrize("name", WRITES)
def test_an_authority_above_an_administrator_and_the_system_decide(court: Court, name: str) -> None:
    for by in (court.vera, court.wen, make_person("ada", Role.ADMINISTRATOR), None):
        WRITES[name](by, school(court))


@pytest.mark.parametrize("name", WRITES)
def test_nobody_else_decides_and_nothing_is_kept(court: Court, name: str) -> None:
    ada = make_person("ada", Role.ADMINISTRATOR)
    Membership.objects.create(person=ada, institution=school(court), started_at=NOON)
    people: list[User | AnonymousUser] = [court.world.alice, court.world.bob, court.dora, AnonymousUser()]
    people += [court.olga, court.ming, ada]  # elsewhere; once worked there; works there now
    before = (Institution.objects.values().get(pk=school(court).pk), Event.objects.count())

    for by in people:
        with pytest.raises(NotInstitutionsAuthority):
            WRITES[name](by, school(court))

    assert (Institution.objects.values().get(pk=school(court).pk), Event.objects.count()) == before


def test_a_post_that_ended_suspends_nobody(court: Court) -> None:
    court.vera.authority_posts.update(ended_at=NOON)

    with pytest.raises(PermissionDenied):
        WRITES["suspend"](court.vera, school(court))


def test_a_county_does_not_suspend_what_the_province_supervises(court: Court) -> None:
    Institution.objects.filter(pk=school(court).pk).update(region=Region.objects.get(code="53"))

    with pytest.raises(PermissionDenied):
        WRITES["suspend"](court.vera, Institution.objects.get(pk=school(court).pk))


def test_suspending_twice_keeps_the_first_date_and_reason_and_tells_once(court: Court) -> None:
    heard: list[Institution] = []

    def listen(sender: Any, institution: Institution, **kwargs: Any) -> None:
        heard.append(institution)

    institution_suspended.connect(listen)
    try:
        suspend_institution(by=court.vera, at=NOON, institution=school(court), reason=" 弄虚作假 ")
        suspend_institution(by=court.wen, at=LATER, institution=school(court), reason="再次")
    finally:
        institution_suspended.disconnect(listen)

    assert school(court).suspended_at == NOON
    assert told("suspended") == [(court.vera, {"reason": "弄虚作假"})]
    assert heard == [school(court)]


def test_a_suspension_is_lifted_once_with_a_reason(court: Court) -> None:
    suspend_institution(by=court.vera, at=NOON, institution=school(court), reason="弄虚作假")

    lift_suspension(by=court.wen, at=LATER, institution=school(court), reason="已整改")
    lift_suspension(by=court.vera, at=LATER, institution=school(court), reason="再次")

    assert school(court).suspended_at is None
    assert told("suspension_lifted") == [(court.wen, {"reason": "已整改"})]


@pytest.mark.parametrize("reason", ["", "  \n", "长" * 201], ids=["none", "blanks", "201 signs"])
def test_a_suspension_without_a_reason_that_can_be_read_is_refused(court: Court, reason: str) -> None:
    with pytest.raises(BadReason, match=r"reason: .*, allowed: 1 to 200 characters"):
        suspend_institution(by=court.vera, at=NOON, institution=school(court), reason=reason)

    school(court).refresh_from_db()
    assert school(court).suspended_at is None


def test_whose_body_it_is_can_be_set_and_corrected(court: Court) -> None:
    for code in (f" {BODY.lower()} ", BODY, OTHER):
        set_credit_code(by=court.vera, at=NOON, institution=school(court), credit_code=code)

    assert school(court).credit_code == OTHER
    assert told("credit_code_set") == [
        (court.vera, {"old": "", "new": BODY}),
        (court.vera, {"old": BODY, "new": OTHER}),
    ]


@pytest.mark.parametrize(
    ("code", "reason"),
    [("", "length"), ("9135", "length"), ("?" * 18, "signs"), ("91350100M000100Y44", "check_sign")],
    ids=["taken away", "short", "signs", "check sign"],
)
def test_a_code_that_cannot_be_changes_nothing(court: Court, code: str, reason: str) -> None:
    set_credit_code(by=court.vera, at=NOON, institution=school(court), credit_code=BODY)

    with pytest.raises(BadCreditCode) as refused:
        set_credit_code(by=court.vera, at=LATER, institution=school(court), credit_code=code)

    school(court).refresh_from_db()
    assert (refused.value.code, school(court).credit_code) == (reason, BODY)
    assert len(told("credit_code_set")) == 1


def test_the_code_of_a_body_that_examines_is_refused_to_one_that_trains(court: Court) -> None:
    region = school(court).region
    open_institution(by=None, at=NOON, kind="exam", name_zh="考试院", region=region, credit_code=BODY)

    with pytest.raises(BadCreditCode) as refused:
        set_credit_code(by=court.vera, at=NOON, institution=school(court), credit_code=BODY)

    assert (refused.value.code, told("credit_code_set")) == ("other_kind", [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["opened", "set"])
def test_of_two_who_write_one_code_for_both_kinds_at_once_the_second_gets_the_reason(way: str) -> None:
    """The second asks before the first has committed, sees nothing, and is told by the constraint."""
    region = Region.objects.create(code="99", name_zh="云岭省", name_en="Yunling")
    late = open_institution(by=None, at=NOON, kind="exam", name_zh="考试院", region=region)
    answers: list[str] = []

    def second() -> None:
        try:
            if way == "set":
                set_credit_code(by=None, at=NOON, institution=late, credit_code=BODY)
            else:
                open_institution(by=None, at=NOON, kind="exam", name_zh="另", region=region, credit_code=BODY)
            answers.append("kept")
        except BadCreditCode as refused:
            answers.append(refused.code)
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        open_institution(by=None, at=NOON, kind="training", name_zh="安技校", region=region, credit_code=BODY)
        thread.start()
        wait_until_somebody_waits()
    thread.join(timeout=60)

    assert answers == ["other_kind"]
    assert list(Institution.objects.filter(credit_code=BODY).values_list("kind", flat=True)) == ["training"]


def wait_until_somebody_waits() -> None:
    """Until another connection of this database waits for a lock of ours."""
    waiting = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = %s"
    gate = threading.Event()
    with connection.cursor() as cursor:
        for _turn in range(600):
            cursor.execute(waiting, [connection.settings_dict["NAME"]])
            row = cursor.fetchone()
            if row and row[0]:
                return
            gate.wait(0.05)
    raise AssertionError("nobody came to wait")
