"""Attestations over HTTP, verified as an exam system would, also without any JOSE library."""

import base64
import json
import logging
import uuid
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import call_command
from django.test import Client as Browser

from examples.exchange_client import ExchangeClient as Example
from examples.exchange_client import NotGenuine, verify
from lms.audit.models import Event
from lms.exams.actions import register
from lms.exams.models import Decision
from lms.exchange.rules.cursors import Cursor, written
from tests.integration.exams.builders import NOON, confirm, finish
from tests.integration.exchange.builders import Lands, Reader, client_of, make_lands, reader_for
from tests.serving import served

ISSUER = "http://127.0.0.1:8000"


def keys() -> dict[str, Any]:
    published = Browser().get("/.well-known/jwks.json").json()["keys"]
    return {each["kid"]: jwt.PyJWK(each, algorithm="EdDSA").key for each in published}


def attested(reader: Reader, lands: Lands) -> Any:
    return reader.get("attestations", person=lands.ground.alice.uuid, sitting=lands.ground.sitting.uuid)


def claims_of(reader: Reader, lands: Lands) -> dict[str, Any]:
    token = attested(reader, lands).json()["attestation"]
    return verify(token, keys=keys(), issuer=ISSUER, client_id=reader.made.client.client_id)


def test_an_attestation_says_how_somebody_stands(lands: Lands) -> None:
    confirm(lands.ground.enrollment, lands.ground.theory, "online", 1_800_000)
    reader = reader_for(lands.province)

    claims = claims_of(reader, lands)

    assert {name: claims[name] for name in ("iss", "aud", "sub", "sitting", "enrollment", "rule_version")} == {
        "iss": ISSUER,
        "aud": reader.made.client.client_id,
        "sub": str(lands.ground.alice.uuid),
        "sitting": str(lands.ground.sitting.uuid),
        "enrollment": str(lands.ground.enrollment.uuid),
        "rule_version": "eligibility-3",
    }
    assert (claims["eligible"], claims["requirements_met"], claims["registered"]) == (False, False, False)
    assert claims["unmet"][0] == "hours_missing"
    assert claims["exp"] - claims["iat"] == 24 * 3600
    assert claims["hours"] == [
        {
            "module": str(lands.ground.theory.uuid),
            "kind": "online",
            "confirmed_ms": 1_800_000,
            "confirmed_hours": "1",
            "required_hours": "1",
        },
        {
            "module": str(lands.ground.practice.uuid),
            "kind": "workshop",
            "confirmed_ms": 0,
            "confirmed_hours": "0",
            "required_hours": "2",
        },
    ]


