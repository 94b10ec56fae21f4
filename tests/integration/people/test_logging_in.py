"""Coming in: by address or phone, one answer for every failure, through one door."""

import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from lms.accounts.actions import create_person, grant_role, suspend
from lms.accounts.models import User
from lms.accounts.queries import password_path
from lms.accounts.tasks import forget_expired
from lms.audit.models import Event
from tests.integration.people.made_up import AT, PASSWORD

LOGIN = "/accounts/login/"
NEW = "another made-up password"
FAILED = "The name or the password is wrong, or this account is closed."


@pytest.fixture
def visitor() -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    return client


def log_in(client: Client, name: str, password: str = PASSWORD) -> Any:
    return client.post(LOGIN, {"login": name, "password": password})


@pytest.mark.parametrize(
    "name", ["wang@people.test", "Wang@People.Test", "13900000001", "+86 139 0000 0001", " 139-0000-0001 "]
)
def test_a_person_logs_in_by_address_or_phone(visitor: Client, wang: User, name: str) -> None:
    answer = log_in(visitor, name)

    assert answer.status_code == 302
    assert visitor.session["_auth_user_id"] == str(wang.pk)


@pytest.mark.parametrize(
    ("label", "name", "password"),
    [
        ("wrong password, by address", "wang@people.test", "not the password"),
        ("wrong password, by phone", "13900000001", "not the password"),
        ("unknown address", "nobody@people.test", PASSWORD),
        ("unknown phone", "13900000009", PASSWORD),
        ("neither", "wang", PASSWORD),
        ("suspended, right password", "13900000002", PASSWORD),
    ],
)
def test_every_failure_gets_the_same_answer(
    visitor: Client, wang: User, chen: User, label: str, name: str, password: str
) -> None:
    suspend(by=None, at=AT, person=chen, reason="left")

    answer = log_in(visitor, name, password)

    assert answer.status_code == 200
    assert [str(error) for error in answer.context["form"].non_field_errors()] == [
        FAILED + " Ask your training institution for help."
    ]
    assert "_auth_user_id" not in visitor.session


def test_a_class_behind_one_address_logs_in_at_once(db: None) -> None:
    for number in range(26):
        create_person(by=None, at=AT, email=f"w{number}@people.test", password=PASSWORD)

    answers = [log_in(Client(), f"w{number}@people.test").status_code for number in range(26)]

    assert answers == [302] * 26


def test_guessing_at_one_phone_locks_that_phone_and_no_other(visitor: Client, wang: User, chen: User) -> None:
    for spelling in ["13900000001", "139 0000 0001"] * 5:
        log_in(visitor, spelling, "not the password")

    assert log_in(visitor, "+8613900000001").status_code == 200
    assert log_in(Client(), "13900000002").status_code == 302


def test_a_suspension_ends_the_sessions_of_a_person(visitor: Client, wang: User) -> None:
    log_in(visitor, "13900000001")
    assert visitor.get("/me/").status_code == 200

    suspend(by=None, at=AT, person=wang, reason="left")

    assert visitor.get("/me/").status_code == 302


def headless(client: Client, path: str, body: dict[str, str] | None = None, **headers: str) -> Any:
    url = f"/_allauth/app/v1/{path}"
    if body is None:
        return client.get(url, headers=headers)
    return client.post(url, json.dumps(body), content_type="application/json", headers=headers)


@pytest.mark.parametrize("name", [{"email": "wang@people.test"}, {"phone": "+8613900000001"}])
def test_an_app_gets_a_session_token_that_works(visitor: Client, wang: User, name: dict[str, str]) -> None:
    answer = headless(visitor, "auth/login", {**name, "password": PASSWORD})
    assert answer.status_code == 200
    token = answer.json()["meta"]["session_token"]

    session = headless(Client(), "auth/session", **{"x-session-token": token})

    assert session.status_code == 200
    assert session.json()["data"]["user"]["email"] == "wang@people.test"
    assert headless(Client(), "auth/session").status_code == 401


def test_an_apps_token_dies_with_a_suspension(visitor: Client, wang: User) -> None:
    answer = headless(visitor, "auth/login", {"phone": "+8613900000001", "password": PASSWORD})
    token = answer.json()["meta"]["session_token"]

    suspend(by=None, at=AT, person=wang, reason="left")

    assert headless(Client(), "auth/session", **{"x-session-token": token}).status_code in {401, 410}


