import pytest

from lms.institutions.rules.regions import code_reasons, covers


@pytest.mark.parametrize(
    ("code", "parent", "expected"),
    [
        ("99", None, ()),
        ("9901", "99", ()),
        ("990102", "9901", ()),
        ("990102", "99", ()),
        ("9", None, ("region_code_form",)),
        ("990", None, ("region_code_form",)),
        ("", None, ("region_code_form",)),
        ("9A", None, ("region_code_form",)),
        ("99010203040506", None, ("region_code_form",)),
        ("9801", "99", ("region_code_not_below_parent",)),
        ("99", "99", ("region_code_not_below_parent",)),
    ],
)
def test_a_code_begins_with_its_parents(code: str, parent: str | None, expected: tuple[str, ...]) -> None:
    assert code_reasons(code, parent_code=parent) == expected


@pytest.mark.parametrize(
    ("own", "other", "expected"), [("99", "99", True), ("99", "9901", True), ("9901", "99", False), ("99", "98", False)]
)
def test_an_authority_covers_its_region_and_below(own: str, other: str, expected: bool) -> None:
    assert covers(own, other) is expected
