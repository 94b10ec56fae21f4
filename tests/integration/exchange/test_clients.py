"""Making and revoking clients, getting tokens, and what a token opens."""

import base64
import uuid
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.idp.oidc.models import Client, Token
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client as Browser

from lms.audit.models import Event
from lms.exchange.actions.clients import ClientRefused, create_client, revoke_client
from lms.exchange.models import ExchangeClient
from lms.institutions.actions import suspend_institution
from lms.institutions.models import Institution
from tests.integration.exams.builders import NOON
from tests.integration.exchange.builders import TOKEN, Lands, Reader, ask_for_token, client_of, reader_for

PROBLEM = "application/problem+json"


def told(answer: Any) -> tuple[int, str, str]:
    return answer.status_code, answer.headers["Content-Type"], answer.json()["code"]


def test_a_client_gets_a_token_for_its_secret(lands: Lands) -> None:
    answer = ask_for_token(client_of(lands.province, "hours.read"))

    given = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store, private")
    assert (given["token_type"], given["expires_in"], given["scope"]) == ("Bearer", 3600, "hours.read")


def test_http_basic_is_as_good_as_the_form(lands: Lands) -> None:
    made = client_of(lands.province)
    basic = base64.b64encode(f"{made.client.client_id}:{made.secret}".encode()).decode()

    answer = Browser().post(
        TOKEN,
        "grant_type=client_credentials",
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": f"Basic {basic}"},
    )

    assert answer.status_code == 200


def test_neither_secret_nor_token_is_kept_in_clear(lands: Lands) -> None:
    reader = reader_for(lands.province)

    client, token = Client.objects.get(), Token.objects.get()
    assert reader.made.secret not in client.secret and client.check_secret(reader.made.secret or "")
    assert reader.token not in token.hash and len(token.hash) == 64
    told_in_log = str(list(Event.objects.filter(verb__startswith="exchange").values_list("detail", flat=True)))
    assert reader.made.secret not in told_in_log and client.secret not in told_in_log


def test_making_a_client_is_in_the_log(lands: Lands) -> None:
    made = client_of(lands.county, "hours.read")

    [event] = Event.objects.filter(verb="exchange_client.created")
    assert event.subject_id == str(made.client.uuid)
    assert event.detail == {"client": made.client.client_id, "region": "9901", "scopes": ["hours.read"]}


def test_the_same_uuid_makes_one_client_and_shows_no_secret_again(lands: Lands) -> None:
    chosen = uuid.uuid4()
    given: Any = {"by": None, "at": NOON, "uuid": chosen, "name": "a", "scopes": ["hours.read"]}

    first = create_client(**given, region=lands.province)
    again = create_client(**given, region=lands.province)

    assert (first.client, again.secret) == (again.client, None)
    assert Client.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"scopes": ["hours.write"]}, "scopes: hours.write, allowed: hours.read"),
        ({"scopes": []}, "scopes: none, allowed: hours.read"),
        ({"name": " "}, "name: ' ', allowed: 1 to 100 characters"),
        ({"region": None}, "exactly one"),
        ({"institution": "office"}, "exactly one"),
        ({"region": None, "institution": "school"}, "'安技校', allowed: an exam institution"),
    ],
    ids=["unknown scope", "no scope", "no name", "no body", "two bodies", "a training institution"],
)
def test_it_refuses_a_client_that_cannot_be(lands: Lands, change: dict[str, Any], named: str) -> None:
    bodies = {"office": lands.ground.exam_office, "school": lands.ground.school}
    given: Any = {"name": "a", "scopes": ["hours.read"], "region": lands.province, **change}
    given["institution"] = bodies.get(given.get("institution", ""))

    with pytest.raises(ClientRefused, match=named):
        create_client(by=None, at=NOON, uuid=uuid.uuid4(), **given)

    assert Client.objects.count() == 0


def test_only_administrators_make_and_revoke_clients(lands: Lands) -> None:
    made = client_of(lands.province)

    with pytest.raises(PermissionDenied):
        create_client(
            by=lands.ground.vera, at=NOON, uuid=uuid.uuid4(), name="a", scopes=["hours.read"], region=lands.province
        )
    with pytest.raises(PermissionDenied):
        revoke_client(by=lands.ground.vera, at=NOON, client=made.client)


