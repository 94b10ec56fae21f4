"""Positions and coverage: seek, teleport, salami, scatter, loop, oscillate, out of range, another version."""

from tests.attacks.client import Message, beat, codes
from tests.attacks.running import ELAPSED, Case, attack


async def played(case: Case, timeline: str, lesson: str = "first") -> tuple[set[str], list[list[int]]]:
    """The codes of a timeline on a lesson, and what is covered afterwards in seconds."""
    async with case.learner.socket() as socket:
        await socket.opened(case.stage.lessons[lesson])
        answers = await socket.play(timeline)
        await socket.close()
    coverage = await case.learner.coverage(case.stage.lessons[lesson])
    return codes(answers), [[round(a / 1000), round(b / 1000)] for a, b in coverage["covered"]]


@attack("positions", ceiling_s=12, floor_s=7)
async def seeks_all_over(case: Case) -> None:
    told, covered = await played(case, "0@0 3@3>300 6@303 9@306>590 12@593")
    assert told == set()
    assert covered == [[0, 3], [300, 306], [590, 593]]


@attack("positions", ceiling_s=6, floor_s=3.5)
async def teleport(case: Case) -> None:
    told, covered = await played(case, "0@0 3@3 6@300 9@303")
    assert told == {"too_fast"}
    assert covered == [[0, 3], [300, 303]]


@attack("positions", ceiling_s=ELAPSED)
async def salami(case: Case) -> None:
    _told, covered = await played(case, "0@0 1@1.9 2@3.8 3@5.7 4@7.6 5@9.5 6@11.4")
    # The time that passed and one tolerance; a second for rounding.
    assert sum(b - a for a, b in covered) <= case.elapsed_ms / 1000 + 3


@attack("positions", ceiling_s=0)
async def a_seek_that_lies_about_its_start(case: Case) -> None:
    told, covered = await played(case, "0@0 1@101>200 2@301>400 3@501>550")
    assert told == {"too_fast"}
    assert covered == []


@attack("positions", ceiling_s=0.5)
async def scatter(case: Case) -> None:
    told, _covered = await played(case, " ".join(f"{i / 10}@{i * 37 % 600}" for i in range(40)))
    assert told == {"too_fast"}


@attack("positions", ceiling_s=4, floor_s=2.3)
async def a_loop(case: Case) -> None:
    told, covered = await played(case, "0@0 4@4>0 8@4>0 12@4")
    assert told == {"already_covered"}
    assert covered == [[0, 4]]


@attack("positions", ceiling_s=2)
async def to_and_fro(case: Case) -> None:
    _told, covered = await played(case, "0@0 2@2 4@0 6@2 8@0 10@2")
    assert covered == [[0, 2]]


@attack("positions", ceiling_s=12, floor_s=7)
async def on_and_on_behind_the_end(case: Case) -> None:
    _told, covered = await played(case, "0@0 4@4 8@8 12@12 16@16 20@600 21@1200", "brief")
    assert covered == [[0, 12]]


@attack("positions", ceiling_s=0)
async def below_nought_and_beyond_a_week(case: Case) -> None:
    async with case.learner.socket() as socket:
        await socket.opened(case.lesson)
        for position_s in (-1, -600, 7 * 86_400 + 1, 2**62):
            answer = await socket.ask(beat(1, position_s))
            assert answer["code"] == "bad_message"
    assert (await case.learner.coverage(case.lesson))["covered_ms"] == 0


@attack("positions", ceiling_s=6)
async def over_what_is_covered_to_what_is_not(case: Case) -> None:
    told, covered = await played(case, "0@0 6@6>0 12@18")
    assert told == {"too_fast"}
    assert covered == [[0, 6]]


@attack("positions", ceiling_s=4)
async def a_seek_to_the_last_second(case: Case) -> None:
    told, covered = await played(case, "0@0 3@3>599 4@600end")
    assert told == set()
    assert covered == [[0, 3], [599, 600]]


@attack("positions", ceiling_s=3)
async def the_end_again_and_again(case: Case) -> None:
    told, _covered = await played(case, "0@0 3@3end 3.2@600end 3.4@0play 3.6@600end")
    assert told == {"paused", "too_fast"}


@attack("positions", ceiling_s=ELAPSED)
async def the_same_seconds_of_a_newer_version(case: Case) -> None:
    lesson = case.stage.lessons["versions"]
    async with case.learner.socket() as socket:
        await socket.opened(lesson)
        await socket.play("0@0 4@4")
        await socket.close()
        await case.staff(f"stage.leave('{case.learner.email}', 'attacks')")
        opened: Message = await socket.opened(lesson)
        assert opened["covered"] == []
        # The new version begins at nought: the first beat of a session earns nothing, whatever the old one earned.
        assert (await socket.beat(8))["credited_ms"] == 0
        await socket.play("0@8 3@11")


@attack("positions", ceiling_s=0)
async def the_session_of_an_older_version(case: Case) -> None:
    lesson = case.stage.lessons["versions"]
    async with case.learner.socket() as socket:
        await socket.opened(lesson)
        session = socket.session
        await socket.play("0@0")
        await socket.close()
        await case.staff(f"stage.leave('{case.learner.email}', 'attacks')")
        assert (await socket.open(lesson, session=session))["code"] == "bad_message"
