"""A list of participants is imported whole or not at all, once, and no identity number waits in the clear."""

import threading
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from lms.accounts import sealing
from lms.accounts.models import Role, User
from lms.accounts.queries import masked_identity, roles_of
from lms.accounts.rules.identity import IdentityNumber
from lms.audit.models import Event
from lms.enrollments.actions import (
    EnrollmentRefused,
    NotConfirmable,
    NotStaff,
    ParticipantRefused,
    add_participant,
    check_roster,
    confirm_import,
    discard_import,
    end_class,
    requeue_imports,
    rosters,
    run_import,
    withdraw_enrollment,
)
from lms.enrollments.models import Enrollment, RosterImport
from lms.enrollments.rules.roster import RosterRow
from lms.institutions.actions import leave_institution
from tests.integration.enrollments.lists import number, people
from tests.integration.exams.builders import NOON, Ground, made_up_number, make_ground, make_person


def checked(ground: Ground, rows: list[RosterRow], uuid: UUID | None = None) -> RosterImport:
    return check_roster(
        by=ground.bob,
        at=NOON,
        uuid=uuid or uuid4(),
        training_class=ground.training_class,
        filename="名单.xlsx",
        rows=rows,
    )


def confirmed(ground: Ground, rows: list[RosterRow]) -> RosterImport:
    roster = checked(ground, rows)
    confirm_import(by=ground.bob, at=NOON, roster=roster)
    return roster


def run(roster: RosterImport) -> RosterImport:
    run_import(clock=lambda: NOON, uuid=roster.uuid)
    roster.refresh_from_db()
    return roster


def in_class(ground: Ground) -> int:
    return Enrollment.objects.filter(training_class=ground.training_class, state="active").count()


def codes(roster: RosterImport) -> list[tuple[int, str]]:
    return [(each["row"], each["code"]) for each in roster.problems]


def test_a_list_waits_sealed_and_leaves_nothing_behind(ground: Ground) -> None:
    roster = confirmed(ground, people(3))
    roster.refresh_from_db()
    waiting = bytes(roster.sealed or b"")
    shown = repr([roster.sample, roster.problems])

    done = run(roster)

    assert roster.total == 3
    assert number(1000).encode() not in waiting
    assert number(1000) not in shown
    assert roster.new_people == 3
    assert (done.state, done.done, done.sealed, done.sample) == ("done", 3, None, [])


def test_new_people_are_learners_with_their_numbers_and_one_event_each(ground: Ground) -> None:
    run(confirmed(ground, people(3)))

    added = User.objects.filter(real_name="示例1001").get()
    assert (added.phone, masked_identity(added), roles_of(added)) == (
        "+8613900001001",
        number(1001)[:3] + "***********" + number(1001)[-4:],
        {"learner"},
    )
    assert not added.has_usable_password()
    enrollment = Enrollment.objects.get(learner=added)
    assert (enrollment.training_class, enrollment.enrolled_at) == (ground.training_class, NOON)
    told = Event.objects.filter(subject_id__in=[str(added.uuid), str(enrollment.uuid)]).order_by("pk")
    assert [(each.verb, each.by) for each in told] == [
        ("person.created", ground.bob),
        ("role.granted", ground.bob),
        ("enrollment.created", ground.bob),
    ]
    assert Event.objects.filter(verb="roster.imported").get().detail["new"] == 3


def test_known_people_are_found_by_their_number_and_keep_what_is_registered(ground: Ground) -> None:
    people_before = User.objects.count()
    charlie = RosterRow(2, "Charlie", _number_of(2), "+8613911111111", None)

    roster = run(confirmed(ground, [charlie]))

    assert (roster.state, roster.new_people) == ("done", 0)
    assert User.objects.count() == people_before
    assert Enrollment.objects.get(learner=ground.charlie).training_class == ground.training_class
    ground.charlie.refresh_from_db()
    assert ground.charlie.phone is None


def test_somebody_who_was_taken_out_is_taken_up_again(ground: Ground) -> None:
    withdraw_enrollment(by=ground.bob, at=NOON, enrollment=ground.enrollment)

    run(confirmed(ground, [RosterRow(2, "Alice", _number_of(1), None, "a@example.test")]))

    ground.enrollment.refresh_from_db()
    assert ground.enrollment.state == "active"


