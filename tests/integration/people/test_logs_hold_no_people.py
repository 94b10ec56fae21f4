"""Requests of a person, well and broken, with everything logged down to DEBUG: nothing in the log tells who it was."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from lms.accounts.models import User
from lms.logs import JsonFormatter
from lms.wiring import views
from tests.integration.people.made_up import PASSWORD

NUMBER = "999999199001010016"
PHONE = "13900000001"
PERSONAL = ("wang@people.test", PHONE, "王小明", NUMBER, PASSWORD)

log = logging.getLogger("lms.accounts")


class Log:
    """What is logged, as a machine's line and, for the control, as Python would write it."""

    def __init__(self) -> None:
        self.withheld, self.plain = io.StringIO(), io.StringIO()
        self.handlers = [logging.StreamHandler(self.withheld), logging.StreamHandler(self.plain)]
        self.handlers[0].setFormatter(JsonFormatter())

    def told(self, secret: str) -> bool:
        return secret in self.withheld.getvalue()


@pytest.fixture
def written() -> Iterator[Log]:
    everything = Log()
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)
    for handler in everything.handlers:
        root.addHandler(handler)
    yield everything
    root.setLevel(before)
    for handler in everything.handlers:
        root.removeHandler(handler)


def test_nothing_in_the_log_tells_whose_requests_they_were(
    wang: User, written: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(raise_request_exception=False)
    login = {"login": "wang@people.test", "password": PASSWORD}
    client.post("/accounts/login/", {**login, "password": "wrong " + PASSWORD})
    client.post("/accounts/login/", {"login": PHONE, "password": PASSWORD})
    client.get(f"/nobody/{NUMBER}/", {"q": "王小明"})
    client.get(f"/nobody/王小明/{PHONE}/")
    client.get("/", headers={"Host": "wang@people.test"})
    app = Client(raise_request_exception=False)
    answer = app.post(
        "/_allauth/app/v1/auth/login",
        {"email": "wang@people.test", "password": PASSWORD},
        content_type="application/json",
    )
    token = answer.json()["meta"]["session_token"]
    app.get("/api/v1/me", headers={"X-Session-Token": token})
    monkeypatch.setattr(views, "hours_of", _broken)
    assert client.get("/", {"name": "王小明"}).status_code == 500
    _duplicate(wang)
    log.error("headers were %s", {"X-Session-Token": token, "Cookie": f"sessionid={client.cookies['sessionid'].value}"})

    secrets = [*PERSONAL, token, client.cookies["sessionid"].value, "%E7%8E%8B"]
    assert [secret for secret in secrets if written.told(secret)] == []
    # The control: written as Python does it, each of the people's own is there, so the requests were of the right kind.
    plain = written.plain.getvalue()
    assert [secret for secret in secrets if secret not in plain] == [PASSWORD, "%E7%8E%8B"]
    assert "the gate is closed" in written.withheld.getvalue()


def _broken(learner: User) -> Any:
    raise RuntimeError(f"the gate is closed to {learner.email}, {learner.phone}, 王小明, {NUMBER}")


def _duplicate(person: User) -> None:
    """What PostgreSQL says of a row that it refuses quotes the row."""
    from django.db import transaction

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        User.objects.create(email=person.email)
    log.error("could not be stored", exc_info=refused.value)
