"""Writing the beats of many learners in one transaction: one statement for each table that they touch.

Each row of the first statement is written only where the clock still has the fence and the version that the decision
was made by; whoever is missing from its answer was written by somebody else meanwhile and has to be judged anew. What
ended is posted in the same transaction, for the learners that were written, so that nothing is ever half done.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson
from django.db import transaction

from lms.hours.models import EntrySort
from lms.hours.queries.seats import Seat, prepared
from lms.hours.rules.counting import Stretch
from lms.hours.rules.judging import Judgement
from lms.hours.rules.spans import union


@dataclass(frozen=True, slots=True)
class Decided:
    """A beat that was judged by a seat, read from the wire at `at_ms`."""

    seat: Seat
    judged: Judgement
    at_ms: int


def _number(value: int | None) -> str:
    return "NULL" if value is None else str(value)


def _flag(value: bool) -> str:
    return "t" if value else "f"


def _quoted(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return '"{}"' if text == "{}" else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


Column = tuple[str, str, str, Callable[[Decided], str]]

# Column, type on the wire, how it becomes the column's type, and its value in the text of an array: numbers in the
# text of an array are what costs the least on both sides.
PLAIN, MOMENT = "{0}", "timestamptz 'epoch' + {0} * interval '1 millisecond'"
COLUMNS: Sequence[Column] = (
    ("version", "int8", "{0} + 1", lambda one: str(one.seat.version)),
    ("last_seq", "int8", PLAIN, lambda one: str(one.judged.clock.seq)),
    ("last_at", "int8", MOMENT, lambda one: _number(one.judged.clock.at_ms)),
    ("position_ms", "int8", PLAIN, lambda one: str(one.judged.clock.position_ms)),
    ("playing", "bool", PLAIN, lambda one: _flag(one.judged.clock.playing)),
    ("visible", "bool", PLAIN, lambda one: _flag(one.judged.clock.visible)),
    ("carry_ms", "int4", PLAIN, lambda one: str(one.judged.clock.carry_ms)),
    ("late_ms", "int4", PLAIN, lambda one: str(one.judged.clock.late_ms)),
    ("ahead_from", "int8", MOMENT, lambda one: _number(one.judged.clock.ahead_from_ms)),
    ("ahead_ms", "int4", PLAIN, lambda one: str(one.judged.clock.ahead_ms)),
    ("tolerance_ms", "int4", PLAIN, lambda one: str(one.judged.clock.tolerance_ms)),
    ("provisional_ms", "int8", PLAIN, lambda one: str(one.judged.provisional_ms)),
    ("day", "date", PLAIN, lambda one: one.judged.clock.day.date.isoformat() if one.judged.clock.day else "NULL"),
    ("day_ms", "int8", PLAIN, lambda one: str(one.judged.clock.day_ms)),
    ("gap_from", "int8", MOMENT, lambda one: _number(one.judged.clock.gap_from_ms)),
    ("gap_ms", "int4", PLAIN, lambda one: str(one.judged.clock.gap_ms)),
    ("busy_until", "int8", MOMENT, lambda one: _number(one.judged.clock.busy_until_ms or None)),
    ("open_from", "int8", MOMENT, lambda one: _number(s.from_ms if (s := one.judged.clock.stretch) else None)),
    ("open_to", "int8", MOMENT, lambda one: _number(s.to_ms if (s := one.judged.clock.stretch) else None)),
    ("open_media_from_ms", "int8", PLAIN, lambda one: str(s.media_from_ms if (s := one.judged.clock.stretch) else 0)),
    ("open_media_to_ms", "int8", PLAIN, lambda one: str(s.media_to_ms if (s := one.judged.clock.stretch) else 0)),
    ("open_ms", "int8", PLAIN, lambda one: str(s.ms if (s := one.judged.clock.stretch) else 0)),
    ("open_refused", "jsonb", PLAIN, lambda one: _quoted(one.judged.gathered)),
    ("check_in_ms", "int8", PLAIN, lambda one: str(one.judged.check_in_ms)),
)

UPDATE = """
UPDATE hours_studyclock c SET {sets}
FROM unnest({arrays}) AS b(learner_id, fence, {names})
WHERE c.learner_id = b.learner_id AND c.fence = b.fence AND c.version = b.version
RETURNING c.learner_id
""".format(
    sets=", ".join(f"{name} = {form.format('b.' + name)}" for name, _type, form, _value in COLUMNS),
    arrays=", ".join(["%s::int8[]", "%s::int8[]", *(f"%s::{type_}[]" for _name, type_, _form, _value in COLUMNS)]),
    names=", ".join(name for name, *_rest in COLUMNS),
)

# The last entry's number and each account's balance: one index lookup each, however long the history is.
STANDINGS = """
SELECT b.learner_id, b.enrollment_id, b.module_id,
    coalesce((SELECT number FROM hours_entry WHERE learner_id = b.learner_id ORDER BY number DESC LIMIT 1), 0),
    coalesce(balance.provisional_after_ms, 0), coalesce(balance.confirmed_after_ms, 0)
