"""What deploy/ says can be believed as far as a machine without containers and without root can tell.

The rules of nginx pass nginx itself, the units pass systemd, the compose file is complete in itself, the example of
the environment names what the program reads. That the processes run like this behind nginx is tested in
tests/functional/test_rolling_restart.py.
"""

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from media_pipeline import limits
from tests.proxies import RULES, nginx_command, write_rules

BASE = Path(__file__).resolve().parent.parent.parent
DEPLOY = BASE / "deploy"
PYTHON = "/opt/xueshi/.venv/bin/python"
UNITS = sorted((DEPLOY / "systemd").iterdir())
HARDENED = (
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "CapabilityBoundingSet=",
    "User=xueshi",
)


def nginx_says(folder: Path) -> subprocess.CompletedProcess[str]:
    proxy = write_rules(folder, port=18_443, web_ports=[8001, 8002], data_dir=folder)
    return subprocess.run(nginx_command(proxy, "-t"), check=False, capture_output=True, text=True)


def test_nginx_takes_its_rules(tmp_path: Path) -> None:
    done = nginx_says(tmp_path)

    assert "test is successful" in done.stderr
    assert done.returncode == 0, done.stderr


def test_nginx_would_refuse_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test before."""
    shutil.copytree(RULES, tmp_path / "rules")
    with (tmp_path / "rules" / "nginx.conf").open("a") as rules:
        rules.write("http {}\n")
    monkeypatch.setattr("tests.proxies.RULES", tmp_path / "rules")

    assert nginx_says(tmp_path).returncode != 0


def test_what_only_operators_ask_is_closed_to_the_world() -> None:
    rules = (RULES / "nginx.conf").read_text()

    for path in ("/metrics", "/readyz"):
        assert f"location = {path} {{ return 404; }}" in rules


def test_nginx_lets_through_what_the_application_takes() -> None:
    rules = (RULES / "nginx.conf").read_text()

    asked = dict(re.findall(r"location (?:= )?(/\S+) \{\s+client_max_body_size (\d+)m;", rules))
    assert int(asked["/uploads/"]) * 1024**2 == limits.PART_BYTES_MAX
    # The form's other fields and the borders between them need a little more than the file.
    assert int(asked["/admin/videos/add/"]) * 1024**2 - limits.FORM_BYTES_MAX == 1024**2


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text()
        assert unit.suffix == ".target" or PYTHON in text
        # Only the place of the installation is not on this machine.
        (tmp_path / unit.name).write_text(text.replace(PYTHON, sys.executable))
    paths = [str(tmp_path / unit.name) for unit in UNITS]

    done = subprocess.run(["systemd-analyze", "verify", *paths], check=False, capture_output=True, text=True)

    assert [line for line in done.stderr.splitlines() if "xueshi" in line or str(tmp_path) in line] == []


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.stem)
def test_every_unit_is_locked_in(unit: Path) -> None:
    lines = unit.read_text().splitlines()

    assert [wanted for wanted in HARDENED if wanted not in lines] == []


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


def test_the_compose_file_has_every_role_and_nothing_hangs_in_the_air() -> None:
    read = compose()
    services: dict[str, Any] = read["services"]

    assert set(services) == {
        "web-1",
        "web-2",
        "worker",
        "media-worker",
        "beat",
        "release",
        "postgres",
        "valkey",
        "nginx",
    }
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        assert set(service.get("networks", ())) <= set(read["networks"])
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (DEPLOY / source).exists(), source
            elif not source.startswith("/"):
                assert source in read["volumes"]


def test_only_nginx_is_reachable_from_outside() -> None:
    assert {name for name, service in compose()["services"].items() if "ports" in service} == {"nginx"}


def test_only_the_release_knows_the_owner_of_the_tables() -> None:
    services = compose()["services"]

    assert [name for name, each in services.items() if "DATABASE_OWNER_URL" in each.get("environment", {})] == [
        "release"
    ]


def test_the_processes_of_both_shapes_are_given_the_same_commands() -> None:
    services = compose()["services"]
    units = {"worker": "xueshi-worker", "media-worker": "xueshi-media", "beat": "xueshi-beat"}
    for role, unit in units.items():
        words = services[role]["command"][: 6 if role == "beat" else None]
        # systemd reads a percent sign as its own.
        said = (DEPLOY / "systemd" / f"{unit}.service").read_text().replace("%%", "%")
        assert " ".join(words[1:]) in said


def test_the_image_is_made_of_files_that_are_here() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]

    assert len(copied) > 5
    assert [name for name in copied if not (BASE / name).exists()] == []


def test_the_example_names_only_variables_that_are_read_and_holds_no_secret() -> None:
    example = (DEPLOY / "xueshi.env.example").read_text()
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.M))
    read = "".join(path.read_text() for path in [BASE / "lms/settings.py", *(BASE / "lms/env").glob("*.py")])

    assert [name for name in given if f'"{name}"' not in read] == []
    secret = (
        "SECRET_KEY",
        "IDENTITY_KEY",
        "IDENTITY_MAC_KEY",
        "MEDIA_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    )
    assert {given[name] for name in secret} == {""}


def test_the_script_of_the_roles_is_sound_and_may_run() -> None:
    script = DEPLOY / "postgres" / "roles.sh"

    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
    assert script.stat().st_mode & stat.S_IXUSR
