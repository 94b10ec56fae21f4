"""The study page's end of the protocol, alone in a browser: its lines and its time are the test's.

What the same script does on a real line is in test_lost_connections.py.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

STUDY = Path("lms/wiring/static/xueshi/study")
LATE_MS, BUSY_MS, LONG_MS = 6_000, 5_000, 600_000
PAGE = """<!doctype html><title>channel</title>
<script>
  const timers = new Map();
  let [now, made] = [0, 0];
  window.setTimeout = (work, afterMs) => { timers.set(made += 1, { at: now + afterMs, work }); return made; };
  window.clearTimeout = (timer) => timers.delete(timer);
  window.pass = (ms) => {
    const until = now + ms;
    const byTime = ([, one], [, other]) => one.at - other.at;
    const next = () => [...timers].filter(([, { at }]) => at <= until).sort(byTime)[0];
    for (let due = next(); due; due = next()) {
      timers.delete(due[0]);
      now = due[1].at;
      due[1].work();
    }
    now = until;
  };
</script>
<script type="module">
  import { StudyChannel } from "/protocol.js";
  class Line {
    readyState = 0;
    said = [];
    send(text) { this.said.push(JSON.parse(text)); }
    close() { this.readyState = 3; }
  }
  Object.assign(window, { lines: [], heard: [], plays: false, chance: 0 });
  const hear = (name) => (...told) => { heard.push([name, ...told]); };
  window.say = (event, positionMs = 0) => {
    plays = ["play", "tick"].includes(event);
    channel.beat({ event, positionMs, playing: plays, visible: true });
  };
  window.channel = new StudyChannel({
    url: "", lesson: "lesson-0", session: "session-0", device: "device-0", renewSession: () => "session-1",
    goesOn: () => plays,
    random: () => chance,
    makeSocket: () => { lines.push(new Line()); return lines.at(-1); },
    on: {
      status: hear("status"), opened: hear("opened"), ack: hear("ack"), check: hear("check"), checked: hear("checked"),
      error: hear("error"),
      refresh: ({ mustSpeak }) => { if (plays) say("tick"); else if (mustSpeak) say("pause"); },
    },
  });
  document.body.dataset.ready = "";
</script>"""


class Channel:
    """A channel and the server that the test plays for it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.evaluate("channel.connect()")

    @property
    def lines(self) -> int:
        return int(self.page.evaluate("lines.length"))

    @property
    def status(self) -> str:
        return str(self.page.evaluate("channel.status"))

    @property
    def said(self) -> list[str]:
        """What it said over its last line: events of beats with their numbers, else types."""
        said = self.page.evaluate("lines.at(-1).said")
        return [f"{each['event']} {each['seq']}" if "event" in each else each["type"] for each in said]

    def heard(self, name: str) -> list[Any]:
        return [told for kind, *told in self.page.evaluate("heard") if kind == name]

    def tell(self, kind: str, **more: Any) -> None:
        message = json.dumps({"type": kind, **more})
        self.page.evaluate("data => lines.at(-1).onmessage({ data })", message)

    def open(self, last_seq: int = 0) -> None:
        self.page.evaluate("lines.at(-1).readyState = 1; lines.at(-1).onopen()")
        self.tell("opened", last_seq=last_seq)

    def ack(self, seq: int, state: str = "counting") -> None:
        self.tell("ack", seq=seq, state=state)

    def ask(self, check: str = "check-0") -> None:
        self.tell("check", check=check)

    def refuse(self, code: str, seq: int | None = None) -> None:
        self.tell("error", code=code, detail="", **({} if seq is None else {"seq": seq}))

    def close(self, code: int) -> None:
        self.page.evaluate("code => lines.at(-1).onclose({ code })", code)

    def say(self, *events: str) -> None:
        for event in events:
            self.page.evaluate("event => say(event)", event)

    def answer(self, choice: int = 2) -> None:
        self.page.evaluate("choice => channel.answer('check-0', choice)", choice)

    def end(self) -> None:
        self.say("end")
        self.page.evaluate("channel.closeWhenSettled()")

    def wait(self, ms: int) -> None:
        self.page.evaluate("ms => pass(ms)", ms)


@pytest.fixture
def channel(served: tuple[Path, str], browser: Browser) -> Iterator[Channel]:
    folder, address = served
    for name in ("protocol.js", "outbox.js"):
        shutil.copy(settings.BASE_DIR / STUDY / name, folder / name)
    (folder / "index.html").write_text(PAGE)
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    expect(page.locator("body[data-ready]")).to_be_attached()
    yield Channel(page)
    page.close()
    assert problems == []


