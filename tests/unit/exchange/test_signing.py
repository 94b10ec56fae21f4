"""The keys that sign. Time is an argument; each test has a folder of keys of its own."""

import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lms import signing
from lms.signing import NoSigningKey, NotOurs

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CLAIMS = {"sub": "somebody", "exp": 1}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.SIGNING_KEYS_DIR = tmp_path / "secrets" / "signing"
    return tmp_path / "secrets" / "signing"


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def signed(at: datetime) -> str:
    return signing.sign(CLAIMS, typ="test+jwt", at=at)


def kids(at: datetime) -> list[str]:
    return [each["kid"] for each in signing.published(at)]


def raw(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_the_first_key_is_made_when_it_is_needed_and_then_kept(folder: Path) -> None:
    assert not folder.exists()

    first = kid_of(signed(NOON))

    assert first == kid_of(signed(NOON + HOUR)) == signing.published(NOON)[0]["kid"]
    assert [each.name for each in folder.iterdir()] == ["0001.json"]


def test_only_its_owner_can_read_a_key(folder: Path) -> None:
    signed(NOON)

    assert stat.S_IMODE((folder / "0001.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_processes_that_start_together_sign_with_one_key() -> None:
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = set(pool.map(lambda _number: kid_of(signed(NOON)), range(16)))

    assert len(found) == 1


def test_what_is_published_holds_no_secret() -> None:
    [key] = signing.published(NOON)

    assert sorted(key) == ["alg", "crv", "kid", "kty", "use", "x"]
    assert (key["alg"], key["crv"], key["kty"], key["use"]) == ("EdDSA", "Ed25519", "OKP", "sig")


def test_a_kid_is_the_thumbprint_of_rfc_7638(folder: Path) -> None:
    """The key and its thumbprint of RFC 8037, appendix A.3."""
    folder.mkdir(parents=True)
    held = {"x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "signs_from": NOON.isoformat()}
    held["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
    (folder / "0001.json").write_text(json.dumps(held))

    assert kids(NOON) == ["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"]


def test_a_signature_is_verified_without_our_code_from_the_published_key_alone() -> None:
    header, payload, signature = signed(NOON).split(".")
    public = Ed25519PublicKey.from_public_bytes(raw(signing.published(NOON)[0]["x"]))

    public.verify(raw(signature), f"{header}.{payload}".encode())

    assert json.loads(raw(payload)) == CLAIMS
    assert json.loads(raw(header)) == {"alg": "EdDSA", "kid": kids(NOON)[0], "typ": "test+jwt"}
    with pytest.raises(InvalidSignature):
        public.verify(raw(signature), f"{header}.{payload}x".encode())


def test_a_new_key_is_published_ten_minutes_before_it_signs() -> None:
    old = kid_of(signed(NOON))
    new = signing.rotate(NOON).kid

    assert kids(NOON) == [new, old]
    assert kid_of(signed(NOON + 9 * MINUTE)) == old
    assert kid_of(signed(NOON + 10 * MINUTE)) == new


def test_an_old_key_stays_published_until_what_it_signed_last_has_expired() -> None:
    old = kid_of(signed(NOON))
    new = signing.rotate(NOON).kid

    begins = NOON + 10 * MINUTE
    assert kids(begins + 25 * HOUR - MINUTE) == [new, old]
    assert kids(begins + 25 * HOUR) == [new]


def test_a_leaked_key_is_neither_published_nor_believed_from_then_on() -> None:
    before = signed(NOON)
    assert signing.verify(before, typ="test+jwt") == CLAIMS

    new = signing.rotate(NOON, has_leaked=True).kid

    assert (kids(NOON), kid_of(signed(NOON))) == ([new], new)
    with pytest.raises(NotOurs):
        signing.verify(before, typ="test+jwt")


def test_a_key_that_signs_no_more_forgets_its_secret_and_still_verifies(folder: Path) -> None:
    kept = signed(NOON)
    signing.rotate(NOON)

    signing.rotate(NOON + HOUR)

    assert ["d" in json.loads((folder / f"000{number}.json").read_text()) for number in (1, 2, 3)] == [
        False,
        True,
        True,
    ]
    assert signing.verify(kept, typ="test+jwt") == CLAIMS


def test_a_clock_that_goes_back_behind_the_first_key_still_finds_one() -> None:
    first = kid_of(signed(NOON))

    assert kid_of(signed(NOON - HOUR)) == first


def _with_payload(token: str) -> str:
    header, _payload, signature = token.split(".")
    other = base64.urlsafe_b64encode(b'{"sub":"another"}').rstrip(b"=").decode()
    return ".".join([header, other, signature])


def _of_another_key(token: str) -> str:
    header = jwt.get_unverified_header(token)
    return jwt.encode(CLAIMS, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=header)


FORGERIES = {
    "altered": _with_payload,
    "another key": _of_another_key,
    "cut off": lambda token: token[:-4],
    "no token": lambda token: "x",
}


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES)
def test_what_was_not_signed_here_is_not_ours(change: Any) -> None:
    token = signed(NOON)
    assert signing.verify(token, typ="test+jwt") == CLAIMS

    with pytest.raises(NotOurs):
        signing.verify(change(token), typ="test+jwt")


def test_what_was_signed_for_something_else_does_not_pass_for_this() -> None:
    with pytest.raises(NotOurs):
        signing.verify(signed(NOON), typ="other+jwt")


@pytest.mark.parametrize("content", ["", "{}", "no json", '{"x": 1, "signs_from": "2026-03-02"}'])
def test_a_broken_key_file_is_named_and_never_replaced(folder: Path, content: str) -> None:
    folder.mkdir(parents=True)
    (folder / "0001.json").write_text(content)

    with pytest.raises(NoSigningKey, match=r"0001\.json"):
        signed(NOON)

    assert (folder / "0001.json").read_text() == content


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("a file")

    for ask in (signed, signing.published, signing.rotate):
        with pytest.raises(NoSigningKey, match=f"{folder} cannot be read"):
            ask(NOON)


def test_a_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    folder.parent.parent.mkdir(parents=True, exist_ok=True)
    folder.parent.write_text("a file where the folders should be")

    with pytest.raises(NoSigningKey, match="signing"):
        signed(NOON)


def test_asking_what_is_at_fault_makes_no_key(folder: Path) -> None:
    assert signing.fault(NOON) == ""
    assert not folder.exists()

    signed(NOON)
    assert signing.fault(NOON) == ""
    (folder / "0001.json").write_text("{}")
    assert signing.fault(NOON) == f"{folder / '0001.json'} is no signing key of ours; restore it from a backup."
