"""Two versions are the same when, and only when, everything frozen is the same."""

from typing import Any

import pytest

from courses.rules.digest import content_digest

SAME: dict[str, Any] = {
    "kind": "reading",
    "title": "触电的危险",
    "duration_ms": 16_000,
    "sections": [{"title": "一", "from_ms": 0, "to_ms": 16_000, "html": "<p>电</p>"}],
    "asset": None,
}


def test_it_is_sha256_of_canonical_json() -> None:
    assert content_digest(**SAME) == "24fc159cdc9347e09985c56d116a0120767c54088e346814ec05a0878b98d397"


def test_the_order_of_a_sections_keys_does_not_count() -> None:
    turned = {**SAME, "sections": [dict(reversed(SAME["sections"][0].items()))]}

    assert content_digest(**turned) == content_digest(**SAME)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "video"},
        {"title": "触电的危害"},
        {"duration_ms": 16_001},
        {"sections": []},
        {"sections": [{"title": "一", "from_ms": 0, "to_ms": 16_000, "html": "<p>电 </p>"}]},
        {"asset": "6f1c1f0e-0000-4000-8000-000000000000"},
    ],
)
def test_any_change_makes_another_digest(change: dict[str, Any]) -> None:
    assert content_digest(**{**SAME, **change}) != content_digest(**SAME)
