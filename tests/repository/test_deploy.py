"""What deploy/ says can be believed as far as a machine without containers and without root can tell.

The rules of nginx pass nginx itself, the units pass systemd, the compose file is complete in itself, the example of
the environment names what the program reads. That the processes run like this behind nginx is tested in
tests/functional/test_rolling_restart.py.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from wagtail.images.fields import WagtailImageField

from lms.enrollments.forms import roster_file
from lms.teachers.actions import photos
from lms.teachers.rules import claims
from lms.wiring import supervisor
from manage import OWNERS_COMMANDS
from media_pipeline import limits
from media_pipeline.rules import captions
from tests.proxies import RULES, nginx_command, program_of_the_wheel, write_rules

BASE = Path(__file__).resolve().parent.parent.parent
DEPLOY = BASE / "deploy"
PYTHON = "/opt/xueshi/.venv/bin/python"
SYSTEMD = DEPLOY / "systemd"
UNITS = sorted(path for path in SYSTEMD.iterdir() if path.suffix)
MANAGE = SYSTEMD / "xueshi-manage"
OPERATIONS = (BASE / "docs" / "operations.md").read_text()
MIB = 1024**2
HARDENED = (
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "CapabilityBoundingSet=",
    "User=xueshi",
)


def nginx_says(folder: Path, *, containers: bool = False) -> subprocess.CompletedProcess[str]:
    proxy = write_rules(folder, port=18_443, web_ports=[8001, 8002], data_dir=folder)
    program = ""
    if containers:
        shutil.copy(RULES / "upstream.compose.conf", folder / "upstream.conf")
        # It asks for names again, which Debian's nginx does not know yet.
        program = program_of_the_wheel()
    command = nginx_command(proxy, "-t", program=program)
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("containers", [False, True], ids=["systemd", "containers"])
def test_nginx_takes_its_rules(tmp_path: Path, containers: bool) -> None:
    done = nginx_says(tmp_path, containers=containers)

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
    places = re.findall(r"location (?:= )?(/\S+) \{\s+client_max_body_size (\d+)m;", rules)
    elsewhere = re.findall(r"^ {8}client_max_body_size (\d+)m;", rules, re.M)
    files = (photos.BYTES_MAX, roster_file.BYTES_MAX, captions.BYTES_MAX, WagtailImageField().max_upload_size)

    asked = {place: int(most) * MIB for place, most in places}
    assert asked["/uploads/"] == limits.PART_BYTES_MAX
    # A form's other fields and the borders between them need a little more than its files.
    assert asked["/admin/videos/add/"] - limits.FORM_BYTES_MAX == MIB
    assert asked["/my/teaching/claims/new/"] - claims.FILES_MAX * claims.FILE_BYTES_MAX == 2 * MIB
    assert [int(most) * MIB - max(files) for most in elsewhere] == [MIB]


def test_nginx_is_who_may_read_what_it_sends() -> None:
    """Another than the one who is put into the group of the files would find nothing."""
    put_into_the_group = re.findall(r"usermod .*--groups xueshi (\S+)", OPERATIONS)

    assert re.findall(r"^user (\S+);", (RULES / "user.conf").read_text(), re.M) == put_into_the_group == ["www-data"]
    assert re.findall(r"^user (\S+);", (RULES / "user.compose.conf").read_text(), re.M) == ["nginx"]
    assert "\ninclude user.conf;\n" in (RULES / "nginx.conf").read_text()


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


def test_every_unit_that_the_docs_name_is_there() -> None:
    named = set(re.findall(r"xueshi-[a-z]+(?:-[a-z]+)*", OPERATIONS))

    assert "xueshi-media" in named
    assert named - {path.name.split(".")[0].rstrip("@") for path in SYSTEMD.iterdir()} == set()


def set_up() -> str:
    """What an operator pastes."""
    (block,) = re.findall(r"^```sh\n(.*?)^```$", OPERATIONS, re.M | re.S)
    return str(block)


def test_the_set_up_is_sound_and_installs_what_is_there() -> None:
    assert subprocess.run(["sh", "-n"], input=set_up(), text=True, check=False).returncode == 0
    (copied,) = re.findall(r"^for name in (.*); do\n    install -m 0644 \"deploy/nginx/", set_up(), re.M)
    included = re.findall(r"include (\S+)\.conf;", (RULES / "nginx.conf").read_text())
    assert set(copied.split()) == {"nginx", *included}
    # A file of the installation, and what reads it, by one name.
    for unit in (path for path in UNITS if path.suffix == ".service"):
        for path in re.findall(r"^EnvironmentFile=-?(\S+)$", unit.read_text(), re.M):
            assert f">{path}\n" in set_up()


def variables(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", file.read_text(), re.M))


def test_the_set_up_writes_settings_without_a_gap(tmp_path: Path) -> None:
    """Its middle part is run as it stands, in another folder than /etc/xueshi."""
    part = set_up().partition("# The settings")[2].partition("# nginx, with")[0].partition("\n")[2]
    known = "HOST=study.example.org owner=ow runtime=run password=pass\n"

    script = known + part.replace("/etc/xueshi", str(tmp_path / "etc"))
    subprocess.run(["sh", "-eu", "-c", script], check=True, cwd=BASE)

    files = [tmp_path / "etc" / name for name in ("xueshi.env", "owner.env")]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    given, example = (variables(file) for file in (files[0], DEPLOY / "xueshi.env.example"))
    keys = [given[name] for name in ("SECRET_KEY", "IDENTITY_KEY", "IDENTITY_MAC_KEY", "MEDIA_KEY")]
    assert [len(key) for key in keys] == [64] * 4
    assert len(set(keys)) == 4
    assert given["ALLOWED_HOSTS"] == "study.example.org"
    assert given["BASE_URL"] == "https://study.example.org"
    assert given["DATABASE_URL"] == "postgres://xueshi_runtime:run@127.0.0.1:5432/xueshi"
    assert given["REDIS_URL"] == "redis://:pass@127.0.0.1:6379/0"
    assert files[1].read_text() == "DATABASE_OWNER_URL=postgres://xueshi:ow@127.0.0.1:5432/xueshi\n"
    assert given.keys() == example.keys()


def managed(folder: Path, *arguments: str) -> list[str]:
    """What xueshi-manage asks of systemd, one argument a line."""
    (folder / "systemd-run").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 3\n')
    (folder / "systemd-run").chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(
        [str(MANAGE), *arguments], check=False, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )

    # Its status is the command's: whoever calls it at night learns of a failure.
    assert (done.returncode, done.stderr) == (3, "")
    return done.stdout.splitlines()


def test_commands_run_as_the_processes_do(tmp_path: Path) -> None:
    command = ["open_institution", "云岭省 培训中心", "--kind", "training"]

    asked = managed(tmp_path, *command)

    given = {each.removeprefix("--property=") for each in asked if each.startswith("--property=")}
    for unit in (path for path in UNITS if path.suffix == ".service"):
        lines = unit.read_text().splitlines()
        assert [each for each in given if each not in lines] == []
    for name in ("User", "Group", "UMask", "WorkingDirectory", "EnvironmentFile", "StateDirectory"):
        assert any(each.startswith(f"{name}=") for each in given), name
    assert {"--wait", "--collect", "--pipe", "--pty"} <= set(asked)
    assert asked[asked.index("--") + 1 :] == [PYTHON, "manage.py", *command]


def test_the_owner_of_the_tables_is_given_to_the_commands_that_need_it(tmp_path: Path) -> None:
    owner = "--property=EnvironmentFile=-/etc/xueshi/owner.env"

    assert [command for command in OWNERS_COMMANDS if owner not in managed(tmp_path, command)] == []
    assert not any("owner.env" in each for each in managed(tmp_path, "createsuperuser", "--email", "backup"))


def test_no_setting_is_put_into_a_command(tmp_path: Path) -> None:
    """systemd replaces $NAME by a variable and $$ by one dollar sign."""
    asked = managed(tmp_path, "shell", "--command", "print('$SECRET_KEY ${IDENTITY_KEY} $')")

    assert asked[-1] == "print('$$SECRET_KEY $${IDENTITY_KEY} $$')"


def test_a_process_that_hangs_is_seen_by_its_supervisor() -> None:
    lines = (SYSTEMD / "xueshi-web@.service").read_text().splitlines()
    (waits_s,) = [int(line.removeprefix("WatchdogSec=")) for line in lines if line.startswith("WatchdogSec=")]

    assert "Type=notify" in lines
    assert "Restart=always" in lines
    assert waits_s >= 3 * supervisor.SAID_EVERY_S


def test_no_unit_and_no_container_works_in_memory() -> None:
    """What is sent and what is made of films is larger than a machine's memory, and /tmp is memory in both shapes."""
    services = compose()["services"]
    roles = [name for name, service in services.items() if service["image"].startswith("xueshi:")]

    assert len(roles) == 6
    for role in roles:
        folder = services[role]["environment"]["TMPDIR"]
        assert f"work:{folder}" in services[role]["volumes"]
        assert services[role]["tmpfs"] == ["/tmp:size=64m"]
        assert f"-m 0700 {folder}" in (DEPLOY / "Dockerfile").read_text()
    for unit in (path for path in UNITS if path.suffix == ".service"):
        lines = unit.read_text().splitlines()
        assert "PrivateTmp=yes" in lines
        assert any(line.startswith("Environment=") and line.endswith(" TMPDIR=/var/tmp") for line in lines)


