"""Eligibility that is lost takes the seat away: in doubt at once, looked at soon, with every reason."""

import threading
from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lms.accounts.actions import suspend
from lms.audit.models import Event
from lms.enrollments.actions import withdraw_enrollment
from lms.exams.actions import RegistrationRefused, cancel_registration, register
from lms.exams.actions.deciding import keep_decision
from lms.exams.actions.holding import doubt_fallen, look_again
from lms.exams.models import Decision, Registration
from lms.exams.queries.replays import replayed
from lms.exams.queries.verdicts import holding_many
from lms.hours.actions.posting import Account, post
from lms.hours.models import ModuleHours
from lms.institutions.actions import revoke_certificate, suspend_institution
from lms.letters.models import Letter
from tests.integration.exams.builders import EXAM, NOON, Ground, finish, make_ground
from tests.integration.exams.offices import newcomer
from tests.integration.exams.offices import seat as seat_of
from tests.integration.exams.test_requirements import certify, enact

SOON = NOON + timedelta(seconds=30)


def booked(ground: Ground) -> Registration:
    """Alice's seat, with her hours in the ledger and in the totals."""
    finish(ground)
    for module, kind, ms in ((ground.theory, "online", 1_800_000), (ground.practice, "workshop", 5_400_000)):
        ModuleHours.objects.create(
            learner=ground.alice, enrollment=ground.enrollment, module=module, kind=kind, confirmed_ms=ms
        )
    return register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)


def take_away(ground: Ground, ms: int) -> None:
    """As every action does that takes confirmed hours away."""
    account = Account(ground.alice.pk, ground.enrollment, ground.practice, "workshop")
    with transaction.atomic():
        post(
            account,
            sort="void",  # type: ignore[arg-type]
            ms=ms,
            provisional_ms=0,
            confirmed_ms=-ms,
            at=SOON,
            reason="test",
            posted_by=ground.vera,
            proposed_by=ground.bob,
        )


def look(after: Any = SOON) -> int:
    return look_again(clock=lambda: after)


def test_hours_that_are_taken_away_put_the_seat_in_doubt_in_the_same_transaction(ground: Ground) -> None:
    seat = booked(ground)

    take_away(ground, 1)

    seat.refresh_from_db()
    assert (seat.state, seat.doubted_at) == ("booked", SOON)


def test_a_seat_without_its_hours_is_withdrawn_and_free_for_others(ground: Ground) -> None:
    seat = booked(ground)
    take_away(ground, 5_400_000)

    assert (look(), look()) == (1, 0)

    seat.refresh_from_db()
    assert (seat.state, seat.withdrawn_at, seat.doubted_at) == ("withdrawn", SOON, None)
    assert seat.withdrawal is not None
    assert [each["code"] for each in seat.withdrawal.unmet] == ["hours_missing"]
    event = Event.objects.get(verb="registration.withdrawn")
    assert (event.by, event.detail["unmet"], event.detail["decision"]) == (
        None,
        ["hours_missing"],
        str(seat.withdrawal.uuid),
    )
    finish(ground)  # what was missing, earned again
    again = register(by=ground.alice, at=SOON, uuid=uuid4(), sitting=ground.sitting)
    assert (again.seat, again.state) == (seat.seat, "booked")


def test_the_learner_is_told_and_the_page_says_why(ground: Ground, client: Client) -> None:
    booked(ground)
    take_away(ground, 5_400_000)
    look()

    letter = Letter.objects.get(to=ground.alice)
    client.force_login(ground.alice)
    page = client.get(reverse("sitting", args=[ground.sitting.uuid]))

    assert (letter.kind, letter.to, letter.about) == (
        "registration.withdrawn",
        ground.alice,
        str(ground.sitting.uuid),
    )
    assert [each["code"] for each in page.context["withdrawn"]["reasons"]] == ["hours_missing"]
    assert "您的座位已被撤回" in page.content.decode()
    assert page.context["registration"] is None


