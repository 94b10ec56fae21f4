from io import StringIO

import jwt
import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.test import Client as Browser

from lms.audit.models import Event
from lms.exchange.actions.keys import rotate_key
from tests.integration.exams.builders import NOON
from tests.integration.exchange.builders import Lands


def test_everybody_may_read_and_cache_the_public_keys(db: None) -> None:
    answer = Browser().get("/.well-known/jwks.json")

    [key] = answer.json()["keys"]
    assert answer.headers["Cache-Control"] == "public, max-age=600"
    assert "Cookie" not in answer.headers.get("Vary", "") and not answer.cookies
    assert (key["alg"], key["use"], "d" in key) == ("EdDSA", "sig", False)
    assert jwt.PyJWK(key, algorithm="EdDSA").key_id == key["kid"]


def test_a_client_can_find_everything_by_itself(db: None) -> None:
    told = Browser().get("/.well-known/oauth-authorization-server").json()

    assert told["token_endpoint"] == "http://127.0.0.1:8000/identity/o/api/token"
    assert told["jwks_uri"] == "http://127.0.0.1:8000/.well-known/jwks.json"
    assert told["grant_types_supported"] == ["client_credentials"]
    assert told["scopes_supported"] == ["hours.read", "eligibility.read", "attestations.read"]


def test_the_command_publishes_a_new_key_beside_the_old_one(db: None) -> None:
    browser, out = Browser(), StringIO()
    [old] = browser.get("/.well-known/jwks.json").json()["keys"]

    call_command("rotate_signing_key", stdout=out)

    new, kept = browser.get("/.well-known/jwks.json").json()["keys"]
    assert kept == old
    assert out.getvalue().startswith(f"{new['kid']} signs from ")
    [event] = Event.objects.filter(verb="signing_key.rotated")
    assert (event.subject_type, event.subject_id) == ("signing.key", new["kid"])
    assert event.detail["older_leaked"] is False


def test_after_a_leak_the_old_key_is_gone(db: None) -> None:
    browser = Browser()
    [old] = browser.get("/.well-known/jwks.json").json()["keys"]

    call_command("rotate_signing_key", "--leaked", stdout=StringIO())

    [new] = browser.get("/.well-known/jwks.json").json()["keys"]
    assert new["kid"] != old["kid"]


def test_only_administrators_rotate(lands: Lands) -> None:
    with pytest.raises(PermissionDenied):
        rotate_key(by=lands.ground.vera, at=NOON)
