"""Attestations in the hands of an exam system: given by the API, verified with the published keys by a library that had
no part in making them, and by our example. What is not genuine is refused by both, each for its own reason.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import call_command
from django.test import Client as Browser
from joserfc import jwt as jose
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from examples.exchange_client import NotGenuine, verify
from lms import signing
from lms.exchange.actions.attesting import TYPE
from tests.integration.exchange.builders import Lands, Reader, reader_for

# RFC 9864 gives the algorithm another name, Ed25519, which the libraries in the field do not know yet.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")

ISSUER = "http://127.0.0.1:8000"


class Refused(Exception):
    """Whatever a verifier raises when it does not believe."""


def by_joserfc(token: str, published: dict[str, Any], client_id: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "iss": {"essential": True, "value": ISSUER},
        "aud": {"essential": True, "value": client_id},
        "exp": {"essential": True},
    }
    try:
        read = jose.decode(token, KeySet.import_key_set(published), algorithms=["EdDSA"])  # type: ignore[arg-type]
        jose.JWTClaimsRegistry(leeway=60, **wanted).validate(read.claims)
    except JoseError as error:
        raise Refused(type(error).__name__) from None
    if read.header["typ"] != TYPE:
        raise Refused("typ")
    return dict(read.claims)


def by_our_example(token: str, published: dict[str, Any], client_id: str) -> dict[str, Any]:
    keys = {each["kid"]: jwt.PyJWK(each, algorithm="EdDSA").key for each in published["keys"]}
    try:
        return verify(token, keys=keys, issuer=ISSUER, client_id=client_id)
    except NotGenuine as error:
        raise Refused(str(error)) from None


Verifier = Callable[[str, dict[str, Any], str], dict[str, Any]]
VERIFIERS: dict[str, Verifier] = {"joserfc": by_joserfc, "our example": by_our_example}
by_both = pytest.mark.parametrize("verifier", VERIFIERS.values(), ids=VERIFIERS)


def published() -> dict[str, Any]:
    told: dict[str, Any] = Browser().get("/.well-known/jwks.json").json()
    return told


def given(reader: Reader, lands: Lands) -> str:
    answer = reader.get("attestations", person=lands.ground.alice.uuid, sitting=lands.ground.sitting.uuid)
    return str(answer.json()["attestation"])


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, believed unseen."""
    header, claims, _signature = token.split(".")
    return json.loads(_raw(header)), json.loads(_raw(claims))


def _raw(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _written(value: bytes | dict[str, Any]) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _resigned(token: str, **changes: Any) -> str:
    """By our own key: nothing but these claims is wrong about it."""
    claims = {**parts(token)[1], **changes}
    return signing.sign(claims, typ=TYPE, at=datetime.now(UTC))


def _of_another_key(token: str, **header: str) -> str:
    known, claims = parts(token)
    return jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers={**known, **header})


def _altered(token: str) -> str:
    header, _claims, signature = token.split(".")
    return ".".join([header, _written({**parts(token)[1], "eligible": True, "requirements_met": True}), signature])


def _without_algorithm(token: str) -> str:
    header, claims = parts(token)
    return f"{_written({**header, 'alg': 'none'})}.{_written(claims)}."


def _with_the_public_key_for_a_secret(token: str) -> str:
    """As a verifier would hold it who takes keys for secrets: HS256 with the key that everybody has."""
    header, claims = parts(token)
    public = Ed25519PublicKey.from_public_bytes(_raw(published()["keys"][0]["x"]))
    secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{_written({**header, 'alg': 'HS256'})}.{_written(claims)}"
    return f"{signed}.{_written(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def _ended(token: str) -> str:
    return _resigned(token, exp=int((datetime.now(UTC) - timedelta(minutes=2)).timestamp()))


FORGED: dict[str, Callable[[str], str]] = {
    "signed by another key": _of_another_key,
    "altered": _altered,
    "expired": _ended,
    "for another client": lambda token: _resigned(token, aud="another"),
    "of another issuer": lambda token: _resigned(token, iss="https://other.example.cn"),
    "alg none": _without_algorithm,
    "HS256 with the public key": _with_the_public_key_for_a_secret,
    "an unknown kid": lambda token: _of_another_key(token, kid="unknown"),
    "cut short": lambda token: token[:-3],
}


@by_both
def test_what_the_api_gives_is_believed(lands: Lands, verifier: Verifier) -> None:
    reader = reader_for(lands.province)

    claims = verifier(given(reader, lands), published(), reader.made.client.client_id)

    assert (claims["sub"], claims["sitting"]) == (str(lands.ground.alice.uuid), str(lands.ground.sitting.uuid))
    assert (claims["requirements_met"], claims["unmet"][0]) == (False, "hours_missing")


@by_both
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_what_is_not_genuine_is_refused(lands: Lands, forge: Callable[[str], str], verifier: Verifier) -> None:
    reader = reader_for(lands.province)
    genuine, known, client = given(reader, lands), published(), reader.made.client.client_id
    # Signed anew without a change it is believed: what is refused below is refused for what was changed.
    assert verifier(_resigned(genuine), known, client)["sub"] == str(lands.ground.alice.uuid)

    with pytest.raises(Refused):
        verifier(forge(genuine), known, client)


@by_both
def test_one_that_was_given_before_a_rotation_is_believed_after_it(lands: Lands, verifier: Verifier) -> None:
    reader = reader_for(lands.province)
    before = given(reader, lands)

    call_command("rotate_signing_key", stdout=StringIO())

    assert len(published()["keys"]) == 2
    assert verifier(before, published(), reader.made.client.client_id)["iss"] == ISSUER


@by_both
def test_one_of_a_key_that_was_taken_away_is_refused_and_the_next_is_believed(lands: Lands, verifier: Verifier) -> None:
    reader = reader_for(lands.province)
    before = given(reader, lands)

    call_command("rotate_signing_key", "--leaked", stdout=StringIO())

    with pytest.raises(Refused):
        verifier(before, published(), reader.made.client.client_id)
    assert verifier(given(reader, lands), published(), reader.made.client.client_id)["iss"] == ISSUER
