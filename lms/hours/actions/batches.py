"""Writing the beats of many learners in one transaction: one statement for each table that they touch.

Each row of the first statement is written only where the clock still has the fence and the version that the decision
was made by; whoever is missing from its answer was written by somebody else meanwhile and has to be judged anew. What
ended is posted in the same transaction, for the learners that were written, so that nothing is ever half done.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Protocol

import orjson

from lms.hours.models import EntrySort
from lms.hours.queries.line import Lent, array_of, ids_of
from lms.hours.queries.seats import Seat
from lms.hours.rules.judging import Judgement
from lms.hours.rules.spans import union
from lms.hours.rules.values import Stretch


class Decided(Protocol):
    """A beat that was judged by a learner's seat, read from the wire at `at_ms`."""

    learner_id: int
    seat: Seat
    judged: Judgement
    at_ms: int


# Column, type on the wire and how it becomes the column's type. A batch goes to the database as one array for each
# column, in the text of JSON without its brackets: whatever costs a beat something is done for all of them at once.
PLAIN, MOMENT = "{0}", "timestamptz 'epoch' + {0} * interval '1 millisecond'"
COLUMNS: Sequence[tuple[str, str, str]] = (
    ("version", "int8", "{0} + 1"),
    ("provisional_ms", "int8", PLAIN),
    ("check_in_ms", "int8", PLAIN),
    ("open_refused", "jsonb", PLAIN),
    ("tolerance_ms", "int4", PLAIN),
    ("last_seq", "int8", PLAIN),
    ("last_at", "int8", MOMENT),
    ("position_ms", "int8", PLAIN),
    ("playing", "bool", PLAIN),
    ("visible", "bool", PLAIN),
    ("carry_ms", "int4", PLAIN),
    ("late_ms", "int4", PLAIN),
    ("ahead_from", "int8", MOMENT),
    ("ahead_ms", "int4", PLAIN),
    ("day", "date", PLAIN),
    ("day_ms", "int8", PLAIN),
    ("gap_from", "int8", MOMENT),
    ("gap_ms", "int4", PLAIN),
    ("busy_until", "int8", MOMENT),
    ("open_from", "int8", MOMENT),
    ("open_to", "int8", MOMENT),
    ("open_media_from_ms", "int8", PLAIN),
    ("open_media_to_ms", "int8", PLAIN),
    ("open_ms", "int8", PLAIN),
)
NO_STRETCH = (None, None, 0, 0, 0)

UPDATE = """
UPDATE hours_studyclock c SET {sets}
FROM unnest({arrays}) AS b(learner_id, fence, {names})
WHERE c.learner_id = b.learner_id AND c.fence = b.fence AND c.version = b.version
RETURNING c.learner_id
"""

# What a plain beat changes. Where all of a batch are so, as most of a small batch's are, half as much is sent and set.
CHANGED_BY_PLAIN = {
    *("version", "provisional_ms", "check_in_ms", "last_seq", "last_at", "position_ms", "carry_ms", "day_ms"),
    *("open_to", "open_media_to_ms", "open_ms"),
}


def _update_of(columns: Sequence[tuple[str, str, str]]) -> tuple[str, Sequence[str]]:
    """The statement that sets these columns of many clocks, and the names of its parameters."""
    statement = UPDATE.format(
        sets=", ".join(f"{name} = {form.format('b.' + name)}" for name, _type, form in columns),
        arrays=", ".join(["%s::int8[]", "%s::int8[]", *(f"%s::{type_}[]" for _name, type_, _form in columns)]),
        names=", ".join(name for name, *_rest in columns),
    )
    return statement, ["learner_id", "fence", *(name for name, *_rest in columns)]


WHOLE = _update_of(COLUMNS)
SHORT = _update_of([column for column in COLUMNS if column[0] in CHANGED_BY_PLAIN])

# The lock that the update takes. Whom somebody else holds is passed over: it waits for nobody, so that two batches
# cannot wait for each other.
FREE = "SELECT learner_id FROM hours_studyclock WHERE learner_id = ANY(%s::int8[]) FOR NO KEY UPDATE SKIP LOCKED"