def test_hours_above_what_is_asked_can_be_taken_and_the_seat_stays(ground: Ground) -> None:
    seat = booked(ground)
    finish(ground)  # twice what is asked
    take_away(ground, 5_400_000)

    assert look() == 0

    seat.refresh_from_db()
    assert (seat.state, seat.doubted_at, seat.withdrawal) == ("booked", None, None)
    assert Decision.objects.count() == 1


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda g: suspend_institution(by=None, at=SOON, institution=g.school, reason="停训"), "institution_suspended"),
        (lambda g: suspend_institution(by=g.vera, at=SOON, institution=g.school, reason="停"), "institution_suspended"),
        (lambda g: suspend(by=None, at=SOON, person=g.alice, reason="冒名"), "person_suspended"),
        (lambda g: withdraw_enrollment(by=g.bob, at=SOON, enrollment=g.enrollment), "no_enrollment"),
    ],
    ids=["institution suspended", "suspended by its authority", "person suspended", "left the class"],
)
def test_whatever_else_a_seat_rests_on_takes_it_away_in_the_same_transaction(
    ground: Ground, end: Any, code: str
) -> None:
    seat = booked(ground)

    end(ground)  # nothing that waits for a commit runs in this test

    seat.refresh_from_db()
    assert (seat.state, seat.doubted_at) == ("booked", SOON)
    assert look() == 1
    seat.refresh_from_db()
    assert seat.withdrawal is not None
    assert [each["code"] for each in seat.withdrawal.unmet] == [code]


@pytest.mark.parametrize(
    ("revoked_on", "doubted_at"), [(date(2026, 1, 5), SOON), (date(2026, 1, 6), None)], ids=["first day", "day after"]
)
def test_a_teacher_who_might_not_teach_any_more_takes_seats_of_classes_begun_since(
    ground: Ground, revoked_on: date, doubted_at: datetime | None
) -> None:
    """The class began on 5 January, and is judged by what its teacher was allowed on that day."""
    enact(ground, certified_teachers=True)
    held = certify(ground, date(2025, 1, 1), date(2029, 1, 1))
    seat = booked(ground)

    revoke_certificate(by=ground.vera, at=SOON, certificate=held, on=revoked_on, why="另有原因")

    seat.refresh_from_db()
    assert (seat.state, seat.doubted_at) == ("booked", doubted_at)
    assert look() == (doubted_at is not None)
    seat.refresh_from_db()
    found = seat.withdrawal.unmet if seat.withdrawal is not None else []
    assert [each["code"] for each in found] == (["teacher_not_certified"] if doubted_at else [])


def test_a_certificate_revoked_twice_doubts_once(ground: Ground) -> None:
    held = certify(ground, date(2025, 1, 1), date(2029, 1, 1))
    booked(ground)

    for _time in range(2):
        revoke_certificate(by=ground.vera, at=SOON, certificate=held, on=date(2026, 1, 5), why="另有原因")

    assert Registration.objects.get().doubts == 1


@pytest.mark.django_db(transaction=True)
def test_who_books_while_the_certificate_is_revoked_is_found_in_doubt() -> None:
    """The revocation comes after the verdict and before the seat is written: it waits for the seat, and finds it."""
    ground = make_ground()
    enact(ground, certified_teachers=True)
    held = certify(ground, date(2025, 1, 1), date(2029, 1, 1))
    finish(ground)

    def revoke() -> None:
        try:
            revoke_certificate(by=ground.vera, at=SOON, certificate=held, on=date(2026, 1, 5), why="另有原因")
        finally:
            connection.close()

    revoking = threading.Thread(target=revoke)

    def keep_slowly(*given: Any) -> Decision:
        decision = keep_decision(*given)
        revoking.start()
        revoking.join(0.5)
        return decision

    with patch("lms.exams.actions.registering.keep_decision", keep_slowly):
        seat = register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)
    revoking.join()

    seat.refresh_from_db()
    assert (seat.state, seat.doubted_at) == ("booked", SOON)
    assert look() == 1


def test_the_end_of_registration_takes_nobody_their_seat(ground: Ground) -> None:
    seat = booked(ground)
    Registration.objects.update(doubted_at=SOON)

    assert look(EXAM - timedelta(days=1)) == 0

    seat.refresh_from_db()
    assert (seat.state, seat.doubted_at) == ("booked", None)


