"""On which address a web process listens: this machine's own, unless the installation says otherwise."""

from typing import Any

from django.conf import settings as configured

from lms.wiring.management.commands.serve import Command


def test_nobody_else_reaches_a_web_process_by_itself() -> None:
    assert configured.LISTEN == "127.0.0.1"


def test_an_installation_of_several_machines_names_its_address(settings: Any) -> None:
    settings.LISTEN = "10.0.0.5"
    parser = Command().create_parser("manage.py", "serve")

    assert parser.parse_args([]).host == "10.0.0.5"
    assert parser.parse_args(["--host", "10.0.0.6"]).host == "10.0.0.6"
