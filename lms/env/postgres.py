"""The private PostgreSQL of a DATA_DIR: started, joined, stopped. Callers hold the lock of servers.py.

What it is made of, and who may log in to it: cluster.py.
"""

import contextlib
import os
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path

from lms.env.addresses import SOCKET_NUMBER, fits_a_socket, short_link, socket_folder
from lms.env.cluster import clean_environment, ensure_runtime_role, make_cluster, roles_mark, run_program
from lms.env.programs import give, identity, postgres_programs, reachable, readable_folder
from lms.env.values import BadSetting

TITLE = "PostgreSQL"
START_S_MAX = 60  # a crash recovery replays at most max_wal_size
RETRY_S_MAX = 8
REAP_S_MAX = 2  # from the last sign of life to the end of the process
STOP_S_MAX = 8  # below the 10 s in which `make run` must have ended

_started: list[subprocess.Popen[bytes]] = []  # kept, so that ended ones are reaped and no warning is given


def start(data_dir: Path) -> None:
    """Have PostgreSQL take connections; nothing happens when it does already."""
    cluster = _cluster(data_dir)
    if _process(cluster) is not None and _wait_ready(cluster):
        if not roles_mark(cluster).is_file():
            raise BadSetting(f"An older version runs on {data_dir}; stop it, then start this one.")
        return
    _forget_stranger(cluster)
    ensure_runtime_role(cluster, data_dir)
    folder = _make_socket_folder(data_dir, cluster)
    log = data_dir / "logs" / "postgres.log"
    log.parent.mkdir(exist_ok=True)
    # The backends of a killed server need a moment to notice; until then PostgreSQL refuses to start.
    deadline = time.monotonic() + RETRY_S_MAX
    while True:
        with log.open("ab") as sink:
            server = subprocess.Popen(
                [
                    *(str(postgres_programs() / "postgres"), "-D", str(cluster), "-p", str(SOCKET_NUMBER)),
                    *("-k", str(folder), "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                # A session of its own, so that Ctrl-C reaches the program first and the database last.
                start_new_session=True,
                cwd="/",
                env=clean_environment(),
                **identity(),
            )
        _started.append(server)
        if _wait_ready(cluster, server):
            return
        if time.monotonic() > deadline:
            last = log.read_text(encoding="utf-8", errors="replace")[-800:].strip()
            raise BadSetting(f"PostgreSQL did not start; {log} ends with: {last}")
        time.sleep(0.5)


def is_up(data_dir: Path) -> bool:
    """Whether the postmaster lives. It may be recovering; what happens to its backends it mends itself."""
    # An ended one that nobody asked about would look alive to PostgreSQL, which then refuses to start.
    _started[:] = [server for server in _started if server.poll() is None]
    return _process((data_dir / "postgres").resolve() / "cluster") is not None


def stop(data_dir: Path) -> None:
    cluster = (data_dir / "postgres").resolve() / "cluster"
    for mode, seconds in (("fast", STOP_S_MAX), ("immediate", 5)):
        if _process(cluster) is None:
            break
        command = ["stop", "-D", str(cluster), "-m", mode, "-w", "-t", str(seconds), "-s"]
        run_program("pg_ctl", command, seconds_max=seconds + 5)
    for server in _started:
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(REAP_S_MAX)
    _started.clear()
    _drop_short_folder(data_dir)


def _cluster(data_dir: Path) -> Path:
    """The cluster's folder, made if need be: DATA_DIR/postgres, or where that link points."""
    link = data_dir / "postgres"
    if link.is_symlink() and not link.exists():
        raise BadSetting(f"{link} points to {os.readlink(link)}, which is gone; restore it, or delete the link.")
    if not link.exists():
        if reachable(data_dir):
            link.mkdir(mode=0o700)
            give(link)
        else:
            link.symlink_to(readable_folder(link), target_is_directory=True)
    home = link.resolve()
    if not reachable(home):
        raise BadSetting(
            f"{home} cannot be entered by user {identity().get('user', os.getuid())}, who runs PostgreSQL."
        )
    cluster = home / "cluster"
    if not cluster.is_dir():
        make_cluster(cluster, data_dir)
    return cluster


def _make_socket_folder(data_dir: Path, cluster: Path) -> Path:
    """The server's private socket folder: beside the cluster, or a short one in /tmp that DATA_DIR links to."""
    beside = cluster.with_name("socket")
    if fits_a_socket(beside) and fits_a_socket(socket_folder(data_dir, linked=False)):
        _drop_short_folder(data_dir)
        beside.mkdir(mode=0o700, exist_ok=True)
        give(beside)
        return beside
    if not _short_folder_is_ours(data_dir):
        _drop_short_folder(data_dir)
        short = Path(tempfile.mkdtemp(dir="/tmp", prefix="xueshi-"))  # not TMPDIR: that may be long as well
        give(short)
        short_link(data_dir).symlink_to(short, target_is_directory=True)
    return Path(os.readlink(short_link(data_dir)))


def _short_folder_is_ours(data_dir: Path) -> bool:
    """After a restart of the machine the name in /tmp may be free, and somebody else's by now."""
    try:
        found = os.lstat(os.readlink(short_link(data_dir)))
    except OSError:
        return False
    owner = identity().get("user", os.geteuid())
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077


def _drop_short_folder(data_dir: Path) -> None:
    if _short_folder_is_ours(data_dir):
        shutil.rmtree(os.readlink(short_link(data_dir)), ignore_errors=True)
    short_link(data_dir).unlink(missing_ok=True)


def _forget_stranger(cluster: Path) -> None:
    """Drop a pid file whose number belongs to another program by now; PostgreSQL would refuse to start.

    One whose process is dead stays: PostgreSQL reads in it whether a backend of that server is still alive.
    """
    pid = _noted_pid(cluster)
    if pid is not None and _is_somebody(pid) and _process(cluster) is None:
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _is_somebody(pid: int) -> bool:
    """Whether a living process has this number; one that ended, and whose parent was not told yet, has not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _noted_pid(cluster: Path) -> int | None:
    lines = _pid_file(cluster)
    return int(lines[0]) if lines and lines[0].isdecimal() else None


def _process(cluster: Path) -> int | None:
    """The postmaster's pid, if it runs on this cluster."""
    pid = _noted_pid(cluster)
    if pid is None:
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return pid  # no /proc on this system
    return pid if os.fsencode(cluster) in command else None


def _wait_ready(cluster: Path, started: subprocess.Popen[bytes] | None = None) -> bool:
    """Whether the server takes connections, as its pid file says in line 8, within START_S_MAX."""
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline:
        alive = _process(cluster) is not None if started is None else started.poll() is None
        if not alive:
            return False
        lines = _pid_file(cluster)
        if len(lines) >= 8 and lines[7].strip() == "ready" and (started is None or lines[0] == str(started.pid)):
            return True
        time.sleep(0.02)
    return False


def _pid_file(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
