"""What PostgreSQL must be before hours are trusted to it: one row a fault, and the sentence that names it."""

from dataclasses import replace

import pytest

from lms.wiring.rules.trust import APPEND_ONLY, Facts, Table, faults

GUARDED = {"kept": "O"}
SOUND = Facts(
    role="app",
    settings={"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"},
    tables=tuple(Table(name, guards=GUARDED) for name in sorted(APPEND_ONLY)),
)


def with_table(table: Table) -> Facts:
    return replace(SOUND, tables=(*(one for one in SOUND.tables if one.name != table.name), table))


def test_it_finds_nothing_where_all_is_sound() -> None:
    assert faults(SOUND) == []
    assert faults(with_table(Table("hours_entry", guards={"kept": "A"}))) == []


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_it_refuses_to_lose_what_was_acknowledged(setting: str) -> None:
    (fault,) = faults(replace(SOUND, settings={**SOUND.settings, setting: "off"}))

    assert fault.kind == "durability"
    assert fault.text.startswith(f"{setting} is 'off'; it must be ")


@pytest.mark.parametrize("value", ["local", "remote_write", "remote_apply"])
def test_it_takes_every_commit_that_waits_for_the_disk(value: str) -> None:
    assert faults(replace(SOUND, settings={**SOUND.settings, "synchronous_commit": value})) == []


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (
            with_table(Table("hours_entry", rights=("SELECT", "INSERT", "UPDATE", "DELETE"), guards=GUARDED)),
            "The database role 'app' has UPDATE, DELETE on hours_entry; it must only have SELECT, INSERT.",
        ),
        (
            with_table(Table("hours_entry", is_owned=True, guards=GUARDED)),
            "The database role 'app' owns hours_entry, or may become its owner; another role must own it.",
        ),
        (
            with_table(Table("hours_entry", guards={"kept": "D"})),
            "The trigger kept on hours_entry is 'D'; it must be enabled, 'O' or 'A'.",
        ),
        (
            with_table(Table("hours_entry")),
            "hours_entry has no trigger that refuses UPDATE and DELETE; run manage.py migrate.",
        ),
        (
            replace(SOUND, tables=SOUND.tables[1:]),
            "audit_event has no trigger that refuses UPDATE and DELETE; run manage.py migrate.",
        ),
        (
            replace(SOUND, powers=("CREATE on the database",)),
            "The database role 'app' is allowed CREATE on the database; the running program must not be.",
        ),
        (
            with_table(Table("later", rights=("TRUNCATE",), guards=GUARDED)),
            "The database role 'app' has TRUNCATE on later; it must only have SELECT, INSERT.",
        ),
    ],
)
def test_it_names_what_could_change_the_ledger(facts: Facts, text: str) -> None:
    assert [(fault.kind, fault.text) for fault in faults(facts)] == [("rights", text)]
