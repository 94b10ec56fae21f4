"""What the example's verification refuses. Each forgery starts from an attestation that is accepted, and changes one
thing; the same check without that thing's guard lets it through (the positive controls)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from examples.exchange_client import NotGenuine, verify
from lms import signing
from lms.exchange.actions.attesting import TYPE

ISSUER, CLIENT = "https://hours.example.cn", "the-client"


@pytest.fixture(autouse=True)
def _keys(settings: Any, tmp_path: Path) -> None:
    settings.SIGNING_KEYS_DIR = tmp_path / "signing"


def moment() -> datetime:
    return datetime.now(UTC)


def keys() -> dict[str, Any]:
    return {each["kid"]: jwt.PyJWK(each, algorithm="EdDSA").key for each in signing.published(moment())}


def claims(**changes: Any) -> dict[str, Any]:
    now = int(moment().timestamp())
    told = {"iss": ISSUER, "aud": CLIENT, "sub": "a person", "iat": now, "exp": now + 3600, "jti": "1"}
    return {**told, "eligible": False, "rule_version": "eligibility-3", "inputs_digest": "0" * 64, **changes}


def attestation(typ: str = TYPE, **changes: Any) -> str:
    return signing.sign(claims(**changes), typ=typ, at=moment())


def check(token: str) -> dict[str, Any]:
    return verify(token, keys=keys(), issuer=ISSUER, client_id=CLIENT)


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def header_of(token: str) -> dict[str, Any]:
    return dict(jwt.get_unverified_header(token))


def another_key(token: str) -> str:
    return jwt.encode(claims(eligible=True), Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=header_of(token))


def altered(token: str) -> str:
    header, _payload, signature = token.split(".")
    return ".".join([header, part(claims(eligible=True)), signature])


def no_algorithm(token: str) -> str:
    return f"{part({**header_of(token), 'alg': 'none'})}.{part(claims(eligible=True))}."


def public_key() -> bytes:
    """As a verifier would hold it who takes keys for secrets."""
    [key] = keys().values()
    assert isinstance(key, Ed25519PublicKey)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def public_key_as_secret(token: str) -> str:
    signed = f"{part({**header_of(token), 'alg': 'HS256'})}.{part(claims(eligible=True))}"
    signature = hmac.new(public_key(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


FORGED: dict[str, Callable[[str], str]] = {
    "signed by another key": another_key,
    "altered": altered,
    "alg none": no_algorithm,
    "HS256 with the public key": public_key_as_secret,
    "an unknown kid": lambda token: jwt.encode(
        claims(), Ed25519PrivateKey.generate(), algorithm="EdDSA", headers={"kid": "mine", "typ": TYPE}
    ),
    "expired": lambda token: attestation(exp=int((moment() - timedelta(minutes=2)).timestamp())),
    "for another client": lambda token: attestation(aud="another"),
    "of another issuer": lambda token: attestation(iss="https://other.example.cn"),
    "of another type": lambda token: attestation(typ="JWT"),
    "without an end": lambda token: signing.sign(
        {name: value for name, value in claims().items() if name != "exp"}, typ=TYPE, at=moment()
    ),
    "cut short": lambda token: token[:-3],
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_it_refuses_what_is_not_genuine(forge: Callable[[str], str]) -> None:
    genuine = attestation()
    assert check(genuine)["sub"] == "a person"

    with pytest.raises(NotGenuine):
        check(forge(genuine))


def test_an_attestation_that_ended_within_what_clocks_differ_is_still_taken() -> None:
    assert check(attestation(exp=int((moment() - timedelta(seconds=30)).timestamp())))["sub"] == "a person"


LAX: dict[str, tuple[str, dict[str, Any]]] = {
    "altered": ("altered", {"options": {"verify_signature": False}}),
    "alg none": ("alg none", {"options": {"verify_signature": False}}),
    "expired": ("expired", {"options": {"verify_exp": False}, "audience": CLIENT}),
    "for another client": ("for another client", {"options": {"verify_aud": False}}),
    "of another issuer": ("of another issuer", {"audience": CLIENT}),
}


@pytest.mark.parametrize(("forgery", "lax"), LAX.values(), ids=LAX)
def test_a_verifier_without_that_guard_would_take_it(forgery: str, lax: dict[str, Any]) -> None:
    """The forgeries are good ones: nothing else about them is wrong."""
    token = FORGED[forgery](attestation())
    [key] = keys().values()

    assert jwt.decode(token, key, algorithms=["EdDSA"], **lax)["sub"] == "a person"


def test_a_verifier_that_believes_the_tokens_algorithm_would_take_the_public_key_for_a_secret() -> None:
    token = public_key_as_secret(attestation())
    signed, _dot, signature = token.rpartition(".")

    made = hmac.new(public_key(), signed.encode(), hashlib.sha256).digest()

    assert base64.urlsafe_b64encode(made).rstrip(b"=").decode() == signature


def test_a_verifier_that_takes_the_key_out_of_the_token_would_take_another_key() -> None:
    mine = Ed25519PrivateKey.generate()
    token = jwt.encode(claims(eligible=True), mine, algorithm="EdDSA", headers=header_of(attestation()))

    assert jwt.decode(token, mine.public_key(), algorithms=["EdDSA"], audience=CLIENT)["eligible"] is True
    with pytest.raises(NotGenuine):
        check(token)
