"""Two processes with private memory and a hundred connections end in the same ledger as one that does it once."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from django.db import connection

from lms import env
from lms.accounts.models import Role, User
from lms.enrollments.models import Enrollment
from lms.hours.models import Entry, Refusal
from lms.hours.queries.verification import differences
from tests.integration.hours.client import Client
from tests.world import NOON, World, make_person, make_world

BASE = Path(__file__).resolve().parent.parent.parent.parent
PROCESSES = 2
THREADS = 50
WAIT_S_MAX = 120

# With a seek back, a pause, media that jumps, a repeat and a silence of 85 s.
STORY = (
    "0@0play 15@15 30@30 45@45>20 60@35 75@50 80@55pause 95@55play 110@70 125@85 140@100>300 155@315 170@330 "
    "185@600 200@615 300@715 315@730end"
)
TAKING_TURNS = ("0@0play 5@5 10@10", "2@100play 7@105 12@110", "4@200play 9@205 14@210>50", "6@300play 11@306 16@310")


class Writers:
    """A started process that waits for its turn."""

    def __init__(self, plan: list[dict[str, Any]]) -> None:
        folder = Path(os.environ["DATA_DIR"])
        name = connection.settings_dict["NAME"]
        own = {
            "DATABASE_URL": urlsplit(env.runtime_url(folder))._replace(path=f"/{name}").geturl(),
            "DATABASE_OWNER_URL": urlsplit(env.owner_url(folder))._replace(path=f"/{name}").geturl(),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.hours.writers"],
            cwd=BASE,
            env={**os.environ, **own},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.tell(json.dumps(plan))

    def tell(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def said(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


@contextmanager
def writing(plan: list[dict[str, Any]]) -> Iterator[Writers]:
    writers = Writers(plan)
    try:
        yield writers
    finally:
        writers.process.kill()
        writers.process.communicate()


def at_once(plans: list[list[dict[str, Any]]]) -> tuple[int, list[Counter[str]]]:
    """Run the plans in processes of their own; gives the connections that were open at once, and what each told."""
    with ExitStack() as stack:
        all_writers = [stack.enter_context(writing(plan)) for plan in plans]
        assert [writers.said() for writers in all_writers] == ["ready"] * len(plans)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            connections = cursor.fetchone()[0] - 1
        for writers in all_writers:
            writers.tell("go")
        return connections, [Counter(json.loads(writers.said())) for writers in all_writers]


def learners(world: World, name: str, count: int) -> list[User]:
    people = [make_person(f"{name}{number}", Role.LEARNER) for number in range(count)]
    for person in people:
        Enrollment.objects.create(learner=person, training_class=world.training_class, enrolled_at=NOON)
    return people


def script(learner: User, world: World, session: UUID, device: str, steps: list[list[Any]]) -> dict[str, Any]:
    lesson = str(world.video.lesson.uuid)
    return {"learner": learner.pk, "lesson": lesson, "session": str(session), "device": device, "steps": steps}


def ledger(learner: User) -> list[tuple[Any, ...]]:
    """Everything that was posted of a learner, without what names the rows."""
    columns = ("number", "sort", "ms", "from_at", "to_at", "media_from_ms", "media_to_ms", "confirmed_after_ms")
    entries = list(Entry.objects.filter(learner=learner).order_by("number").values_list(*columns))
    refused = Refusal.objects.filter(learner=learner).order_by("from_at", "code")
    return entries + list(refused.values_list("code", "ms", "from_at", "to_at"))


def told_once(world: World, learner: User) -> list[tuple[Any, ...]]:
    """The ledger of one process that sends everything once."""
    client = Client(learner, world.video.lesson.uuid)
    client.open()
    client.study(STORY)
    client.close(320)
    return ledger(learner)


@pytest.mark.django_db(transaction=True)
def test_a_hundred_connections_of_two_processes_end_in_the_ledger_of_one() -> None:
    world = make_world()
    once = told_once(world, world.alice)
    same, crowd = learners(world, "same", 4), learners(world, "crowd", 3)
    sessions = {learner.pk: uuid4() for learner in same}
    repeated = [["open", 0, False], ["study", 0, STORY]]
    plan = [script(one, world, sessions[one.pk], "phone-1234", repeated) for one in same for _ in range(5)]
    for number in range(THREADS - len(plan)):
        steps = [["open", number % 4, True], ["study", 0, TAKING_TURNS[number % 4]], ["close", 20, False]]
        plan.append(script(crowd[number % 3], world, uuid4(), f"crowd-{number:04}", steps))
    # The other process repeats the first one's scripts with sessions of its own for the crowd.
    other = [*plan[:20], *({**one, "session": str(uuid4())} for one in plan[20:])]

    connections, told = at_once([plan, other])
    for learner in same:
        client = Client(learner, world.video.lesson.uuid)
        client.session = sessions[learner.pk]
        client.close(320)

    assert connections == PROCESSES * THREADS
    assert [code for each in told for code in each if code.startswith("unexpected")] == []
    assert [ledger(learner) for learner in same] == [once] * 4
    assert all(each["accepted"] > 0 and each["bad_seq"] > 0 for each in told)
    assert [line for learner in [*same, *crowd] for line in differences(learner.pk)] == []
    for learner in crowd:
        spans = Entry.objects.filter(learner=learner, sort="credit").order_by("from_at").values_list("from_at", "to_at")
        assert all(before[1] <= after[0] for before, after in pairwise(spans))
        assert 0 < sum(Entry.objects.filter(learner=learner, sort="credit").values_list("ms", flat=True)) <= 20_000
