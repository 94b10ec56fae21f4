"""What is not a beat is done by processes beside the web process; whatever becomes of one, nobody waits for ever."""

import asyncio
import os
import signal
import sys
import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from django.db import connection

from lms import env
from lms.accounts.models import Role, User
from lms.enrollments.models import Enrollment
from lms.hours.actions.group_commit import DatabaseAway
from lms.hours.consumers.clerks import Clerks, Errand, ErrandFailed, run
from lms.hours.forms.conversation import Turn
from lms.hours.forms.messages import Answer, BeatMessage, Close, Message, Open
from lms.hours.models import StudyClock
from lms.hours.queries.verification import differences
from tests.integration.hours.rooms import holding_the_clocks, in_thread
from tests.world import NOON, World, make_person, make_world

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")
SOON_S = 20.0


@pytest.fixture
def world(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    folder, name = Path(os.environ["DATA_DIR"]), connection.settings_dict["NAME"]
    for variable, url in (("DATABASE_URL", env.runtime_url(folder)), ("DATABASE_OWNER_URL", env.owner_url(folder))):
        monkeypatch.setenv(variable, urlsplit(url)._replace(path=f"/{name}").geturl())
    yield make_world()
    assert [line for pk in StudyClock.objects.values_list("pk", flat=True) for line in differences(pk)] == []


def with_clerks(count: int, story: Callable[[Clerks], Awaitable[T]]) -> T:
    async def told() -> T:
        clerks = Clerks(count)
        await clerks.begin()
        try:
            return await asyncio.wait_for(story(clerks), SOON_S)
        finally:
            await clerks.end()

    return asyncio.run(told())


def enrolled(world: World, name: str) -> User:
    person = make_person(name, Role.LEARNER)
    Enrollment.objects.create(learner=person, training_class=world.training_class, enrolled_at=NOON)
    return person


def errand(learner: User, message: Message, at_s: int = 0, session: uuid.UUID | None = None) -> Errand:
    return Errand(learner, "en", NOON + timedelta(seconds=at_s), message, session)


def opening(world: World, session: uuid.UUID) -> Open:
    return Open(session=session, lesson=world.chapter.lesson.uuid, device="phone-0001")


def beat(seq: int, position_s: int) -> BeatMessage:
    return BeatMessage(seq=seq, event="tick", position_ms=position_s * 1000, playing=True, visible=True)


def pids_of(clerks: Clerks) -> list[int]:
    return [clerk._process.pid for clerk in clerks._clerks if clerk._process is not None]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def whole_way(world: World, learner: User) -> list[Errand]:
    """An open, beats, an answer to no check, a beat that is repeated, an end."""
    session = uuid.uuid4()
    said: list[tuple[int, Message]] = [
        (0, opening(world, session)),
        (0, beat(1, 0)),
        (15, beat(2, 15)),
        (30, beat(3, 60)),
        (31, Answer(check=uuid.uuid4(), choice=0)),
        (32, beat(3, 60)),
        (40, Close()),
    ]
    return [errand(learner, message, at_s, None if isinstance(message, Open) else session) for at_s, message in said]


def without_session(turn: Turn) -> tuple[list[dict[str, Any]], Any, Any]:
    answers = [{name: value for name, value in answer.items() if name != "session"} for answer in turn.answers]
    return answers, turn.ack, turn.refused


def test_a_clerk_says_what_a_thread_of_the_web_process_would_say(world: World) -> None:
    async def story(clerks: Clerks) -> list[Turn]:
        return [await clerks.ask(each) for each in whole_way(world, world.alice)]

    by_clerk = with_clerks(1, story)
    by_thread = [run(each) for each in whole_way(world, enrolled(world, "dora"))]

    assert [without_session(turn) for turn in by_clerk] == [without_session(turn) for turn in by_thread]
    assert [answer["type"] for turn in by_clerk for answer in turn.answers].count("ack") == 3
    assert [turn.refused for turn in by_clerk if turn.refused] == ["bad_seq"]


def test_an_errand_that_waits_for_a_row_holds_up_no_other_of_the_same_clerk(world: World) -> None:
    first, second, dora = uuid.uuid4(), uuid.uuid4(), enrolled(world, "dora")

    async def story(clerks: Clerks) -> tuple[bool, Turn, Turn]:
        await clerks.ask(errand(world.alice, opening(world, first)))
        with holding_the_clocks(world.alice):
            waiting = asyncio.create_task(clerks.ask(errand(world.alice, beat(1, 0), session=first)))
            await asyncio.sleep(0.2)
            other = await clerks.ask(errand(dora, opening(world, second)))
            is_waiting = not waiting.done()
        return is_waiting, other, await waiting

    is_waiting, other, own = with_clerks(1, story)

    assert is_waiting
    assert [turn.answers[0]["type"] for turn in (other, own)] == ["opened", "ack"]


def test_a_clerk_that_is_killed_is_replaced_and_its_errand_is_told_to_come_again(world: World) -> None:
    session = uuid.uuid4()

    async def story(clerks: Clerks) -> tuple[list[int], list[int], Turn]:
        await clerks.ask(errand(world.alice, opening(world, session)))
        before = pids_of(clerks)
        with holding_the_clocks(world.alice):
            waiting = asyncio.create_task(clerks.ask(errand(world.alice, beat(1, 0), session=session)))
            await asyncio.sleep(0.2)
            os.kill(before[0], signal.SIGKILL)
            with pytest.raises(DatabaseAway):
                await waiting
        return before, pids_of(clerks), await clerks.ask(errand(world.alice, beat(1, 0), session=session))

    before, gone, after = with_clerks(1, story)

    assert len(before) == 1 and gone == []
    assert after.answers[0]["type"] == "ack"


def test_a_fault_of_an_errand_is_told_and_the_clerk_lives_on(world: World) -> None:
    async def story(clerks: Clerks) -> tuple[list[int], list[int], Turn]:
        before = pids_of(clerks)
        with pytest.raises(ErrandFailed):
            await clerks.ask(errand(world.alice, None, session=uuid.uuid4()))  # type: ignore[arg-type]
        return before, pids_of(clerks), await clerks.ask(errand(world.alice, opening(world, uuid.uuid4())))

    before, after, turn = with_clerks(1, story)

    assert before == after
    assert turn.answers[0]["type"] == "opened"


def test_without_a_database_an_errand_is_told_to_come_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://nobody:nothing@127.0.0.1:1/nowhere")

    async def story(clerks: Clerks) -> None:
        with pytest.raises(DatabaseAway):
            await clerks.ask(errand(world.alice, opening(world, uuid.uuid4())))

    with_clerks(1, story)


def test_clerks_share_the_errands_and_end_with_the_web_process(world: World) -> None:
    async def story(clerks: Clerks) -> list[int]:
        turns = await asyncio.gather(*(clerks.ask(errand(one, opening(world, uuid.uuid4()))) for one in people))
        assert [turn.answers[0]["type"] for turn in turns] == ["opened"] * 6
        return pids_of(clerks)

    people = [enrolled(world, f"learner{number}") for number in range(6)]
    pids = with_clerks(2, story)

    assert len(set(pids)) == 2
    assert not any(map(is_alive, pids))


def test_a_clerk_whose_web_process_vanished_goes_too(world: World) -> None:
    async def story(clerks: Clerks) -> bool:
        (clerk,) = clerks._clerks
        process = clerk._process
        assert process is not None and process.stdin is not None
        process.stdin.close()  # what the kernel does for a process that was killed
        until = asyncio.get_running_loop().time() + SOON_S / 2
        while await in_thread(is_alive, process.pid) and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.05)
            if process.returncode is not None:
                return True
        return False

    assert with_clerks(1, story)


@pytest.mark.parametrize("command", [("/there/is/no/such/program",), (sys.executable, "-c", "raise SystemExit(1)")])
def test_a_clerk_that_cannot_work_keeps_the_process_from_starting_and_tells_learners_to_come_again(
    world: World, command: tuple[str, ...]
) -> None:
    async def told() -> None:
        clerks = Clerks(2, command)
        with pytest.raises(RuntimeError, match="A clerk was not there to work"):
            await clerks.begin()
        with pytest.raises(DatabaseAway):
            await clerks.ask(errand(world.alice, opening(world, uuid.uuid4())))
        await clerks.end()

    asyncio.run(asyncio.wait_for(told(), SOON_S))
