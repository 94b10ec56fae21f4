"""The product against the reference, example after example; and proof that a broken rule would be found.

`make test TESTS=tests/model/test_the_model.py MODEL_EXAMPLES=5000` looks longer, at other examples each time, and for
faults that are rarely met.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.faults import DEEP_FAULTS, FAULTS, Fault
from tests.model.machine import NIGHT_MS, Learning, ground

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
ORDINARY = settings(
    max_examples=EXAMPLES or 100,
    stateful_step_count=30,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
UNTIL_FOUND = settings(
    ORDINARY,
    max_examples=max(300, EXAMPLES),
    derandomize=True,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    print_blob=False,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("starts_ms", [0, NIGHT_MS], ids=["by day", "by night"])
def test_it_counts_as_the_reference_does(monkeypatch: pytest.MonkeyPatch, starts_ms: int) -> None:
    with ground(monkeypatch, [starts_ms]):
        run_state_machine_as_test(Learning, settings=ORDINARY)


@pytest.mark.parametrize("fault", [*FAULTS, *DEEP_FAULTS] if EXAMPLES else FAULTS, ids=lambda fault: fault.name)
def test_it_finds_a_fault(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    """The positive control: a machine that finds nothing here would prove nothing above."""
    fault.put_in(monkeypatch)

    with ground(monkeypatch), pytest.raises(Exception):  # noqa: B017 - a wrong figure, or PostgreSQL's refusal of it
        run_state_machine_as_test(Learning, settings=UNTIL_FOUND)
