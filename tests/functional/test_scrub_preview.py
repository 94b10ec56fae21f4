"""The small picture over the seek bar: the right tile at the right place, and nothing else disturbed."""

import json
import shutil
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from media_pipeline.rules.sprites import sprites_of, to_json

STUDY = Path("lms/wiring/static/xueshi/study")
DURATION_MS = 900_000
PAGE = """<!doctype html><title>bar</title>
<div class="scrub" data-scrub-area style="position: relative; width: 622px; margin: 200px 50px">
  <div data-preview hidden style="position: absolute; pointer-events: none">
    <div data-preview-picture></div><span data-preview-clock></span>
  </div>
  <input type="range" min="0" max="900000" value="0" data-scrub style="width: 622px; margin: 0">
</div>
<script type="module">
  import { previewOver } from "/preview.js";
  previewOver(document.querySelector("[data-scrub-area]"), SPRITES, DURATION);
  document.body.dataset.ready = "";
</script>"""


def bar(served: tuple[Path, str], browser: Browser) -> Page:
    folder, address = served
    for name in ("preview.js", "words.js"):
        shutil.copy(settings.BASE_DIR / STUDY / name, folder / name)
    sprites = {**to_json(sprites_of(225, 4_000, 640, 360), []), "sheets": ["/0.jpg", "/1.jpg", "/2.jpg"]}
    text = PAGE.replace("SPRITES", json.dumps(sprites)).replace("DURATION", str(DURATION_MS))
    (folder / "index.html").write_text(text)
    page = browser.new_page(viewport={"width": 800, "height": 600})
    page.goto(address)
    expect(page.locator("body[data-ready]")).to_be_attached()
    return page


def test_the_pointer_is_shown_the_tile_of_its_place(served: tuple[Path, str], browser: Browser) -> None:
    page = bar(served, browser)
    box, picture = page.locator("[data-preview]"), page.locator("[data-preview-picture]")
    control = page.locator("[data-scrub]")
    expect(box).to_be_hidden()

    # The thumb's middle runs from 11 to 611: half the way is 7:30, tile 112, on the second sheet in row 1, column 2.
    control.hover(position={"x": 311, "y": 5})

    expect(box).to_be_visible()
    expect(page.locator("[data-preview-clock]")).to_have_text("7:30")
    style = picture.evaluate("one => [one.style.backgroundImage, one.style.backgroundPosition, one.offsetWidth]")
    assert style == ['url("/1.jpg")', "-320px -90px", 160]

    control.hover(position={"x": 1, "y": 5})

    expect(page.locator("[data-preview-clock]")).to_have_text("0:00")
    assert picture.evaluate("one => one.style.backgroundPosition") == "0px 0px"
    assert box.evaluate("one => one.offsetLeft") == 0
    assert control.input_value() == "0"

    page.mouse.move(5, 5)

    expect(box).to_be_hidden()
    page.close()


def test_what_is_dragged_is_shown_until_it_is_let_go(served: tuple[Path, str], browser: Browser) -> None:
    page = bar(served, browser)
    box, control = page.locator("[data-preview]"), page.locator("[data-scrub]")

    control.evaluate("one => { one.value = 899999; one.dispatchEvent(new Event('input')); }")

    expect(box).to_be_visible()
    assert box.evaluate("one => one.offsetLeft + one.offsetWidth") <= 622
    assert page.locator("[data-preview-picture]").evaluate("one => one.style.backgroundImage") == 'url("/2.jpg")'

    control.evaluate("one => one.dispatchEvent(new Event('change'))")

    expect(box).to_be_hidden()
    page.close()