@pytest.fixture
def paused(channel: Channel) -> Channel:
    """Played and paused; the server has heard of both."""
    channel.open()
    channel.say("play", "pause")
    channel.ack(1)
    channel.ack(2, "paused")
    return channel


@pytest.fixture
def asked(channel: Channel) -> Channel:
    """A check waits, and the film stands."""
    channel.open()
    channel.say("play", "tick")
    channel.ack(1)
    channel.ack(2, "check")
    channel.ask()
    channel.say("pause")
    channel.ack(3, "check")
    return channel


@pytest.mark.parametrize("code", [4408, 1012, 1013, 1006])
def test_a_lesson_that_stands_still_does_not_come_back_by_itself(paused: Channel, code: int) -> None:
    paused.close(code)
    paused.wait(LONG_MS)

    assert paused.lines == 1
    assert paused.status == "resting"


@pytest.mark.parametrize("code", [4408, 1012, 1013, 1006])
def test_one_that_plays_does(paused: Channel, code: int) -> None:
    paused.say("play")
    paused.ack(3)
    paused.close(code)
    paused.wait(1_000)

    assert paused.lines == 2
    assert paused.status == "lost"


def test_the_network_is_back_and_nobody_plays(paused: Channel) -> None:
    paused.page.evaluate("channel.suspend(); channel.retryNow()")
    paused.wait(LONG_MS)

    assert paused.lines == 1


def test_pressing_play_brings_it_back(paused: Channel) -> None:
    paused.close(4408)
    paused.say("play")
    status = paused.status
    paused.open(last_seq=2)

    assert status == "connecting"
    assert paused.said == ["open", "play 3", "tick 4"]
    assert paused.status == "open"


def test_a_film_that_waits_for_its_data_brings_it_back(paused: Channel) -> None:
    paused.close(4408)
    paused.page.evaluate("plays = true; channel.wake()")

    assert paused.lines == 2


def test_a_pause_that_nobody_acknowledged_is_still_delivered(channel: Channel) -> None:
    channel.open()
    channel.say("play", "pause")
    channel.ack(1)
    channel.close(1006)
    channel.wait(1_000)
    channel.open(last_seq=1)
    delivered = channel.said
    channel.ack(2, "paused")
    channel.close(1006)
    channel.wait(LONG_MS)

    assert delivered == ["open", "pause 2"]
    assert channel.lines == 2


def test_a_page_that_never_was_opened_comes_back_until_it_is(channel: Channel) -> None:
    channel.close(1006)
    channel.wait(1_000)

    assert channel.lines == 2


def test_a_check_that_waits_brings_it_back(asked: Channel) -> None:
    asked.close(1012)
    asked.wait(1_000)
    asked.open(last_seq=3)
    asked.ask()

    assert asked.lines == 2
    assert [more["isAnswered"] for _check, more in asked.heard("check")] == [False, False]


def test_an_answer_into_a_deaf_line_is_given_again_over_the_next_one(asked: Channel) -> None:
    asked.answer()
    asked.wait(LATE_MS + 1_000)
    asked.open(last_seq=3)
    asked.ask()
    said = asked.page.evaluate("lines.at(-1).said")

    assert asked.lines == 2
    assert said[-1] == {"type": "answer", "check": "check-0", "choice": 2}
    assert [more["isAnswered"] for _check, more in asked.heard("check")] == [False, True]

    asked.ack(4, "check")
    asked.tell("checked", check="check-0", passed=True, voided_ms=0)
    asked.wait(LONG_MS)

    assert asked.lines == 2
    assert asked.said.count("answer") == 1


def test_an_answer_that_is_given_without_a_line_goes_over_the_next_one(asked: Channel) -> None:
    asked.close(1006)
    asked.answer()
    asked.wait(1_000)
    asked.open(last_seq=3)
    asked.ask()

    assert asked.said[-1] == "answer"


def test_an_answer_to_one_check_is_no_answer_to_another(asked: Channel) -> None:
    asked.answer()
    asked.close(1006)
    asked.wait(1_000)
    asked.open(last_seq=3)
    asked.ask("check-1")

    assert "answer" not in asked.said
    assert asked.heard("check")[-1][1] == {"isAnswered": False}


def test_a_verdict_that_was_lost_is_not_waited_for(asked: Channel) -> None:
    """It is not asked again; a beat asks how things stand."""
    asked.answer()
    asked.close(1006)
    asked.wait(1_000)
    asked.open(last_seq=3)
    asked.ack(4, "paused")
    asked.wait(LONG_MS)

    assert asked.said == ["open", "pause 4"]
    assert asked.lines == 2