def test_every_wrong_row_is_named_and_nobody_waits(ground: Ground) -> None:
    good = people(1)[0]
    make_person("dora")
    rows = [
        good,
        RosterRow(3, "Alice", _number_of(1), None, "alice@example.test"),
        RosterRow(4, "Somebody", _number_of(2), None, "s@example.test"),
        RosterRow(5, "示例", people(1, 2000)[0].number, None, "dora@example.test"),
    ]

    roster = checked(ground, rows)

    assert (roster.state, roster.sealed) == ("refused", None)
    assert codes(roster) == [(3, "already_in_class"), (4, "identity_of_another"), (5, "email_taken")]
    with pytest.raises(NotConfirmable):
        confirm_import(by=ground.bob, at=NOON, roster=roster)
    assert in_class(ground) == 1


def test_what_went_wrong_since_the_preview_stops_all_of_it(ground: Ground) -> None:
    roster = confirmed(ground, people(4))
    people_before = User.objects.count()
    make_person("dora")
    User.objects.filter(email="dora@example.test").update(phone="+8613900001003")

    failed = run(roster)

    assert (failed.state, failed.sealed, failed.done) == ("failed", None, 0)
    assert codes(failed) == [(5, "phone_taken")]
    assert User.objects.count() == people_before + 1
    assert in_class(ground) == 1


