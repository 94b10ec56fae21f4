"""Learners of mixed honesty in one process: `python -m bench.students` reads its plan from stdin.

Four of five study as people do: they pause, seek, look away, lose the network, open again, and answer when they are
asked whether they are there (how often: bench.habits). The fifth is one kind of liar. Each keeps books: what every
acknowledgement promised, and how long it was there and how long of that it surely did not study.
Prints a line of JSON for each window of the run, and at the end the books of all.
"""

import asyncio
import json
import os
import random
import re
import struct
import sys
import time
from collections import Counter
from typing import Any
from uuid import uuid4

import uvloop

from bench import habits
from bench.link import Link
from lms.hours.rules.checks import Place
from lms.hours.rules.questions import SimpleQuestions

HONEST_PERMILLE = 800
LIARS = ("too_fast", "replays", "bad_frames", "wrong_numbers", "two_devices", "never_closes", "floods", "deaf")
MAY_BE_TOLD = {"bad_seq", "bad_message", "too_large", "rate_limited", "not_open", "elsewhere", "superseded"}
"""Error codes that liars earn. The honest are told none of them."""
CLOSED_BY_THEMSELVES = {1008, 1009, 1011, 4429}
CLOSED_BY_FAULTS = {1006, 1012, 1013}
"""What a client comes back from: a process, a database or a network that is gone."""
WINDOW_S = 10.0
OPENED_S_MAX = 60.0
UNANSWERED_MAX = 3
DOORS = 50
"""Of the honest, and as many of the liars, who come in at once: in life nobody's phone waits for another's."""
FLOOD = 40
"""Frames that a flood sends at once, with each beat."""


class Answers:
    """The right answers to the simple questions, learned by asking for many of them."""

    def __init__(self) -> None:
        self.words: set[tuple[str, str]] = set()
        for seed in range(20_000):
            question = SimpleQuestions().question(Place(), seed * 2)
            assert question is not None
            self.words.add((question.prompt.zh, question.options[question.right].zh))

    def choice(self, check: dict[str, Any]) -> int:
        numbers = re.findall(r"\d+", check["prompt"])
        right = {str(sum(map(int, numbers)))} if len(numbers) == 2 else set()
        for index, option in enumerate(check["options"]):
            if option in right or (check["prompt"], option) in self.words:
                return index
        return 0


