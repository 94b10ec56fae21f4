"""Where the gate could fail: the action, the page and the API refuse, it is on record, and nobody has a seat."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection
from django.test import Client, override_settings

from lms.accounts.models import Role, User
from lms.audit.models import Event
from lms.enrollments.models import Requirement, SyllabusVersion, TrainingClass
from lms.exams.actions import (
    GateFailed,
    RegistrationRefused,
    cancel_registration,
    join_waiting,
    note_unavailable,
    register,
)
from lms.exams.actions.admitting import admit
from lms.exams.models import Registration, Sitting
from lms.exams.queries.facts import Candidate, candidates_of
from lms.hours.models import ModuleHours
from lms.wiring.middleware import GATE
from tests.integration.exams.builders import Ground, confirm, finish, make_ground, make_person, publish
from tests.templates import owner_connection
from tests.world import unreported

if TYPE_CHECKING:
    from pytest_django import DjangoCaptureOnCommitCallbacks

WEEKS_AHEAD = timedelta(days=30)
DEAD_VALKEY = "redis://127.0.0.1:9/0"
FAILED_STATUS = (503,)


@dataclass
class Door:
    """Alice has all hours, and a sitting is open now: only what a test breaks can refuse her."""

    ground: Ground
    sitting: Sitting
    client: Client

    def register(self) -> Registration:
        return register(by=self.ground.alice, at=datetime.now(UTC), uuid=uuid4(), sitting=self.sitting)

    def page(self) -> Any:
        return self.client.post(f"/exams/{self.sitting.uuid}/", {"registration": uuid4()})

    def api(self) -> Any:
        address = f"/api/v1/sittings/{self.sitting.uuid}/registrations"
        return self.client.generic("POST", address, b"", content_type="application/json")


def make_door(ground: Ground) -> Door:
    finish(ground)
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    sitting = publish(
        ground.edda, ground.vera, ground.sitting.room, ground.version, capacity=5, starts_at=noon + WEEKS_AHEAD
    )
    client = Client(raise_request_exception=False)
    client.force_login(ground.alice)
    return Door(ground, sitting, client)


@pytest.fixture
def door(ground: Ground) -> Door:
    return make_door(ground)


@contextmanager
def facts(**changes: Any) -> Iterator[None]:
    """As if this were found out."""

    def found(*asked: Any) -> dict[int, list[Candidate]]:
        return {
            pk: [Candidate(each.enrollment, replace(each.facts, **changes)) for each in own]
            for pk, own in candidates_of(*asked).items()
        }

    with patch("lms.exams.queries.verdicts.candidates_of", found):
        yield


@contextmanager
def nothing_enacted(door: Door) -> Iterator[None]:
    long_ago = datetime(1999, 12, 30, tzinfo=UTC)
    TrainingClass.objects.filter(pk=door.ground.training_class.pk).update(reported_at=long_ago)
    yield


@contextmanager
def no_modules(door: Door) -> Iterator[None]:
    empty = SyllabusVersion.objects.create(syllabus=door.ground.version.syllabus, number=9, in_force_from="2024-01-01")
    with unreported(door.ground.training_class) as found:
        found.update(syllabus_version=empty)
    yield


@contextmanager
def unreadable_hours(door: Door) -> Iterator[None]:
    with patch("lms.exams.queries.facts.confirmed_hours_of", lambda enrollments: {each.pk: {} for each in enrollments}):
        yield


@contextmanager
def unknown_kind(door: Door) -> Iterator[None]:
    Requirement.objects.create(module=door.ground.theory, kind="seminar", hours=1)
    yield


@contextmanager
def stale_totals(door: Door) -> Iterator[None]:
    confirm(door.ground.enrollment, door.ground.practice, "workshop", -1)
    for module, kind in ((door.ground.theory, "online"), (door.ground.practice, "workshop")):
        values = {"learner": door.ground.alice, "enrollment": door.ground.enrollment, "module": module, "kind": kind}
        ModuleHours.objects.create(**values, confirmed_ms=10**9)
    yield


def known(**changes: Any) -> Callable[[Door], Any]:
    return lambda door: facts(**changes)


REFUSING: dict[str, tuple[Callable[[Door], Any], list[tuple[str, str | None]]]] = {
    "no requirements in force": (nothing_enacted, [("unknown", "requirements")]),
    "the state of the class is not known": (known(class_state=None), [("unknown", "class_state")]),
    "the class is in a state that nobody knows": (known(class_state="mystery"), [("class_not_accepted", None)]),
    "a syllabus without modules": (no_modules, [("unknown", "modules")]),
    "hours that cannot be read": (unreadable_hours, [("unknown", "hours"), ("unknown", "hours")]),
    "a kind of hour that nobody knows": (unknown_kind, [("unknown", "kinds of module {theory}")]),
    "totals that say more than the ledger": (stale_totals, [("hours_missing", None)]),
    "no moment is known": (known(at=None), [("unknown", "registration_period")]),
    "the clock went back before registration opened": (
        known(at=datetime(2026, 1, 1, tzinfo=UTC)),
        [("registration_not_open", None)],
    ),
    "the state of the sitting is not known": (known(sitting_state=None), [("unknown", "sitting_state")]),
    "the sitting is in a state that nobody knows": (known(sitting_state="?"), [("sitting_not_published", None)]),
    "the number of seats is not known": (known(capacity=None), [("unknown", "seats")]),
}


@pytest.mark.parametrize("point", REFUSING)
def test_what_is_not_known_refuses_with_a_reason_everywhere(door: Door, point: str) -> None:
    breaks, expected = REFUSING[point]
    wanted = [(code, fact and fact.format(theory=door.ground.theory.uuid)) for code, fact in expected]

    with breaks(door):
        with pytest.raises(RegistrationRefused) as refused:
            door.register()
        page, answer = door.page(), door.api()

    assert [(each.code, each.fact) for each in refused.value.unmet] == wanted
    assert (page.status_code, answer.status_code) == (409, 409)
    assert [each["code"] for each in page.context["eligibility"]["unmet"]] == [code for code, _fact in wanted]
    assert [each["code"] for each in answer.json()["unmet"]] == [code for code, _fact in wanted]
    kept = Event.objects.filter(verb="registration.refused").order_by("pk")
    assert [each.detail["unmet"] for each in kept] == [[code for code, _fact in wanted]] * 3
    assert Registration.objects.count() == 0


@contextmanager
def broken_check(door: Door) -> Iterator[None]:
    with patch("lms.exams.rules.eligibility._against_the_plan", lambda facts: 1 / 0):
        yield


@contextmanager
def too_slow(door: Door) -> Iterator[None]:
    """PostgreSQL gives up on a statement of the decision."""

    def slowly(*asked: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '20ms'")
            cursor.execute("SELECT pg_sleep(5)")

    with patch("lms.exams.queries.verdicts.candidates_of", slowly):
        yield


@contextmanager
def unreadable_key(door: Door, tmp_path: Path) -> Iterator[None]:
    (tmp_path / "1.json").write_text("{")
    with override_settings(SIGNING_KEYS_DIR=tmp_path):
        yield


@contextmanager
def unwritable_decision(door: Door) -> Iterator[None]:
    def full(*given: Any, **more: Any) -> None:
        raise OperationalError("could not extend file: No space left on device")

    with patch("lms.exams.models.Decision.save", full):
        yield


@contextmanager
def unwritable_seat(door: Door) -> Iterator[None]:
    with patch("lms.exams.actions.booking.lowest_free_seat", lambda taken, capacity: capacity + 1):
        yield


FAILING: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "an exception inside a check": (broken_check, {"failure": "ZeroDivisionError"}),
    "a statement that takes too long": (too_slow, {"failure": "OperationalError"}),
    "no key that signs": (unreadable_key, {"code": "signing_unavailable"}),
    "a decision that cannot be written": (unwritable_decision, {"failure": "OperationalError"}),
    "a seat that PostgreSQL refuses": (unwritable_seat, {"failure": "IntegrityError"}),
}


def failing(point: str, door: Door, tmp_path: Path) -> Any:
    breaks = FAILING[point][0]
    return breaks(door, tmp_path) if breaks is unreadable_key else breaks(door)


@pytest.mark.parametrize("point", FAILING)
def test_what_fails_lets_nobody_through_and_is_on_record(door: Door, point: str, tmp_path: Path) -> None:
    with failing(point, door, tmp_path):
        with pytest.raises(GateFailed):
            door.register()
        page, answer = door.page(), door.api()

    assert page.status_code in FAILED_STATUS
    assert answer.status_code in FAILED_STATUS
    told = Event.objects.filter(verb__in=["registration.failed", "decision.impossible"])
    assert [each.detail for each in told] == [FAILING[point][1]] * 3
    assert Registration.objects.count() == 0
    assert door.register().state == "booked"


@pytest.mark.parametrize("point", ["an exception inside a check", "a statement that takes too long"])
def test_the_candidate_list_fails_closed_as_well(door: Door, point: str, tmp_path: Path) -> None:
    door.register()
    office = Client(raise_request_exception=False)
    office.force_login(door.ground.edda)
    asks = f"/exams/office/sittings/{door.sitting.uuid}/list/"

    with failing(point, door, tmp_path):
        answer = office.post(asks, {"file_format": "xlsx"})

    assert answer.status_code in FAILED_STATUS
    told = Event.objects.filter(verb__startswith="candidates.")
    assert [(each.verb, each.detail) for each in told] == [("candidates.failed", FAILING[point][1])]
    made = office.post(asks, {"file_format": "xlsx"})
    made.close()
    assert made.status_code == 200


@pytest.mark.parametrize("point", ["an exception inside a check", "a decision that cannot be written"])
def test_the_waiting_list_and_the_door_fail_closed_as_well(door: Door, point: str, tmp_path: Path) -> None:
    seat = door.register()
    at = datetime.now(UTC)
    with failing(point, door, tmp_path):
        with facts(booked=5, already_registered=False), pytest.raises(GateFailed):
            join_waiting(by=door.ground.alice, at=at, uuid=uuid4(), sitting=door.sitting)
        with pytest.raises(GateFailed):
            admit(by=door.ground.edda, at=door.sitting.starts_at, registration=seat)

    assert sorted(Event.objects.filter(verb__endswith=".failed").values_list("verb", flat=True)) == [
        "admission.failed",
        "waiting.failed",
    ]


def test_when_not_even_the_failure_can_be_put_on_record_the_log_says_so(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(**given: Any) -> None:
        raise DatabaseError("the database is gone")

    silent = patch("lms.exams.actions.failing.record", gone)
    with broken_check(door), silent, caplog.at_level(logging.ERROR), pytest.raises(GateFailed):
        door.register()

    assert "the failure could not be put on record" in caplog.text
    assert Registration.objects.count() == 0


def test_without_valkey_the_gate_decides_as_always(
    door: Door, django_capture_on_commit_callbacks: "DjangoCaptureOnCommitCallbacks"
) -> None:
    """Nothing that it decides upon lies in a cache; workers that nobody can wake look by themselves."""
    with dead_valkey(), django_capture_on_commit_callbacks(execute=True):
        booked = door.register()
        cancelled = cancel_registration(by=door.ground.alice, at=datetime.now(UTC), registration=booked)
        confirm(door.ground.enrollment, door.ground.theory, "online", -1)
        with pytest.raises(RegistrationRefused, match="hours_missing"):
            door.register()

    assert cancelled.state == "cancelled"


def test_without_valkey_page_and_api_do_not_know_who_asks_and_book_nothing(door: Door) -> None:
    with dead_valkey():
        page, answer = door.page(), door.api()

    # Before anything of the gate is asked: a login cannot be read.
    assert (page.status_code, answer.status_code) == (503, 503)
    assert "系统有一部分暂时没有响应" in page.content.decode()
    assert answer.json()["code"] == "unavailable"
    assert Registration.objects.count() == 0


def test_without_valkey_it_is_on_record_once_a_minute_who_asked_the_gate(door: Door) -> None:
    with dead_valkey():
        answers = [door.page(), door.api(), door.page()]

    assert [each.status_code for each in answers] == [503, 503, 503]
    [told] = Event.objects.filter(verb="gate.unavailable")
    assert (told.by, told.subject_type, told.subject_id) == (
        door.ground.alice,
        "accounts.user",
        str(door.ground.alice.uuid),
    )
    assert told.detail == {"away": "valkey", "route": "sitting"}


def gate_routes(door: Door) -> dict[str, Callable[[Client], Any]]:
    """A request to every route on which the gate decides, by its name."""
    seat, place = door.register().uuid, uuid4()
    pages = {
        "sitting": f"/exams/{door.sitting.uuid}/",
        "wait_for_a_seat": f"/exams/{door.sitting.uuid}/waiting",
        "leave_waiting": f"/exams/waiting/{place}/leave",
        "cancel_registration": f"/exams/registrations/{seat}/cancel",
        "change_registration": f"/exams/registrations/{seat}/change",
        "door": f"/exams/door/{seat}/",
        "export_exam_candidates": f"/exams/office/sittings/{door.sitting.uuid}/list/",
    }
    sitting, own = f"/api/v1/sittings/{door.sitting.uuid}", f"/api/v1/registrations/{seat}"
    wanted = {"sitting": str(door.sitting.uuid)}
    return {
        **{name: partial(Client.post, path=path) for name, path in pages.items()},
        "api-v1:sitting_eligibility": partial(Client.get, path=f"{sitting}/eligibility"),
        "api-v1:create_registration": partial(Client.post, path=f"{sitting}/registrations"),
        "api-v1:delete_registration": partial(Client.delete, path=own),
        "api-v1:change": partial(Client.post, path=f"{own}/change", data=wanted, content_type="application/json"),
        "api-v1:create_place": partial(Client.post, path=f"{sitting}/waiting"),
        "api-v1:delete_place": partial(Client.delete, path=f"/api/v1/waiting/{place}"),
    }


def test_every_route_of_the_gate_leaves_its_name(door: Door) -> None:
    asked = gate_routes(door)

    told = []
    for number, ask in enumerate(asked.values()):
        person = make_person(f"asker{number}", Role.LEARNER)
        client = Client(raise_request_exception=False)
        client.force_login(person)
        with dead_valkey():
            assert ask(client).status_code == 503
        told.append(Event.objects.get(verb="gate.unavailable", by=person).detail["route"])

    assert told == list(asked)
    assert set(told) == GATE
    assert Event.objects.filter(verb="gate.unavailable").count() == 13


def test_an_app_is_known_by_its_token(door: Door) -> None:
    token = door.client.session.session_key
    app = Client(raise_request_exception=False)
    asks = f"/api/v1/sittings/{door.sitting.uuid}/eligibility"

    with dead_valkey():
        answer = app.get(asks, headers={"X-Session-Token": token})

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    told = Event.objects.get(verb="gate.unavailable")
    assert (told.by, told.detail["route"]) == (door.ground.alice, "api-v1:sitting_eligibility")


def test_who_asks_something_else_leaves_nothing_and_who_is_not_known_neither(door: Door) -> None:
    stranger = Client(raise_request_exception=False)
    stranger.cookies["sessionid"] = "nobody's"
    asks = f"/api/v1/sittings/{door.sitting.uuid}/eligibility"

    with dead_valkey():
        elsewhere = [door.client.get("/exams/"), door.client.get("/api/v1/sittings"), door.client.get("/me/")]
        unknown = [stranger.get(f"/exams/{door.sitting.uuid}/"), stranger.get(asks)]

    assert [each.status_code for each in elsewhere] == [503, 503, 503]
    assert {each.status_code for each in unknown} <= {302, 401, 503}
    assert not Event.objects.filter(verb="gate.unavailable").exists()


def test_a_login_that_is_over_leaves_nothing(door: Door) -> None:
    User.objects.filter(pk=door.ground.alice.pk).update(is_active=False)

    with dead_valkey():
        door.page()

    assert not Event.objects.filter(verb="gate.unavailable").exists()


def test_a_minute_later_it_is_on_record_again(door: Door) -> None:
    by, at = door.ground.alice, datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    seconds = (0, 59, 60, 61, 119, 120)

    written = [
        note_unavailable(by=by, at=at + timedelta(seconds=each), away="valkey", route="door") for each in seconds
    ]

    assert written == [True, False, True, False, False, True]


def test_without_valkey_and_database_there_is_the_answer_and_the_line_in_the_log(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(*asked: Any) -> None:
        raise OperationalError("the database is gone")

    with dead_valkey(), patch("lms.wiring.middleware.persons_of", gone), caplog.at_level(logging.ERROR):
        answer = door.page()

    assert (answer.status_code, answer["Retry-After"]) == (503, "15")
    assert "who asked the gate could not be put on record" in caplog.text
    assert not Event.objects.filter(verb="gate.unavailable").exists()


@contextmanager
def dead_valkey() -> Iterator[None]:
    caches = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": DEAD_VALKEY}}

    def refused(*given: Any, **more: Any) -> None:
        raise OSError("connection refused")

    with override_settings(CACHES=caches), patch("celery.Celery.send_task", refused):
        yield


@pytest.mark.django_db(transaction=True)
def test_who_has_to_wait_too_long_for_a_lock_gets_no_seat() -> None:
    door = make_door(make_ground())
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")

    with holding_the_sitting(door.sitting):
        with pytest.raises(GateFailed, match="OperationalError"):
            door.register()
        page, answer = door.page(), door.api()

    assert page.status_code in FAILED_STATUS
    assert answer.status_code in FAILED_STATUS
    assert Registration.objects.count() == 0
    assert Event.objects.filter(verb="registration.failed").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("face", ["register", "page", "api"])
def test_a_connection_that_is_lost_in_the_middle_books_nothing(face: str) -> None:
    door = make_door(make_ground())

    def lost(*asked: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with patch("lms.exams.queries.verdicts.candidates_of", lost):
        if face == "register":
            with pytest.raises(GateFailed):
                door.register()
        else:
            assert getattr(door, face)().status_code in FAILED_STATUS

    connection.close()
    assert Registration.objects.count() == 0
    assert [each.detail for each in Event.objects.filter(verb="registration.failed")] == [
        {"failure": "OperationalError"}
    ]


@contextmanager
def holding_the_sitting(sitting: Sitting) -> "Iterator[psycopg.Connection[Any]]":
    with owner_connection(str(connection.settings_dict["NAME"])) as other, other.transaction():
        other.execute("SELECT 1 FROM exams_sitting WHERE id = %s FOR UPDATE", [sitting.pk])
        yield other