def test_a_media_worker_may_lock_its_programs_in() -> None:
    """What guard.py asks of the kernel passes the unit: else every film would be refused."""
    lines = (SYSTEMD / "xueshi-media.service").read_text().splitlines()
    (calls,) = [line.split("=", 1)[1].split() for line in lines if line.startswith("SystemCallFilter=")]
    (namespaces,) = [line.split("=", 1)[1].split() for line in lines if line.startswith("RestrictNamespaces=")]

    # unshare, prctl (seccomp, no new privileges) and capset are system calls of any service.
    assert calls[0] == "@system-service"
    assert set(calls[1:]) == {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}
    assert set(namespaces) == {"user", "net", "ipc"}


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


def test_nginx_in_a_container_finds_every_file_that_its_rules_include() -> None:
    services = compose()["services"]
    mounted = [volume.split(":")[1] for volume in services["nginx"]["volumes"]]

    included = re.findall(r"include (\S+);", (RULES / "nginx.conf").read_text())
    assert len(included) == 5
    assert [name for name in included if f"/etc/nginx/{name}" not in mounted] == []


def test_nginx_in_a_container_writes_to_its_output() -> None:
    """Its image links these two names to it, and no others; Debian turns both over."""
    written = re.findall(r"^(?:access|error)_log (\S+) \w+;", (RULES / "logs.conf").read_text(), re.M)

    assert written == ["/var/log/nginx/access.log", "/var/log/nginx/error.log"]