def test_an_app_hears_the_same_of_a_suspended_and_of_an_unknown_phone(visitor: Client, chen: User) -> None:
    suspend(by=None, at=AT, person=chen, reason="left")

    answers = [
        headless(visitor, "auth/login", {"phone": phone, "password": PASSWORD})
        for phone in ("+8613900000002", "+8613900000009")
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json() == answers[1].json()


def test_nobody_signs_up(visitor: Client, db: None) -> None:
    body = {"email": "new@people.test", "password": PASSWORD}

    page = visitor.post("/accounts/signup/", {**body, "password1": PASSWORD, "password2": PASSWORD})

    assert b"No self-registration" in page.content
    assert headless(visitor, "auth/signup", body).status_code == 403
    assert not User.objects.exists()


@pytest.mark.parametrize("path", ["/admin/login/?next=/admin/", "/django-admin/login/?next=/admin/"])
def test_the_admins_have_no_door_of_their_own(visitor: Client, ada: User, path: str) -> None:
    answer = visitor.post(path, {"username": "ada@people.test", "password": PASSWORD})

    assert answer.status_code == 302
    assert answer.headers["location"] == "/accounts/login/?next=/admin/"
    assert "_auth_user_id" not in visitor.session


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/email/",
        "/accounts/password/set/",
        "/_allauth/app/v1/account/email",
        "/_allauth/app/v1/account/phone",
        "/_allauth/browser/v1/account/email",
        "/_allauth/browser/v1/account/phone",
    ],
)
def test_people_do_not_change_their_contacts_past_the_actions(visitor: Client, wang: User, path: str) -> None:
    visitor.force_login(wang)

    assert visitor.post(path, {"email": "new@people.test", "phone": "+8613900000008"}).status_code == 403
    wang.refresh_from_db()
    assert (wang.email, wang.phone) == ("wang@people.test", "+8613900000001")


def test_a_changed_password_is_in_the_log(visitor: Client, wang: User) -> None:
    log_in(visitor, "13900000001")
    new = "another made-up password"

    visitor.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}, follow=False
    )

    wang.refresh_from_db()
    assert wang.check_password(new)
    assert Event.objects.get(verb="person.password_changed").by == wang


def devices(*names: str) -> list[Client]:
    """Browsers in which these people have logged in."""
    clients = [Client() for _ in names]
    for client, name in zip(clients, names, strict=True):
        assert log_in(client, name).status_code == 302
    return clients


def is_inside(client: Client) -> bool:
    return bool(client.get("/me/").status_code == 200)


def kept(person: User) -> tuple[list[str], list[str]]:
    """The keys of the person's logins as allauth lists them, and as there are sessions of them."""
    noted = set(UserSession.objects.filter(user=person).values_list("session_key", flat=True))
    there = [each.pk for each in Session.objects.all() if each.get_decoded().get("_auth_user_id") == str(person.pk)]
    return sorted(noted), sorted(there)


def test_a_changed_password_ends_every_login_but_the_one_that_changed_it(wang: User, chen: User) -> None:
    here, phone, tablet, of_chen = devices("13900000001", "wang@people.test", "13900000001", "13900000002")

    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    own = [here.session.session_key]
    assert kept(wang) == (own, own)
    assert [is_inside(each) for each in (here, phone, tablet, of_chen)] == [True, False, False, True]
    assert Event.objects.get(verb="person.password_changed").detail == {"logins_ended": 2}


def test_a_password_that_was_reset_ends_every_login(wang: User) -> None:
    [phone] = devices("13900000001")
    visitor = Client()
    wang.refresh_from_db()  # a login voids letters that were sent before it
    form = visitor.get(password_path(wang), follow=True).redirect_chain[-1][0]

    visitor.post(form, {"password1": NEW, "password2": NEW})

    assert log_in(Client(), "13900000001", NEW).status_code == 302
    assert not is_inside(phone)
    assert phone.session.session_key not in kept(wang)[0]
    assert Event.objects.get(verb="person.password_changed").detail == {"logins_ended": 1}


