"""Faults, put into one function of the product for one test: its source with a piece exchanged.

Only the code of the function is exchanged, so that whoever imported it meets the fault.
"""

import importlib
import inspect
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Fault:
    """In `module.function`, `right` becomes `wrong`."""

    name: str
    module: str
    function: str
    right: str
    wrong: str

    def put_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        module = importlib.import_module(f"lms.hours.{self.module}")
        function = getattr(module, self.function)
        source = inspect.getsource(function)
        assert source.count(self.right) == 1, f"{self.function} no longer holds {self.right!r} once"
        made = dict(vars(module))
        exec(compile(source.replace(self.right, self.wrong), f"<{self.name}>", "exec"), made)
        monkeypatch.setattr(function, "__code__", made[self.function].__code__)


FAULTS = [
    Fault("a tolerance for every beat", "rules.counting", "_judge", "max(0, excess_ms), at_ms", "0, at_ms"),
    Fault("refused time is carried", "rules.counting", "_refuse", "carry_ms=0", "carry_ms=10_000"),
    Fault("the cap is not split at midnight", "rules.counting", "_credit_over_days", "at_ms <= midnight_ms", "True"),
    Fault("what was seen earns", "rules.counting", "_credit", "to_ms), lesson.covered)", "to_ms), ())"),
    Fault("silence of two minutes is too long", "rules.counting", "_judge", "> limits.LONG_GAP", ">= limits.LONG_GAP"),
    Fault("silence draws on no budget", "rules.counting", "_draw_on_gap_budget", "clock.gap_ms + silence_ms)", "0)"),
    Fault(
        "time above the cap is covered",
        "rules.counting",
        "_credit",
        "to_ms = end_of_first_ms(new, credited_ms) if credited_ms else clock.position_ms",
        "pass",
    ),
    Fault("a hidden page earns", "rules.counting", "_judge", "clock.playing and clock.visible", "clock.playing"),
    Fault("the last beat again", "actions.beats", "record_beat", "beat.seq <= desk", "beat.seq < desk"),
]

# Met only after several steps in one order: some hundred examples until one is found.
DEEP_FAULTS = [
    Fault(
        "all of a pause can be claimed at once", "rules.counting", "_with_late_time", "elapsed_ms // 2", "clock.late_ms"
    ),
    Fault("a classroom hour counts twice", "rules.counting", "_judge", "if taken_ms:", "if False:"),
    Fault("a failed check leaves the coverage", "actions.settling", "_settle", "sort == EntrySort.CONFIRM)", "True)"),
    Fault(
        "the end of a session confirms although a check is due",
        "actions.settling",
        "settle_at_end",
        "=is_due",
        "=False",
    ),
]
