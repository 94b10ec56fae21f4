"""Conventions that no tool checks, kept true by reading what is in git."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent.parent
WORDLESS = {"utils", "util", "common", "helpers", "helper", "services", "service", "manager", "managers", "misc"}
REQUIREMENT = re.compile(r"^[a-z0-9][a-z0-9._-]*(\[[a-z0-9,._-]+\])?==[^\s;]+( ; [^\\]+)?$")
HASH = re.compile(r"^--hash=sha256:[0-9a-f]{64}$")
# Written in two pieces, so that this file does not find itself.
ADDRESSES = [
    "registry." + "npmjs",
    "pypi.org/" + "simple",
    "files." + "pythonhosted",
    "index" + "-url",
    '"resolved"' + ":",
]
MACHINE_PATHS = re.compile(r"(?<![\w.])/(" + r"home/\w+|ro" + r"ot/|Users/\w+|wo" + r"rk/)")
CLOCKS = re.compile(r"\b(now|today|utcnow|monotonic|time_ns)\(")


@cache
def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], check=True, cwd=BASE, capture_output=True).stdout
    return [BASE / name for name in listed.decode().split("\0") if name and (BASE / name).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""  # a picture


def test_no_file_has_a_name_that_excludes_nothing() -> None:
    named = [path for path in tracked() if WORDLESS & {part.split(".")[0] for part in path.relative_to(BASE).parts}]

    assert named == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_file_says_where_packages_come_from(address: str) -> None:
    assert [path for path in tracked() if address in text_of(path)] == []


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    found = [(path, hit[0]) for path in tracked() if (hit := MACHINE_PATHS.search(text_of(path)))]

    assert found == []


def test_rules_read_no_clock() -> None:
    rules = [path for path in tracked() if "rules" in path.parts and path.suffix == ".py" and "tests" not in path.parts]

    assert len(rules) > 0
    assert [path for path in rules if CLOCKS.search(text_of(path))] == []


def locked(name: str) -> dict[str, str]:
    """The requirements of a lock by name, each with its whole line; fails on a line without a hash."""
    found: dict[str, str] = {}
    entries = (BASE / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ").splitlines()
    for entry in entries:
        requirement, *hashes = [part.strip() for part in re.split(r"\s+(?=--hash)", entry)]
        assert REQUIREMENT.match(requirement), entry
        assert hashes, requirement
        assert all(HASH.match(one) for one in hashes), entry
        found[requirement.split("==")[0]] = requirement
    return found


@pytest.mark.parametrize("name", ["run", "dev"])
def test_every_locked_package_has_a_hash(name: str) -> None:
    assert len(locked(name)) > 50


def test_the_tests_see_the_versions_that_are_served() -> None:
    assert locked("run").items() <= locked("dev").items()
