"""The role that serves can add to the ledger and not change it, whatever it says; the owner is who could.

All tests run as the role that serves (tests/templates.py), so the connection of Django is the one to try here. Each
refusal has its positive control: the owner does the same, or is stopped by the trigger alone.
"""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.checks import CheckMessage
from django.db import ProgrammingError, connection, transaction
from psycopg.errors import InsufficientPrivilege, RestrictViolation

from lms.audit.actions import record
from lms.wiring.actions.rights import grant_rights
from lms.wiring.checks import database_is_the_judge
from lms.wiring.queries.trust import append_only_tables, facts
from lms.wiring.rules.trust import faults
from tests.integration.hours.client import Client
from tests.templates import owner_connection
from tests.world import NOON, World, make_world

APPEND_ONLY = {
    "audit_event",
    "courses_lessonversion",
    "enrollments_module",
    "enrollments_requirement",
    "exams_admission",
    "exams_decision",
    "exams_heldcertificate",
    "exams_requirementset",
    "hours_entry",
    "hours_refusal",
    "media_pipeline_captionversion",
    "oversight_document",
    "oversight_revocation",
    "teachers_categorycap",
    "teachers_educationyear",
    "teachers_evidence",
    "teachers_practiceasked",
    "teachers_yearstatement",
}
EMPTY = {
    "exams_admission",
    "exams_decision",
    "exams_heldcertificate",
    "exams_requirementset",
    "media_pipeline_captionversion",
    "oversight_document",
    "oversight_revocation",
    "teachers_categorycap",
    "teachers_educationyear",
    "teachers_evidence",
    "teachers_yearstatement",
}
"""Without a row in the small ledger below; tests of their own try them."""
CHANGES = (
    "UPDATE {} SET id = id",
    "DELETE FROM {}",
    "TRUNCATE {} CASCADE",
    "ALTER TABLE {} DISABLE TRIGGER USER",
    "ALTER TABLE {} ADD COLUMN more int",
    "ALTER TABLE {} OWNER TO CURRENT_USER",
    "CREATE TRIGGER other BEFORE DELETE ON {} FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change()",
    "CREATE RULE other AS ON DELETE TO {} DO INSTEAD NOTHING",
    "DROP TABLE {} CASCADE",
)
WAYS_AROUND = (
    "DROP TRIGGER hours_entry_append_only ON hours_entry",
    "DROP FUNCTION xueshi_refuse_change() CASCADE",
    "CREATE OR REPLACE FUNCTION xueshi_refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
    "ALTER TABLE hours_entry DROP CONSTRAINT no_overlap_of_credited_time",
    "SET session_replication_role = replica",
    "SET ROLE xueshi",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "CREATE ROLE other",
    "CREATE TABLE other (id int)",
    "CREATE TEMPORARY TABLE hours_entry (LIKE public.hours_entry)",
    "CREATE SCHEMA other",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('hours', '9999', now())",
    "SELECT setval(pg_get_serial_sequence('hours_entry', 'id'), 1)",
)


