"""A backup is restored into an empty database with PostgreSQL's own programs, and what came out is compared with it."""

import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from lms import env
from lms.accounts.models import User
from lms.hours.models import Entry
from lms.wiring import backups
from media_pipeline.actions.part_files import part_path
from media_pipeline.storage import chunk_folder
from tests.integration.hours.client import Client
from tests.world import make_world

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
EMPTY = "xueshi_restored_" + os.environ.get("PYTEST_XDIST_WORKER", "alone")


@pytest.fixture(autouse=True)
def _as_the_owner(transactional_db: None) -> Iterator[None]:
    """As manage.py runs these commands: the role that serves may neither read everything nor make tables."""
    owner = urlsplit(env.owner_url(Path(os.environ["DATA_DIR"])))
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict |= {"USER": unquote(owner.username or ""), "PASSWORD": unquote(owner.password or "")}
    yield
    connection.close()
    connection.settings_dict |= before


@contextmanager
def empty_database() -> Iterator[None]:
    """Django's connection leads to a new empty database meanwhile."""
    before = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {EMPTY} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {EMPTY} TEMPLATE template0")
    connection.close()
    connection.settings_dict["NAME"] = EMPTY
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {EMPTY} WITH (FORCE)")


def programs_of(folder: Path, version: str) -> Path:
    """PostgreSQL's programs of some version, which leave a mark and fail; only the programs of a client."""
    folder.mkdir()
    for name in ("pg_dump", "pg_restore"):
        says = f'[ "$1" = --version ] && echo "{name} (PostgreSQL) {version}" && exit'
        (folder / name).write_text(f"#!/bin/sh\n{says}\ntouch {folder}/ran\nexit 3\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def places(settings: Any, tmp_path: Path) -> Callable[[str], None]:
    """Choose the media folders of an installation by its name."""

    def choose(name: str) -> None:
        settings.MEDIA_ROOT, settings.PRIVATE_ROOT = tmp_path / name / "media", tmp_path / name / "private"

    choose("old")
    return choose


@pytest.fixture
def backup(transactional_db: None, places: Callable[[str], None], settings: Any, tmp_path: Path) -> Path:
    """Of a system with an hour ledger that is not empty and with two files."""
    world = make_world()
    video = Client(world.alice, world.video.lesson.uuid)
    video.open()
    video.study("0@0play 15@15 30@30 45@45pause")
    video.close(46)
    for root, name in ((settings.MEDIA_ROOT, "hls/1/a.ts"), (settings.PRIVATE_ROOT, "sources/1")):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(name.encode() * 1000)
    backups.back_up(tmp_path / "backup", at=AT, with_media=True)
    return tmp_path / "backup"


def test_a_restore_gives_back_every_row_and_file_and_a_clean_ledger(
    backup: Path, places: Callable[[str], None], settings: Any
) -> None:
    entries = Entry.objects.count()
    places("new")
    said = io.StringIO()
    with empty_database():
        call_command("restore", folder=backup, stdout=said)

        assert Entry.objects.count() == entries > 0
        assert User.objects.filter(email="alice@example.test").exists()
        # The guards came back too, not only the rows.
        with pytest.raises(Exception, match="hours_entry"):
            Entry.objects.update(ms=1)
    assert (settings.MEDIA_ROOT / "hls/1/a.ts").read_bytes() == b"hls/1/a.ts" * 1000
    assert (settings.PRIVATE_ROOT / "sources/1").read_bytes() == b"sources/1" * 1000
    assert "are as they were on 2026-11-23T12:00:00+00:00" in said.getvalue()
    assert "1 learners, no difference" in said.getvalue()


def test_a_row_that_is_not_as_it_was_is_found(backup: Path, places: Callable[[str], None]) -> None:
    """The control of the comparison: one letter of one row."""
    places("new")
    wanted = backups.read_manifest(backup)["tables"]
    with empty_database():
        backups.restore(backup)
        User.objects.filter(email="bob@example.test").update(real_name="Rob")
        found = backups.differences(wanted, backups.tables_now())

    assert found == ["accounts_user: 3 rows in the backup, 3 restored, or their content differs"]


def test_a_backup_is_of_one_moment_while_others_write(
    transactional_db: None, places: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    run = backups._run

    def run_while_somebody_writes(program: str, *arguments: str) -> None:
        parameters = {k: v for k, v in connection.get_connection_params().items() if k in _ADDRESS}
        with psycopg.connect(**parameters, autocommit=True) as other:
            other.execute(sql.SQL("UPDATE accounts_user SET real_name = real_name || '!'"))
        run(program, *arguments)

    monkeypatch.setattr(backups, "_run", run_while_somebody_writes)
    backups.back_up(tmp_path / "backup", at=AT, with_media=False)
    monkeypatch.setattr(backups, "_run", run)

    with empty_database():
        backups.restore(tmp_path / "backup")
        assert set(User.objects.values_list("real_name", flat=True)) == {"Alice", "Bob", "Charlie"}


@pytest.mark.parametrize("name", ["IDENTITY_KEY", "IDENTITY_MAC_KEY", "MEDIA_KEY"])
def test_other_keys_are_refused_before_anything_is_written(
    backup: Path, places: Callable[[str], None], settings: Any, name: str
) -> None:
    """Only what IDENTITY_KEY sealed is opened by retired keys, and only by its own."""
    places("new")
    settings.IDENTITY_KEYS_RETIRED = ["a third key, retired as well, long enough", settings.MEDIA_KEY]
    setattr(settings, name, "another key than the one of then, long enough")
    with empty_database():
        with pytest.raises(CommandError, match=f"{name} is not the key of this backup"):
            call_command("restore", folder=backup)

        assert backups.tables_now() == {}


def test_a_backup_from_before_the_identity_key_was_changed_is_restored(
    backup: Path, places: Callable[[str], None], settings: Any
) -> None:
    places("new")
    settings.IDENTITY_KEYS_RETIRED = ["a third key, retired as well, long enough", settings.IDENTITY_KEY]
    settings.IDENTITY_KEY = "another key than the one of then, long enough"

    with empty_database():
        call_command("restore", folder=backup, stdout=io.StringIO())

        assert User.objects.filter(email="alice@example.test").exists()


def test_keys_that_were_retired_before_the_backup_are_asked_for_as_well(
    transactional_db: None, places: Callable[[str], None], tmp_path: Path, settings: Any
) -> None:
    """Numbers that nobody has written since the key was changed are still sealed by the former one."""
    make_world()
    former, lost = "a former key, retired and long enough", "an older one, retired as well, long enough"
    settings.IDENTITY_KEYS_RETIRED = [former, lost]
    backups.back_up(tmp_path / "backup", at=AT, with_media=False)
    settings.IDENTITY_KEYS_RETIRED = [former]

    with empty_database():
        with pytest.raises(backups.BackupRefused, match="IDENTITY_KEYS_RETIRED lacks 1 of the former keys"):
            backups.restore(tmp_path / "backup")
        assert backups.tables_now() == {}

        settings.IDENTITY_KEYS_RETIRED = [lost, former]
        backups.restore(tmp_path / "backup")

        assert User.objects.filter(email="alice@example.test").exists()


@pytest.mark.parametrize("name", [backups.DUMP, backups.MEDIA])
def test_a_damaged_file_is_refused(backup: Path, places: Callable[[str], None], name: str) -> None:
    places("new")
    with (backup / name).open("r+b") as file:
        file.seek(100)
        file.write(b"?")

    with empty_database(), pytest.raises(backups.BackupRefused, match=f"{name} is missing or damaged"):
        backups.restore(backup)


def test_nothing_is_restored_over_something(backup: Path, places: Callable[[str], None], tmp_path: Path) -> None:
    with pytest.raises(backups.BackupRefused, match="is not empty; restore into a new one"):
        backups.restore(backup)
    with empty_database(), pytest.raises(backups.BackupRefused, match="is not empty; restore into a new DATA_DIR"):
        backups.restore(backup)
    with pytest.raises(backups.BackupRefused, match="exists; a backup is never written over another"):
        backups.back_up(backup, at=AT, with_media=False)


def test_media_in_a_bucket_are_left_there_and_both_commands_say_so(
    transactional_db: None, places: Callable[[str], None], settings: Any, tmp_path: Path
) -> None:
    make_world()
    settings.MEDIA_BUCKET = "xueshi-media"
    backed_up, restored = io.StringIO(), io.StringIO()

    call_command("backup", to=tmp_path / "backup", stdout=backed_up)
    with empty_database():
        call_command("restore", folder=tmp_path / "backup", stdout=restored)

    assert not (tmp_path / "backup" / backups.MEDIA).exists()
    assert "media are not in it: they lie in the bucket xueshi-media" in backed_up.getvalue()
    assert "its media lie in the bucket xueshi-media, and were not looked at" in restored.getvalue()


def test_media_of_a_folder_are_not_restored_beside_a_bucket(
    backup: Path, places: Callable[[str], None], settings: Any
) -> None:
    places("new")
    settings.MEDIA_BUCKET = "xueshi-media"

    with empty_database(), pytest.raises(backups.BackupRefused, match="with MEDIA_BUCKET they would go unseen"):
        backups.restore(backup)


def test_programs_older_than_the_server_are_refused_and_not_run(
    backup: Path, places: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = connection.get_database_version()[0]
    programs = programs_of(tmp_path / "bin", f"{server - 1}.4 (Debian {server - 1}.4-1.pgdg120+1)")
    monkeypatch.setenv("PG_BIN", str(programs))
    places("new")
    said = f" is of PostgreSQL {server - 1} and the server .* PG_BIN=/usr/lib/postgresql/{server}/bin"

    with pytest.raises(CommandError, match=f"pg_dump{said}"):
        call_command("backup", to=tmp_path / "new" / "backup")
    with empty_database(), pytest.raises(CommandError, match=f"pg_restore{said}"):
        call_command("restore", folder=backup)

    assert not (programs / "ran").exists()
    assert not (tmp_path / "new").exists()


def test_the_programs_of_the_wheel_are_refused_for_an_old_server(
    backup: Path, places: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a backup was made and could never be restored: `SET transaction_timeout` ends it."""
    monkeypatch.setattr(connection, "get_database_version", lambda: (15, 14))
    places("new")

    with pytest.raises(
        CommandError, match=r"need not restore into a server below 17.* PG_BIN=/usr/lib/postgresql/15/bin"
    ):
        call_command("backup", to=tmp_path / "new" / "backup")
    with empty_database():
        with pytest.raises(CommandError, match="PG_BIN=/usr/lib/postgresql/15/bin"):
            call_command("restore", folder=backup)
        assert backups.tables_now() == {}

    assert not (tmp_path / "new").exists()


def test_programs_that_fail_leave_nothing_behind(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the server's own version they are run: the control of the refusals above."""
    server = connection.get_database_version()[0]
    programs = programs_of(tmp_path / "bin", f"{server}.1")
    monkeypatch.setenv("PG_BIN", str(programs))

    with pytest.raises(CommandError, match="pg_dump ended with status 3"):
        call_command("backup", to=tmp_path / "backups" / "one")

    assert (programs / "ran").exists()
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_folder_without_the_programs_is_told(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BIN", str(tmp_path))

    with pytest.raises(CommandError, match=f"{tmp_path}/pg_dump is no program that may be run"):
        call_command("backup", to=tmp_path / "backup")


@pytest.mark.parametrize(
    ("is_private", "hint"),
    [(True, "DATABASE_URL is not set, so the private server of .* was asked"), (False, "Look at DATABASE_URL")],
)
def test_a_database_that_holds_nothing_is_not_backed_up(
    transactional_db: None, settings: Any, tmp_path: Path, is_private: bool, hint: str
) -> None:
    settings.IS_DATABASE_PRIVATE = is_private

    with empty_database(), pytest.raises(CommandError, match=f"{EMPTY} at .+ holds nothing of this program.* {hint}"):
        call_command("backup", to=tmp_path / "backups" / "one")

    assert list(tmp_path.iterdir()) == []


def test_what_no_restore_could_make_is_refused_and_leaves_no_draft(
    transactional_db: None, places: Callable[[str], None], settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT.mkdir(parents=True)
    os.mkfifo(settings.MEDIA_ROOT / "pipe")

    with pytest.raises(CommandError, match="pipe is neither a file nor a folder"):
        call_command("backup", to=tmp_path / "backups" / "one")
    assert list((tmp_path / "backups").iterdir()) == []

    (settings.MEDIA_ROOT / "pipe").unlink()
    call_command("backup", to=tmp_path / "backups" / "one", stdout=io.StringIO())
    assert [path.name for path in (tmp_path / "backups").iterdir()] == ["one"]


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(transactional_db: None, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CommandError, match=r"No backup was made: .*Not a directory"):
        call_command("backup", to=tmp_path / "file" / "backup")


def test_files_are_not_restored_into_somebody_elses_folder(backup: Path, settings: Any, tmp_path: Path) -> None:
    """What root restores no worker could write."""
    theirs = Path("/xueshi-nowhere")
    if os.geteuid() == 0:
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        os.chown(theirs, 65534, 65534)
    settings.MEDIA_ROOT, settings.PRIVATE_ROOT = theirs / "media", theirs / "private"

    with empty_database():
        with pytest.raises(CommandError, match=r"belongs to .+, who could not write what .+ restores; run this as"):
            call_command("restore", folder=backup)
        assert backups.tables_now() == {}

    assert not settings.MEDIA_ROOT.exists()


def test_half_a_backup_is_none(transactional_db: None, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "half", ignore_errors=True)
    (tmp_path / "half").mkdir()

    with pytest.raises(backups.BackupRefused, match="it is no whole backup"):
        backups.restore(tmp_path / "half")


def test_what_is_on_its_way_is_left_out(
    transactional_db: None, places: Callable[[str], None], settings: Any, tmp_path: Path
) -> None:
    """Uploads and pieces of conversions change and vanish while the backup reads, and can be sent and made again."""
    piece = settings.PRIVATE_ROOT / chunk_folder(uuid4(), uuid4()) / "0.mp4"
    for path in (part_path(uuid4()), piece, settings.PRIVATE_ROOT / "b"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"film")

    backups.back_up(tmp_path / "backup", at=AT, with_media=True)

    with tarfile.open(tmp_path / "backup" / backups.MEDIA) as tar:
        assert tar.getnames() == ["private", "private/b"]


def test_a_backup_holds_no_key_and_only_its_owner_reads_it(backup: Path, settings: Any) -> None:
    manifest = (backup / backups.MANIFEST).read_text()

    assert json.loads(manifest)["keys"].keys() == {"IDENTITY_KEY", "IDENTITY_MAC_KEY", "MEDIA_KEY"}
    assert not any(getattr(settings, name) in manifest for name in backups.KEYS)
    assert backup.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in backup.iterdir()} == {0o600}


_ADDRESS = ("dbname", "user", "password", "host", "port")
