"""Codes of papers as they are drawn, printed and typed, and names as strangers see them."""

import pytest

from lms.paper_codes import code_of, grouped, masked_name, read_code


def test_a_code_has_a_hundred_random_bits_in_five_groups() -> None:
    code = code_of(bytes(range(13)))

    assert code == "AAAQEAYEAUDAOCAJBIFQ"
    assert grouped(code) == "AAAQ-EAYE-AUDA-OCAJ-BIFQ"
    with pytest.raises(ValueError, match="a code needs 13 random bytes, not 12"):
        code_of(bytes(12))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("AAAQ-EAYE-AUDA-OCAJ-BIFQ", "AAAQEAYEAUDAOCAJBIFQ"),
        (" aaaq eaye auda ocaj bifq ", "AAAQEAYEAUDAOCAJBIFQ"),
        # Read off paper: a nought for O, a one for I.
        ("AAAQ-EAYE-AUDA-0CAJ-B1FQ", "AAAQEAYEAUDAOCAJBIFQ"),
        (" aaaq eaye-auda–0caj-b1fq ", "AAAQEAYEAUDAOCAJBIFQ"),
        ("AAAQ-EAYE-AUDA-OCAJ-BIF", None),
        ("AAAQ-EAYE-AUDA-OCAJ-BIF9", None),
        ("学时学时学时学时学时学时学时学时学时学时", None),
        ("", None),
    ],
)
def test_a_code_is_read_however_it_is_typed(typed: str, code: str | None) -> None:
    assert read_code(typed) == code


@pytest.mark.parametrize(
    ("name", "masked"),
    [("张三", "张*"), ("张三丰", "张**"), ("Alice Long", "A**"), ("张", "张*"), (" A ", "A*"), ("", "*")],
)
def test_a_name_is_masked(name: str, masked: str) -> None:
    assert masked_name(name) == masked
