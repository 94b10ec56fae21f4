"""Nobody inside an institution can raise a learner's hours alone: over every action, in any order, with any arguments.

The people of the machine are told in `scheming`. An action that is neither tried there nor excepted with a reason, or
that asks for something the machine cannot give, fails the first tests.
"""

import random
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from lms.accounts.models import User
from lms.enrollments.models import Enrollment, Module
from lms.hours.actions.attendance import check_hours, post_attendance
from lms.hours.actions.posting import Account, post
from lms.hours.models import EntrySort
from lms.hours.queries.balances import confirmed_hours
from lms.hours.queries.clocks import lock_clock
from lms.institutions.queries import staffs
from tests.integration.hours import judges
from tests.model.scheming import (
    CREW,
    OUTSIDE_THE_MACHINE,
    WORK,
    Hand,
    Scheming,
    actions_of_people,
    asked_by,
    is_done,
    make_ground,
)
from tests.world import NOON

TRIES = 2_000
TRIED = {name: action for name, action in actions_of_people().items() if name not in OUTSIDE_THE_MACHINE}


def scheme(actions: dict[str, Any], *, examples: int, steps: int) -> Counter[tuple[str, str]]:
    Scheming.ground, Scheming.actions, Scheming.outcomes = make_ground(), actions, Counter()
    run_state_machine_as_test(
        Scheming,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            report_multiple_bugs=False,
            print_blob=False,
            # What went before is told in the failure itself; making it shorter would cost minutes.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    return Scheming.outcomes


def enter_directly(
    *, by: User, at: datetime, uuid: UUID, enrollment: Enrollment, module: Module, kind: str, from_at: datetime
) -> None:
    """What staff could do once: hours of a classroom up to now on their word alone, in the learner's name."""
    if not staffs(by, enrollment.training_class.institution):
        raise PermissionDenied
    check_hours(enrollment.training_class, module, kind, from_at, at)
    lock_clock(enrollment.learner_id)
    account = Account(enrollment.learner_id, enrollment, module, kind)
    post_attendance(account, uuid=uuid, from_at=from_at, to_at=at, at=at, posted_by=enrollment.learner)


def take_directly(*, by: User, at: datetime, uuid: UUID, enrollment: Enrollment, module: Module, kind: str) -> None:
    """What staff could never do: hours away on the word of two of their own."""
    is_own = enrollment.learner_id == by.pk
    if is_own or not staffs(by, enrollment.training_class.institution):
        raise PermissionDenied
    ms = confirmed_hours(enrollment).get((module.pk, kind), 0)
    if not ms:
        raise ValueError("nothing to take")
    lock_clock(enrollment.learner_id)
    names = {"posted_by": by, "proposed_by": User.objects.get(email="tina@example.test")}
    account = Account(enrollment.learner_id, enrollment, module, kind)
    post(account, sort=EntrySort.VOID, ms=ms, provisional_ms=0, confirmed_ms=-ms, at=at, uuid=uuid, **names)


def test_every_action_of_a_person_is_tried_or_excepted_with_a_reason() -> None:
    found = actions_of_people()

    assert {name for name in OUTSIDE_THE_MACHINE if name not in found} == set()
    assert all(OUTSIDE_THE_MACHINE.values())
    assert len(TRIED) >= 40


def test_the_machine_has_something_to_give_for_whatever_an_action_asks(db: None) -> None:
    """A new action that asks for a new type fails here: teach `scheming.Hand` what there is of it."""
    hand = Hand(make_ground(), NOON)

    asked = [(name, action, each) for name, action in TRIED.items() for each in asked_by(action)]
    assert [f"{name}: {each.name}" for name, action, each in asked if not hand.values(action, each.name)] == []


@pytest.mark.parametrize("name", WORK)
def test_a_day_s_work_is_done_with_what_the_machine_gives(db: None, name: str) -> None:
    """By whom and with what is looked for in a fixed order: a machine whose people can do nothing proves nothing."""
    ground, dice = make_ground(), random.Random(name)
    now, action = judges.at_s(36_000), TRIED[name]
    hand = Hand(ground, now)
    for _time in range(TRIES):
        arguments = dict[str, Any]()
        for each in asked_by(action):
            arguments[each.name] = dice.choice(hand.fitting(action, each.name, arguments))
        by = User.objects.get(pk=ground.people[dice.choice(CREW)].pk)
        if is_done(action, by=by, at=now, **arguments):
            return
    pytest.fail(f"refused {TRIES} times")


def test_no_sequence_of_one_institutions_people_raises_a_learners_hours(db: None) -> None:
    outcomes = scheme(TRIED, examples=80, steps=70)

    assert {name for name in TRIED if not outcomes[name, "done"] and not outcomes[name, "refused"]} == set()
    # Each can be done (above); what needs many things right at once may be out of luck in one run.
    done = {name for name in WORK if outcomes[name, "done"]}
    assert len(done) >= len(WORK) - 3, f"never done: {set(WORK) - done}"


@pytest.mark.parametrize("way", [enter_directly, take_directly], ids=["enter", "take"])
def test_it_would_have_found_a_way_by_which_staff_decide_alone(db: None, way: Any) -> None:
    """The positive control."""
    with pytest.raises(AssertionError, match=rf"{way.__name__} (raised|posted)"):
        scheme({**TRIED, f"tests.{way.__name__}": way}, examples=400, steps=40)
