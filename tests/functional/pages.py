"""Logging in and walking pages, for every functional test."""

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from tests.systems import RunningSystem, WebNode

PHONE = {"width": 390, "height": 844}
PASSWORD = "xueshi-demo-2026"


def log_in(page: Page, system: "RunningSystem | WebNode", name: str) -> None:
    """Log a demo person in; their first page is shown."""
    page.goto(f"{system.url}/accounts/login/")
    page.get_by_label("手机号或邮箱").fill(f"{name}@demo.test")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("您好")


def serious(page: Page) -> list[str]:
    """What axe finds on the page that shuts somebody out."""
    return [
        f"{page.url}: {each['id']}: {each['nodes'][0]['html'][:120]}"
        for each in Axe().run(page).response["violations"]
        if each["impact"] in ("serious", "critical")
    ]
