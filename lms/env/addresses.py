"""Where the database and the broker are: the given address, else that of the private servers of a DATA_DIR.

PostgreSQL listens on a Unix socket in a private folder and on no TCP port: no port to collide, nothing for other
users of the machine to try, and the address is known before the server runs. Valkey listens on 127.0.0.1 with a
password, because Django, Channels and Celery write the address of a Unix socket in three different ways; its port is
recorded, and kept as long as it stays free.

Two roles use the database. The *owner* makes and migrates the tables; the *runtime* role serves, and has no right to
change what was posted. Every process is the runtime role unless DATABASE_ROLE says otherwise, which manage.py sets for
the commands that need it.
"""

import os
import secrets
import socket
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from lms.env.values import BadSetting, kept, text

DATABASE = "xueshi"
OWNER = "xueshi"
RUNTIME = "xueshi_runtime"
# The name of the socket file comes from this number; no TCP port is ever opened.
SOCKET_NUMBER = 5432
# sockaddr_un holds 108 bytes with the closing zero.
SOCKET_PATH_BYTES_MAX = 107

# A database that vanishes (its machine, the network between) refuses nothing: by the system's own limits whoever speaks
# to it would wait for two hours. libpq's words; over a Unix socket only the first means anything. An address overrules
# each with a parameter of its own (?tcp_user_timeout=30000).
DATABASE_LIMITS = {
    "connect_timeout": 5,  # seconds
    # While somebody waits for an answer the kernel asks after ten seconds whether the other end is there, and again.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    # Whatever was said and reached nobody in these milliseconds, a question of the kernel too, ends the connection.
    "tcp_user_timeout": 15_000,
}


def database_url(data_dir: Path) -> str:
    """The address that this process uses."""
    return owner_url(data_dir) if acts_as_owner() else runtime_url(data_dir)


def runtime_url(data_dir: Path) -> str:
    """The role that serves: DATABASE_URL, else the private server's."""
    return _given_url("DATABASE_URL") or _private_url(data_dir, RUNTIME)


def owner_url(data_dir: Path) -> str:
    """The role that owns the tables: DATABASE_OWNER_URL; the only role where there is one address; the private one."""
    given = _given_url("DATABASE_OWNER_URL")
    if given and not _given_url("DATABASE_URL"):
        raise BadSetting(
            "DATABASE_OWNER_URL is set and DATABASE_URL is not; the program runs as the role of the latter."
        )
    return given or _given_url("DATABASE_URL") or _private_url(data_dir, OWNER)


def has_owner() -> bool:
    """Whether a role beside the runtime role owns the tables."""
    return bool(text("DATABASE_OWNER_URL", default="")) or not text("DATABASE_URL", default="")


def acts_as_owner() -> bool:
    role = text("DATABASE_ROLE", default="runtime")
    if role not in {"owner", "runtime"}:
        raise BadSetting(f"DATABASE_ROLE is {role!r}; it must be owner or runtime.")
    return role == "owner"


def runtime_role(data_dir: Path) -> str:
    """The name of the role that the owner gives its rights to."""
    role = unquote(urlsplit(runtime_url(data_dir)).username or "")
    if not role and has_owner():
        raise BadSetting(
            "DATABASE_URL names no user; beside DATABASE_OWNER_URL it must be postgres://user:password@host/name."
        )
    return role


def password_name(role: str) -> str:
    return {OWNER: "POSTGRES_PASSWORD", RUNTIME: "POSTGRES_RUNTIME_PASSWORD"}[role]


def _given_url(name: str) -> str:
    given = text(name, default="")
    if given and urlsplit(given).scheme not in {"postgres", "postgresql"}:
        raise BadSetting(f"{name} starts with {_scheme(given)!r}; it must be postgres://user:password@host/name.")
    return given


def _private_url(data_dir: Path, role: str) -> str:
    password = quote(password_of(data_dir, password_name(role)), safe="")
    folder = quote(os.fsencode(socket_folder(data_dir)), safe="")
    return f"postgres://{role}:{password}@{folder}:{SOCKET_NUMBER}/{DATABASE}"


def redis_url(data_dir: Path, *, number: int = 0) -> str:
    """The broker, channel layer and cache. `number` is the database inside the private server (tests use many)."""
    given = text("REDIS_URL", default="")
    if not given:
        password = quote(password_of(data_dir, "VALKEY_PASSWORD"), safe="")
        return f"redis://:{password}@127.0.0.1:{valkey_port(data_dir)}/{number}"
    if urlsplit(given).scheme not in {"redis", "rediss"}:
        raise BadSetting(f"REDIS_URL starts with {_scheme(given)!r}; it must be redis://[:password@]host:port/number.")
    return given


def password_of(data_dir: Path, name: str) -> str:
    """A private server's password: kept, never given, since the cluster would not follow a changed variable."""
    return kept(data_dir / "secrets" / name, secrets.token_urlsafe(32))


def _scheme(address: str) -> str:
    # Never the whole value: it may hold a password.
    return address.split(":", 1)[0]


def socket_folder(data_dir: Path, *, linked: bool = True) -> Path:
    """Where clients find PostgreSQL's socket; postgres.py makes the folder, and the link when the path is too long."""
    link = short_link(data_dir)
    return Path(os.readlink(link)) if linked and link.is_symlink() else data_dir / "postgres" / "socket"


def short_link(data_dir: Path) -> Path:
    return data_dir / "postgres-socket"


def fits_a_socket(folder: Path) -> bool:
    # A comma would separate two folders in PostgreSQL's setting, a quote would open a quoted one.
    fits = len(os.fsencode(folder / f".s.PGSQL.{SOCKET_NUMBER}")) <= SOCKET_PATH_BYTES_MAX
    return fits and not set(str(folder)) & {",", '"'}


def valkey_port(data_dir: Path) -> int:
    """The recorded port; one that is free now is recorded first when there is none."""
    path = data_dir / "valkey" / "port"
    value = kept(path, str(free_port()))
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise BadSetting(f"{path} holds {value!r}; it must be a port number, or be deleted.")
    return int(value)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
