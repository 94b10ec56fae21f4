"""The ledger as docs/scale.md splits it by learner: the same actions, the same refusals, the same proof."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, IntegrityError, connection
from psycopg import sql

from lms.hours.actions.group_commit import GroupCommit
from lms.hours.models import Entry, StudyClock
from lms.hours.queries.verification import differences
from lms.hours.rules.values import Beat
from lms.wiring.actions.rights import grant_rights
from tests.integration.hours.client import Client
from tests.integration.hours.rooms import Room
from tests.templates import owner_connection
from tests.world import NOON, World, make_world

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = Path(__file__).parents[3] / "docs" / "scale.md"


def split_the_ledger() -> None:
    """As an operator would, as the owner; then the role that serves gets its rights again."""
    (statements,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    with owner_connection(connection.settings_dict["NAME"]) as owner, owner.transaction():
        owner.execute(sql.SQL(statements))
        with owner.cursor() as cursor:
            grant_rights(cursor, role=connection.settings_dict["USER"])
    connection.close()


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def parts_of_the_ledger() -> set[str]:
    """The partitions that hold an entry."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM hours_entry")
        return {name for (name,) in cursor.fetchall()}


def test_what_was_posted_before_and_after_the_split_proves_true(world: World) -> None:
    before = Client(world.alice, world.chapter.lesson.uuid)
    before.open()
    before.study("0@0 15@15 30@30pause")
    split_the_ledger()
    before.study("40@30play 55@45")
    before.close(60)
    room = Room(world, 12)

    async def study() -> None:
        group = GroupCommit()
        for seq, at_s in enumerate(range(0, 700, 50), start=1):
            told = Beat(seq, "tick", at_s * 1000, True, True)
            await asyncio.gather(*(room.send(group, learner, at_s, told) for learner in room.learners))
        await group.rest()

    asyncio.run(study())
    room.close(700)

    assert Entry.objects.filter(learner=world.alice, sort="credit").count() == 2
    assert all(Entry.objects.filter(learner=one, sort="credit").exists() for one in room.learners)
    assert len(parts_of_the_ledger()) > 4
    assert [line for pk in StudyClock.objects.values_list("pk", flat=True) for line in differences(pk)] == []


def test_the_parts_refuse_what_the_whole_refused(world: World) -> None:
    split_the_ledger()
    client = Client(world.alice, world.chapter.lesson.uuid)
    client.open()
    client.study("0@0 15@15pause")
    first = Entry.objects.get(learner=world.alice)
    again = {
        field.attname: getattr(first, field.attname) for field in Entry._meta.concrete_fields if field.name != "id"
    }
    again |= {"uuid": "00000000-0000-4000-8000-000000000001", "number": 2, "provisional_after_ms": 30_000}

    later = {"from_at": NOON + timedelta(hours=1), "to_at": NOON + timedelta(hours=2)}

    with pytest.raises(IntegrityError, match="exclu"):
        Entry.objects.create(**again)
    with pytest.raises(IntegrityError, match="does not follow"):
        Entry.objects.create(**{**again, **later, "number": 3})
    with pytest.raises(DatabaseError, match="permission denied"):
        Entry.objects.filter(learner=world.alice).update(ms=1)
