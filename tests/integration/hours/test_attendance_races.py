"""Marks and decisions at the same moment, on real connections: the learner's clock lock puts them in one order."""

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from lms.accounts.models import Role
from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.actions.beats import record_beat
from lms.hours.actions.sheets import close_sheet
from lms.hours.models import Entry, EntrySort, Presence, StudyClock
from lms.hours.queries.verification import differences
from lms.hours.rules.values import Beat
from lms.institutions.models import AuthorityPost
from tests.integration.hours.classroom import at_s, came, decided, left, opened, outsider, proposed
from tests.integration.hours.client import Client
from tests.world import NOON, World, make_person, make_world

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(attempts: list[Callable[[], Any]]) -> Counter[str]:
    gate = Barrier(len(attempts))

    def run(attempt: Callable[[], Any]) -> str:
        try:
            gate.wait(timeout=60)
            attempt()
            return "done"
        except AttendanceRefused as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(attempts)) as pool:
        return Counter(pool.map(run, attempts))


def proven(world: World) -> None:
    assert [line for pk in StudyClock.objects.values_list("pk", flat=True) for line in differences(pk)] == []


def test_signing_out_twice_at_once_counts_once() -> None:
    world = make_world()
    sheet = opened(world)
    came(world, sheet, 0)

    outcome = at_once([lambda: left(world, sheet, 600), lambda: left(world, sheet, 605)] * 2)

    assert outcome == {"done": 4}
    assert Entry.objects.count() == 1
    proven(world)


def test_signing_in_on_two_sheets_at_once_is_being_in_one_place() -> None:
    world = make_world()
    sheets = [opened(world) for _ in range(2)]

    outcome = at_once([lambda sheet=sheet: came(world, sheet, 60) for sheet in sheets])  # type: ignore[misc]

    assert outcome == {"done": 1, "elsewhere": 1}
    assert Presence.objects.count() == 1


def test_closing_while_somebody_signs_out_ends_every_presence_one_way() -> None:
    world = make_world()
    sheet = opened(world)
    came(world, sheet, 0)

    outcome = at_once([lambda: left(world, sheet, 600), lambda: close_sheet(by=world.bob, at=at_s(600), sheet=sheet)])

    presence = Presence.objects.get()
    assert outcome in ({"done": 2}, {"done": 1, "closed": 1})
    assert presence.ended_at is not None
    assert Entry.objects.count() == (1 if presence.out_at else 0)
    proven(world)


def test_a_beat_and_a_sign_out_at_once_share_no_second() -> None:
    world = make_world()
    sheet = opened(world)
    video = Client(world.alice, world.video.lesson.uuid)
    came(world, sheet, 0)
    video.open()
    video.study("0@0play 30@30")
    beat = Beat(seq=video.seq + 1, event="tick", position_ms=60_000, from_ms=None, playing=True, visible=True)

    at_once(
        [
            lambda: left(world, sheet, 60),
            lambda: record_beat(by=world.alice, at=at_s(60), session=video.session, beat=beat),
        ]
    )
    video.close(61)

    credit = {
        sort: sum(Entry.objects.filter(sort=sort).values_list("ms", flat=True))
        for sort in (EntrySort.CREDIT, EntrySort.ATTENDANCE)
    }
    assert sum(credit.values()) == 60_000
    assert credit[EntrySort.CREDIT] in (30_000, 60_000)
    proven(world)


def test_two_people_who_decide_at_once_post_once() -> None:
    world = make_world()
    ruth, wen = outsider(world.training_class), make_person("wen", Role.AUTHORITY)
    AuthorityPost.objects.create(person=wen, region=world.institution.region, started_at=NOON)
    proposal = proposed(world, 0, 3600)

    outcome = at_once([lambda by=by: decided(proposal, by=by) for by in (ruth, wen)])  # type: ignore[misc]

    assert outcome == {"done": 1, "state": 1}
    assert Entry.objects.count() == 1
    proven(world)


def test_two_proposals_for_the_same_time_at_once_give_it_once() -> None:
    world = make_world()
    ruth = outsider(world.training_class)
    proposals = [proposed(world, 0, 3600, uuid=uuid.uuid4()) for _ in range(2)]

    at_once([lambda each=each: decided(each, by=ruth) for each in proposals])  # type: ignore[misc]

    assert Counter(each.learners.get().refused for each in proposals) == {"": 1, "overlap": 1}
    assert Entry.objects.count() == 1
    proven(world)
