"""Signed addresses of segments: whatever is changed in one, it is refused."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from media_pipeline.rules.addresses import STEP_S, is_public, refusal, signature, until_s

KEY, OLD_KEY = b"k" * 32, b"o" * 32
ALICE, BOB = "session-of-alice", "session-of-bob"
NAME = "hls/asset/attempt/480/00000.ts"
FOLDER = "hls/asset/attempt/480"
NOON_S = 1_777_881_600
END_S = 1_777_939_200


def told(**changed: object) -> str | None:
    """What is said to Alice's own address, with something changed."""
    given = {
        "sessions": [ALICE],
        "name": NAME,
        "until": str(END_S),
        "signed": signature(KEY, session=ALICE, until_s=END_S, folder=FOLDER),
        "now_s": NOON_S,
        **changed,
    }
    return refusal([KEY], **given)  # type: ignore[arg-type]


def test_her_own_address_opens_every_segment_of_the_rendition_until_it_ends() -> None:
    assert told() is None
    assert told(name="hls/asset/attempt/480/00999.ts") is None
    assert told(now_s=END_S - 1) is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"sessions": [BOB]}, "address_of_another"),
        ({"sessions": []}, "address_of_another"),
        ({"sessions": [""]}, "address_of_another"),
        ({"name": "hls/asset/attempt/720/00000.ts"}, "address_of_another"),
        ({"name": "hls/asset/attempt/480/deeper/00000.ts"}, "address_of_another"),
        ({"until": str(END_S + STEP_S)}, "address_of_another"),
        ({"until": "soon"}, "address_of_another"),
        ({"until": "٣"}, "address_of_another"),
        ({"until": "9" * 40}, "address_of_another"),
        ({"signed": "A" * 22}, "address_of_another"),
        ({"signed": "ä"}, "address_of_another"),
        ({"until": None}, "address_unsigned"),
        ({"signed": ""}, "address_unsigned"),
        ({"now_s": END_S}, "address_expired"),
    ],
)
def test_why_an_address_is_refused(changed: dict[str, object], code: str) -> None:
    assert told(**changed) == code


def test_an_address_ends_for_nobody_but_its_owner() -> None:
    """Who holds another's address does not learn whether it still holds."""
    assert told(now_s=END_S, sessions=[BOB]) == "address_of_another"


def test_either_login_that_a_request_shows_will_do() -> None:
    assert told(sessions=[BOB, ALICE]) is None


def test_a_former_key_still_opens_what_it_signed() -> None:
    signed = signature(OLD_KEY, session=ALICE, until_s=END_S, folder=FOLDER)
    asked = {"sessions": [ALICE], "name": NAME, "until": str(END_S), "signed": signed, "now_s": NOON_S}

    assert refusal([KEY, OLD_KEY], **asked) is None  # type: ignore[arg-type]
    assert refusal([KEY], **asked) == "address_of_another"  # type: ignore[arg-type]


def test_nobodys_login_signs_nothing() -> None:
    signed = signature(KEY, session="", until_s=END_S, folder=FOLDER)

    assert told(sessions=[""], signed=signed) == "address_of_another"


@given(now_s=st.integers(0, 10**11))
def test_an_address_lives_twelve_to_eighteen_hours_and_is_the_same_within_a_step(now_s: int) -> None:
    end_s = until_s(now_s)

    assert 12 * 3600 < end_s - now_s <= 18 * 3600
    assert until_s(now_s - now_s % STEP_S) == end_s


Fields = tuple[str, int, str]
fields = st.tuples(st.text(min_size=1, max_size=8), st.integers(0, 10**11), st.text(max_size=8))


@given(one=fields, other=fields)
def test_two_different_requests_never_have_one_signature(one: Fields, other: Fields) -> None:
    assume(one != other)

    first, second = (signature(KEY, session=each[0], until_s=each[1], folder=each[2]) for each in (one, other))

    assert first != second
    assert len(first) == 22


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hls/asset/attempt/480/00000.ts", False),
        ("hls/asset/attempt/poster.jpg", True),
        ("hls/asset/attempt/index.m3u8", False),
        ("hls/x.jpg.ts", False),
        ("images/a.png", True),
        ("hls", True),
    ],
)
def test_what_is_anybodys(name: str, expected: bool) -> None:
    assert is_public(name) is expected