def test_an_answer_that_nobody_waits_for_makes_it_hear_everything_anew(asked: Channel) -> None:
    asked.answer()
    asked.refuse("bad_message")
    asked.tell("opened", last_seq=3)
    asked.wait(LONG_MS)

    assert asked.said[-2:] == ["answer", "open"]
    assert len(asked.heard("opened")) == 2
    assert asked.lines == 1


def test_an_answer_to_a_busy_server_is_given_again(asked: Channel) -> None:
    asked.answer()
    asked.refuse("rate_limited")
    asked.wait(BUSY_MS - 1)
    early = asked.said.count("answer")
    asked.wait(1)

    assert early == 1
    assert asked.said.count("answer") == 2
    assert asked.lines == 1


@pytest.mark.parametrize(("chance", "after_ms"), [(0, BUSY_MS), (1, BUSY_MS + 4_000)])
def test_a_beat_that_a_busy_server_refused_is_said_again_over_the_same_line(
    channel: Channel, chance: int, after_ms: int
) -> None:
    channel.page.evaluate("given => { chance = given; }", chance)
    channel.open()
    channel.say("play")
    channel.refuse("rate_limited", 1)
    channel.wait(after_ms - 1)
    early = channel.said
    channel.wait(1)
    channel.ack(1)
    channel.wait(LONG_MS)

    assert early == ["open", "play 1"]
    assert channel.said == ["open", "play 1", "play 1"]
    assert channel.lines == 1


def test_what_is_said_meanwhile_waits_and_follows_in_order(channel: Channel) -> None:
    channel.open()
    channel.say("play")
    channel.refuse("rate_limited", 1)
    channel.say("tick", "tick", "pause")
    early = channel.said
    channel.wait(BUSY_MS)

    assert early == ["open", "play 1"]
    assert channel.said == ["open", "play 1", "play 1", "pause 4"]


def test_a_beat_that_was_taken_meanwhile_stands_for_the_one_before(channel: Channel) -> None:
    channel.open()
    channel.say("play", "tick")
    channel.refuse("rate_limited", 1)
    channel.ack(2)
    channel.wait(LONG_MS)

    assert channel.said == ["open", "play 1", "tick 2"]
    assert channel.lines == 1


def test_a_line_that_is_deaf_after_all_is_given_up(channel: Channel) -> None:
    channel.open()
    channel.say("play")
    channel.refuse("rate_limited", 1)
    channel.wait(BUSY_MS + LATE_MS + 1_000)

    assert channel.lines == 2


def test_a_busy_server_is_asked_again_to_open_over_the_same_line(channel: Channel) -> None:
    channel.page.evaluate("lines.at(-1).readyState = 1; lines.at(-1).onopen()")
    channel.refuse("rate_limited")
    channel.wait(BUSY_MS)
    channel.tell("opened", last_seq=0)

    assert channel.said == ["open", "open"]
    assert (channel.status, channel.lines) == ("open", 1)


def test_an_end_that_was_refused_is_said_again_and_then_it_closes(channel: Channel) -> None:
    channel.open()
    channel.say("play")
    channel.ack(1)
    channel.end()
    channel.refuse("rate_limited", 2)
    channel.wait(BUSY_MS)
    channel.ack(2, "paused")

    assert channel.said == ["open", "play 1", "end 2", "end 2", "close"]
    assert channel.status == "closed"


def test_an_end_that_was_lost_is_said_again_and_then_it_closes(channel: Channel) -> None:
    channel.open()
    channel.say("play")
    channel.ack(1)
    channel.end()
    channel.wait(LATE_MS + 1_000)
    channel.open(last_seq=1)
    channel.ack(2, "paused")

    assert channel.said == ["open", "end 2", "close"]
    assert channel.status == "closed"


@pytest.mark.parametrize(("state", "last"), [("paused", "close"), ("check", "pause 3")])
def test_an_end_whose_acknowledgement_was_lost_closes_unless_a_check_waits(
    channel: Channel, state: str, last: str
) -> None:
    channel.open()
    channel.say("play")
    channel.ack(1)
    channel.end()
    channel.close(1006)
    channel.wait(1_000)
    channel.open(last_seq=2)
    channel.ack(3, state)

    assert channel.said[-1] == last


def test_a_lesson_that_is_played_on_after_its_end_is_not_closed(channel: Channel) -> None:
    channel.open()
    channel.say("play")
    channel.ack(1)
    channel.end()
    channel.say("play")
    channel.ack(2, "paused")
    channel.ack(3)

    assert channel.said == ["open", "play 1", "end 2", "play 3"]
    assert channel.status == "open"