def test_its_digest_is_that_of_the_decision_made_of_the_same_facts(
    lands: Lands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms.api.moments.now", lambda: NOON)
    finish(lands.ground)
    reader = reader_for(lands.province)
    token = attested(reader, lands).json()["attestation"]

    register(by=lands.ground.alice, at=NOON, uuid=uuid.uuid4(), sitting=lands.ground.sitting)

    told = jwt.decode(token, options={"verify_signature": False})
    assert (told["eligible"], told["unmet"]) == (True, [])
    assert told["inputs_digest"] == Decision.objects.get().digest


def test_it_is_verified_with_nothing_but_the_published_key_and_the_primitive(lands: Lands) -> None:
    header, payload, signature = attested(reader_for(lands.province), lands).json()["attestation"].split(".")
    [key] = Browser().get("/.well-known/jwks.json").json()["keys"]

    def raw(part: str) -> bytes:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    Ed25519PublicKey.from_public_bytes(raw(key["x"])).verify(raw(signature), f"{header}.{payload}".encode())

    assert json.loads(raw(header)) == {"alg": "EdDSA", "kid": key["kid"], "typ": "xueshi-attestation+jwt"}


def test_it_is_for_the_client_that_asked_and_no_other(lands: Lands) -> None:
    reader, other = reader_for(lands.province), client_of(lands.county)
    token = attested(reader, lands).json()["attestation"]

    with pytest.raises(NotGenuine):
        verify(token, keys=keys(), issuer=ISSUER, client_id=other.client.client_id)
    assert verify(token, keys=keys(), issuer=ISSUER, client_id=reader.made.client.client_id)


def test_no_cache_keeps_it_and_each_is_in_the_log(lands: Lands) -> None:
    reader = reader_for(lands.province)

    answers = [attested(reader, lands) for _ in range(2)]

    assert {each.headers["Cache-Control"] for each in answers} == {"private, no-store"}
    told = [jwt.decode(each.json()["attestation"], options={"verify_signature": False}) for each in answers]
    events = list(Event.objects.filter(verb="attestation.signed").order_by("pk"))
    assert [each.detail["jti"] for each in events] == [each["jti"] for each in told]
    assert told[0]["jti"] != told[1]["jti"]
    assert all(each.by is None for each in events)
    assert events[0].detail["client"] == reader.made.client.client_id


def test_it_holds_no_name_and_no_identity_number(lands: Lands) -> None:
    token = attested(reader_for(lands.province), lands).json()["attestation"]

    text = json.dumps(jwt.decode(token, options={"verify_signature": False}))
    assert "Alice" not in text and "19800101" not in text


def test_what_was_signed_before_a_rotation_stays_good_and_after_a_leak_does_not(lands: Lands) -> None:
    reader = reader_for(lands.province)
    token = attested(reader, lands).json()["attestation"]
    given: dict[str, Any] = {"issuer": ISSUER, "client_id": reader.made.client.client_id}

    call_command("rotate_signing_key", stdout=StringIO())
    assert verify(token, keys=keys(), **given)["sub"] == str(lands.ground.alice.uuid)

    call_command("rotate_signing_key", "--leaked", stdout=StringIO())
    with pytest.raises(NotGenuine):
        verify(token, keys=keys(), **given)


def test_nobody_is_attested_to_a_client_that_does_not_see_them(lands: Lands) -> None:
    answer = attested(reader_for(lands.other), lands)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Event.objects.filter(verb="attestation.signed").exists()


@pytest.mark.django_db(transaction=True)
def test_the_example_reads_everything_from_a_running_server() -> None:
    """Over a socket, as another system would: token, feed to its end, verdict, attestation, and offline."""
    lands = make_lands()
    confirm(lands.ground.enrollment, lands.ground.theory, "online", 1_800_000)
    confirm(lands.dans, lands.ground.theory, "online", 900_000)
    made = client_of(lands.province)
    person, sitting = str(lands.ground.alice.uuid), str(lands.ground.sitting.uuid)

    with served() as server, httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=30) as http:
        example = Example("", made.client.client_id, made.secret or "", http)
        read = list(example.hours())
        confirm(lands.dans, lands.ground.theory, "online", 900_000)
        more = list(example.hours(read[-1][1]))
        standing = example.eligibility(person, sitting)
        token, published = example.attestation(person, sitting), example.keys()

    assert [(change["person"], change["confirmed_hours"]) for change, _cursor in read] == [
        (person, 1.0),
        (str(lands.dan.uuid), 0.5),
    ]
    assert [(change["person"], change["confirmed_hours"]) for change, _cursor in more] == [(str(lands.dan.uuid), 1.0)]
    claims = verify(token, keys=published, issuer=ISSUER, client_id=made.client.client_id)
    assert (claims["sub"], claims["requirements_met"]) == (person, standing["requirements_met"])
    assert datetime.fromtimestamp(claims["exp"], UTC) - datetime.now(UTC) > timedelta(hours=23)


@pytest.mark.django_db(transaction=True)
def test_the_example_reads_a_feed_that_was_restored_anew_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    lands = make_lands()
    confirm(lands.ground.enrollment, lands.ground.theory, "online", 1_800_000)
    made = client_of(lands.province)
    gone = written(Cursor(1, uuid.UUID(int=7)))

    with served() as server, httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=30) as http:
        example = Example("", made.client.client_id, made.secret or "", http)
        with caplog.at_level(logging.WARNING, logger="exchange_client"):
            hours, standings = list(example.hours(gone)), list(example.standings(gone))
        again = list(example.hours(hours[-1][1]))

    assert [change["confirmed_hours"] for change, _cursor in hours] == [1.0]
    assert (standings, again) == ([], [])
    assert [each.getMessage() for each in caplog.records if each.name == "exchange_client"] == [
        "/api/v1/exchange/hours: this cursor is gone; drop what was kept, the feed is read anew",
        "/api/v1/exchange/eligibility: this cursor is gone; drop what was kept, the feed is read anew",
    ]


def test_the_example_does_not_begin_anew_forever() -> None:
    asked: list[str] = []

    def gone(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "t"})
        asked.append(request.url.params["since"])
        return httpx.Response(410)

    http = httpx.Client(base_url="http://hours.test", transport=httpx.MockTransport(gone))
    with pytest.raises(httpx.HTTPStatusError):
        list(Example("", "id", "secret", http).hours("MjoxOjE"))

    assert asked == ["MjoxOjE", ""]
