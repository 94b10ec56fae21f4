"""What the page of a sitting says to who waits, changes, lost a seat, or met a gate that failed."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from lms.accounts.models import User
from lms.enrollments.actions import withdraw_enrollment
from lms.enrollments.models import Enrollment
from lms.exams.actions import (
    cancel_registration,
    cancel_sitting,
    join_waiting,
    register,
    registering,
    seat_waiting,
)
from lms.exams.actions.holding import doubt_learner, look_again
from lms.exams.models import Registration, Sitting, WaitingPlace
from lms.exams.views import seats, sittings
from tests.integration.exams.builders import (
    EXAM,
    NOON,
    Ground,
    classmate,
    finish,
    make_ground,
    make_version,
    publish,
)
from tests.integration.exams.test_pages import queries_of

SOON = NOON + timedelta(seconds=30)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(sittings.datetime):  # type: ignore[name-defined,misc]
        @classmethod
        def now(cls, tz: object = None) -> object:
            return NOON

    monkeypatch.setattr(sittings, "datetime", Clock)
    monkeypatch.setattr(seats, "datetime", Clock)


@pytest.fixture
def client() -> Client:
    """Who reads English."""
    made = Client()
    made.cookies["django_language"] = "en"
    return made


@pytest.fixture
def ground(db: None) -> Ground:
    """One seat; everybody here has the hours."""
    made = make_ground(capacity=1)
    finish(made)
    return made


@pytest.fixture
def ben(ground: Ground) -> User:
    return classmate(ground, "ben", 11)


@pytest.fixture
def other(ground: Ground) -> Sitting:
    room = ground.sitting.room
    return publish(ground.edda, ground.vera, room, ground.version, capacity=1, starts_at=EXAM + timedelta(days=1))


def page_of(client: Client, person: User, sitting: Sitting) -> Any:
    client.force_login(person)
    return client.get(f"/exams/{sitting.uuid}/")


def take(ground: Ground, person: User, sitting: Sitting | None = None) -> Registration:
    return register(by=person, at=NOON, uuid=uuid4(), sitting=sitting or ground.sitting)


def test_a_full_sitting_offers_to_wait_and_the_form_gives_one_place(ground: Ground, ben: User, client: Client) -> None:
    take(ground, ground.alice)
    page = page_of(client, ben, ground.sitting)
    place = page.context["wait_form"].initial["place"]
    assert "Nobody waits before you." in page.content.decode()

    answers = [client.post(f"/exams/{ground.sitting.uuid}/waiting", {"place": place}) for _ in range(2)]

    assert [each.status_code for each in answers] == [302, 302]
    assert WaitingPlace.objects.get().uuid == place
    waiting = page_of(client, ben, ground.sitting)
    assert waiting.context["waiting"]["ahead"] == 0
    assert "You wait for a seat" in waiting.content.decode()
    listed = client.get("/exams/").context
    assert ([each["ahead"] for each in listed["places"]], listed["sittings"]) == ([0], [])


def test_a_moment_in_english_has_24_hours_and_its_sentence_one_full_stop(ground: Ground, client: Client) -> None:
    take(ground, ground.alice)

    seen = page_of(client, ground.alice, ground.sitting).content.decode()

    assert "Registered on March 2, 2026, 12:00. Bring your identity card." in seen
    assert "a.m." not in seen


def test_nothing_is_offered_to_who_lacks_something_else(ground: Ground, client: Client) -> None:
    take(ground, ground.alice)
    page = page_of(client, ground.charlie, ground.sitting)

    refused = client.post(f"/exams/{ground.sitting.uuid}/waiting", {"place": uuid4()})

    assert ("wait_form" in page.context, refused.status_code, WaitingPlace.objects.count()) == (False, 409, 0)
    assert refused.content.decode().count('data-code="no_enrollment"') == 1


def test_while_a_seat_is_free_nobody_is_made_to_wait(ground: Ground, ben: User, client: Client) -> None:
    client.force_login(ben)

    answer = client.post(f"/exams/{ground.sitting.uuid}/waiting", {"place": uuid4()}, follow=True)

    assert "A seat is free; you need not wait for it." in answer.content.decode()
    assert WaitingPlace.objects.count() == 0


@pytest.mark.parametrize("posted", [{}, {"place": ""}, {"place": "no-uuid"}])
def test_a_form_without_a_good_uuid_gives_no_place(
    ground: Ground, ben: User, client: Client, posted: dict[str, str]
) -> None:
    take(ground, ground.alice)
    client.force_login(ben)

    assert client.post(f"/exams/{ground.sitting.uuid}/waiting", posted).status_code == 400
    assert WaitingPlace.objects.count() == 0


def test_who_waits_leaves_and_a_stranger_finds_nothing(ground: Ground, ben: User, client: Client) -> None:
    take(ground, ground.alice)
    place = join_waiting(by=ben, at=NOON, uuid=uuid4(), sitting=ground.sitting)
    leave = page_of(client, ben, ground.sitting).context["waiting"]["leave_url"]

    client.force_login(ground.alice)
    assert client.post(leave).status_code == 404
    client.force_login(ben)
    assert (client.get(leave).status_code, client.post(leave).status_code) == (405, 302)

    place.refresh_from_db()
    assert place.state == "left"
    assert "wait_form" in page_of(client, ben, ground.sitting).context


def test_who_got_a_seat_from_the_list_is_told_so(ground: Ground, ben: User, client: Client) -> None:
    seat = take(ground, ground.alice)
    place = join_waiting(by=ben, at=NOON, uuid=uuid4(), sitting=ground.sitting)
    cancel_registration(by=ground.alice, at=NOON, registration=seat)
    seat_waiting(clock=lambda: NOON)

    page = page_of(client, ben, ground.sitting)

    assert page.context["registration"]["is_from_the_list"] is True
    assert "You waited for it" in page.content.decode()
    # Too late to leave: the seat is given back instead.
    answer = client.post(f"/exams/waiting/{place.uuid}/leave", follow=True)
    assert "You have been given a seat meanwhile" in answer.content.decode()
    assert Registration.objects.get(learner=ben).state == "booked"


def test_who_was_passed_over_reads_every_reason(ground: Ground, ben: User, client: Client) -> None:
    seat = take(ground, ground.alice)
    join_waiting(by=ben, at=NOON, uuid=uuid4(), sitting=ground.sitting)
    withdraw_enrollment(by=ground.bob, at=NOON, enrollment=Enrollment.objects.get(learner=ben))
    cancel_registration(by=ground.alice, at=NOON, registration=seat)
    seat_waiting(clock=lambda: SOON)

    page = page_of(client, ben, ground.sitting)

    assert [each["code"] for each in page.context["not_seated"]["reasons"]] == ["no_enrollment"]
    assert "A seat came free, but something was missing" in page.content.decode()
    # Said once: what is missing now is what was missing then.
    assert page.content.decode().count('data-code="no_enrollment"') == 1
    assert "The same is still missing." in page.content.decode()


def test_a_seat_is_changed_with_one_tap(ground: Ground, other: Sitting, client: Client) -> None:
    seat = take(ground, ground.alice)
    (offered,) = page_of(client, ground.alice, ground.sitting).context["others"]
    form = offered["change"]["form"].initial

    answers = [client.post(offered["change"]["url"], form) for _ in range(2)]

    assert [each["Location"] for each in answers] == [f"/exams/{other.uuid}/"] * 2
    assert Registration.objects.get(state="booked").sitting == other
    assert Registration.objects.get(pk=seat.pk).state == "cancelled"
    page = page_of(client, ground.alice, ground.sitting)
    assert page.context["given_up"]["given_for"]["url"] == f"/exams/{other.uuid}/"


def test_a_refused_change_says_why_and_the_seat_stays(
    ground: Ground, ben: User, other: Sitting, client: Client
) -> None:
    take(ground, ground.alice)
    (offered,) = page_of(client, ground.alice, ground.sitting).context["others"]
    take(ground, ben, other)

    page = client.post(offered["change"]["url"], offered["change"]["form"].initial)

    assert page.status_code == 409
    assert [each["code"] for each in page.context["not_changed"]["unmet"]] == ["full"]
    assert "Not changed: you keep your seat here" in page.content.decode()
    assert Registration.objects.get(learner=ground.alice).state == "booked"


@pytest.mark.parametrize("who", ["charlie", "edda", "bob"])
def test_the_seat_of_another_is_not_found(ground: Ground, other: Sitting, client: Client, who: str) -> None:
    seat = take(ground, ground.alice)
    client.force_login(getattr(ground, who))

    answer = client.post(f"/exams/registrations/{seat.uuid}/change", {"sitting": other.uuid, "registration": uuid4()})

    assert (answer.status_code, Registration.objects.get().state) == (404, "booked")


def test_a_change_to_a_sitting_that_there_is_not_is_not_found(ground: Ground, client: Client) -> None:
    seat = take(ground, ground.alice)
    client.force_login(ground.alice)
    change = f"/exams/registrations/{seat.uuid}/change"

    assert client.post(change, {"sitting": uuid4(), "registration": uuid4()}).status_code == 404
    assert client.post(change, {"sitting": "x", "registration": uuid4()}).status_code == 400
    assert client.post(change, {"sitting": ground.sitting.uuid, "registration": uuid4()}).status_code == 302
    assert Registration.objects.get().state == "booked"


def test_a_seat_elsewhere_is_led_to_and_can_be_changed_from_here(
    ground: Ground, other: Sitting, client: Client
) -> None:
    take(ground, ground.alice)

    page = page_of(client, ground.alice, other)

    assert [each["code"] for each in page.context["eligibility"]["unmet"]] == ["registered_elsewhere"]
    assert page.context["elsewhere"]["url"] == f"/exams/{ground.sitting.uuid}/"
    change = page.context["elsewhere"]["change"]
    assert client.post(change["url"], change["form"].initial)["Location"] == f"/exams/{other.uuid}/"


def test_a_cancelled_sitting_says_why_and_what_else_there_is(ground: Ground, other: Sitting, client: Client) -> None:
    take(ground, ground.alice)
    cancel_sitting(by=ground.edda, at=NOON, sitting=ground.sitting, reason="考场停电")
    look_again(clock=lambda: SOON)

    page = page_of(client, ground.alice, ground.sitting)

    assert page.context["cancelled"]["reason"] == "考场停电"
    assert "Your seat here ended with it." in page.content.decode()
    assert [each["url"] for each in page.context["others"]] == [f"/exams/{other.uuid}/"]
    listed = client.get("/exams/").context["sittings"]
    assert [each["state"] for each in listed] == ["cancelled", "open"]
    refused = client.post(f"/exams/{ground.sitting.uuid}/", {"registration": uuid4()})
    assert (refused.status_code, 'data-code="sitting_cancelled"' in refused.content.decode()) == (409, True)


def test_a_seat_in_doubt_says_so_and_shows_no_ticket(ground: Ground, client: Client) -> None:
    take(ground, ground.alice)
    assert page_of(client, ground.alice, ground.sitting).context["registration"]["ticket_url"].endswith("/ticket.pdf")
    doubt_learner(at=NOON, learner_id=ground.alice.pk)

    page = page_of(client, ground.alice, ground.sitting)

    assert (page.context["registration"]["ticket_url"], page.context["registration"]["is_in_doubt"]) == (None, True)
    assert "being looked at again" in page.content.decode()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Nothing was decided against you"), ("zh-hans", "没有作出任何不利于您的决定")],
)
def test_a_gate_that_fails_decides_nothing_and_says_so(
    ground: Ground, client: Client, monkeypatch: pytest.MonkeyPatch, language: str, sentence: str
) -> None:
    client.force_login(ground.alice)
    client.cookies["django_language"] = language
    monkeypatch.setattr(registering, "eligibility", lambda *given: {}["gone"])

    answer = client.post(f"/exams/{ground.sitting.uuid}/", {"registration": uuid4()})

    assert (answer.status_code, answer["Retry-After"], Registration.objects.count()) == (503, "30", 0)
    assert sentence in answer.content.decode()


def test_the_list_shows_ones_own_training_first_and_all_when_asked(ground: Ground, client: Client) -> None:
    starts_at = EXAM + timedelta(days=2)
    publish(ground.edda, ground.vera, ground.sitting.room, make_version("welding"), capacity=1, starts_at=starts_at)
    client.force_login(ground.alice)

    assert len(client.get("/exams/").context["sittings"]) == 1
    assert len(client.get("/exams/?show=all").context["sittings"]) == 2
    # Who is in no training has nothing of their own to be shown first.
    client.force_login(ground.charlie)
    assert len(client.get("/exams/").context["sittings"]) == 2


def test_the_page_of_a_seat_costs_the_same_however_many_wait_and_however_much_else_there_is(
    ground: Ground, ben: User, client: Client
) -> None:
    take(ground, ground.alice)
    join_waiting(by=ben, at=NOON, uuid=uuid4(), sitting=ground.sitting)
    publish_more(ground, 1)
    pages = ["/exams/", f"/exams/{ground.sitting.uuid}/"]
    before = []
    for person in (ground.alice, ben):
        client.force_login(person)
        client.get(pages[0])
        before += [queries_of(client, page) for page in pages]
    for serial in range(20, 24):
        join_waiting(by=classmate(ground, f"p{serial}", serial), at=NOON, uuid=uuid4(), sitting=ground.sitting)
    publish_more(ground, 9)

    after = []
    for person in (ground.alice, ben):
        client.force_login(person)
        after += [queries_of(client, page) for page in pages]
    assert after == before


def publish_more(ground: Ground, number: int) -> None:
    """Sittings of the same syllabus with seats, after all that there are."""
    last = Sitting.objects.latest("starts_at").starts_at
    for day in range(1, number + 1):
        starts_at = last + timedelta(days=day)
        publish(ground.edda, ground.vera, ground.sitting.room, ground.version, capacity=3, starts_at=starts_at)
