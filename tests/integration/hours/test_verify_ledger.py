"""Stored totals equal a replay of the entries; and a total that lies is found."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from lms.hours.actions.sessions import close_idle_sessions
from lms.hours.models import LessonCoverage, ModuleHours, StudyClock
from lms.hours.queries.verification import differences
from tests.integration.hours.classroom import attend
from tests.integration.hours.client import Client
from tests.world import NOON, World

STORIES = {
    "studied and closed": "0@0play 15@15 30@30pause 40@30play 55@45",
    "seeks and repeats": "0@0play 30@30>10 60@40 61@40>100 90@129",
    "refusals": "0@0play 15@300 30@315 200@500 215@515",
    "twelve minutes": " ".join(f"{second}@{second}" for second in range(0, 735, 15)),
}


@pytest.mark.parametrize("timeline", STORIES.values(), ids=STORIES.keys())
def test_nothing_differs_during_and_after_a_session(world: World, video: Client, timeline: str) -> None:
    video.open()
    video.study(timeline)
    during = differences(world.alice.pk)
    close_idle_sessions(at=NOON + timedelta(hours=1))
    attend(world, 7200, 9000)

    assert (during, differences(world.alice.pk)) == ([], [])


@pytest.mark.totals_lie
@pytest.mark.parametrize(
    ("what", "columns"),
    [
        (ModuleHours, {"confirmed_ms": 3_600_000}),
        (ModuleHours, {"refused": {"too_fast": 1}}),
        (LessonCoverage, {"credited_ms": 1}),
        (StudyClock, {"day_ms": 7}),
        (StudyClock, {"provisional_ms": 7}),
        (StudyClock, {"busy_until": None}),
    ],
)
def test_a_total_that_lies_is_found(world: World, video: Client, what: type, columns: dict[str, object]) -> None:
    """The positive control: without it a verifier that says nothing would pass."""
    video.open()
    video.study("0@0play 30@30")
    video.close(31)
    what.objects.filter(learner=world.alice).update(**columns)  # type: ignore[attr-defined]

    assert len(differences(world.alice.pk)) == 1
    with pytest.raises(CommandError):
        call_command("verify_ledger")


def test_the_command_says_how_many_it_proved(world: World, video: Client, capsys: pytest.CaptureFixture[str]) -> None:
    video.open()
    video.study("0@0play 30@30")

    call_command("verify_ledger")

    assert capsys.readouterr().out == "1 learners, no difference\n"