def test_a_fault_in_the_middle_leaves_nobody(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    roster = confirmed(ground, people(6))
    people_before = User.objects.count()
    monkeypatch.setattr(rosters, "ROWS_PER_STATEMENT", 2)
    monkeypatch.setattr(rosters, "record_many", _breaks_at(3))

    with pytest.raises(RuntimeError, match="the disk is full"):
        run(roster)

    roster.refresh_from_db()
    assert (roster.state, codes(roster)) == ("failed", [(0, "broken")])
    assert User.objects.count() == people_before
    assert in_class(ground) == 1


@pytest.mark.parametrize("reason", ["left", "ended"])
def test_a_list_is_not_imported_after(ground: Ground, reason: str) -> None:
    roster = confirmed(ground, people(2))
    if reason == "left":
        leave_institution(by=None, at=NOON, person=ground.bob, institution=ground.school)
    else:
        end_class(by=ground.bob, at=NOON, training_class=ground.training_class)

    failed = run(roster)

    assert codes(failed) == [(0, {"left": "no_longer_staff", "ended": "class_ended"}[reason])]
    assert in_class(ground) == 1


def test_running_twice_imports_once(ground: Ground) -> None:
    roster = confirmed(ground, people(3))
    confirm_import(by=ground.bob, at=NOON, roster=roster)

    run(roster)
    run(roster)

    assert in_class(ground) == 4
    assert Event.objects.filter(verb="roster.confirmed").count() == 1
    assert Event.objects.filter(verb="roster.imported").count() == 1


def test_checking_the_same_upload_twice_makes_one_import(ground: Ground) -> None:
    uuid = uuid4()

    assert checked(ground, people(2), uuid) == checked(ground, people(2), uuid)
    assert RosterImport.objects.count() == 1


def test_a_discarded_list_is_forgotten(ground: Ground) -> None:
    roster = checked(ground, people(2))

    discard_import(by=ground.bob, at=NOON, roster=roster)

    roster.refresh_from_db()
    assert (roster.state, roster.sealed, roster.sample) == ("discarded", None, [])
    with pytest.raises(NotConfirmable):
        confirm_import(by=ground.bob, at=NOON, roster=roster)


def test_a_dead_workers_import_comes_back(ground: Ground) -> None:
    roster = confirmed(ground, people(2))
    RosterImport.objects.update(state="running", attempt=uuid4(), heartbeat_at=NOON, done=1)

    assert requeue_imports(at=NOON + rosters.SILENT_MAX) == 0
    assert requeue_imports(at=NOON + rosters.SILENT_MAX * 2) == 1
    assert run(roster).state == "done"


def test_strangers_and_closed_classes_import_nothing(ground: Ground) -> None:
    roster = checked(ground, people(1))
    for stranger in (ground.alice, ground.vera, make_person("otto", Role.INSTITUTION)):
        for action in (confirm_import, discard_import):
            with pytest.raises(NotStaff):
                action(by=stranger, at=NOON, roster=roster)
    end_class(by=ground.bob, at=NOON, training_class=ground.training_class)

    with pytest.raises(EnrollmentRefused):
        checked(ground, people(1))


def test_the_rows_open_for_their_own_import_only(ground: Ground) -> None:
    roster = checked(ground, people(1))

    with pytest.raises(sealing.CannotOpen):
        sealing.unseal_rows(bytes(roster.sealed or b""), uuid4())


def test_the_database_keeps_rows_only_while_they_wait(ground: Ground) -> None:
    roster = checked(ground, people(1))

    with pytest.raises(IntegrityError), transaction.atomic():
        RosterImport.objects.filter(pk=roster.pk).update(state="done")


def test_an_import_costs_the_same_number_of_queries_for_more_people(
    ground: Ground, django_assert_max_num_queries
) -> None:
    roster = confirmed(ground, people(300))

    with django_assert_max_num_queries(40):
        run(roster)

    assert in_class(ground) == 301


def test_one_person_is_found_or_registered(ground: Ground) -> None:
    wanted = {"by": ground.bob, "at": NOON, "training_class": ground.training_class}
    uuid = uuid4()

    found = add_participant(
        **wanted, uuid=uuid4(), name="Charlie", identity_number=made_up_number(2), phone="13900000001"
    )  # type: ignore[arg-type]
    new = add_participant(**wanted, uuid=uuid, name="新人", identity_number=number(1), phone="13900000002")  # type: ignore[arg-type]
    again = add_participant(**wanted, uuid=uuid, name="新人", identity_number=number(1), phone="13900000002")  # type: ignore[arg-type]

    assert found.learner == ground.charlie
    assert (new.learner.phone, new) == ("+8613900000002", again)
    assert in_class(ground) == 3


def test_a_wrong_person_is_refused_with_every_reason_and_no_number(ground: Ground) -> None:
    with pytest.raises(ParticipantRefused) as refused:
        add_participant(
            by=ground.bob,
            at=NOON,
            uuid=uuid4(),
            training_class=ground.training_class,
            name="Somebody",
            identity_number=made_up_number(2),
            email="alice@example.test",
        )

    assert [(each.column, each.code) for each in refused.value.problems] == [
        ("identity", "identity_of_another"),
        ("email", "email_taken"),
    ]
    assert made_up_number(2) not in repr(refused.value)


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_and_two_workers_at_once_import_once() -> None:
    ground = make_ground()
    roster = checked(ground, people(40))
    barrier = threading.Barrier(4)
    faults: list[Exception] = []

    def go() -> None:
        try:
            barrier.wait()
            confirm_import(by=ground.bob, at=NOON, roster=roster)
            run_import(clock=lambda: NOON, uuid=roster.uuid)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    roster.refresh_from_db()
    assert faults == []
    assert (roster.state, roster.done, in_class(ground)) == ("done", 40, 41)
    assert Event.objects.filter(verb="roster.imported").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_progress_is_seen_before_the_people_are(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = make_ground()
    roster = confirmed(ground, people(6))
    monkeypatch.setattr(rosters, "ROWS_PER_STATEMENT", 2)
    seen: list[tuple[int, int]] = []
    real = rosters.create_learners

    def look(**arguments: object) -> list[User]:
        def from_outside() -> None:
            done = RosterImport.objects.values_list("done", flat=True).get(pk=roster.pk)
            seen.append((done, in_class(ground)))
            connection.close()

        outside = threading.Thread(target=from_outside)
        outside.start()
        outside.join()
        return real(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(rosters, "create_learners", look)

    run(roster)

    assert seen == [(0, 1), (2, 1), (4, 1)]
    assert in_class(ground) == 7


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_its_attempt_leaves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = make_ground()
    roster = confirmed(ground, people(2))
    real = rosters.record_many

    def overtaken(**arguments: object) -> None:
        def take_it_back() -> None:
            RosterImport.objects.filter(pk=roster.pk).update(state="waiting", attempt=None)
            connection.close()

        outside = threading.Thread(target=take_it_back)
        outside.start()
        outside.join()
        real(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(rosters, "record_many", overtaken)
    run(roster)
    left = in_class(ground)
    monkeypatch.setattr(rosters, "record_many", real)

    run(roster)

    assert left == 1
    assert (roster.state, in_class(ground)) == ("done", 3)


def _number_of(serial: int) -> IdentityNumber:
    return IdentityNumber(made_up_number(serial))


def _breaks_at(call: int) -> Callable[..., None]:
    calls: list[object] = []

    def breaks(**arguments: object) -> None:
        calls.append(arguments)
        if len(calls) >= call:
            raise RuntimeError("the disk is full")

    return breaks