def test_a_worker_that_looked_at_a_full_piece_wakes_another(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    monkeypatch.setattr("celery.Celery.send_task", lambda app, name, **given: woken.append(name))
    booked(ground)
    seat_of(ground, newcomer("lily", 11))
    Registration.objects.update(doubted_at=SOON)

    pieces = []
    for _time in range(3):
        look_again(clock=lambda: SOON, most=1)
        pieces.append((Registration.objects.filter(doubted_at__isnull=False).count(), len(woken)))

    assert pieces == [(1, 1), (0, 2), (0, 2)]
    assert set(woken) == {"lms.exams.look_again"}


def test_a_piece_of_which_nothing_can_be_judged_wakes_nobody(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be looked at again and again without a pause."""
    woken: list[str] = []
    monkeypatch.setattr("celery.Celery.send_task", lambda app, name, **given: woken.append(name))
    monkeypatch.setattr("lms.exams.actions.holding.holding", lambda *asked: 1 / 0)
    booked(ground)
    Registration.objects.update(doubted_at=SOON)

    look_again(clock=lambda: SOON, most=1)

    assert woken == []


def doubted() -> list[datetime | None]:
    return list(Registration.objects.order_by("pk").values_list("doubted_at", flat=True))


def test_at_night_only_seats_that_do_not_stand_come_into_doubt(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pieces of one seat, so that there is more than one."""
    monkeypatch.setattr("lms.exams.actions.holding.SEATS_PER_PIECE", 1)
    booked(ground)
    seat_of(ground, newcomer("lily", 11))
    seat_of(ground, newcomer("mary", 12))
    take_away(ground, 5_400_000)
    Registration.objects.update(doubted_at=None)  # as if nobody had told of it
    night = EXAM - timedelta(days=1)

    assert (doubt_fallen(at=night), doubted()) == (1, [night, None, None])
    # Who waits already does not move behind others.
    assert (doubt_fallen(at=night + timedelta(hours=1)), doubted()) == (0, [night, None, None])
    assert (look(night), doubted()) == (1, [None, None, None])


def test_at_night_an_exam_that_has_begun_is_left_alone(ground: Ground) -> None:
    booked(ground)
    take_away(ground, 5_400_000)
    Registration.objects.update(doubted_at=None)

    assert (doubt_fallen(at=EXAM), doubted()) == (0, [None])


def test_at_night_who_cannot_be_judged_is_in_doubt_and_nobody_else(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked(ground)
    lily = newcomer("lily", 11)
    for each in (lily, newcomer("mary", 12)):
        seat_of(ground, each)

    def judged(learners: Any, *more: Any) -> Any:
        if lily in learners:
            raise RuntimeError("no rule")
        return holding_many(learners, *more)

    monkeypatch.setattr("lms.exams.actions.holding.holding_many", judged)

    assert (doubt_fallen(at=SOON), doubted()) == (1, [None, SOON, None])


def test_how_much_is_read_at_night_does_not_grow_with_the_seats(ground: Ground) -> None:
    booked(ground)
    with CaptureQueriesContext(connection) as of_one:
        doubt_fallen(at=SOON)
    for number, name in enumerate(("lily", "mary", "nora"), 11):
        seat_of(ground, newcomer(name, number))

    with CaptureQueriesContext(connection) as of_four:
        doubt_fallen(at=SOON)

    assert len(of_four) == len(of_one)


def test_an_exam_that_has_begun_is_not_taken_back(ground: Ground) -> None:
    seat = booked(ground)
    take_away(ground, 5_400_000)

    assert look(EXAM) == 0

    seat.refresh_from_db()
    assert (seat.state, seat.doubted_at) == ("booked", SOON)


def test_what_was_withdrawn_is_not_cancelled(ground: Ground) -> None:
    seat = booked(ground)
    take_away(ground, 5_400_000)
    look()

    assert cancel_registration(by=ground.alice, at=SOON, registration=seat).state == "withdrawn"


def test_a_seat_that_cannot_be_judged_stays_in_doubt_and_stops_no_other(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    seat = booked(ground)
    take_away(ground, 5_400_000)
    with monkeypatch.context() as broken:
        broken.setattr("lms.exams.actions.holding.holding", lambda *asked: 1 / 0)
        assert look() == 0
    seat.refresh_from_db()
    assert (seat.state, seat.doubted_at) == ("booked", SOON)

    assert look() == 1


def test_a_withdrawal_is_judged_again_to_the_same_verdict(ground: Ground) -> None:
    booked(ground)
    take_away(ground, 5_400_000)
    look()

    assert [each.differences for each in replayed()] == [(), ()]
    with pytest.raises(RegistrationRefused):
        register(by=ground.alice, at=SOON, uuid=uuid4(), sitting=ground.sitting)


def test_postgresql_refuses_a_withdrawal_without_its_decision(ground: Ground) -> None:
    seat = booked(ground)

    with pytest.raises(IntegrityError, match="a_seat_is_withdrawn_by_a_decision"), transaction.atomic():
        Registration.objects.filter(pk=seat.pk).update(state="withdrawn", withdrawn_at=SOON)
