"""One of everything that the API can show: a learner whose hours, refusals, appeal and seats are there to be read, and
clients of an exam system that see her."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lms.exams.actions import register
from lms.exchange.actions.clients import NewClient
from lms.hours.models import Refusal
from tests.integration.api.builders import make_sitting, qualify
from tests.integration.exchange.builders import client_of
from tests.integration.hours.client import Client
from tests.integration.hours.judges import Court, decided, make_court
from tests.world import NOON

EVENING = NOON + timedelta(hours=6)


@dataclass
class Shown:
    """Something that is there, so that more than 404 is answered: values of parameters by name, bodies by operation."""

    court: Court
    client: NewClient
    examples: dict[str, str]
    bodies: dict[str, Any]


def make_shown() -> Shown:
    court = make_court()
    world = court.world
    qualify(world)
    appeal = decided(court)
    again = Refusal.objects.get()
    again.pk = None
    again.save()  # one that nobody has appealed against yet
    seat = register(by=world.alice, at=EVENING, uuid=uuid.uuid4(), sitting=make_sitting(world))
    open_still = make_sitting(world, capacity=9)
    studying = Client(world.alice, world.video.lesson.uuid)
    studying.open(6 * 3_600)
    named: dict[str, Any] = {
        "lesson": world.video.lesson.uuid,
        "appeal": appeal.uuid,
        "enrollment": world.enrollment.uuid,
        "sitting": open_still.uuid,
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
    return Shown(
        court,
        client_of(world.institution.region),
        examples,
        {"POST /api/v1/me/appeals": appealing, "POST /api/v1/study/messages": messages},
    )
