"""Schemathesis asks a running server: every operation of a description, what it allows and what it forbids.

Its program runs as anybody else would run it, with all of its checks and phases; what it may overlook stands with the
reason in schemathesis.toml. What it found is read from its report; its own words, with the request to repeat, are in
the assertion when there was anything.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("schemathesis")
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "12"))
"""Invented requests for each operation. What the description itself names (limits, types, methods) is always tried."""
SEED = os.environ.get("CONTRACT_SEED", "20261129")
S_MAX = 900 if "CONTRACT_EXAMPLES" in os.environ else 180


@dataclass(frozen=True)
class Asked:
    """`findings` are (operation, what is wrong), `answers` (operation, status); `text` is all that was said."""

    findings: set[tuple[str, str]]
    answers: set[tuple[str, int]]
    text: str


def ask(folder: Path, address: str, description: dict[str, Any], headers: dict[str, str], examples: int) -> Asked:
    """Ask the server at `address` everything about the operations of this description."""
    described, report = folder / "openapi.json", folder / "report.ndjson"
    described.write_text(json.dumps(description), encoding="utf-8")
    command = [
        str(PROGRAM),
        f"--config-file={CONFIGURATION}",
        "run",
        str(described),
        f"--url={address}",
        "--checks=all",
        "--phases=examples,coverage,fuzzing,stateful",
        f"--max-examples={examples}",
        f"--seed={SEED}",
        "--generation-database=none",
        "--continue-on-failure",
        # How long an answer or an invention takes says something about the machine.
        f"--request-timeout={S_MAX}",
        "--suppress-health-check=all",
        "--no-color",
        f"--report-ndjson-path={report}",
        *(f"--header={name}: {value}" for name, value in headers.items()),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=S_MAX)
    text = done.stdout + done.stderr
    events = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    findings = {*_failures(events), *_errors(events)}
    # Whatever else made it end so is a finding too.
    assert (done.returncode == 0) == (not findings), text
    return Asked(findings, set(_answers(events)), text)


def _recorded(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for event in events:
        yield from [event["ScenarioFinished"]["recorder"]] if "ScenarioFinished" in event else []


def _failures(events: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for scenario in _recorded(events):
        for case, checks in scenario.get("checks", {}).items():
            yield from ((_operation(scenario, case), each["name"]) for each in checks if each["status"] == "failure")


def _errors(events: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for event in events:
        for name in ("NonFatalError", "FatalError"):
            if name in event:
                yield event[name].get("label", ""), event[name].get("value", {}).get("type", name)


def _answers(events: list[dict[str, Any]]) -> Iterator[tuple[str, int]]:
    for scenario in _recorded(events):
        for case, interaction in scenario.get("interactions", {}).items():
            if interaction.get("response"):
                yield _operation(scenario, case), interaction["response"]["status_code"]


def _operation(scenario: dict[str, Any], case: str) -> str:
    """A scenario of many steps has no operation of its own."""
    asked = scenario["cases"][case]["value"]
    label: str = scenario["label"]
    return label if "/" in label else f"{asked['method']} {asked['path']}"
