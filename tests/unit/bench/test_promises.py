"""Acknowledgements are believed when the database holds what they promised, and not otherwise."""

from typing import Any

import pytest

from bench.promises import Promise, objections

ANSWERED = Promise(credited_ms=30_000, acked_ms=30_010, sent_ms=30_010, unanswered=0)
ONE_ON_ITS_WAY = Promise(credited_ms=30_000, acked_ms=30_010, sent_ms=45_000, unanswered=1)
NEVER_ANSWERED = Promise(credited_ms=0, acked_ms=0, sent_ms=40, unanswered=1)
EARNS_NOTHING = Promise(credited_ms=0, acked_ms=30_010, sent_ms=30_010, unanswered=0)


def load(*promises: Promise, errors: dict[str, int] | None = None, acked: int = 9) -> dict[str, Any]:
    return {"errors": errors or {}, "windows": [{"acked": 9}, {"acked": acked}], "promises": [*map(list, promises)]}


def test_what_the_database_holds_is_believed() -> None:
    assert objections(load(ANSWERED, ONE_ON_ITS_WAY, NEVER_ANSWERED), [30_000, 30_000, 0]) == []


def test_a_beat_without_an_answer_may_have_been_written() -> None:
    assert objections(load(ONE_ON_ITS_WAY), [44_990]) == []


def test_a_server_that_keeps_nothing_is_asked_for_acknowledgements_only() -> None:
    assert objections(load(ANSWERED), None) == []


@pytest.mark.parametrize(
    ("figures", "held", "objection"),
    [
        # The control, VARIANTS=blind: a server that acknowledges and writes nothing.
        (
            load(ANSWERED, ANSWERED),
            [0, 0],
            "60000 ms told to 2 learners are not in the database",
        ),
        (load(ANSWERED), [29_999], "1 ms told to 1 learners are not in the database"),
        (load(ONE_ON_ITS_WAY), [29_999], "1 ms told to 1 learners are not in the database"),
        (load(ANSWERED), [30_001], "the database holds 1 ms that 1 learners were not told of"),
        (load(ONE_ON_ITS_WAY), [45_001], "the database holds 1 ms that 1 learners were not told of"),
        (load(EARNS_NOTHING), [0], "30010 ms were played and acknowledged and earned 0 ms"),
        (load(ANSWERED, errors={"lost": 3}), [30_000], "the clients met errors: {'lost': 3}"),
        (load(ANSWERED, errors={"lost": 3}), None, "the clients met errors: {'lost': 3}"),
        (load(ANSWERED, acked=0), [30_000], "a window passed without an acknowledgement"),
        (load(ANSWERED, acked=0), None, "a window passed without an acknowledgement"),
    ],
)
def test_what_cannot_be_believed_is_said(figures: dict[str, Any], held: list[int] | None, objection: str) -> None:
    assert objections(figures, held) == [objection]