def test_who_resets_it_in_a_browser_that_is_logged_in_is_logged_out_there_too(wang: User) -> None:
    [here] = devices("13900000001")
    wang.refresh_from_db()
    form = here.get(password_path(wang), follow=True).redirect_chain[-1][0]

    assert here.post(form, {"password1": NEW, "password2": NEW}).status_code == 302
    assert not is_inside(here)
    assert kept(wang)[1] == []


def test_an_app_that_sets_the_first_password_ends_the_other_logins(chen: User) -> None:
    """Who came in by a code in a text has none."""
    devices("13900000002")
    chen.set_unusable_password()
    chen.save()
    app = Client()
    app.force_login(chen)
    token = str(app.session.session_key)

    answer = headless(Client(), "account/password/change", {"new_password": NEW}, **{"x-session-token": token})

    chen.refresh_from_db()
    assert chen.check_password(NEW), answer.content
    noted, there = kept(chen)
    assert noted == there and len(there) == 1
    assert Event.objects.get(verb="person.password_changed").detail == {"logins_ended": 1}


def test_at_night_expired_logins_leave_nothing_behind(wang: User, chen: User) -> None:
    over, going_on, logged_out, begins = devices("13900000001", "13900000001", "13900000002", "13900000002")
    Session.objects.filter(pk=over.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))
    Session.objects.filter(pk__in=[logged_out.session.session_key, begins.session.session_key]).delete()
    young = UserSession.objects.filter(session_key=begins.cookies["sessionid"].value)
    UserSession.objects.exclude(pk__in=young).update(created_at=timezone.now() - timedelta(days=2))

    assert forget_expired() == 3
    assert forget_expired() == 0

    own = [going_on.session.session_key]
    assert kept(wang) == (own, own)
    assert list(UserSession.objects.filter(user=chen)) == list(young)
    assert is_inside(going_on)


def test_my_page_shows_my_number_masked(visitor: Client, wang: User) -> None:
    visitor.force_login(wang)

    page = visitor.get("/me/").content.decode()

    assert "999***********0016" in page
    assert "999999199001010016" not in page
    assert "王小明" in page


def test_my_page_asks_a_visitor_to_log_in(visitor: Client, db: None) -> None:
    answer = visitor.get("/me/")

    assert answer.status_code == 302
    assert answer.headers["location"] == "/accounts/login/?next=/me/"


@pytest.mark.parametrize(
    ("role", "status"),
    [("institution", 200), ("reviewer", 200), ("administrator", 200), ("learner", 302), ("teacher", 302)],
)
def test_who_enters_the_content_administration(visitor: Client, db: None, role: str, status: int) -> None:
    person = create_person(by=None, at=AT, email="p@people.test", real_name="P", roles=[role])
    visitor.force_login(person)

    assert visitor.get("/admin/").status_code == status


def test_a_learner_at_the_content_administration_is_not_sent_in_circles(visitor: Client, wang: User) -> None:
    visitor.force_login(wang)

    answer = visitor.get("/admin/", follow=True)

    assert answer.status_code in {200, 403}
    assert len(answer.redirect_chain) < 4


def test_not_even_an_administrator_edits_people_in_an_admin(visitor: Client, ada: User, wang: User) -> None:
    visitor.force_login(ada)

    for path in ("/admin/users/", "/admin/users/add/", f"/admin/users/edit/{wang.pk}/", "/admin/groups/"):
        assert visitor.get(path).status_code in {302, 403, 404}, path
    assert visitor.get("/admin/account/").headers["location"] == "/me/"
    assert b"accounts/user" not in visitor.get("/django-admin/").content
    assert b"/admin/users/" not in visitor.get("/admin/").content


def test_django_admin_opens_for_administrators_only(visitor: Client, ada: User, wang: User) -> None:
    grant_role(by=None, at=AT, person=wang, role="institution")
    visitor.force_login(wang)
    assert visitor.get("/django-admin/").status_code == 302

    visitor.force_login(ada)

    assert visitor.get("/django-admin/").status_code == 200


def test_chinese_comes_first_and_english_by_the_switch(wang: User) -> None:
    client = Client()
    client.force_login(wang)
    assert 'lang="zh-Hans"' in client.get("/me/").content.decode()

    client.post("/i18n/setlang/", {"language": "en", "next": "/me/"})

    assert 'lang="en"' in client.get("/me/").content.decode()
