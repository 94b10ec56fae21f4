"""`make bench-sockets` keeps no figures of a run in which somebody was not served."""

from typing import Any

import pytest

from bench.idle import failures

SOUND = {"sockets": 20_000, "acked": 19_400, "errors": {}, "complaints": 0}


def test_a_sound_run_is_kept() -> None:
    assert failures(SOUND) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"errors": {"closed 1011": 3}}, "3 times a client met: closed 1011."),
        ({"complaints": 2}, "The servers' logs have 2 tracebacks."),
        ({"acked": 18_000}, "18000 beats of 20000 sockets were acknowledged."),
    ],
)
def test_a_run_that_did_not_serve_everybody_is_not(change: dict[str, Any], told: str) -> None:
    assert failures(SOUND | change) == [told]
