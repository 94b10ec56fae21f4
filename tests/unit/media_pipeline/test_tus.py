"""The headers of the upload protocol: what is read, what is refused."""

import base64
import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_pipeline.rules.tus import (
    Checksum,
    Malformed,
    read_checksum,
    read_metadata,
    read_number,
)


def test_metadata_is_read_as_the_protocol_writes_it() -> None:
    text = "filename 6Kem55S15oCl5pWRLm1wNA==, title U2FmZSB3b3Jr,is_confidential"

    assert read_metadata(text) == {"filename": "触电急救.mp4", "title": "Safe work", "is_confidential": ""}
    assert read_metadata("") == {}


@pytest.mark.parametrize(
    "text",
    [
        "title not-base64!",
        "title /w==",  # no UTF-8
        "title AA==",  # a zero byte
        "title YQ==,title YQ==",
        ",",
        "tïtle YQ==",
        ",".join(f"key{number} YQ==" for number in range(17)),
        "title " + "A" * 4_000,
    ],
)
def test_metadata_that_is_not_well_formed_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_metadata(text)


KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=","), min_size=1, max_size=20)


@given(st.dictionaries(KEYS, st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), max_size=10))
def test_what_is_written_is_read_again(pairs: dict[str, str]) -> None:
    text = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())

    assert read_metadata(text) == pairs


@given(st.text(max_size=60))
def test_whatever_comes_is_read_or_refused(text: str) -> None:
    for read in (read_metadata, read_checksum, lambda given: read_number("Upload-Offset", given)):
        with contextlib.suppress(Malformed):
            read(text)


def test_numbers_are_plain_digits() -> None:
    assert read_number("Upload-Length", "10737418240") == 10_737_418_240
    for text in (None, "", "-1", "+1", "1.0", " 1", "1_0", "٣", "9" * 19):
        with pytest.raises(Malformed, match="Upload-Length"):
            read_number("Upload-Length", text)


def test_a_checksum_has_an_algorithm_of_ours_and_its_length() -> None:
    digest = hashlib.sha256(b"abc").digest()
    text = base64.b64encode(digest).decode()

    assert read_checksum(f"sha256 {text}") == Checksum("sha256", digest)
    assert read_checksum(None) is None
    for wrong in (f"md5 {text}", f"sha1 {text}", f"sha256 {text}=", "sha256", "sha256 ", text, ""):
        with pytest.raises(Malformed):
            read_checksum(wrong)
