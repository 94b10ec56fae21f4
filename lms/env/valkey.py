"""The private Valkey of a DATA_DIR: broker, channel layer and cache. Callers hold the lock of servers.py.

Nothing in it outlives it (no snapshot, no log of writes): whatever must survive is a row in PostgreSQL, and a queue
is only the wake-up call for such a row.
"""

import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path

from lms.env.addresses import free_port, password_of, valkey_port
from lms.env.programs import identity, valkey_program
from lms.env.values import BadSetting

TITLE = "Valkey"
START_S_MAX = 20
REAP_S_MAX = 2  # from the last sign of life to the end of the process
STOP_S_MAX = 5
ATTEMPTS_MAX = 5  # another program can take a port between our look and Valkey's bind
DATABASES = 64  # one per parallel test worker

_started: list[subprocess.Popen[bytes]] = []  # kept, so that ended ones are reaped and no warning is given


def start(data_dir: Path) -> None:
    """Have Valkey answer; nothing happens when it does already."""
    if _answers(data_dir):
        return
    log = data_dir / "logs" / "valkey.log"
    log.parent.mkdir(exist_ok=True)
    for _ in range(ATTEMPTS_MAX):
        if not _is_free(valkey_port(data_dir)):
            _record(data_dir, free_port())
        if _launch(data_dir, log):
            return
    last = log.read_text(encoding="utf-8", errors="replace")[-800:].strip()
    raise BadSetting(f"Valkey did not start; {log} ends with: {last}")


def is_up(data_dir: Path) -> bool:
    """Whether anything listens at our port: beside one that is only slow a second one must not be started."""
    _started[:] = [server for server in _started if server.poll() is None]
    return not _is_free(valkey_port(data_dir))


def stop(data_dir: Path) -> None:
    _ask(data_dir, b"SHUTDOWN NOSAVE NOW FORCE")
    deadline = time.monotonic() + STOP_S_MAX
    while not _is_free(valkey_port(data_dir)) and _answers(data_dir) and time.monotonic() < deadline:
        time.sleep(0.02)
    for server in _started:
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(REAP_S_MAX)
    _started.clear()


def _launch(data_dir: Path, log: Path) -> bool:
    # Through standard input, because the command line, with a password in it, is shown to every user of the machine.
    settings = "\n".join(
        [
            "bind 127.0.0.1",
            f"port {valkey_port(data_dir)}",
            f"requirepass {password_of(data_dir, 'VALKEY_PASSWORD')}",
            f"databases {DATABASES}",
            'save ""',
            "appendonly no",
            "daemonize no",
        ]
    )
    with log.open("ab") as sink:
        server = subprocess.Popen(
            [str(valkey_program()), "-"],
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath)},
            **identity(),
        )
    _started.append(server)
    assert server.stdin is not None
    with server.stdin as configuration:
        configuration.write(settings.encode() + b"\n")
    deadline = time.monotonic() + START_S_MAX
    while server.poll() is None and time.monotonic() < deadline:
        if _answers(data_dir):
            return True
        time.sleep(0.02)
    return False


def _answers(data_dir: Path) -> bool:
    """Whether the server at the recorded port is ours: only ours knows the password."""
    return _ask(data_dir, b"PING") == b"+OK\r\n+PONG\r\n"


def _ask(data_dir: Path, command: bytes) -> bytes:
    login = f"AUTH {password_of(data_dir, 'VALKEY_PASSWORD')}\r\n".encode()
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", valkey_port(data_dir)), timeout=1) as connection:
            connection.sendall(login + command + b"\r\n")
            while answer.count(b"\r\n") < 2 and (part := connection.recv(1024)):
                answer += part
    except OSError:
        pass
    return answer


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As Valkey does; otherwise connections of the last run that are still closing would cost us the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _record(data_dir: Path, port: int) -> None:
    path = data_dir / "valkey" / "port"
    draft = path.with_name("port.draft")
    draft.write_text(f"{port}\n")
    draft.replace(path)
