"""The study page on bad lines: cut in the middle of a film, deaf or busy at its end, deaf under an answer; and a tab
that stands still while another one is studied.

The line is spoilt inside the page. A route of Playwright's would carry messages only while the test waits for the
browser, so that every management command were a dead spot of its own.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.functional.pages import PHONE, log_in

if TYPE_CHECKING:
    from tests.systems import RunningSystem

LINE = """
const Real = WebSocket;
window.line = { sockets: [], said: [], heard: [], opened: { beat_every_ms: 1000 }, busyAt: null };
window.WebSocket = class extends Real {
  isDeaf = false;
  constructor(...address) {
    super(...address);
    line.sockets.push(this);
  }
  set onmessage(listener) {
    this.hear = (message) => {
      line.heard.push(message);
      listener({ data: JSON.stringify(message) });
    };
    super.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (!this.isDeaf) this.hear(message.type === "opened" ? { ...message, ...line.opened } : message);
    };
  }
  send(text) {
    const message = JSON.parse(text);
    line.said.push({ ...message, over: line.sockets.indexOf(this) });
    if (this.isDeaf) return;
    if (!message.event || message.event !== line.busyAt) return super.send(text);
    line.busyAt = null;
    queueMicrotask(() => this.hear({ type: "error", code: "rate_limited", detail: "", seq: message.seq }));
  }
};
"""
SOON = "from tests.attacks import stage; stage.ask_soon('{email}')"
RIGHT = (
    "from lms.hours.models import PresenceCheck;"
    "print('right', PresenceCheck.objects.get(outcome='', learner__email='{email}').right)"
)
# What the sweeper does after two silent minutes.
LEASE_ENDS = (
    "from django.utils import timezone; from lms.hours.actions.sessions import close_session;"
    "from lms.hours.models import StudyClock; row = StudyClock.objects.get(learner__email='{email}');"
    "close_session(by=row.learner, at=timezone.now(), session=row.session.uuid)"
)
LATE_MS_MAX = 20_000
"""A deaf line is given up after six seconds, a busy server is asked again after nine; and a machine may be slow."""


@pytest.fixture(scope="module")
def lessons(running_system: "RunningSystem") -> dict[str, Any]:
    """The short film and the chapter."""
    short = [each for each in running_system.demo["lessons"] if each["syllabus"] == "demo-short"]
    short.sort(key=lambda each: -each["duration_ms"])
    return {each["kind"]: each for each in short}


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    yield context
    context.close()


class Tab:
    """A lesson in a tab of its own, over a line that can be spoilt.

    `opened` is what the page is told instead of the server's words when it opens.
    """

    def __init__(self, context: BrowserContext, **opened: Any) -> None:
        self.page: Page = context.new_page()
        changes = "".join(f"line.opened.{name} = {value};" for name, value in opened.items())
        self.page.add_init_script(LINE + changes)

    @property
    def light(self) -> Locator:
        return self.page.locator("[data-light]")

    @property
    def sockets(self) -> int:
        return int(self.page.evaluate("line.sockets.length"))

    def said(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.page.evaluate("line.said") if kind in (each["type"], each.get("event"))]

    def heard(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.page.evaluate("line.heard") if each["type"] == kind]

    def study(self, system: "RunningSystem", lesson: dict[str, Any]) -> None:
        self.page.goto(f"{system.url}/study/{lesson['uuid']}/")
        self.press_start()

    def press_start(self) -> None:
        self.page.bring_to_front()
        start = re.compile("^(播放|开始阅读|继续阅读)$")
        self.page.get_by_role("main").get_by_role("button", name=start).last.click()
        expect(self.light).to_contain_text("正在计时", timeout=20_000)

    def cut(self, code: int) -> None:
        self.deafen()
        self.page.evaluate("code => line.sockets.at(-1).dispatchEvent(new CloseEvent('close', { code }))", code)

    def deafen(self) -> None:
        self.page.evaluate("() => { line.sockets.at(-1).isDeaf = true; }")

    def wait_for(self, condition: str) -> None:
        self.page.wait_for_function(condition, timeout=LATE_MS_MAX)

    def wait_until_closed(self) -> None:
        expect(self.page.locator("[data-finished]")).to_be_visible(timeout=15_000)
        self.wait_for("line.said.some(({ type }) => type === 'close')")

    def wait_for_acks_over(self, socket: int) -> None:
        self.wait_for(
            f"line.heard.some(({{ type, seq }}) => type === 'ack' && "
            f"line.said.some((each) => each.seq === seq && each.over === {socket}))"
        )


def near_the_end(film: dict[str, Any], left_ms: int) -> dict[str, Any]:
    """What a page is told so that it plays only the last seconds: the rest is covered."""
    begin_ms = film["duration_ms"] - left_ms
    return {"resume_ms": begin_ms, "covered": [[0, begin_ms]]}


def shell(system: "RunningSystem", script: str, who: str) -> str:
    return system.manage("shell", "--verbosity", "0", "-c", script.format(email=f"{who}@demo.test"))


def test_a_film_plays_on_over_a_cut_line_and_ends_on_a_deaf_one(
    running_system: "RunningSystem", context: BrowserContext, lessons: dict[str, Any]
) -> None:
    tab = Tab(context, **near_the_end(lessons["video"], 7_000))
    log_in(tab.page, running_system, "worker4")
    tab.study(running_system, lessons["video"])
    tab.wait_for_acks_over(0)

    tab.cut(1006)
    tab.wait_for_acks_over(1)
    tab.deafen()
    tab.wait_until_closed()
    ends, last = tab.said("end"), tab.heard("ack")[-1]

    assert [each["over"] for each in tab.said("open")] == [0, 1, 2]
    assert [(each["seq"], each["over"]) for each in ends] == [(last["seq"], 1), (last["seq"], 2)]
    assert last["lesson_ms"] >= 7_000 - 600


def test_an_answer_into_a_deaf_line_still_counts(
    running_system: "RunningSystem", context: BrowserContext, lessons: dict[str, Any]
) -> None:
    tab = Tab(context)
    log_in(tab.page, running_system, "worker5")
    tab.study(running_system, lessons["reading"])
    tab.wait_for_acks_over(0)
    shell(running_system, SOON, "worker5")
    dialog = tab.page.locator("[data-check]")
    expect(dialog).to_be_visible(timeout=20_000)
    right = int(shell(running_system, RIGHT, "worker5").rpartition("right ")[2])

    tab.deafen()
    dialog.locator("[data-check-options] button").nth(right).click()
    expect(dialog).to_contain_text("正在提交您的回答")
    expect(tab.page.locator("[data-choice-text]")).to_contain_text("已确认", timeout=LATE_MS_MAX)

    expect(dialog).to_be_hidden()
    expect(tab.light).to_contain_text("正在计时")
    assert [(each["choice"], each["over"]) for each in tab.said("answer")] == [(right, 0), (right, 1)]
    assert [each["passed"] for each in tab.heard("checked")] == [True]


def test_an_end_that_a_busy_server_refuses_is_said_again_over_the_same_line(
    running_system: "RunningSystem", context: BrowserContext, lessons: dict[str, Any]
) -> None:
    tab = Tab(context, **near_the_end(lessons["video"], 2_500))
    log_in(tab.page, running_system, "worker6")
    tab.study(running_system, lessons["video"])

    tab.page.evaluate("() => { line.busyAt = 'end'; }")
    tab.wait_until_closed()
    ends, last = tab.said("end"), tab.heard("ack")[-1]

    assert [(each["seq"], each["over"]) for each in ends] == [(last["seq"], 0)] * 2


def test_a_tab_that_stands_still_leaves_the_studied_one_alone(
    running_system: "RunningSystem", context: BrowserContext, lessons: dict[str, Any]
) -> None:
    left, studied = Tab(context), Tab(context)
    log_in(left.page, running_system, "worker8")
    left.study(running_system, lessons["reading"])
    left.page.get_by_role("button", name="暂停").click()
    expect(left.light).to_contain_text("已暂停")
    left.wait_for("line.heard.at(-1).type === 'ack' && line.heard.at(-1).state === 'paused'")
    shell(running_system, LEASE_ENDS, "worker8")
    studied.study(running_system, lessons["video"])

    left.cut(4408)
    studied.page.wait_for_timeout(3_000)

    assert left.sockets == 1
    expect(left.light).to_contain_text("继续学习时会自动重新连接")
    expect(studied.light).to_contain_text("正在计时")
    assert studied.heard("superseded") == []

    # The control: as soon as somebody goes on in it, it takes the lease.
    left.press_start()
    expect(studied.light).to_contain_text("已转到另一台设备")

    assert left.sockets == 2