# The last entry's number and each account's balance: one index lookup each, however long the history is.
STANDINGS = """
SELECT b.learner_id, b.enrollment_id, b.module_id,
    coalesce((SELECT number FROM hours_entry WHERE learner_id = b.learner_id ORDER BY number DESC LIMIT 1), 0),
    coalesce(balance.provisional_after_ms, 0), coalesce(balance.confirmed_after_ms, 0)
FROM unnest(%s::int8[], %s::int8[], %s::int8[]) AS b(learner_id, enrollment_id, module_id)
LEFT JOIN LATERAL (
    SELECT provisional_after_ms, confirmed_after_ms FROM hours_entry
    WHERE learner_id = b.learner_id AND enrollment_id = b.enrollment_id AND module_id = b.module_id AND kind = 'online'
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


async def write_beats(over: Lent, decided: Sequence[Decided]) -> set[int]:
    """Write what was decided, for learners that differ; the ids of those whose seat was still true.

    Raises IntegrityError or DataError when the database refuses one of them: then nothing is written. OperationalError
    when a row is locked for long or the database is away; in the latter case it may have been written.
    """
    ordered = sorted(decided, key=attrgetter("learner_id"))
    posting = [one for one in ordered if one.judged.ended or one.judged.due]
    if not posting:
        return await _update_clocks(over, ordered)
    async with over.transaction():
        written = await _update_clocks(over, ordered)
        await _post(over, [one for one in posting if one.learner_id in written])
    return written


async def write_beats_around_locks(over: Lent, decided: Sequence[Decided]) -> tuple[set[int], set[int]]:
    """The same without the learners whose clock somebody else holds now: the ids of those whose seat was still true,
    and those of the learners that were left out."""
    asked = {one.learner_id for one in decided}
    async with over.transaction():
        free = set(chain.from_iterable(await over.rows(FREE, [ids_of(asked)])))
        written = await write_beats(over, [one for one in decided if one.learner_id in free]) if free else set()
    return written, asked - free


async def _update_clocks(over: Lent, decided: Sequence[Decided]) -> set[int]:
    statement, names = SHORT if all(one.judged.is_plain for one in decided) else WHOLE
    values = _values(decided)
    return set(chain.from_iterable(await over.rows(statement, [array_of(values[name]) for name in names])))


def _values(decided: Sequence[Decided]) -> dict[str, Sequence[Any]]:
    """What the clocks come to, by column."""
    clocks = [one.judged.clock for one in decided]
    (tolerance, seq, at, position, playing, visible, carry, _leased, late, ahead_from, ahead, days, day_ms, gap_from,
        gap, busy, stretches) = zip(*clocks, strict=True)  # fmt: skip
    open_from, open_to, media_from, media_to, open_ms = zip(*(one or NO_STRETCH for one in stretches), strict=True)
    return {
        "learner_id": [one.learner_id for one in decided],
        "fence": [one.seat.fence for one in decided],
        "version": [one.seat.version for one in decided],
        "provisional_ms": [one.judged.provisional_ms for one in decided],
        "check_in_ms": [one.judged.check_in_ms for one in decided],
        "open_refused": [
            orjson.dumps(one.judged.gathered).decode() if one.judged.gathered else "{}" for one in decided
        ],
        "tolerance_ms": tolerance,
        "last_seq": seq,
        "last_at": at,
        "position_ms": position,
        "playing": playing,
        "visible": visible,
        "carry_ms": carry,
        "late_ms": late,
        "ahead_from": ahead_from,
        "ahead_ms": ahead,
        "day": [day and day.date for day in days],
        "day_ms": day_ms,
        "gap_from": gap_from,
        "gap_ms": gap,
        "busy_until": [until_ms or None for until_ms in busy],
        "open_from": open_from,
        "open_to": open_to,
        "open_media_from_ms": media_from,
        "open_media_to_ms": media_to,
        "open_ms": open_ms,
    }


async def _post(over: Lent, posting: Sequence[Decided]) -> None:
    """Entries, coverage, totals and refusals of what ended. The clocks are locked: nobody else posts meanwhile."""
    if not posting:
        return
    seats = [one.seat for one in posting]
    accounts = _columns((s.learner_id, s.enrollment_id, s.module_id) for s in seats)
    standings = {row[0]: row[3:] for row in await over.rows(STANDINGS, accounts)}
    ended = [one for one in posting if one.judged.ended]
    if ended:
        rows = chain.from_iterable(_entries(one, *standings[one.learner_id]) for one in ended)
        await over.rows(ENTRIES, _columns(rows))
        await over.rows(COVERAGE, _columns(map(_coverage, ended)))
    await over.rows(TOTALS, _columns(map(_total, posting)))
    refused = list(chain.from_iterable(map(_refusals, posting)))
    if refused:
        await over.rows(REFUSALS, _columns(refused))


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


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    return [array_of(column) for column in zip(*rows, strict=True)]
