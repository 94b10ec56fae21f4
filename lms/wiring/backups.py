"""A backup that can be believed: one moment of the database, the media files, and a manifest to compare a restore with.

A backup is a folder that appears whole or not at all: `database.dump` (pg_dump's own format), `media.tar` and
`manifest.json`. The manifest holds for every table the number of its rows and an order-free digest of them, read in the
same snapshot as the dump, the SHA-256 of both files, and fingerprints of the keys, which are not in it: without them
identity numbers and videos stay closed, so a restore with other keys is refused before anything is written. So is what
cannot end well: an empty database is not backed up, PostgreSQL's programs must fit the server (rules/versions.py), and
nobody restores files into another's folder.

Media in a bucket are not copied: `media.tar` is not there, and the manifest names the bucket (`media_bucket`). Nothing
is written over in it, so its own versions and copies serve every backup.
"""

import hashlib
import json
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from lms import env
from lms.env.programs import postgres_programs
from lms.wiring.archives import READ_BYTES, pack, unpack
from lms.wiring.rules.versions import misfit
from media_pipeline.actions import part_files
from media_pipeline.storage import CHUNKS

FORMAT = 1
DUMP, MEDIA, MANIFEST = "database.dump", "media.tar", "manifest.json"
KEYS = ("IDENTITY_KEY", "IDENTITY_MAC_KEY", "MEDIA_KEY")
# Where the former values are that still open what they sealed (lms.accounts.sealing).
RETIRED = {"IDENTITY_KEY": "IDENTITY_KEYS_RETIRED"}
# They change and go while we read. After a restore uploads are sent anew, and long videos converted anew.
ON_THE_WAY = (f"private/{part_files.FOLDER}", f"private/{CHUNKS}")
TABLES = """
    SELECT quote_ident(relname) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
"""


class BackupRefused(Exception):
    """Says in one sentence what is in the way; nothing was changed."""


class RestoreDiffers(Exception):
    """What was restored is not what was backed up; the sentences name the tables."""


