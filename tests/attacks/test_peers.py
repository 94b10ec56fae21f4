"""The table of README.md and docs/attacks.md: what each rule gives for the same attacks. Pure; no server takes part."""

from pathlib import Path

import pytest

from tests.attacks.peers import PEERS
from tests.attacks.table import rates, table

BASE = Path(__file__).parents[2]
OURS = "Xueshi"


@pytest.mark.parametrize("peer", PEERS)
def test_honest_study_is_worth_its_time_by_every_rule(peer: str) -> None:
    assert rates()["honest study"][peer] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("attack", rates())
def test_no_attack_earns_more_than_time_by_our_rule(attack: str) -> None:
    assert rates()[attack][OURS] <= 1


@pytest.mark.parametrize("peer", [name for name in PEERS if name != OURS])
def test_every_other_rule_can_be_run_at_many_times_real_speed(peer: str) -> None:
    assert max(row[peer] for row in rates().values()) > 15


@pytest.mark.parametrize("page", ["README.md", "docs/attacks.md"])
def test_the_page_shows_the_table_as_it_is(page: str) -> None:
    assert table() in (BASE / page).read_text(encoding="utf-8")
