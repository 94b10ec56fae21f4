"""A film from a bucket at another origin, in the browser: an installation moves its media there as operations.md says.

1. The media folder of a running system is copied into a bucket, nothing else is changed.
2. A web process that is given the bucket's settings serves the same lesson.
3. The player is sent on from our address to the bucket's for every segment, and the lesson counts.
"""

from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Response, expect

from tests.buckets import NAME, bucket
from tests.functional.pages import PHONE, log_in
from tests.functional.test_delivery import shortest_film
from tests.systems import web_node

if TYPE_CHECKING:
    from tests.systems import RunningSystem


def test_a_film_that_was_moved_into_a_bucket_plays_from_there(
    running_system: "RunningSystem", browser: Browser
) -> None:
    film = shortest_film(running_system)
    seen: list[tuple[int, str]] = []

    def hear(response: Response) -> None:
        if ".ts" in response.url:
            seen.append((response.status, response.url))

    with bucket() as place:
        client = place.client()
        media = running_system.data_dir / "media"
        for path in media.rglob("*"):
            if path.is_file():
                client.upload_file(str(path), NAME, f"media/{path.relative_to(media)}")
        with web_node(running_system, variables=place.environment()) as node:
            context = browser.new_context(viewport=PHONE, locale="zh-CN")
            page = context.new_page()
            page.on("response", hear)
            log_in(page, node, "worker16")
            page.goto(f"{node.url}/study/{film}/")
            with page.expect_response(
                lambda response: ".ts" in response.url and response.url.startswith(place.endpoint), timeout=60_000
            ):
                page.locator(".player-row").get_by_role("button", name="播放").click()
            expect(page.locator("[data-light]")).to_contain_text("正在计时", timeout=60_000)
            context.close()

        ours = [status for status, url in seen if url.startswith(node.url)]
        theirs = [status for status, url in seen if url.startswith(place.endpoint)]
        assert set(ours) == {302}
        assert set(theirs) <= {200, 206}
        # A segment that was on its way when the page closed was sent on and not yet given.
        assert 0 < len(theirs) <= len(ours)
