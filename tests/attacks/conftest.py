"""Prints the table of rules when only attacks and honest days were asked for (`make attacks`)."""

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    asked = [(config.invocation_params.dir / each.split("::")[0]).resolve() for each in config.args]
    if HERE not in asked:
        return
    from tests.attacks.table import table

    terminalreporter.section("credited seconds per real second")
    terminalreporter.write_line(table())