def back_up(folder: Path, *, at: datetime, with_media: bool) -> dict[str, Any]:
    """Write the backup; gives its manifest. Whatever fails leaves nothing behind."""
    if folder.exists():
        raise BackupRefused(f"{folder} exists; a backup is never written over another.")
    _refuse_misfit("pg_dump")
    _refuse_nothing()
    with _whole(folder) as draft:
        with _snapshot() as snapshot:
            _run(
                "pg_dump",
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={snapshot}",
                f"--file={draft / DUMP}",
            )
            tables = tables_now()
        # After the dump: a file that a row names is there, one that came later does no harm.
        if with_media and not settings.MEDIA_BUCKET:
            with (draft / MEDIA).open("wb") as archive:
                pack(archive, _media_roots(), without=ON_THE_WAY)
        manifest = {
            "format": FORMAT,
            "at": at.isoformat(),
            "tables": tables,
            "files": {path.name: _sha256(path) for path in sorted(draft.iterdir())},
            "keys": {name: _fingerprint(name, getattr(settings, name)) for name in KEYS},
            "retired_keys": {
                name: [_fingerprint(name, key) for key in getattr(settings, retired)]
                for name, retired in RETIRED.items()
            },
            "media_bucket": settings.MEDIA_BUCKET,
        }
        (draft / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
        for path in draft.iterdir():
            path.chmod(0o600)
    return manifest


def restore(folder: Path) -> dict[str, Any]:
    """Fill an empty database and empty media folders; gives the manifest when everything is as it was.

    Raises BackupRefused before anything is written, RestoreDiffers after.
    """
    manifest = read_manifest(folder)
    _refuse_misfit("pg_restore")
    _refuse_unfit(folder, manifest)
    connection.close()
    _run(
        "pg_restore",
        "--no-owner",
        "--no-privileges",
        "--exit-on-error",
        "--single-transaction",
        f"--dbname={_name()}",
        str(folder / DUMP),
    )
    if MEDIA in manifest["files"]:
        unpack(folder / MEDIA, _media_roots())
    found = differences(manifest["tables"], tables_now())
    if found:
        raise RestoreDiffers("\n".join(found))
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        raise BackupRefused(f"{folder} holds no readable {MANIFEST}; it is no whole backup.") from None
    if manifest.get("format") != FORMAT:
        raise BackupRefused(f"{folder} has format {manifest.get('format')!r}; this version reads {FORMAT}.")
    return manifest


def tables_now() -> dict[str, list[Any]]:
    """For every table the number of rows and the sum of their hashes, which no order changes."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        names = [name for (name,) in cursor.fetchall()]
        found: dict[str, list[Any]] = {}
        for name in names:
            cursor.execute(
                f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {name} AS t"
            )
            found[name] = list(cursor.fetchone() or ())
    return found


def differences(wanted: dict[str, list[Any]], found: dict[str, list[Any]]) -> list[str]:
    """One sentence for each table that is not as it was."""
    lines = []
    for name in sorted({*wanted, *found}):
        before, after = wanted.get(name), found.get(name)
        if before is None or after is None:
            lines.append(f"{name}: {'not in the backup' if before is None else 'missing'}")
        elif before != after:
            lines.append(f"{name}: {before[0]} rows in the backup, {after[0]} restored, or their content differs")
    return lines


def _refuse_unfit(folder: Path, manifest: dict[str, Any]) -> None:
    for name, digest in manifest["files"].items():
        if not (folder / name).is_file() or _sha256(folder / name) != digest:
            raise BackupRefused(f"{folder / name} is missing or damaged: its SHA-256 is not the manifest's.")
    _refuse_other_keys(manifest["keys"], manifest.get("retired_keys", {}))
    if MEDIA in manifest["files"] and settings.MEDIA_BUCKET:
        raise BackupRefused(
            f"The backup holds media; with MEDIA_BUCKET they would go unseen into {settings.MEDIA_ROOT}."
        )
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        if cursor.fetchone():
            raise BackupRefused(f"The database {_name()} is not empty; restore into a new one.")
    for root in _media_roots().values():
        if root.is_dir() and any(root.iterdir()):
            raise BackupRefused(f"{root} is not empty; restore into a new DATA_DIR.")
        if MEDIA in manifest["files"]:
            _refuse_others_folder(root)


def _refuse_other_keys(fingerprints: dict[str, str], retired_fingerprints: dict[str, list[str]]) -> None:
    """What was retired when the backup was made still opened something then."""
    for name, fingerprint in fingerprints.items():
        retired = RETIRED.get(name)
        given = [getattr(settings, name), *(getattr(settings, retired) if retired else ())]
        known = {_fingerprint(name, key) for key in given}
        if fingerprint not in known:
            nor = f", nor is one of {retired}" if retired else ""
            raise BackupRefused(f"{name} is not the key of this backup{nor}; what it sealed could not be opened again.")
        if missing := set(retired_fingerprints.get(name, ())) - known:
            raise BackupRefused(
                f"{retired} lacks {len(missing)} of the former keys of this backup; "
                "what they sealed could not be opened again."
            )


def _refuse_misfit(program: str) -> None:
    said = _call(program, "--version").stdout
    # pg_dump (PostgreSQL) 16.4 (Debian 16.4-1.pgdg120+1)
    own = re.search(r"\) (\d+)", said)
    if own is None:
        raise BackupRefused(f"{_program(program)} answers {said.strip()[:200]!r} when asked for its version.")
    reason = misfit(program, int(own[1]), connection.get_database_version()[0])
    if reason:
        raise BackupRefused(reason)


def _refuse_nothing() -> None:
    """Without its variables the program would start a private server, find nothing there, and call that a backup."""
    if MigrationRecorder(connection).applied_migrations():
        return
    connection.ensure_connection()
    asked = connection.connection.info
    hint = "Look at DATABASE_URL and DATABASE_OWNER_URL."
    if settings.IS_DATABASE_PRIVATE:
        hint = f"DATABASE_URL is not set, so the private server of {settings.DATA_DIR} was asked."
    raise BackupRefused(
        f"The database {asked.dbname} at {asked.host}:{asked.port} holds nothing of this program, no migration was "
        f"applied to it; nothing was backed up. {hint}"
    )


def _refuse_others_folder(root: Path) -> None:
    """What root restores, nobody else could write."""
    place = next(each for each in (root, *root.parents) if each.exists())
    owner = place.stat().st_uid
    if owner != os.geteuid():
        raise BackupRefused(
            f"{place} belongs to {_user(owner)}, who could not write what {_user(os.geteuid())} restores; "
            f"run this as {_user(owner)}."
        )


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A draft beside `folder`, which gets its name at the end, or is removed."""
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    try:
        yield draft
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


@contextmanager
def _snapshot() -> Iterator[str]:
    """One moment of the database for us and for pg_dump, while everybody else goes on."""
    connection.close()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone() or ("",)
        yield snapshot


def _media_roots() -> dict[str, Path]:
    return {"media": Path(settings.MEDIA_ROOT), "private": Path(settings.PRIVATE_ROOT)}


def _name() -> str:
    return str(connection.get_connection_params()["dbname"])


def _run(program: str, *arguments: str) -> None:
    """One of PostgreSQL's programs on our database; the password is in its environment, where nobody else reads it."""
    given = connection.get_connection_params()
    variables = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    variables |= {"PGSSLMODE": "sslmode", "PGCONNECT_TIMEOUT": "connect_timeout"}
    options = {variable: str(given[name]) for variable, name in variables.items() if given.get(name)}
    done = _call(program, *arguments, **options)
    if done.returncode != 0:
        raise BackupRefused(f"{program} ended with status {done.returncode}: {done.stderr.strip()[-800:]}")


def _call(program: str, *arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_program(program), *arguments],
        check=False,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **options},
        capture_output=True,
        text=True,
    )


def _program(name: str) -> str:
    """One of PG_BIN, which may hold a client's programs alone; else the wheel's."""
    given = env.text("PG_BIN", default="")
    path = (Path(given) if given else postgres_programs()) / name
    if not os.access(path, os.X_OK):
        raise BackupRefused(f"{path} is no program that may be run; PG_BIN must be a folder that holds it.")
    return str(path)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(READ_BYTES):
            digest.update(part)
    return digest.hexdigest()


def _fingerprint(name: str, key: str) -> str:
    """Tells two keys apart and nothing more: keys are long and random."""
    return hashlib.sha256(f"xueshi backup {name}\0{key}".encode()).hexdigest()[:16]
