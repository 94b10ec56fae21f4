"""A letter goes out once, is tried again when it fails, and never stops what it tells of."""

import smtplib
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.db.utils import IntegrityError

from lms.accounts.actions import suspend
from lms.accounts.models import Role, User
from lms.enrollments.actions import report_class, return_class
from lms.letters import actions
from lms.letters.actions import SEND_TASK, NewLetter, send_due, write_letters
from lms.letters.models import Letter
from lms.letters.tasks import send_letters
from tests.integration.exams.builders import NOON, Ground, plan
from tests.integration.letters.post import LATER
from tests.world import make_person

FACTS = {"title": "第一期", "reason": "地点不清"}


class Mailbox(EmailBackend):
    """Delivers, unless `refuses` or `is_gone` say otherwise; `opened` counts connections."""

    refuses: frozenset[str] = frozenset()
    is_gone = False
    opened = 0

    def open(self) -> bool:
        type(self).opened += 1
        if type(self).is_gone:
            raise ConnectionRefusedError("no server at this address")
        return True

    def send_messages(self, messages: Any) -> int:
        for each in messages:
            if each.to[0] in self.refuses:
                raise smtplib.SMTPRecipientsRefused({each.to[0]: (550, b"unknown")})
        return super().send_messages(messages)


@pytest.fixture(autouse=True)
def mailbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Mailbox]:
    settings.EMAIL_BACKEND = f"{__name__}.Mailbox"
    for name, value in {"refuses": frozenset(), "is_gone": False, "opened": 0}.items():
        monkeypatch.setattr(Mailbox, name, value)
    return Mailbox


@pytest.fixture
def people(db: None) -> list[User]:
    return [make_person(name, Role.INSTITUTION) for name in ("ann", "ben", "cid", "dot", "eve")]


def owed(people: list[User], once: str = "it happened") -> None:
    about = "00000000-0000-4000-8000-000000000001"
    write_letters(at=NOON, letters=[NewLetter("class.returned", each, once, about, FACTS) for each in people])


def reached() -> list[str]:
    return [each.to[0].partition("@")[0] for each in mail.outbox]


def test_each_letter_is_sent_once_whatever_is_repeated(people: list[User], mailbox: type[Mailbox]) -> None:
    owed(people)
    owed(people)

    sent = [send_due(clock=lambda: NOON), send_due(clock=lambda: LATER)]

    assert sent == [5, 0]
    assert reached() == ["ann", "ben", "cid", "dot", "eve"]
    assert mailbox.opened == 1
    assert set(Letter.objects.values_list("sent_at", "due_at", "attempts")) == {(NOON, None, 1)}


def test_what_a_letter_said_is_forgotten_when_it_is_sent(people: list[User]) -> None:
    owed(people[:1])

    send_due(clock=lambda: NOON)

    assert Letter.objects.get().facts == {}
    with pytest.raises(IntegrityError), transaction.atomic():
        Letter.objects.update(facts=FACTS)


def test_a_piece_is_bounded_and_wakes_the_next(people: list[User], monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    monkeypatch.setattr(actions, "wake", lambda: woken.append("woken"))
    owed(people)

    assert [send_due(clock=lambda: NOON, most=2) for _piece in range(4)] == [2, 2, 1, 0]
    assert len(woken) == 2


def test_one_address_that_is_refused_stops_nobody_else_and_is_tried_again(
    people: list[User], mailbox: type[Mailbox]
) -> None:
    owed(people)
    mailbox.refuses = frozenset({"ben@example.test"})
    first = send_due(clock=lambda: NOON)
    mailbox.refuses = frozenset()
    soon = send_due(clock=lambda: NOON + timedelta(minutes=4))
    later = send_due(clock=lambda: NOON + timedelta(minutes=5))

    assert (first, soon, later) == (4, 0, 1)
    assert reached() == ["ann", "cid", "dot", "eve", "ben"]


def test_a_letter_that_always_fails_is_given_up_and_forgotten(people: list[User], mailbox: type[Mailbox]) -> None:
    owed(people[:1])
    mailbox.refuses = frozenset({"ann@example.test"})

    for days in range(8):
        send_due(clock=lambda days=days: NOON + timedelta(days=days))  # type: ignore[misc]

    assert Letter.objects.values_list("due_at", "sent_at", "attempts", "facts").get() == (None, None, 5, {})


def test_a_server_that_is_gone_costs_no_try(
    people: list[User], mailbox: type[Mailbox], caplog: pytest.LogCaptureFixture
) -> None:
    owed(people)
    mailbox.is_gone = True

    away = [send_due(clock=lambda: NOON) for _sweep in range(20)]
    mailbox.is_gone = False

    assert away == [0] * 20
    assert set(Letter.objects.values_list("attempts", flat=True)) == {0}
    assert send_due(clock=lambda: NOON) == 5
    assert "ConnectionRefusedError" in caplog.text


def test_a_server_that_refuses_everything_is_not_asked_for_every_letter(
    people: list[User], mailbox: type[Mailbox], caplog: pytest.LogCaptureFixture
) -> None:
    owed(people)
    mailbox.refuses = frozenset(each.email or "" for each in people)

    send_due(clock=lambda: NOON)

    assert sorted(Letter.objects.values_list("attempts", flat=True)) == [0, 0, 1, 1, 1]
    assert "SMTPRecipientsRefused" in caplog.text
    assert "example.test" not in caplog.text


def test_who_is_suspended_or_has_no_address_any_more_gets_nothing(people: list[User]) -> None:
    ann, ben, *_others = people
    owed([ann, ben])
    suspend(by=None, at=NOON, person=ann, reason="left")
    User.objects.filter(pk=ben.pk).update(email=None, phone="+8613900000001")

    send_due(clock=lambda: NOON)

    assert reached() == []
    assert set(Letter.objects.values_list("due_at", "sent_at")) == {(None, None)}


def test_a_letter_is_owed_only_when_what_it_tells_was_committed(
    people: list[User], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    called: list[str] = []
    monkeypatch.setattr(actions.current_app, "send_task", lambda name, **how: called.append(name))

    with django_capture_on_commit_callbacks(execute=True):
        owed(people)
        assert called == []
    with transaction.atomic():
        owed(people, "it did not happen")
        transaction.set_rollback(True)

    assert called == [SEND_TASK]
    assert Letter.objects.count() == 5


def test_an_action_goes_through_without_a_broker(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def refused(*args: Any, **how: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(actions.current_app, "send_task", refused)
    group = plan(ground.bob, ground.school, ground.version, [(ground.theory, ground.video)])
    report_class(by=ground.bob, at=NOON.replace(month=1, day=1), training_class=group)

    with django_capture_on_commit_callbacks(execute=True):
        returned = return_class(by=ground.vera, at=NOON, training_class=group, reason="地点不清")

    assert returned.state == "returned"
    assert send_letters() == 1
    assert reached() == ["bob"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_never_have_the_same_letter() -> None:
    people = [make_person(f"p{number}", Role.INSTITUTION) for number in range(40)]
    owed(people)
    begin = threading.Barrier(2)

    _together(lambda: begin.wait() and None, lambda: send_due(clock=lambda: NOON))

    assert sorted(reached()) == sorted(f"p{number}" for number in range(40))


def _together(ready: Callable[[], None], work: Callable[[], Any]) -> None:
    def run() -> None:
        try:
            ready()
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _worker in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
