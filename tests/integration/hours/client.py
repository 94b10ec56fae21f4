"""A study client without a transport, for tests of what a session earns."""

import uuid
from datetime import timedelta

from lms.accounts.models import User
from lms.hours.actions.beats import Ack, record_beat
from lms.hours.actions.sessions import Opened, close_session, open_session
from lms.hours.rules.values import Beat
from tests.timeline import beats
from tests.world import NOON


class Client:
    """A study client without a transport: one device of one learner, times in seconds after noon."""

    def __init__(self, learner: User, lesson: uuid.UUID, device: str = "device-1") -> None:
        self.learner = learner
        self.lesson = lesson
        self.device = device
        self.session = uuid.uuid4()
        self.seq = 0

    def open(self, at_s: float = 0, *, takeover: bool = False) -> Opened:
        return open_session(
            by=self.learner,
            at=NOON + timedelta(seconds=at_s),
            session=self.session,
            lesson=self.lesson,
            device=self.device,
            takeover=takeover,
        )

    def study(self, timeline: str) -> list[Ack]:
        """Send the beats of a timeline (see tests/timeline.py), numbered on from the last one."""
        acks = []
        for at_ms, beat in beats(timeline, first_seq=self.seq + 1):
            acks.append(self.send(at_ms / 1000, beat))
            self.seq = beat.seq
        return acks

    def send(self, at_s: float, beat: Beat) -> Ack:
        """Send one beat as it is."""
        at = NOON + timedelta(seconds=at_s)
        return record_beat(by=self.learner, at=at, session=self.session, beat=beat)

    def close(self, at_s: float) -> None:
        close_session(by=self.learner, at=NOON + timedelta(seconds=at_s), session=self.session)
