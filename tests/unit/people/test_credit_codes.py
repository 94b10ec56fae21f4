"""The unified social credit code of a body. The good ones are the example of GB 32100-2015 and made-up signs."""

import pytest

from lms.institutions.rules.credit_codes import SIGNS, check_sign, code_reason

GOOD = "91350100M000100Y43"


def test_the_example_of_the_standard_is_right() -> None:
    assert code_reason(GOOD) is None
    assert check_sign("91350100M000100Y4") == "3"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "length"),
        ("91350100M000100Y4", "length"),
        ("91350100M000100Y430", "length"),
        ("91350100M000100Y4I", "signs"),
        ("91350100m000100Y43", "signs"),
        ("９1350100M000100Y43", "signs"),
        ("91350100M000100Y44", "check_sign"),
        ("19350100M000100Y43", "check_sign"),
    ],
)
def test_it_says_why_a_code_cannot_be(code: str, reason: str) -> None:
    assert code_reason(code) == reason


def test_every_single_wrong_sign_is_found() -> None:
    """31 is prime and no weight is a multiple of it, so no exchange of one sign for another keeps the sum."""
    wrong = [GOOD[:place] + sign + GOOD[place + 1 :] for place in range(18) for sign in SIGNS if sign != GOOD[place]]

    assert len(wrong) == 18 * 30
    assert {code_reason(each) for each in wrong} == {"check_sign"}