def test_postgresql_refuses_a_client_of_two_bodies_or_none(lands: Lands) -> None:
    made = client_of(lands.province).client
    for bodies in ({"region": None}, {"institution": lands.ground.exam_office}):
        with pytest.raises(IntegrityError, match="a_client_acts_for_one_body"), transaction.atomic():
            ExchangeClient.objects.filter(pk=made.pk).update(**bodies)


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": "a\x00b"}, 401, "invalid_client"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "eligibility.read"}, 400, "invalid_scope"),
        ({"scope": "openid"}, 400, "invalid_scope"),
        ({"scope": "hours.read eligibility.read"}, 400, "invalid_scope"),
        # What allauth's endpoint alone would end on in a crash.
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, 400, "unsupported_grant_type"),
        ({"resource": "x"}, 400, "invalid_target"),
        ({"grant_type": ""}, 400, "unsupported_grant_type"),
    ],
    ids=lambda value: None if isinstance(value, dict) else str(value),
)
def test_it_gives_no_token_for(lands: Lands, form: dict[str, str], status: int, error: str) -> None:
    made = client_of(lands.province, "hours.read")
    assert ask_for_token(made).status_code == 200

    answer = ask_for_token(made, **form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert Token.objects.count() == 1


@pytest.mark.parametrize("header", ["Bearer x", "Basic", "Basic %%%", "Basic bm9jb2xvbg=="])
def test_credentials_that_cannot_be_read_are_no_crash(db: None, header: str) -> None:
    answer = Browser().post(
        TOKEN,
        "grant_type=client_credentials",
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": header},
    )

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="xueshi"'


def test_who_proves_to_be_a_revoked_client_is_not_taken_for_another(lands: Lands) -> None:
    revoked, other = client_of(lands.province), client_of(lands.province)
    revoke_client(by=None, at=NOON, client=revoked.client)
    basic = base64.b64encode(f"{revoked.client.client_id}:{revoked.secret}".encode()).decode()

    answer = Browser().post(
        TOKEN,
        f"grant_type=client_credentials&client_id={other.client.client_id}",
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": f"Basic {basic}"},
    )

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert Token.objects.count() == 0


def test_a_client_that_asks_all_the_time_has_to_wait(lands: Lands) -> None:
    made = client_of(lands.province)

    statuses = [ask_for_token(made, client_secret="wrong").status_code for _ in range(11)]

    assert statuses == [401] * 10 + [429]
    assert ask_for_token(made).headers["Retry-After"] == "60"


def test_a_token_opens_what_it_was_given_for_and_nothing_else(lands: Lands) -> None:
    reader = reader_for(lands.province, "hours.read")
    person = {"person": lands.ground.alice.uuid, "sitting": lands.ground.sitting.uuid}

    assert reader.get("hours").status_code == 200
    refused = reader.get("eligibility", **person)
    assert told(refused) == (403, PROBLEM, "insufficient_scope")
    assert 'scope="eligibility.read"' in refused.headers["WWW-Authenticate"]
    assert told(reader.get("attestations", **person)) == (403, PROBLEM, "insufficient_scope")


def test_a_token_that_asked_for_nothing_may_all_that_its_client_may(lands: Lands) -> None:
    given = ask_for_token(client_of(lands.province, "attestations.read", "hours.read")).json()

    assert given["scope"] == "hours.read attestations.read"


def test_a_token_can_ask_for_less_than_its_client_may(lands: Lands) -> None:
    reader = Reader(client_of(lands.province), scope="hours.read")

    assert reader.get("eligibility").status_code == 403


def test_a_scope_that_was_taken_from_the_client_is_gone_from_its_tokens(lands: Lands) -> None:
    reader = reader_for(lands.province)
    Client.objects.update(scopes="eligibility.read")

    assert told(reader.get("hours")) == (403, PROBLEM, "insufficient_scope")


def test_a_revoked_client_is_refused_at_once(lands: Lands) -> None:
    reader = reader_for(lands.province)
    assert reader.get("hours").status_code == 200

    revoke_client(by=None, at=NOON, client=reader.made.client)
    revoke_client(by=None, at=NOON + timedelta(days=1), client=reader.made.client)

    assert told(reader.get("hours")) == (401, PROBLEM, "invalid_token")
    assert ask_for_token(reader.made).json()["error"] == "invalid_client"
    assert reader.made.client.revoked_at == NOON
    assert Event.objects.filter(verb="exchange_client.revoked").count() == 1


def test_a_token_left_behind_opens_nothing_once_its_client_is_revoked(lands: Lands) -> None:
    reader = reader_for(lands.province)
    ExchangeClient.objects.update(revoked_at=NOON)

    assert Token.objects.count() == 1
    assert told(reader.get("hours")) == (401, PROBLEM, "invalid_token")


def test_an_expired_token_is_refused_and_cleared_away(lands: Lands) -> None:
    reader = reader_for(lands.province)
    assert reader.get("hours").status_code == 200
    Token.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))

    assert told(reader.get("hours")) == (401, PROBLEM, "invalid_token")

    ask_for_token(reader.made)
    assert Token.objects.count() == 1