def test_the_database_is_ready_only_when_it_answers_others() -> None:
    """The server that makes the cluster answers on a socket, and goes again."""
    assert compose()["services"]["postgres"]["healthcheck"]["test"][:3] == ["CMD", "pg_isready", "-h"]


def test_the_release_of_both_shapes_does_the_same() -> None:
    lines = (SYSTEMD / "xueshi-release.service").read_text().splitlines()
    steps = [line.removeprefix(f"ExecStart={PYTHON} ") for line in lines if line.startswith("ExecStart=")]

    shell, option, said = compose()["services"]["release"]["command"]
    assert (shell, option) == ("sh", "-c")
    assert said.split(" && ") == [f"python {step}" for step in steps]


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
        said = (SYSTEMD / f"{unit}.service").read_text().replace("%%", "%")
        assert " ".join(words[1:]) in said


def test_the_image_is_made_of_files_that_are_here() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]

    assert len(copied) > 5
    assert [name for name in copied if not (BASE / name).exists()] == []


def test_the_example_names_only_variables_that_are_read_and_holds_no_secret() -> None:
    given = variables(DEPLOY / "xueshi.env.example")
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


@pytest.mark.parametrize("script", [DEPLOY / "postgres" / "roles.sh", MANAGE], ids=lambda script: script.name)
def test_a_script_is_sound_and_may_run(script: Path) -> None:
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
    assert script.stat().st_mode & stat.S_IXUSR
