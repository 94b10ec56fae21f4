"""From a list of participants to a learner who is in: by a link in a letter, or by a code on the phone."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from lms.accounts.actions import grant_role, suspend
from lms.accounts.models import User
from lms.audit.models import Event
from lms.enrollments.actions import add_participant, run_import
from lms.enrollments.models import RosterImport
from lms.enrollments.views import imports, places
from lms.letters.models import Letter
from tests.integration.enrollments.lists import csv, number
from tests.integration.exams.builders import NOON, Ground, made_up_number
from tests.integration.letters.post import delivered, link_in

NEW = "a long new password"
LEARNER = "li@example.test"


@pytest.fixture(autouse=True)
def _in_march(monkeypatch: pytest.MonkeyPatch) -> None:
    """The class runs in 2026; pages ask the clock."""
    for module in (places, imports):
        monkeypatch.setattr(module, "now", lambda: NOON)


@pytest.fixture
def texts(settings: Any, tmp_path: Path) -> Path:
    settings.SMS_FILE_PATH = tmp_path / "texts"
    return tmp_path / "texts"


def imported(ground: Ground, *rows: list[str]) -> None:
    """Bob uploads the list, looks at it and confirms; a worker imports it."""
    staff = Client()
    staff.force_login(ground.bob)
    upload = SimpleUploadedFile("名单.csv", csv(*rows))
    address = reverse("upload_roster", args=[ground.training_class.uuid])
    preview = staff.post(address, {"uuid": uuid4(), "file": upload}, follow=True)
    staff.post(preview.context["confirm_url"])
    run_import(clock=lambda: NOON, uuid=RosterImport.objects.get().uuid)


def with_mail(serial: int = 1, email: str = LEARNER) -> list[str]:
    return ["李四", number(serial), "", email]


def with_phone(serial: int = 2) -> list[str]:
    return ["王五", number(serial), "13900000002", ""]


def choose(visitor: Client, link: str, password: str = NEW) -> Any:
    """Open the link and choose a password, as a browser does."""
    page = visitor.get(link, follow=True)
    return visitor.post(page.redirect_chain[-1][0], {"password1": password, "password2": password}, follow=True)


def asked_for_code(visitor: Client, phone: str) -> Any:
    return visitor.post(reverse("account_request_login_code"), {"phone": phone}, follow=True)


def code_in(folder: Path) -> str:
    (path,) = folder.iterdir()
    phone, text = path.read_text(encoding="utf-8").splitlines()
    assert phone == "+8613900000002"
    return next(word for word in text.replace(",", " ").replace("，", " ").split() if word.isdigit() and len(word) == 6)


def test_who_has_an_address_comes_in_by_the_link_in_the_letter(ground: Ground) -> None:
    imported(ground, with_mail())

    letter = delivered()[LEARNER]
    visitor = Client()
    choose(visitor, link_in(letter, "/accounts/password/reset/key/"))
    came_in = visitor.post("/accounts/login/", {"login": LEARNER, "password": NEW})
    home = visitor.get("/")

    assert came_in.status_code == 302
    assert ground.training_class.title in home.text
    assert Event.objects.filter(verb="person.password_changed", by=User.objects.get(email=LEARNER)).count() == 1


def test_the_letter_says_who_entered_them_where_in_both_languages(ground: Ground) -> None:
    imported(ground, with_mail())

    letter = delivered()[LEARNER]
    chinese, english = str(letter.body).split("-" * 40)

    title = ground.training_class.title
    assert f"安技校 已将您编入培训班“{title}”" in chinese
    assert f"School entered you in the training class {title}" in english
    assert "7 天内有效" in chinese
    assert "for 7 days" in english
    assert "如果弄错了" in chinese
    assert "Is this a mistake?" in english
    assert letter.subject == f"您已进入培训班：{title}，请设置密码 / You are in the class {title}: choose a password"
    assert "李四" not in letter.subject + str(letter.body)
    assert number(1) not in str(letter.body)


def test_a_link_is_good_once(ground: Ground) -> None:
    imported(ground, with_mail())
    link = link_in(delivered()[LEARNER], "/accounts/password/reset/key/")
    choose(Client(), link)

    again = Client().get(link)

    assert again.status_code == 200
    assert again.context["token_fail"] is True


def test_a_link_that_is_too_old_leads_to_a_new_one(ground: Ground, settings: Any) -> None:
    imported(ground, with_mail())
    link = link_in(delivered()[LEARNER], "/accounts/password/reset/key/")
    settings.PASSWORD_RESET_TIMEOUT = -1

    page = Client().get(link)
    settings.PASSWORD_RESET_TIMEOUT = 600
    mail.outbox.clear()
    visitor = Client()
    visitor.post("/accounts/password/reset/", {"email": LEARNER})
    (asked,) = mail.outbox
    address = next(word for word in str(asked.body).split() if "/accounts/password/reset/key/" in word)
    choose(visitor, address.removeprefix("http://testserver"))

    assert page.context["token_fail"] is True
    assert "/accounts/password/reset/" in page.text
    assert asked.subject == "[学时 Xueshi] 设置新密码 / Choose a new password"
    assert str(asked.body).count(address) == 2
    assert User.objects.get(email=LEARNER).check_password(NEW)


def test_who_has_a_password_already_is_sent_to_the_login_and_gets_no_key(ground: Ground) -> None:
    known = User.objects.get(pk=ground.charlie.pk)
    known.set_password(NEW)
    known.save()

    add_participant(
        by=ground.bob,
        at=NOON,
        uuid=uuid4(),
        training_class=ground.training_class,
        name="Charlie",
        identity_number=made_up_number(2),
        phone="",
        email="charlie@example.test",
    )

    letter = delivered()["charlie@example.test"]
    assert "/accounts/password/reset/key/" not in str(letter.body)
    assert "https://hours.example.test/\n" in str(letter.body)


def test_staff_sees_no_key_and_no_code_anywhere(ground: Ground) -> None:
    imported(ground, with_mail())
    letter = delivered()[LEARNER]
    key = link_in(letter, "/accounts/password/reset/key/").split("/")[-2]
    staff = Client()
    staff.force_login(ground.bob)

    page = staff.get(reverse("class", args=[ground.training_class.uuid]))

    assert page.status_code == 200
    assert key not in page.text
    assert key not in repr(list(Letter.objects.values())) + repr(list(Event.objects.values()))


def test_who_has_a_phone_alone_gets_no_letter_and_comes_in_by_a_code(ground: Ground, texts: Path) -> None:
    imported(ground, with_phone())
    visitor = Client()

    page = asked_for_code(visitor, "139 0000 0002")
    came_in = visitor.post(page.redirect_chain[-1][0], {"code": code_in(texts)}, follow=True)

    learner = User.objects.get(phone="+8613900000002")
    assert Letter.objects.filter(to=learner).count() == 0
    assert visitor.session["_auth_user_id"] == str(learner.pk)
    assert ground.training_class.title in came_in.text
    assert learner.phone_verified
    assert Event.objects.get(verb="person.phone_verified").by == learner


def test_three_wrong_codes_end_it(ground: Ground, texts: Path) -> None:
    imported(ground, with_phone())
    visitor = Client()
    confirm = asked_for_code(visitor, "13900000002").redirect_chain[-1][0]
    right = code_in(texts)
    wrong = "000000" if right != "000000" else "111111"

    for _guess in range(3):
        visitor.post(confirm, {"code": wrong})
    visitor.post(confirm, {"code": right})

    assert "_auth_user_id" not in visitor.session


def test_a_fourth_code_within_ten_minutes_is_not_sent(ground: Ground, texts: Path) -> None:
    imported(ground, with_phone())

    for _turn in range(4):
        asked_for_code(Client(), "13900000002")

    assert len(list(texts.iterdir())) == 3


@pytest.mark.parametrize("who", ["unknown", "suspended", "staff"])
def test_a_code_goes_to_active_learners_alone_and_the_page_says_the_same(ground: Ground, texts: Path, who: str) -> None:
    imported(ground, with_phone())
    learner = User.objects.get(phone="+8613900000002")
    phone = "13900000002" if who != "unknown" else "13900000009"
    if who == "suspended":
        suspend(by=None, at=NOON, person=learner, reason="left")
    elif who == "staff":
        grant_role(by=None, at=NOON, person=learner, role="institution")

    page = asked_for_code(Client(), phone)

    assert not texts.exists()
    assert page.status_code == 200
    assert page.redirect_chain[-1][0] == reverse("account_confirm_login_code")


@pytest.fixture
def gateway(settings: Any) -> Iterator[list[tuple[str, dict[str, str]]]]:
    """Somebody's gateway: what it was handed, with the token that came with it."""
    taken: list[tuple[str, dict[str, str]]] = []

    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.headers["Authorization"], json.loads(body)))
            self.send_response(503 if self.path == "/broken" else 202)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Nothing: the test's output is no log of requests."""

    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.SMS_URL, settings.SMS_TOKEN = f"http://127.0.0.1:{server.server_port}/texts", "the-gateway-token"
    yield taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_code_is_handed_to_the_gateway_of_the_installation(
    ground: Ground, texts: Path, gateway: list[tuple[str, dict[str, str]]]
) -> None:
    imported(ground, with_phone())

    asked_for_code(Client(), "13900000002")

    ((token, body),) = gateway
    assert (token, body["phone"]) == ("Bearer the-gateway-token", "+8613900000002")
    assert "验证码" in body["text"]
    assert not texts.exists()


def test_a_broken_gateway_is_in_the_log_without_phone_and_code(
    ground: Ground,
    settings: Any,
    gateway: list[tuple[str, dict[str, str]]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    imported(ground, with_phone())
    settings.SMS_URL = settings.SMS_URL.replace("/texts", "/broken")

    page = asked_for_code(Client(), "13900000002")

    ((_token, body),) = gateway
    assert page.status_code == 200
    assert "a text was not sent: HTTPError" in caplog.text
    assert "13900000002" not in caplog.text
    assert body["text"] not in caplog.text