def test_a_client_of_a_suspended_exam_institution_reads_nothing(lands: Lands) -> None:
    reader = reader_for(lands.ground.exam_office)
    assert reader.get("hours").status_code == 200

    suspend_institution(by=None, at=NOON, institution=lands.ground.exam_office, reason="test")

    assert told(reader.get("hours")) == (401, PROBLEM, "invalid_token")
    assert ask_for_token(reader.made).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer a b", "Bearer \x7f", "Basic eDp5", "Token x"])
def test_a_header_that_is_no_token_opens_nothing(lands: Lands, header: str) -> None:
    headers = {"Authorization": header} if header else {}

    answer = Browser().get("/api/v1/exchange/hours", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="xueshi"')


def test_a_persons_session_opens_nothing_of_the_exchange(lands: Lands) -> None:
    browser = Browser()
    browser.force_login(lands.ground.vera)
    assert browser.get("/api/v1/me").status_code == 200

    assert told(browser.get("/api/v1/exchange/hours")) == (401, PROBLEM, "unauthenticated")


def test_a_clients_token_opens_nothing_of_people(lands: Lands) -> None:
    reader = reader_for(lands.province)

    answer = reader.browser.get("/api/v1/me", headers={"Authorization": f"Bearer {reader.token}"})

    assert told(answer) == (401, PROBLEM, "unauthenticated")


def test_a_client_of_allauth_that_acts_for_nobody_reads_nothing(lands: Lands) -> None:
    reader = reader_for(lands.province)
    stranger = Client(name="stranger", scopes="hours.read")
    stranger.save()
    Token.objects.update(client=stranger)

    assert told(reader.get("hours")) == (401, PROBLEM, "invalid_token")


def test_the_admin_has_no_pages_about_clients_and_tokens() -> None:
    assert not admin.site.is_registered(Client)
    assert not admin.site.is_registered(Token)


def test_there_are_no_pages_of_other_grants(db: None) -> None:
    for address in ("authorize", "device", "logout", "api/device/code", "api/userinfo", "api/revoke"):
        assert Browser().get(f"/identity/o/{address}").status_code == 404


def test_the_command_makes_a_client_whose_secret_works(lands: Lands) -> None:
    out = StringIO()

    call_command("create_exchange_client", "省考试中心", "--region=98", "--scope=hours.read", stdout=out)

    (_id, client_id), (_secret, secret) = (line.split() for line in out.getvalue().splitlines())
    client = ExchangeClient.objects.get(client=client_id)
    assert (client.client.name, client.region, client.client.get_scopes()) == (
        "省考试中心",
        lands.other,
        ["hours.read"],
    )
    assert client.client.check_secret(secret)

    call_command("revoke_exchange_client", client_id, stdout=out)
    client.refresh_from_db()
    assert client.revoked_at is not None


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (["create_exchange_client", "a", "--region=77"], "--region is '77'"),
        (["create_exchange_client", "a", f"--institution={uuid.UUID(int=1)}"], "--institution is '00000000"),
        (["revoke_exchange_client", "nobody"], "client_id is 'nobody'"),
    ],
    ids=["no region", "no institution", "no client"],
)
def test_a_command_names_what_does_not_exist(db: None, command: list[str], named: str) -> None:
    with pytest.raises(CommandError, match=named):
        call_command(*command)


def test_a_training_institution_gets_no_client_from_the_command_either(lands: Lands) -> None:
    school = Institution.objects.get(name_zh="安技校")
    with pytest.raises(CommandError, match="an exam institution"):
        call_command("create_exchange_client", "a", f"--institution={school.uuid}")