FROM unnest(%s::int8[], %s::int8[], %s::int8[]) AS b(learner_id, enrollment_id, module_id)
LEFT JOIN LATERAL (
    SELECT provisional_after_ms, confirmed_after_ms FROM hours_entry
    WHERE enrollment_id = b.enrollment_id AND module_id = b.module_id AND kind = 'online'
    ORDER BY number DESC LIMIT 1
) balance ON true
"""

ENTRIES = f"""
INSERT INTO hours_entry (uuid, learner_id, number, sort, enrollment_id, module_id, kind, lesson_version_id, session_id,
    from_at, to_at, media_from_ms, media_to_ms, ms, provisional_delta_ms, confirmed_delta_ms,
    provisional_after_ms, confirmed_after_ms, reason, posted_at)
SELECT gen_random_uuid(), learner_id, number, '{EntrySort.CREDIT}', enrollment_id, module_id, 'online',
    lesson_version_id, session_id, {MOMENT.format("from_ms")}, {MOMENT.format("to_ms")}, media_from_ms, media_to_ms,
    ms, ms, 0, provisional_after_ms, confirmed_after_ms, '', {MOMENT.format("posted_ms")}
FROM unnest(%s::int8[], %s::int8[], %s::int8[], %s::int8[], %s::int8[], %s::int8[], %s::int8[], %s::int8[], %s::int8[],
    %s::int8[], %s::int8[], %s::int8[], %s::int8[], %s::int8[])
AS b(learner_id, number, enrollment_id, module_id, lesson_version_id, session_id, from_ms, to_ms, media_from_ms,
    media_to_ms, ms, provisional_after_ms, confirmed_after_ms, posted_ms)
ORDER BY learner_id, number
"""

COVERAGE = """
INSERT INTO hours_lessoncoverage AS c (learner_id, lesson_version_id, duration_ms, covered, covered_ms, settled,
    credited_ms)
SELECT learner_id, lesson_version_id, duration_ms, covered, xueshi_measure_ms(covered), '{}', credited_ms
FROM unnest(%s::int8[], %s::int8[], %s::int8[], %s::int8multirange[], %s::int8[])
AS b(learner_id, lesson_version_id, duration_ms, covered, credited_ms)
ORDER BY learner_id, lesson_version_id
ON CONFLICT (learner_id, lesson_version_id) DO UPDATE SET
    covered = c.covered + excluded.covered,
    covered_ms = xueshi_measure_ms(c.covered + excluded.covered),
    credited_ms = c.credited_ms + excluded.credited_ms
"""

TOTALS = """
INSERT INTO hours_modulehours AS m (learner_id, enrollment_id, module_id, kind, confirmed_ms, provisional_ms, refused)
SELECT learner_id, enrollment_id, module_id, 'online', 0, provisional_ms, refused
FROM unnest(%s::int8[], %s::int8[], %s::int8[], %s::int8[], %s::jsonb[])
AS b(learner_id, enrollment_id, module_id, provisional_ms, refused)
ORDER BY enrollment_id, module_id
ON CONFLICT (enrollment_id, module_id, kind) DO UPDATE SET
    provisional_ms = m.provisional_ms + excluded.provisional_ms,
    refused = (
        SELECT coalesce(jsonb_object_agg(code, ms), '{}') FROM (
            SELECT code, sum(ms::bigint) AS ms FROM (
                SELECT * FROM jsonb_each_text(m.refused) UNION ALL SELECT * FROM jsonb_each_text(excluded.refused)
            ) AS both_sides(code, ms) GROUP BY code
        ) AS added
    )
"""

REFUSALS = f"""
INSERT INTO hours_refusal
    (learner_id, session_id, enrollment_id, module_id, lesson_version_id, code, ms, from_at, to_at)
