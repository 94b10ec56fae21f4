import pytest

from lms.accounts.rules.login_names import login_kind, masked_phone, normalised_email, normalised_phone


@pytest.mark.parametrize(
    "typed",
    [
        "13900000001",
        "139 0000 0001",
        "139-0000-0001",
        "+8613900000001",
        "+86 139 0000 0001",
        "008613900000001",
        "8613900000001",
        "１３９００００" + "０００１",
    ],
)
def test_one_phone_typed_in_many_ways_is_one_phone(typed: str) -> None:
    assert normalised_phone(typed) == "+8613900000001"


@pytest.mark.parametrize(
    "typed", ["", "12900000001", "1390000000", "139000000011", "+1 212 555 0100", "010-12345678", "139000o0001"]
)
def test_it_refuses_what_is_no_mainland_mobile(typed: str) -> None:
    assert normalised_phone(typed) is None


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("worker1@demo.test", "email"),
        (" Worker1@Demo.Test ", "email"),
        ("139 0000 0001", "phone"),
        ("worker1", None),
        ("worker1@demo", None),
        ("", None),
    ],
)
def test_it_tells_an_address_from_a_phone(typed: str, kind: str | None) -> None:
    assert login_kind(typed) == kind


def test_addresses_are_kept_in_lower_case() -> None:
    assert normalised_email(" Worker1@Demo.Test ") == "worker1@demo.test"


def test_a_masked_phone_keeps_its_ends() -> None:
    assert masked_phone("+8613900000001") == "+86139****0001"
    assert masked_phone("139") == "***"
