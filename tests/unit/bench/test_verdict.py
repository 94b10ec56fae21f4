"""A run of `make load` is called good when it was, and each way in which it was not has a sentence of its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.habits import planned_beats
from bench.mixed import main
from bench.verdict import compare, failures

HOUR = {"every_s": 5.0, "seconds": 3600.0, "arrive_s": 20.0, "faults": False, "control": False}
WITH_FAULTS = {"plan": HOUR | {"faults": True}}
WITHOUT_ACKS = {"honest": {"learners": 4_000, "no connection": 9}}
# 700 of each: they planned 652.
HONEST = {"learners": 4_000, "ack": 2_800_000}


def run(**changes: Any) -> dict[str, Any]:
    """A sound hour of one process, but for `changes`."""
    sound = {
        "plan": HOUR,
        "unexpected": {},
        "rss": [(float(second), 77, 300 * 2**20) for second in range(10, 3_600, 10)],
        "kib_per_minute": {"77": 31.5},
        "lost_ms": 0,
        "lost_acks": 0,
        "gained_ms": 0,
        "kinds": {"honest": HONEST, "floods": {"learners": 100, "ack": 9}},
        "ledger": "5000 learners, no difference",
        "ledger_is_clean": True,
        "log": [],
    }
    return sound | changes


def book(**changes: Any) -> dict[str, Any]:
    told = {"kind": "honest", "promised_ms": 0, "lived_ms": 0, "idle_ms": 0, "lost_acks": 0, "outcomes": {}}
    return told | changes


def test_a_sound_run_is_good() -> None:
    assert failures(run()) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"lost_ms": 15_000}, "15000 ms were acknowledged and are not in the database."),
        ({"lost_acks": 2}, "2 acknowledged beats are unknown to their session."),
        ({"gained_ms": 700}, "700 ms are credited beyond the time in which somebody studied."),
        (
            {"ledger_is_clean": False, "ledger": "learner 3: total 7, replay 8"},
            "verify_ledger found a difference: learner 3: total 7, replay 8",
        ),
        ({"unexpected": {"honest: no connection": 86}}, "Unexpected, 86 times: honest: no connection."),
        (
            {"unexpected": {"honest: no answer within 30 s": 3}},
            "Unexpected, 3 times: honest: no answer within 30 s.",
        ),
        ({"kinds": {"honest": HONEST | {"ack": 1_300_000}}}, "The honest had 1300000 acknowledgements of "),
        ({"kinds": WITHOUT_ACKS}, "The honest had 0 acknowledgements of "),
        ({"kinds": {}}, "The honest had 0 acknowledgements of 0 beats that they planned."),
        (
            {"kib_per_minute": {"77": 1_672.4}},
            "Process 77 grew by 1672 KiB a minute over the second half of its life.",
        ),
        ({"log": ["ERROR a batch of beats failed"]}, "A server's log has errors: ERROR a batch of beats failed"),
        (WITH_FAULTS | {"kinds": WITHOUT_ACKS}, "The honest had 0 acknowledgements of "),
        (WITH_FAULTS | {"unexpected": {"honest: bad_seq": 1}}, "Unexpected, 1 times: honest: bad_seq."),
    ],
)
def test_each_cause_alone_makes_a_run_bad(changes: dict[str, Any], sentence: str) -> None:
    (said,) = failures(run(**changes))

    assert said.startswith(sentence)


@pytest.mark.parametrize(
    "changes",
    [
        {"rss": [(float(second), 77, 1) for second in range(10, 1_200, 10)], "kib_per_minute": {"77": 1_672.5}},
        {"kib_per_minute": {"77": -900.0}},
        WITH_FAULTS | {"log": ["psycopg.OperationalError: the connection is lost"]},
        {"kinds": {"honest": HONEST | {"ack": 1_310_000}}},
    ],
    ids=["twenty minutes are too short to judge growth", "shrinks", "errors that faults explain", "just enough beats"],
)
def test_what_is_no_fault_of_the_system_fails_no_run(changes: dict[str, Any]) -> None:
    assert failures(run(**changes)) == []


@pytest.mark.parametrize(
    ("every_s", "seconds", "arrive_s", "honest", "sent"),
    [(3.751, 3600, 20, 3_991, 3_609_480), (5.556, 660, 20, 3_976, 403_819)],
)
def test_the_honest_of_kept_runs_had_nearly_all_that_they_planned(
    every_s: float, seconds: float, arrive_s: float, honest: int, sent: int
) -> None:
    planned = planned_beats({"every_s": every_s, "seconds": seconds, "arrive_s": arrive_s}, honest)

    assert 0.9 < sent / planned < 1.1


def test_a_learner_holds_what_was_promised_and_no_more_than_they_studied() -> None:
    books = [
        book(promised_ms=40_000, lived_ms=60_000, idle_ms=15_000, outcomes={"ack": 5}),
        book(promised_ms=50_000, lived_ms=60_000),
        book(promised_ms=50_000, lived_ms=60_000, idle_ms=10_000),
        book(kind="floods", lost_acks=1),
    ]

    told = compare(books, [47_000, 49_999, 52_003, 0])

    assert (told["lost_ms"], told["gained_ms"], told["lost_acks"]) == (1, 3, 1)
    assert [line.partition(":")[0] for line in told["worst"]] == [
        "learner 1 (honest)",
        "learner 2 (honest)",
        "learner 3 (floods)",
    ]
    assert told["kinds"]["honest"] == {
        "ack": 5,
        "learners": 3,
        "promised_ms": 140_000,
        "held_ms": 149_002,
        "lived_ms": 180_000,
        "idle_ms": 25_000,
        "lost_acks": 0,
    }


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({}, 0, "ok: nothing lost, gained or unexpected; everybody served, memory level"),
        ({"rss": []}, 0, "ok: nothing lost, gained or unexpected; everybody served, memory not judged"),
        ({"lost_ms": 1, "log": ["ERROR"]}, 1, "FAILED: 1 ms were acknowledged and are not in the database.\nFAILED: "),
        ({"plan": HOUR | {"control": True}}, 1, "FAILED: the control lost nothing"),
        ({"plan": HOUR | {"control": True}, "lost_ms": 1, "log": ["ERROR"]}, 0, "ok: the control loses"),
    ],
)
def test_a_kept_run_can_be_judged_again(
    changes: dict[str, Any],
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = tmp_path / "mixed.json"
    kept.write_text(json.dumps(run(**changes)))
    monkeypatch.setattr("sys.argv", ["mixed", "--judge", str(kept)])

    assert main() == status
    assert capsys.readouterr().out.startswith(said)
