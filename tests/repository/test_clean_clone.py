"""Both commands of the README, in a clean clone that nobody but its owner can enter, with an empty home."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lms.env.addresses import free_port
from tests.conftest import data_folder
from tests.systems import processes_of, stop, wait_for

BASE = Path(__file__).resolve().parent.parent.parent
INSTALL_S_MAX = 900  # both environments come over the network
AGAIN_S_MAX = 60  # far above what it takes; a start that installs or migrates again is seen in what it says

pytestmark = [pytest.mark.clean_clone, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture
def clone() -> Iterator[Path]:
    with data_folder("xueshi-clone-") as folder:
        home = folder / "home"
        home.mkdir(mode=0o700)
        command = [
            "git",
            "-c",
            "safe.directory=*",
            "clone",
            "--quiet",
            "--no-hardlinks",
            str(BASE),
            str(home / "clone"),
        ]
        subprocess.run(command, check=True)
        yield home / "clone"
        shutil.rmtree((home / "clone/var/postgres").resolve(), ignore_errors=True)


def bare(clone: Path, port: int) -> dict[str, str]:
    """The environment of somebody who just logged in: how to reach the network, and nothing of this test run."""
    network = (
        "PIP_",
        "NODE_EXTRA_",
        "SSL_CERT_",
        "REQUESTS_CA_",
        "NPM_CONFIG_",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
    )
    kept = {name: value for name, value in os.environ.items() if name.upper().startswith(network)}
    return {**kept, "PATH": os.environ["PATH"], "HOME": str(clone.parent), "LANG": "C.UTF-8", "PORT": str(port)}


def start(clone: Path, port: int, told: Path) -> subprocess.Popen[bytes]:
    with told.open("wb") as sink:
        return subprocess.Popen(["make", "run"], cwd=clone, env=bare(clone, port), stdout=sink, stderr=sink)


def test_both_commands_work_in_a_clean_clone(clone: Path) -> None:
    port = free_port()
    told = clone.parent / "told"

    first = start(clone, port, told)
    try:
        wait_for(f"http://127.0.0.1:{port}/", first, within_s=INSTALL_S_MAX, told=told)
        assert "installing the Python packages" in told.read_text()
    finally:
        stop(first)
    assert processes_of(clone, clone / "var/postgres") == {}

    second = start(clone, port, told)
    try:
        wait_for(f"http://127.0.0.1:{port}/", second, within_s=AGAIN_S_MAX, told=told)
        assert "installing" not in told.read_text()
        assert "migrated" not in told.read_text()
    finally:
        stop(second)
    assert processes_of(clone, clone / "var/postgres") == {}

    command = ["make", "test", "TESTS=tests/unit"]
    tested = subprocess.run(command, check=False, cwd=clone, env=bare(clone, port), capture_output=True, text=True)
    assert tested.returncode == 0, tested.stdout[-4000:] + tested.stderr[-4000:]
    assert " passed" in tested.stdout
    # What was built and fetched is not in the way of git.
    status = subprocess.run(["git", "status", "--porcelain"], check=True, cwd=clone, capture_output=True, text=True)
    assert status.stdout == ""
