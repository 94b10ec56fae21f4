from typing import Any
from uuid import UUID

import pytest

from lms.accounts.rules.identity import IdentityNumber
from lms.accounts.sealing import CannotOpen, mac, seal, unseal

NUMBER = IdentityNumber("999999199001010016")
WANG = UUID("11111111-1111-4111-8111-111111111111")
CHEN = UUID("22222222-2222-4222-8222-222222222222")


def test_what_is_sealed_opens_for_the_same_person() -> None:
    assert unseal(seal(NUMBER, WANG), WANG) == NUMBER


def test_it_does_not_open_in_another_persons_row() -> None:
    with pytest.raises(CannotOpen):
        unseal(seal(NUMBER, WANG), CHEN)


@pytest.mark.parametrize("place", [0, 1, 5, 20, -1])
def test_it_does_not_open_when_one_byte_was_changed(place: int) -> None:
    cipher = bytearray(seal(NUMBER, WANG))
    cipher[place] ^= 1

    with pytest.raises(CannotOpen):
        unseal(bytes(cipher), WANG)


@pytest.mark.parametrize("cipher", [b"", b"\x01", b"\x01abcd", bytes(200)])
def test_it_does_not_open_what_was_never_sealed(cipher: bytes) -> None:
    with pytest.raises(CannotOpen):
        unseal(cipher, WANG)


def test_the_same_number_is_sealed_differently_each_time() -> None:
    assert seal(NUMBER, WANG) != seal(NUMBER, WANG)
    assert NUMBER.reveal().encode() not in seal(NUMBER, WANG)


def test_a_retired_key_still_opens_and_a_lost_one_does_not(settings: Any) -> None:
    former = settings.IDENTITY_KEY
    cipher = seal(NUMBER, WANG)
    settings.IDENTITY_KEY = "another key, long enough to be one"

    with pytest.raises(CannotOpen):
        unseal(cipher, WANG)
    settings.IDENTITY_KEYS_RETIRED = [former]
    assert unseal(cipher, WANG) == NUMBER


def test_the_mac_needs_its_key(settings: Any) -> None:
    before = mac(NUMBER)
    settings.IDENTITY_MAC_KEY = "another key, long enough to be one"

    assert len(before) == 64
    assert mac(NUMBER) != before