class Tally:
    """What all clients saw since the last window. Only the honest are timed: a flood waits for itself."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self.sent = self.acks = 0
        self.unexpected: Counter[str] = Counter()

    def window(self, second: float) -> dict[str, Any]:
        late, self.late_ms = sorted(self.late_ms), []
        sent, acks = self.sent, self.acks
        self.sent = self.acks = 0
        return {
            "second": round(second),
            "sent": sent,
            "acks": acks,
            "p50_ms": round(late[len(late) // 2], 2) if late else None,
            "p99_ms": round(late[len(late) * 99 // 100], 2) if late else None,
            "unexpected": dict(self.unexpected),
        }


class Student:
    """`promised_ms` is the sum of what every acknowledged beat earned: the database must hold at least that."""

    def __init__(self, crowd: "Crowd", number: int, cookie: str) -> None:
        self.crowd, self.number, self.cookie = crowd, number, cookie
        self.chance = random.Random(f"{crowd.plan['seed']} {number}")
        honest = self.chance.randrange(1000) < HONEST_PERMILLE
        self.kind = "honest" if honest else LIARS[number % len(LIARS)]
        self.session = str(uuid4())
        self.last_check = ""
        self.link: Link | None = None
        self.opened: asyncio.Future[None] | None = None
        self.is_cut = False
        self.began: float | None = None
        self.watching_from = 0.0
        self.position_ms = 0.0
        self.playing, self.visible = False, True
        self.seq = 0
        self.top_seq = 0
        self.sent_at: dict[int, float] = {}
        self.seek_seq = 0
        self.idle_from: float | None = None
        self.idle_s = 0.0
        self.promised_ms = self.acks = self.lost_acks = 0
        self.outcomes: Counter[str] = Counter()

    async def live(self, until: float) -> None:
        await asyncio.sleep(self.chance.random() * self.crowd.plan["arrive_s"])
        while time.perf_counter() < until:
            try:
                link = await self._come_in()
                await self._study(link, until)
            except (OSError, TimeoutError):
                self.outcomes["no connection"] += 1
                self._unless_faults("no connection")
            if self.link is not None:
                self.link.cut()
            await asyncio.sleep(self.chance.uniform(*habits.COME_BACK_S))

    async def _come_in(self) -> Link:
        loop = asyncio.get_running_loop()
        async with self.crowd.doors[self.kind == "honest"], asyncio.timeout(OPENED_S_MAX):
            self.opened, self.last_check = loop.create_future(), ""
            plan = self.crowd.plan
            _, link = await loop.create_connection(
                lambda: Link(plan, self.chance.choice(plan["ports"]), self.cookie, self._heard),
                "127.0.0.1",
                self.chance.choice(plan["ports"]),
            )
            self.link = link
            await link.ready
            self._open(link)
            await asyncio.wait({self.opened, link.ended}, return_when=asyncio.FIRST_COMPLETED)
            if self.opened.done():
                self.opened.result()
        return link

    def _open(self, link: Link, *, session: str = "", device: str = "phone-0001", takeover: bool = False) -> None:
        told = {"session": session or self.session, "lesson": self.crowd.plan["lesson"], "device": device}
        link.say({"type": "open", **told, "takeover": takeover})

    async def _study(self, link: Link, until: float) -> None:
        self.began = self.began or time.perf_counter()
        self.is_cut = False
        self.sent_at.clear()  # a fresh beat takes the place of those that the last connection left waiting
        self._beat(link, "play", playing=True)
        every_s = self.crowd.plan["every_s"]
        due = time.perf_counter() + self.chance.random() * every_s
        while due < until and not link.ended.done():
            await asyncio.wait({link.ended}, timeout=max(0.0, due - time.perf_counter()))
            due = max(due + every_s, time.perf_counter() - every_s)
            if link.ended.done():
                break
            getattr(self, f"_{self.kind}")(link)
        self._count_unanswered()
        self._count_end(link)

    def _count_unanswered(self) -> None:
        """At the end of a connection: the beats that it left without an answer."""
        now = time.perf_counter()
        for sent_at in self.sent_at.values():
            self._count_wait(now - sent_at)
        if self.seek_seq in self.sent_at:
            # To the server what a lost seek leapt over was played, in time that had stood still before.
            self.idle_s = 0.0

    def _count_wait(self, seconds: float) -> None:
        if self.kind == "honest" and seconds > habits.ANSWERED_S_MAX:
            self.outcomes["beats without an answer"] += 1
            self._unless_faults(f"no answer within {habits.ANSWERED_S_MAX:.0f} s")

    def _unless_faults(self, what: str) -> None:
        """What happens to the honest only when something was killed or taken away."""
        if self.kind == "honest" and not self.crowd.plan["faults"]:
            self.crowd.tally.unexpected[f"honest: {what}"] += 1

    def _count_end(self, link: Link) -> None:
        if not link.ended.done():
            return
        code = link.ended.result()
        self.outcomes[f"closed {code}"] += 1
        expected = CLOSED_BY_FAULTS if self.crowd.plan["faults"] else {1006} if self.is_cut else set()
        if self.kind != "honest":
            expected = expected | CLOSED_BY_THEMSELVES | {1006}
        if code not in expected:
            self.crowd.tally.unexpected[f"{self.kind}: closed {code}"] += 1

    # What the honest do.

    def _honest(self, link: Link) -> None:
        if len(self.sent_at) >= UNANSWERED_MAX:
            return
        if self._now(habits.CUT_EVERY_S):
            self.outcomes["cut"] += 1
            self.is_cut = True
            link.cut()
        elif self._now(habits.OPEN_AGAIN_EVERY_S):
            self._open(link)
        elif not self.playing:
            if self._now(habits.PAUSED_S):
                self._beat(link, "play", playing=True)
        elif not self.visible:
            self.visible = self._now(habits.AWAY_S)
            self._beat(link, "tick")
        elif self._now(habits.PAUSE_EVERY_S):
            self._beat(link, "pause", playing=False)
        elif self._now(habits.LOOK_AWAY_EVERY_S):
            self.visible = False
            self._beat(link, "tick")
        elif self._now(habits.SEEK_EVERY_S):
            from_ms = self._moved()
            self.position_ms = max(0.0, from_ms + self.chance.uniform(-60_000, 60_000))
            self._beat(link, "seek", from_ms=int(from_ms))
        else:
            self._beat(link, "tick")

    def _now(self, every_s: float) -> bool:
        """Something that one does once in so many seconds, however often one beats."""
        return self.chance.random() < self.crowd.plan["every_s"] / every_s

    # What liars do.

    def _too_fast(self, link: Link) -> None:
        self.position_ms += self.chance.uniform(2, 20) * 1000 * self.crowd.plan["every_s"]
        self._beat(link, "tick")

    def _replays(self, link: Link) -> None:
        self._beat(link, "tick")
        link.say(self._frame_of(max(1, self.seq - self.chance.randrange(5)), "tick"))

    def _bad_frames(self, link: Link) -> None:
        bad = ("{", "[]", "7", '{"type":"credit","ms":3600000}', "x" * 5_000, '{"type":"beat","seq":NaN}', '"\\ud800"')
        link.say(self.chance.choice(bad))
        if self._now(30) and not link.transport.is_closing():
            link.transport.write(struct.pack("!BBI", 0x82, 0x82, 0) + b"{}")
        self._beat(link, "tick")

    def _wrong_numbers(self, link: Link) -> None:
        for seq in (0, -1, 2**70, 1):
            link.say(self._frame_of(seq, "tick"))
        self.seq += self.chance.randrange(1000)
        self._beat(link, "tick")

    def _two_devices(self, link: Link) -> None:
        if self._now(5):
            self._open(link, session=str(uuid4()), device=self.chance.choice(("phone-0001", "tablet-01")))
        elif self._now(5):
            self._open(link, session=str(uuid4()), device="tablet-01", takeover=True)
        self._beat(link, "tick")

    def _never_closes(self, link: Link) -> None:
        self._beat(link, "tick")
        if self._now(20):
            self.session, self.seq, self.top_seq = str(uuid4()), 0, 0
            self.sent_at.clear()
            link.cut()

    def _floods(self, link: Link) -> None:
        for _ in range(FLOOD):
            self._beat(link, "tick")

    def _deaf(self, link: Link) -> None:
        if not link.transport.is_closing():
            link.transport.pause_reading()
        self._beat(link, "tick")

    # Words out and in.

    def _moved(self) -> float:
        """The media's position now; it runs while it plays."""
        now = time.perf_counter()
        if self.playing:
            self.position_ms += (now - self.watching_from) * 1000
        self.watching_from = now
        return self.position_ms

    def _beat(self, link: Link, event: str, *, playing: bool | None = None, from_ms: int | None = None) -> None:
        self._moved()
        self.playing = self.playing if playing is None else playing
        self.seq += 1
        now = self.sent_at[self.seq] = time.perf_counter()
        if event == "seek":
            self.seek_seq = self.seq
        if self.idle_from is not None:
            self.idle_s += now - self.idle_from
            self.idle_from = None
        self.crowd.tally.sent += 1
        link.say(self._frame_of(self.seq, event, from_ms=from_ms))

    def _frame_of(self, seq: int, event: str, *, from_ms: int | None = None) -> str:
        extra = "" if from_ms is None else f'"from_ms":{from_ms},'
        told = f'"playing":{str(self.playing).lower()},"visible":{str(self.visible).lower()}'
        return f'{{"type":"beat","seq":{seq},"event":"{event}",{extra}"position_ms":{int(self.position_ms)},{told}}}'

    def _heard(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "ack":
                self._acknowledged(message)
            case "opened":
                self._resumed(message)
            case "check":
                self.outcomes["asked"] += 1
                # Who opens again while a check waits is asked once more; a page answers what it shows once.
                is_new, self.last_check = message["check"] != self.last_check, message["check"]
                if self.link is not None and self.kind == "honest" and is_new:
                    choice = self.crowd.answers.choice(message)
                    self.link.say({"type": "answer", "check": message["check"], "choice": choice})
            case "checked":
                self.outcomes["passed" if message["passed"] else "failed"] += 1
            case "error":
                self._refused(message)
            case _:
                self._unless_honest(message["type"])

    def _acknowledged(self, message: dict[str, Any]) -> None:
        seq = message["seq"]
        sent_at = self.sent_at.pop(seq, None)
        if self.kind == "honest" and sent_at is None:
            self.crowd.tally.unexpected["ack of no beat"] += 1
        elif self.kind == "honest":
            waited_s = time.perf_counter() - sent_at
            self.crowd.tally.late_ms.append(waited_s * 1000)
            self._count_wait(waited_s)
        self.acks += 1
        self.crowd.tally.acks += 1
        self.outcomes["ack"] += 1
        self.promised_ms += message["credited_ms"]
        # A session that was left behind may still be answered: its numbers are not those of the new one.
        if sent_at is not None and not any(one["code"] == "superseded" for one in message["refused"]):
            self.top_seq = max(self.top_seq, seq)
            if seq == self.seq and not (self.playing and self.visible):
                # The server knows that nobody studies: until the next beat nothing is earned.
                self.idle_from = time.perf_counter()
        for one in message["refused"]:
            self.outcomes[f"refused {one['code']}"] += 1

    def _resumed(self, message: dict[str, Any]) -> None:
        if message["session"] == self.session:
            self.lost_acks += message["last_seq"] < self.top_seq
            self.seq = max(self.seq, message["last_seq"])
        else:
            # Only what the server opened is left for: an open that was refused changes nothing.
            self.session, self.top_seq = message["session"], message["last_seq"]
        if self.opened is not None and not self.opened.done():
            self.opened.set_result(None)

    def _refused(self, message: dict[str, Any]) -> None:
        self.sent_at.pop(message.get("seq", 0), None)
        self.outcomes[message["code"]] += 1
        if "seq" not in message and self.opened is not None and not self.opened.done():
            self.opened.set_exception(ConnectionRefusedError(message["code"]))
            self.opened.exception()
        self._unless_honest(message["code"])

    def _unless_honest(self, code: str) -> None:
        if self.kind == "honest" or code not in MAY_BE_TOLD:
            self.crowd.tally.unexpected[f"{self.kind}: {code}"] += 1

    def books(self) -> dict[str, Any]:
        now = time.perf_counter()
        lived_s = 0.0 if self.began is None else now - self.began
        idle_s = self.idle_s if self.idle_from is None else self.idle_s + now - self.idle_from
        return {
            "kind": self.kind,
            "promised_ms": self.promised_ms,
            "lived_ms": int(lived_s * 1000),
            "idle_ms": int(idle_s * 1000),
            "acks": self.acks,
            "lost_acks": self.lost_acks,
            "outcomes": self.outcomes,
        }


class Crowd:
    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.answers = Answers()
        self.tally = Tally()
        self.doors = {is_honest: asyncio.Semaphore(DOORS) for is_honest in (True, False)}
        self.students = [Student(self, number, cookie) for number, cookie in enumerate(plan["cookies"])]

    async def run(self) -> None:
        began = time.perf_counter()
        until = began + self.plan["seconds"]
        telling = asyncio.create_task(self._tell(began))
        await asyncio.gather(*(student.live(until) for student in self.students))
        telling.cancel()
        books = [student.books() for student in self.students]
        print(json.dumps({"books": books, "unexpected": self.tally.unexpected}), flush=True)

    async def _tell(self, began: float) -> None:
        while True:
            await asyncio.sleep(WINDOW_S)
            print(json.dumps(self.tally.window(time.perf_counter() - began)), flush=True)


async def main() -> None:
    await Crowd(json.load(sys.stdin)).run()


if __name__ == "__main__":
    uvloop.run(main())
    os._exit(0)
