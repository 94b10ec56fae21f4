"""What PostgreSQL refuses by itself, whatever the code above it does."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from lms.hours.models import Entry, LessonCoverage, Refusal
from tests.integration.hours.client import Client
from tests.world import NOON, World

pytestmark = pytest.mark.totals_lie  # rows are made without the totals that belong to them


def entry(world: World, number: int, from_s: int, to_s: int, **columns: object) -> Entry:
    ms = (to_s - from_s) * 1000
    balance = sum(Entry.objects.filter(enrollment=world.enrollment).values_list("confirmed_delta_ms", flat=True))
    fields = {
        "learner": world.alice,
        "number": number,
        "sort": "attendance",
        "enrollment": world.enrollment,
        "module": world.practice,
        "kind": "workshop",
        "from_at": NOON + timedelta(seconds=from_s),
        "to_at": NOON + timedelta(seconds=to_s),
        "ms": ms,
        "confirmed_delta_ms": ms,
        "confirmed_after_ms": balance + ms,
        "provisional_after_ms": 0,
        "posted_at": NOON,
        "posted_by": world.alice,
    }
    return Entry.objects.create(**{**fields, **columns})


@pytest.mark.parametrize(
    ("what", "from_s", "to_s", "columns"),
    [
        ("overlapping time", 50, 150, {}),
        (
            "more than the interval",
            200,
            210,
            {"ms": 10_001, "confirmed_delta_ms": 10_001, "confirmed_after_ms": 110_001},
        ),
        ("a hole in the numbers", 200, 210, {"number": 3}),
        ("a number twice", 200, 210, {"number": 1}),
        ("a balance from nowhere", 200, 210, {"confirmed_after_ms": 999_999}),
        ("an empty interval", 200, 200, {"ms": 0}),
    ],
)
def test_it_refuses(world: World, what: str, from_s: int, to_s: int, columns: dict[str, object]) -> None:
    entry(world, 1, 0, 100)

    with pytest.raises(IntegrityError), transaction.atomic():
        entry(world, **{"number": 2, "from_s": from_s, "to_s": to_s, **columns})  # type: ignore[arg-type]

    assert Entry.objects.count() == 1


def test_it_takes_time_that_only_touches(world: World) -> None:
    entry(world, 1, 0, 100)
    entry(world, 2, 100, 200)

    assert Entry.objects.count() == 2


@pytest.mark.parametrize("table", ["hours_entry", "hours_refusal"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET ms = 1", "DELETE FROM {}"])
def test_posted_rows_are_never_changed(world: World, video: Client, table: str, verb: str) -> None:
    video.open()
    video.study("0@0play 15@15 30@300")
    video.close(31)
    before = (Entry.objects.count(), Refusal.objects.count())

    with (
        pytest.raises(ProgrammingError, match=f"permission denied for table {table}"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(verb.format(table))

    assert (Entry.objects.count(), Refusal.objects.count()) == before == (2, 1)


@pytest.mark.parametrize(
    "columns",
    [
        {"covered": [(0, 20_000)], "covered_ms": 30_000},
        {"credited_ms": 15_001},
        {"covered": [(0, 1_200_001)], "covered_ms": 1_200_001},
    ],
)
def test_coverage_cannot_lie(world: World, video: Client, columns: dict[str, object]) -> None:
    video.open()
    video.study("0@0play 15@15")
    video.close(16)

    with pytest.raises(IntegrityError), transaction.atomic():
        LessonCoverage.objects.filter(learner=world.alice).update(**columns)
