"""An editor sends a film: pauses, reloads the page as after a closed laptop, takes the wrong file, then the right one.

And what an upload costs the web process in memory.
"""

import base64
import hashlib
import os
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from playwright.sync_api import Browser, Page, Request, Route, expect

from media_pipeline.limits import PART_BYTES
from tests.clips import H264, make
from tests.functional.pages import PASSWORD, PHONE, log_in
from tests.systems import web_node

if TYPE_CHECKING:
    from tests.systems import RunningSystem

FILM_BYTES = 4 * PART_BYTES - 1_000_000
# Percent that are stored when a part has ended: how many have, is a matter of the machine.
STORED = "(25|51|77)"
SLOW_BYTES_PER_S = PART_BYTES // 2
CHECKED_WITHIN_MS = 60_000
RSS_GROWTH_MAX = 40 * 1024**2


def make_film(path: Path) -> None:
    """Three seconds of pictures, and then a box of nothing that every player skips, so that there is a lot to send."""
    make(path, f"-f lavfi -i testsrc=s=320x240:r=25:d=3 {H264}")
    rest = FILM_BYTES - path.stat().st_size
    with path.open("ab") as film:
        film.write(rest.to_bytes(4, "big") + b"free" + os.urandom(rest - 8))


def slow_down(page: Page, bytes_per_s: int) -> None:
    """-1 is as fast as it goes."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_s},
    )


def percent(page: Page) -> int:
    return int(page.locator("[data-xu-percent]").inner_text().removesuffix(" %"))


def offsets_of_parts(page: Page) -> list[int]:
    """Where each part begins that the page sends from now on."""
    found: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            found.append(int(request.headers["upload-offset"]))

    page.on("request", note)
    return found


def test_an_upload_is_paused_found_again_and_finished(
    running_system: "RunningSystem", browser: Browser, tmp_path: Path
) -> None:
    film, other = tmp_path / "系好安全带.mp4", tmp_path / "别的.mp4"
    make_film(film)
    # Same size, same moment of change: told apart by the hash of the first part.
    changed = bytearray(film.read_bytes())
    changed[100_000:100_004] = b"????"
    other.write_bytes(changed)
    os.utime(other, ns=(film.stat().st_atime_ns, film.stat().st_mtime_ns))
    page = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()
    log_in(page, running_system, "institution")
    page.goto(f"{running_system.url}/admin/videos/add/")

    slow_down(page, SLOW_BYTES_PER_S)
    page.get_by_label("视频文件").set_input_files(film)
    page.get_by_label("标题", exact=False).first.fill("系好安全带")
    page.get_by_role("button", name="上传", exact=True).click()
    page.wait_for_function("parseInt(document.querySelector('[data-xu-percent]').textContent) > 30")
    expect(page.locator("[data-xu-figures]")).to_contain_text("/秒")
    page.get_by_role("button", name="暂停").click()
    expect(page.get_by_text("已暂停。已上传的部分会保留。")).to_be_visible()
    stopped = percent(page)
    page.wait_for_timeout(1_500)
    assert percent(page) == stopped

    page.get_by_role("button", name="继续上传").click()
    page.wait_for_function(f"parseInt(document.querySelector('[data-xu-percent]').textContent) > {max(stopped, 55)}")
    page.get_by_role("button", name="暂停").click()

    page.reload()
    item = page.get_by_role("listitem").filter(has_text="系好安全带.mp4")
    expect(item).to_contain_text(re.compile(rf"{STORED} %"))
    item.locator("input[type=file]").set_input_files(other)
    expect(page.get_by_role("alert")).to_contain_text("所选文件不是您之前上传的")

    slow_down(page, -1)
    sent = offsets_of_parts(page)
    item.locator("input[type=file]").set_input_files(film)
    page.wait_for_url(re.compile(r"/admin/videos/[0-9a-f-]{36}/$"), timeout=CHECKED_WITHIN_MS)
    expect(page.get_by_role("heading", name="系好安全带", exact=True)).to_be_visible()
    expect(page.get_by_text(hashlib.sha256(film.read_bytes()).hexdigest())).to_be_visible()
    assert sent[0] >= PART_BYTES, "it began anew"


def test_a_film_that_was_begun_is_known_when_it_is_chosen_again(
    running_system: "RunningSystem", browser: Browser, tmp_path: Path
) -> None:
    film = tmp_path / "急救.mp4"
    make_film(film)
    page = browser.new_context(locale="zh-CN").new_page()
    log_in(page, running_system, "institution")
    page.goto(f"{running_system.url}/admin/videos/add/")
    slow_down(page, SLOW_BYTES_PER_S)
    page.get_by_label("视频文件").set_input_files(film)
    page.get_by_role("button", name="上传", exact=True).click()
    page.wait_for_function("parseInt(document.querySelector('[data-xu-percent]').textContent) > 30")
    page.get_by_role("button", name="暂停").click()
    page.reload()

    page.get_by_label("视频文件").set_input_files(film)
    told = re.compile(rf"您曾上传过这个文件，已完成 {STORED} %，将从断点继续上传。")
    expect(page.get_by_text(told)).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("listitem").filter(has_text="急救.mp4").get_by_role("button", name="放弃上传").click()

    expect(page.get_by_role("listitem").filter(has_text="急救.mp4")).to_have_count(0)


def test_a_file_that_is_not_accepted_is_told_and_another_can_be_sent(
    running_system: "RunningSystem", browser: Browser, tmp_path: Path
) -> None:
    film = tmp_path / "不是视频.mp4"
    film.write_bytes(os.urandom(100_000))
    page = browser.new_context(locale="zh-CN").new_page()
    log_in(page, running_system, "institution")
    page.goto(f"{running_system.url}/admin/videos/add/")
    begun: list[Request] = []
    page.on("request", lambda each: each.method == "POST" and each.url.endswith("/uploads/") and begun.append(each))
    refused = {"status": 404, "json": {"error": "unknown", "text": "没有这个上传了。"}}
    answers = [refused, {"json": {"state": "spoiled", "text": "文件未能完成校验。", "url": None}}]

    def answer(route: Route) -> None:
        route.fulfill(**answers.pop()) if route.request.method == "GET" else route.continue_()

    page.route(re.compile(r"/uploads/[0-9a-f-]{36}/$"), answer)
    form = page.locator("form.xv-upload")
    for told in ("文件未能完成校验。", "没有这个上传了。"):
        page.get_by_label("视频文件").set_input_files(film)
        form.evaluate("form => { form.requestSubmit(); form.requestSubmit(); }")

        expect(page.get_by_role("alert")).to_have_text(told)
        expect(page.get_by_role("button", name="上传", exact=True)).to_be_visible()
        expect(page.locator("[data-xu-sending]")).to_be_hidden()
    assert len(begun) == 2
    ids = [each.headers["upload-metadata"].split("upload ")[1].split(",")[0] for each in begun]
    assert len(set(ids)) == 2
    page.context.close()


def test_an_upload_costs_the_web_process_no_memory(running_system: "RunningSystem") -> None:
    """300 MB in parts: the process keeps none of it."""
    part = os.urandom(PART_BYTES)
    number = 300 * 10**6 // PART_BYTES
    with web_node(running_system) as node, httpx.Client(base_url=node.url, timeout=60) as http:
        logged_in(http)
        headers = {
            "Tus-Resumable": "1.0.0",
            "X-CSRFToken": http.cookies["csrftoken"],
            "Content-Type": "application/offset+octet-stream",
        }
        named = f"filename {base64.b64encode(f'{uuid.uuid4()}.mp4'.encode()).decode()}"
        begin = {**headers, "Upload-Length": str((number + 2) * PART_BYTES), "Upload-Metadata": named}
        address = answer_of(http.post("/uploads/", headers=begin), 201).headers["Location"]
        # What one part needs at all (modules, buffers) is no growth.
        send(http, address, headers, part, 0)
        before = rss_of(node.process.pid)

        for ordinal in range(1, number + 1):
            send(http, address, headers, part, ordinal * PART_BYTES)

        growth = rss_of(node.process.pid) - before
        answer_of(http.delete(address, headers=headers), 204)
    assert growth < RSS_GROWTH_MAX, f"{growth / 1024**2:.0f} MiB"


def logged_in(http: httpx.Client) -> None:
    http.get("/accounts/login/")
    form = {
        "login": "institution@demo.test",
        "password": PASSWORD,
        "csrfmiddlewaretoken": http.cookies["csrftoken"],
    }
    answer_of(http.post("/accounts/login/", data=form), 302)


def send(http: httpx.Client, address: str, headers: dict[str, str], part: bytes, offset: int) -> None:
    answer_of(http.patch(address, content=part, headers={**headers, "Upload-Offset": str(offset)}), 204)


def answer_of(response: httpx.Response, status: int) -> Any:
    assert response.status_code == status, response.text[:500]
    return response


def rss_of(pid: int) -> int:
    """Bytes of memory that the process has now; never less than what it would need for a body that it kept."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")
