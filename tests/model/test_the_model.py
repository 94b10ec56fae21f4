"""The product against the reference, example after example; and proof that a broken rule would be found.

`MODEL_EXAMPLES=5000 make test TESTS=tests/model/test_the_model.py` looks longer, and at other examples each time.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Learning, ground

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
ORDINARY = settings(
    max_examples=EXAMPLES or 200,
    stateful_step_count=30,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.django_db
def test_it_counts_as_the_reference_does(monkeypatch: pytest.MonkeyPatch) -> None:
    with ground(monkeypatch):
        run_state_machine_as_test(Learning, settings=ORDINARY)
