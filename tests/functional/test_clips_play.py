"""Whatever was uploaded, Chromium plays what became of it to the end, with hls.js and through the keys."""

import secrets
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from playwright.sync_api import Browser

from media_pipeline.actions import converting
from media_pipeline.actions.packaging import Packaged, package
from media_pipeline.rules import playlists
from media_pipeline.rules.ladder import ladder
from tests.clips import CLIPS, SECONDS, make

HLS = Path("node_modules/hls.js/dist/hls.light.min.mjs")
RATE = 4
PAGE = """<!doctype html><title>clip</title><video muted></video>
<script type="module">
  import Hls from "/hls.mjs";
  window.play = (playlist, rate) => new Promise((resolve) => {
    const video = document.querySelector("video");
    const hls = new Hls();
    const told = (how) => () => resolve([how, video.currentTime, video.videoWidth, video.videoHeight]);
    hls.on(Hls.Events.ERROR, (_name, data) => data.fatal && told(data.details)());
    video.onended = told("ended");
    video.onerror = told("error");
    hls.loadSource(playlist);
    hls.attachMedia(video);
    video.playbackRate = rate;
    setTimeout(told("stalled"), 60_000);
    video.play().catch((error) => told(String(error))());
  });
</script>"""


@pytest.fixture
def site(served: tuple[Path, str], settings: Any) -> tuple[Path, str]:
    """A folder that is served, with the published files in it, and its address."""
    folder, _ = served
    settings.MEDIA_ROOT = folder / "media"
    shutil.copy(settings.BASE_DIR / HLS, folder / "hls.mjs")
    (folder / "play.html").write_text(PAGE)
    return served


@pytest.mark.parametrize(("name", "asked", "sides"), CLIPS, ids=[name for name, *_ in CLIPS])
def test_chromium_plays_a_clip_to_the_end(
    site: tuple[Path, str], browser: Browser, tmp_path: Path, name: str, asked: str, sides: list[str]
) -> None:
    folder, address = site
    publish(make(tmp_path / name, asked), folder)
    page = browser.new_page()
    page.goto(f"{address}/play.html")

    how, ended_s, width, height = page.evaluate("([list, rate]) => window.play(list, rate)", ["/master.m3u8", RATE])

    assert how == "ended"
    assert abs(ended_s - SECONDS) <= 0.5
    assert f"{width}x{height}" in sides
    page.close()


def publish(film: Path, site: Path) -> None:
    """As the worker does it, with the keys beside the playlists."""
    work = site.parent / "work"
    work.mkdir()
    source = converting.examine(film, work)
    rungs = ladder(source)
    joined = converting.convert(film, source, rungs, folder=work, on_progress=lambda progress: None)
    quietly = {"new_key": lambda: secrets.token_bytes(16), "on_stored": lambda done, total: None}
    made = package(work, rungs, "hls/clip", **quietly, joined=joined)
    for window, key in made.windows:
        (site / f"{window.ordinal}.key").write_bytes(key)
    write_playlists(made, site)


def write_playlists(made: Packaged, site: Path) -> None:
    variants = []
    for each in made.renditions:
        windows = [window for window, _ in made.windows]
        text = playlists.media_playlist(
            each.segments, windows, segment_url=default_storage.url, key_url="/{}.key".format
        )
        (site / f"{each.height}.m3u8").write_text(text)
        variants.append(playlists.Variant(f"/{each.height}.m3u8", each.width, each.height, each.bandwidth, each.codecs))
    (site / "master.m3u8").write_text(playlists.master_playlist(variants))