SELECT learner_id, session_id, enrollment_id, module_id, lesson_version_id, code, ms,
    {MOMENT.format("from_ms")}, {MOMENT.format("to_ms")}
FROM unnest(%s::int8[], %s::int8[], %s::int8[], %s::int8[], %s::int8[], %s::text[], %s::int8[], %s::int8[], %s::int8[])
AS b(learner_id, session_id, enrollment_id, module_id, lesson_version_id, code, ms, from_ms, to_ms)
"""


def write_beats(decided: Sequence[Decided]) -> set[int]:
    """Write what was decided, for learners that differ; the ids of those whose seat was still true.

    Raises IntegrityError or DataError when the database refuses one of them: then nothing is written. OperationalError
    when a row is locked for long or the database is away; in the latter case it may have been written.
    """
    ordered = sorted(decided, key=lambda one: one.seat.learner_id)
    posting = [one for one in ordered if one.judged.ended or one.judged.due]
    if not posting:
        return _update_clocks(ordered)
    with transaction.atomic():
        written = _update_clocks(ordered)
        _post([one for one in posting if one.seat.learner_id in written])
    return written


def _update_clocks(decided: Sequence[Decided]) -> set[int]:
    values = [
        _array(str(one.seat.learner_id) for one in decided),
        _array(str(one.seat.fence) for one in decided),
        *(_array(map(value, decided)) for _name, _type, _form, value in COLUMNS),
    ]
    return set(chain.from_iterable(prepared(UPDATE, values)))


def _post(posting: Sequence[Decided]) -> None:
    """Entries, coverage, totals and refusals of what ended. The clocks are locked: nobody else posts meanwhile."""
    if not posting:
        return
    seats = [one.seat for one in posting]
    accounts = _columns((s.learner_id, s.enrollment_id, s.module_id) for s in seats)
    standings = {row[0]: row[3:] for row in prepared(STANDINGS, accounts)}
    ended = [one for one in posting if one.judged.ended]
    if ended:
        rows = chain.from_iterable(_entries(one, *standings[one.seat.learner_id]) for one in ended)
        prepared(ENTRIES, _columns(rows))
        prepared(COVERAGE, _columns(map(_coverage, ended)))
    prepared(TOTALS, _columns(map(_total, posting)))
    refused = list(chain.from_iterable(map(_refusals, posting)))
    if refused:
        prepared(REFUSALS, _columns(refused))


def _entries(one: Decided, number: int, provisional_ms: int, confirmed_ms: int) -> Iterable[tuple[Any, ...]]:
    seat = one.seat
    for stretch in one.judged.ended:
        number += 1
        provisional_ms += stretch.ms
        yield (
            *(seat.learner_id, number, seat.enrollment_id, seat.module_id, seat.lesson_version_id, seat.session_id),
            *(stretch.from_ms, stretch.to_ms, stretch.media_from_ms, stretch.media_to_ms, stretch.ms),
            *(provisional_ms, confirmed_ms, one.at_ms),
        )


def _coverage(one: Decided) -> tuple[Any, ...]:
    spans = union(stretch.media for stretch in one.judged.ended)
    covered = "{" + ",".join(f"[{lower},{upper})" for lower, upper in spans) + "}"
    seat = one.seat
    return (seat.learner_id, seat.lesson_version_id, seat.lesson.duration_ms, covered, _sum_ms(one.judged.ended))


def _total(one: Decided) -> tuple[Any, ...]:
    refused = {code: ms for code, (ms, _from, _to) in one.judged.due.items()}
    seat = one.seat
    return (
        seat.learner_id,
        seat.enrollment_id,
        seat.module_id,
        _sum_ms(one.judged.ended),
        orjson.dumps(refused).decode(),
    )


def _refusals(one: Decided) -> Iterable[tuple[Any, ...]]:
    seat = one.seat
    for code, (ms, from_ms, to_ms) in one.judged.due.items():
        yield (
            *(seat.learner_id, seat.session_id, seat.enrollment_id, seat.module_id, seat.lesson_version_id),
            *(code, ms, from_ms, to_ms),
        )


def _sum_ms(stretches: Iterable[Stretch]) -> int:
    return sum(stretch.ms for stretch in stretches)


def _array(texts: Iterable[str]) -> str:
    return "{" + ",".join(texts) + "}"


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
