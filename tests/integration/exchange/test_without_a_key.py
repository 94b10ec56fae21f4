"""No key can sign or be told: no attestation, no empty list of keys, and the log says so."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser

from lms import signing
from lms.audit.models import Event
from tests.integration.exchange.builders import Lands, reader_for


@pytest.fixture
def broken(settings: Any) -> Path:
    signing.signing_key(datetime.now(UTC))
    key: Path = settings.SIGNING_KEYS_DIR / "0001.json"
    key.write_text("no key of ours")
    return key


def test_no_attestation_is_given_and_none_is_said_to_be(lands: Lands, broken: Path) -> None:
    reader = reader_for(lands.province)

    answer = reader.get("attestations", person=lands.ground.alice.uuid, sitting=lands.ground.sitting.uuid)

    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert answer.json()["code"] == "signing_unavailable"
    assert str(broken) not in answer.content.decode()
    assert not Event.objects.filter(verb="attestation.signed").exists()
    [event] = Event.objects.filter(verb="decision.impossible")
    assert (event.subject_id, event.by) == (str(lands.ground.sitting.uuid), None)
    assert event.detail == {"code": "signing_unavailable", "client": reader.made.client.client_id}


def test_a_verdict_that_is_not_signed_is_still_told(lands: Lands, broken: Path) -> None:
    answer = reader_for(lands.province).get(
        "eligibility", person=lands.ground.alice.uuid, sitting=lands.ground.sitting.uuid
    )

    assert answer.status_code == 200


def test_keys_that_cannot_be_read_are_no_empty_list_and_no_cache_keeps_that(db: None, broken: Path) -> None:
    answer = Browser().get("/.well-known/jwks.json")

    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert (answer.headers["Cache-Control"], answer.headers["Retry-After"]) == ("private, no-store", "60")
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not possible at the moment",
        "status": 503,
        "code": "signing_unavailable",
        "detail": "The keys cannot be read right now. Go on with those that you have, and try again later.",
    }
