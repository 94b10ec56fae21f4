"""Whose turn it is on a study socket: a beat is taken as it arrives only when it overtakes nothing."""

import asyncio
import json

from lms.hours.consumers.study import StudyConsumer
from lms.hours.forms.messages import BeatMessage, parse_frame

BEAT = {"type": "beat", "seq": 7, "event": "tick", "position_ms": 0, "playing": True, "visible": True}


class Listening(StudyConsumer):
    """A socket with an open session whose messages take as long as the test likes."""

    def __init__(self) -> None:
        super().__init__()
        message = parse_frame(json.dumps(BEAT))
        assert isinstance(message, BeatMessage)
        self.under_way = message, 0  # a beat that was taken as it arrived is not answered yet
        self.goes_on = asyncio.Event()
        self.asked: list[str | None] = []

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self.asked.append(text_data)
        await self.goes_on.wait()


async def test_a_message_waits_for_the_beat_before_it_and_nothing_overtakes_either() -> None:
    socket = Listening()
    socket.session = socket.learner_id = object()  # type: ignore[assignment]
    frame = json.dumps(BEAT).encode()

    later = asyncio.create_task(socket._one_at_a_time({"text": "later"}))
    await asyncio.sleep(0)
    while_under_way = (list(socket.asked), socket.listen(frame))
    socket._rest()  # answered; the task of what comes next has not had its turn yet
    before_its_turn = (list(socket.asked), socket.listen(frame))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    at_its_turn = (list(socket.asked), socket.listen(frame))
    socket.goes_on.set()
    await later

    assert while_under_way == ([], False)
    assert before_its_turn == ([], False)
    assert at_its_turn == (["later"], False)
    assert not socket.is_busy