def said_no(statement: str) -> bool:
    with pytest.raises(ProgrammingError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return isinstance(refused.value.__cause__, InsufficientPrivilege)


@pytest.fixture
def owner(db: None) -> Iterator[psycopg.Cursor[Any]]:
    """The owner's cursor on the test database; what it did is rolled back."""
    with owner_connection(connection.settings_dict["NAME"]) as owns, owns.transaction(force_rollback=True):
        yield owns.cursor()


def test_it_serves_as_another_role_than_the_owner(owner: psycopg.Cursor[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("xueshi_runtime",)
    assert owner.execute("SELECT current_user").fetchone() == ("xueshi",)


def test_the_catalogue_tells_what_is_only_added_to(db: None) -> None:
    with connection.cursor() as cursor:
        assert append_only_tables(cursor) == APPEND_ONLY


@pytest.mark.parametrize("change", CHANGES)
def test_it_may_not_change_what_was_posted(db: None, change: str) -> None:
    assert [table for table in sorted(APPEND_ONLY) if not said_no(change.format(table))] == []


@pytest.mark.parametrize("way", WAYS_AROUND)
def test_it_finds_no_way_around(db: None, way: str) -> None:
    assert said_no(way)


@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_could(owner: psycopg.Cursor[Any], change: str) -> None:
    """The positive control: the statements are good, and only the role is not let."""
    filled = {"enrollments_module", "enrollments_requirement", "exams_requirementset", "teachers_practiceasked"}
    for table in sorted(APPEND_ONLY - filled):
        with owner.connection.transaction(force_rollback=True):
            owner.execute(change.format(table))  # type: ignore[call-overload]


def a_ledger() -> World:
    """Committed rows in the append-only tables: an entry, a refusal, an event."""
    world = make_world()
    video = Client(world.alice, world.video.lesson.uuid)
    video.open()
    video.study("0@0play 15@15 30@300")
    video.close(31)
    record(verb="person.seen", subject=world.alice, by=None, at=NOON)
    return world


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_owner_is_stopped_by_the_triggers_alone(change: str) -> None:
    a_ledger()

    with owner_connection(connection.settings_dict["NAME"]) as owner:
        for table in sorted(APPEND_ONLY - EMPTY):
            with pytest.raises(RestrictViolation, match=f"rows of {table} are never changed|does not change"):
                owner.execute(change.format(table))  # type: ignore[call-overload]
        with owner.transaction(force_rollback=True):
            owner.execute("ALTER TABLE hours_refusal DISABLE TRIGGER USER")
            assert owner.execute(change.format("hours_refusal")).rowcount == 1  # type: ignore[call-overload]


def test_a_table_that_a_migration_guards_loses_the_right_to_change(owner: psycopg.Cursor[Any]) -> None:
    def may_update() -> object:
        return owner.execute(f"SELECT has_table_privilege('{role}', 'later', 'UPDATE')").fetchone()

    role = settings.DATABASE_RUNTIME_ROLE
    owner.execute("CREATE TABLE later (id int)")
    grant_rights(owner, role=role)
    before = may_update()

    owner.execute(
        "CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON later FOR EACH ROW EXECUTE FUNCTION xueshi_refuse_change()"
    )
    grant_rights(owner, role=role)

    assert (before, may_update()) == ((True,), (False,))


def test_giving_rights_again_changes_nothing(owner: psycopg.Cursor[Any]) -> None:
    def rights() -> object:
        return owner.execute(
            "SELECT relname, relacl::text FROM pg_class WHERE relacl IS NOT NULL ORDER BY 1"
        ).fetchall()

    before = rights()

    grant_rights(owner, role=settings.DATABASE_RUNTIME_ROLE)

    assert rights() == before


def looked() -> list[CheckMessage]:
    return database_is_the_judge(databases=["default"])


def test_the_start_check_finds_nothing(db: None) -> None:
    assert looked() == []


@pytest.mark.parametrize(
    ("setting", "value", "allowed"),
    [("synchronous_commit", "off", "'local' or 'on' or 'remote_apply' or 'remote_write'")],
)
def test_the_start_check_names_a_setting_that_loses_hours(db: None, setting: str, value: str, allowed: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {setting} = {value}")

    assert [(found.id, found.msg) for found in looked()] == [
        ("xueshi.E001", f"{setting} is {value!r}; it must be {allowed}.")
    ]


def as_runtime(owner: psycopg.Cursor[Any], statement: str) -> list[str]:
    """What the check says to the role that serves when the owner has done this."""
    name, folder = settings.DATABASE_RUNTIME_ROLE, connection.settings_dict
    address = {key: folder[key.upper()] for key in ("user", "password", "host", "port")}
    owner.execute(statement)  # type: ignore[call-overload]
    owner.connection.commit()
    with psycopg.connect(dbname=folder["NAME"], **address) as served:
        assert served.info.user == name
        return [fault.text for fault in faults(facts(served.cursor()))]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("done", "found"),
    [
        (
            "GRANT UPDATE ON hours_entry TO xueshi_runtime",
            ["The database role 'xueshi_runtime' has UPDATE on hours_entry; it must only have SELECT, INSERT."],
        ),
        (
            "GRANT UPDATE (ms) ON hours_entry TO xueshi_runtime",
            ["The database role 'xueshi_runtime' has UPDATE on hours_entry; it must only have SELECT, INSERT."],
        ),
        (
            "GRANT TRUNCATE, TRIGGER ON hours_refusal TO PUBLIC",
            [
                "The database role 'xueshi_runtime' has TRUNCATE, TRIGGER on hours_refusal; "
                "it must only have SELECT, INSERT."
            ],
        ),
        (
            "ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only",
            ["The trigger audit_event_append_only on audit_event is 'D'; it must be enabled, 'O' or 'A'."],
        ),
        (
            "ALTER TABLE hours_entry ENABLE REPLICA TRIGGER hours_entry_append_only",
            ["The trigger hours_entry_append_only on hours_entry is 'R'; it must be enabled, 'O' or 'A'."],
        ),
        (
            "DROP TRIGGER hours_entry_append_only ON hours_entry",
            ["hours_entry has no trigger that refuses UPDATE and DELETE; run manage.py migrate."],
        ),
        (
            "GRANT CREATE ON SCHEMA public TO xueshi_runtime",
            [
                "The database role 'xueshi_runtime' is allowed CREATE on the schema public; "
                "the running program must not be."
            ],
        ),
    ],
)
def test_the_start_check_finds_what_was_loosened(done: str, found: list[str]) -> None:
    with owner_connection(connection.settings_dict["NAME"]) as owner:
        assert as_runtime(owner.cursor(), done) == found


def test_the_start_check_finds_a_program_that_runs_as_the_owner(owner: psycopg.Cursor[Any]) -> None:
    texts = [fault.text for fault in faults(facts(owner))]

    assert "The database role 'xueshi' owns hours_entry, or may become its owner; another role must own it." in texts


@pytest.mark.parametrize(("has_owner", "found"), [(True, "xueshi.E001"), (False, "xueshi.W001")])
def test_one_role_for_everything_is_warned_of(
    db: None, monkeypatch: pytest.MonkeyPatch, settings: Any, has_owner: bool, found: str
) -> None:
    """An operator may have one role only; who has two and serves as the wrong one has made a mistake."""
    settings.DATABASE_HAS_OWNER = has_owner
    with owner_connection(connection.settings_dict["NAME"]) as owner, owner.cursor() as cursor:
        of_owner: Callable[..., Any] = lambda _served: facts(cursor)  # noqa: E731
        monkeypatch.setattr("lms.wiring.checks.facts", of_owner)
        assert {message.id for message in looked()} == {found}
