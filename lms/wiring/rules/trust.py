"""What must be so in PostgreSQL before anybody's hours are trusted to it. Pure; queries/trust.py reads the facts.

Two kinds of faults: of durability (an acknowledged beat could be lost) and of rights (the program could change what it
posted). Each names what was found and what is allowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

DURABLE: Mapping[str, frozenset[str]] = {
    "fsync": frozenset({"on"}),
    "full_page_writes": frozenset({"on"}),
    # `local` and `remote_write` wait for this server's disk as well; only `off` acknowledges before it.
    "synchronous_commit": frozenset({"on", "local", "remote_write", "remote_apply"}),
}
APPEND_ONLY = frozenset(
    {"audit_event", "exams_decision", "hours_entry", "hours_refusal", "oversight_document", "oversight_revocation"}
)
"""Tables that must refuse changes in every installation; others that do are found by their triggers."""

GUARDS = frozenset({"xueshi_refuse_change", "courses_version_stays", "media_caption_stays"})
"""Trigger functions that refuse whatever they are called for."""

FORBIDDEN_RIGHTS = ("UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
ENABLED = frozenset("OA")
"""pg_trigger.tgenabled: in ordinary sessions, always. `D` is disabled, `R` fires for replicated changes only."""

Kind = Literal["durability", "rights"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that must not be so, in one sentence."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """An append-only table as the running role sees it. `guards` maps its refusing triggers to their tgenabled."""

    name: str
    is_owned: bool = False
    rights: tuple[str, ...] = ("SELECT", "INSERT")
    guards: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a running program's own connection finds. `powers` are rights on more than a table."""

    role: str
    settings: Mapping[str, str]
    tables: tuple[Table, ...]
    powers: tuple[str, ...] = ()


def faults(facts: Facts) -> list[Fault]:
    """Everything that is wrong, durability first; none when hours may be counted here."""
    found = lossy(facts.settings)
    found += [
        Fault("rights", f"The database role {facts.role!r} is allowed {power}; the running program must not be.")
        for power in facts.powers
    ]
    present = {table.name for table in facts.tables}
    found += [_unguarded(name) for name in sorted(APPEND_ONLY - present)]
    for table in sorted(facts.tables, key=lambda one: one.name):
        found += _of_table(facts.role, table)
    return found


def lossy(settings: Mapping[str, str]) -> list[Fault]:
    """Which of the settings in force may lose what was committed."""
    return [
        Fault("durability", f"{name} is {value!r}; it must be {_any_of(DURABLE[name])}.")
        for name, value in sorted(settings.items())
        if value not in DURABLE[name]
    ]


def _of_table(role: str, table: Table) -> list[Fault]:
    found = []
    if table.is_owned:
        text = f"The database role {role!r} owns {table.name}, or may become its owner; another role must own it."
        found.append(Fault("rights", text))
    forbidden = [right for right in table.rights if right in FORBIDDEN_RIGHTS]
    if forbidden:
        text = (
            f"The database role {role!r} has {', '.join(forbidden)} on {table.name}; it must only have SELECT, INSERT."
        )
        found.append(Fault("rights", text))
    if not table.guards:
        found.append(_unguarded(table.name))
    for trigger, enabled in sorted(table.guards.items()):
        if enabled not in ENABLED:
            text = f"The trigger {trigger} on {table.name} is {enabled!r}; it must be enabled, 'O' or 'A'."
            found.append(Fault("rights", text))
    return found


def _unguarded(table: str) -> Fault:
    return Fault("rights", f"{table} has no trigger that refuses UPDATE and DELETE; run manage.py migrate.")


def _any_of(allowed: frozenset[str]) -> str:
    return " or ".join(repr(value) for value in sorted(allowed))
