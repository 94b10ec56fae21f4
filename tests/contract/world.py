"""One of everything that the API can show: a learner whose hours, refusals, appeal and seats are there to be read, and
clients of an exam system that see her."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lms.enrollments.models import Enrollment
from lms.exams.actions import register
from lms.exams.models import Registration, RegistrationState, Sitting, WaitingPlace
from lms.exchange.actions.clients import NewClient
from lms.exchange.actions.numbering import number_changes
from lms.exchange.models import StandingChange
from lms.exchange.rules.cursors import Cursor, written
from lms.hours.models import Refusal
from tests.integration.api.builders import make_sitting, qualify
from tests.integration.exchange.builders import client_of
from tests.integration.hours.client import Client
from tests.integration.hours.judges import Court, decided, make_court
from tests.sittings import booked_seat, made_up_decision
from tests.world import NOON

EVENING = NOON + timedelta(hours=6)


@dataclass
class Shown:
    """Something that is there, so that more than 404 is answered: values of parameters by name, and by operation where
    one asks for another (`own`), bodies by operation.

    Who has a seat can neither register nor wait: those are asked under the uuid of what is there already.
    """

    court: Court
    client: NewClient
    examples: dict[str, str]
    own: dict[str, dict[str, str]]
    bodies: dict[str, Any]
    cursors: dict[str, str]
    """Of the feed of standings: where it is now, and one of a feed that is gone."""


def make_shown() -> Shown:
    court = make_court()
    world = court.world
    qualify(world)
    appeal = decided(court)
    again = Refusal.objects.get()
    again.pk = None
    again.save()  # one that nobody has appealed against yet
    seat = register(by=world.alice, at=EVENING, uuid=uuid.uuid4(), sitting=make_sitting(world))
    full, later = make_sitting(world), make_sitting(world, days=3)
    booked_seat(world.charlie, full, world.training_class)
    decision = made_up_decision(full, world.enrollment)
    place = WaitingPlace.objects.create(learner=world.alice, sitting=full, decision=decision, joined_at=EVENING)
    given_up = cancelled_seat(later, world.enrollment)
    studying = Client(world.alice, world.video.lesson.uuid)
    studying.open(6 * 3_600)
    named: dict[str, Any] = {
        "lesson": world.video.lesson.uuid,
        "appeal": appeal.uuid,
        "enrollment": world.enrollment.uuid,
        "sitting": seat.sitting.uuid,
        "place": place.uuid,
        "registration": seat.uuid,
        "person": world.alice.uuid,
        "class": world.training_class.uuid,
        "session": studying.session,
    }
    examples = {name: str(value) for name, value in named.items()}
    appealing = {"uuid": str(uuid.uuid4()), "text": "没有信号", "refusal": again.pk}
    messages = [
        {"type": "open", "session": examples["session"], "lesson": examples["lesson"], "device": "device-1"},
        {"type": "beat", "seq": 1, "event": "play", "position_ms": 0, "playing": True, "visible": True},
        {"type": "close"},
    ]
    own = {
        "DELETE /api/v1/registrations/{registration}": {"registration": str(given_up.uuid)},
        "POST /api/v1/sittings/{sitting}/waiting": {"sitting": str(full.uuid)},
    }
    bodies = {
        "POST /api/v1/me/appeals": appealing,
        "POST /api/v1/registrations/{registration}/change": {
            "sitting": str(later.uuid),
            "uuid": str(given_up.uuid),
        },
        "POST /api/v1/sittings/{sitting}/registrations": {"uuid": examples["registration"]},
        "POST /api/v1/sittings/{sitting}/waiting": {"uuid": examples["place"]},
        "POST /api/v1/study/messages": messages,
    }
    return Shown(court, client_of(world.institution.region), examples, own, bodies, cursors())


def cursors() -> dict[str, str]:
    number_changes(StandingChange)
    first = StandingChange.objects.get(number=1)
    return {"there": written(Cursor(1, first.mark)), "gone": written(Cursor(1, uuid.uuid4()))}


def cancelled_seat(sitting: Sitting, enrollment: Enrollment) -> Registration:
    """One that the learner had once."""
    return Registration.objects.create(
        learner=enrollment.learner,
        sitting=sitting,
        decision=made_up_decision(sitting, enrollment),
        seat=1,
        state=RegistrationState.CANCELLED,
        booked_at=NOON,
        cancelled_at=NOON,
    )
