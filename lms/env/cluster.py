"""The private PostgreSQL's cluster: made once, with two roles. Callers hold the lock of servers.py; nothing runs on it.

It keeps every promise of a real installation: what is committed is on the disk (fsync and synchronous_commit on,
checksums on). Neither role is a superuser: `xueshi` owns the tables and migrates them, `xueshi_runtime` serves and is
given no right to change what was posted. A cluster from before there were two gets the second when it starts.
"""

import os
import secrets
import shutil
import subprocess
import time
from pathlib import Path

from lms.env.addresses import DATABASE, OWNER, RUNTIME, password_name, password_of
from lms.env.programs import give, identity, postgres_programs
from lms.env.values import BadSetting

INITDB_S_MAX = 120
ALONE_S_MAX = 60  # a crash recovery replays at most max_wal_size
RETRY_S_MAX = 8
BUILTIN_LOCALE_SINCE = 17

SETTINGS = """
# Written once by lms/env/cluster.py.
fsync = on
synchronous_commit = on
full_page_writes = on
password_encryption = scram-sha-256
timezone = 'UTC'
log_timezone = 'UTC'
max_connections = 200
shared_buffers = '128MB'
log_line_prefix = '%m [%p] %d '
"""


def make_cluster(cluster: Path, data_dir: Path) -> None:
    """initdb, the role and the database, in a draft folder that gets its name only when it is whole."""
    draft = cluster.with_name("cluster.draft")
    shutil.rmtree(draft, ignore_errors=True)
    # The superuser's password is written nowhere: nothing here ever logs in as it.
    password_file = cluster.with_name("superuser")
    password_file.write_text(secrets.token_urlsafe(32))
    give(password_file)
    locale = ["--locale=C.UTF-8"]
    if _version() >= BUILTIN_LOCALE_SINCE:
        # Sorting by PostgreSQL itself: an upgrade of the C library cannot break an index.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    arguments = ["-D", str(draft), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password_file}"]
    made = run_program("initdb", [*arguments, "--encoding=UTF8", "--data-checksums", *locale], seconds_max=INITDB_S_MAX)
    password_file.unlink()
    if made.returncode != 0:
        raise BadSetting(f"The database could not be created in {draft}: {made.stdout.decode(errors='replace')[-800:]}")
    with (draft / "postgresql.conf").open("a") as file:
        file.write(SETTINGS)
    _say_alone(
        draft,
        [
            f"CREATE ROLE {OWNER} LOGIN CREATEDB PASSWORD {_password(data_dir, OWNER)};",
            f"CREATE ROLE {RUNTIME} LOGIN PASSWORD {_password(data_dir, RUNTIME)};",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER};",
        ],
    )
    _mark_roles(draft)
    draft.rename(cluster)


def ensure_runtime_role(cluster: Path, data_dir: Path) -> None:
    """Give a cluster from before there were two roles the second one. The server does not run."""
    if roles_mark(cluster).is_file():
        return
    statements = [
        # A start that was interrupted may have made it already.
        f"DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{RUNTIME}') "
        f"THEN CREATE ROLE {RUNTIME}; END IF; END$$;",
        f"ALTER ROLE {RUNTIME} LOGIN PASSWORD {_password(data_dir, RUNTIME)};",
    ]
    deadline = time.monotonic() + RETRY_S_MAX
    while True:
        try:
            _say_alone(cluster, statements)
        except BadSetting:
            # The backends of a killed server need a moment to notice.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            _mark_roles(cluster)
            return


def _say_alone(cluster: Path, statements: list[str]) -> None:
    """Run statements as the superuser, one a line, in single-user mode: no server with an open door is needed."""
    arguments = ["--single", "-D", str(cluster), "postgres"]
    single = run_program("postgres", arguments, seconds_max=ALONE_S_MAX, text_in="\n".join(statements) + "\n")
    said = single.stdout.decode(errors="replace")
    if single.returncode != 0 or "ERROR" in said:
        # What was said to it holds passwords, and it repeats a statement that failed.
        kept = [line for line in said.splitlines() if "PASSWORD" not in line]
        raise BadSetting(f"The roles could not be made in {cluster}: {' '.join(kept)[-800:]}")


def _password(data_dir: Path, role: str) -> str:
    secret = password_of(data_dir, password_name(role)).replace("'", "''")
    return f"'{secret}'"


def roles_mark(cluster: Path) -> Path:
    """Inside the cluster, so that a copy or a backup of it says the truth about itself."""
    return cluster / "xueshi_roles"


def _mark_roles(cluster: Path) -> None:
    roles_mark(cluster).write_text(f"{OWNER} {RUNTIME}\n")
    give(roles_mark(cluster))


def run_program(
    program: str, arguments: list[str], *, seconds_max: int, text_in: str = ""
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(postgres_programs() / program), *arguments],
        check=False,
        input=text_in.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds_max,
        cwd="/",
        env=clean_environment(),
        **identity(),
    )


def clean_environment() -> dict[str, str]:
    # PGDATA, PGPORT and the like, set for another database, would be obeyed.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _version() -> int:
    answer = run_program("postgres", ["--version"], seconds_max=10).stdout.decode(errors="replace")
    digits = answer.split()[2].split(".")[0] if len(answer.split()) > 2 else ""
    if not digits[:2].isdecimal():
        raise BadSetting(f"PostgreSQL's program answers {answer.strip()[:200]!r} when asked for its version.")
    return int(digits[:2])
