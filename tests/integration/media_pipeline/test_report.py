"""What an editor is told of a finished video, and what its player gets for the seek bar. No film is made for it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from media_pipeline import queries
from media_pipeline.models import Asset, AssetState
from media_pipeline.rules.sprites import sprites_of, to_json

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def ready(wanda: Any) -> Callable[..., Asset]:
    def make(stretches: list[list[object]], **more: Any) -> Asset:
        sprites = to_json(sprites_of(900, 4_000, 640, 360), ["hls/a/sprite-000.jpg", "hls/a/sprite-001.jpg"])
        at = timezone.now()
        facts = {"title": "film", "source_name": "film.mp4", "bytes": 1, "sha256": "0" * 64, "uploaded_by": wanda}
        return Asset.objects.create(
            **facts,
            uploaded_at=at,
            woken_at=at,
            state=AssetState.READY,
            duration_ms=3_600_000,
            ready_at=at,
            **{"sprites": sprites, "stretches": stretches, **more},
        )

    return make


def page_of(asset: Asset, person: Any) -> str:
    client = Client()
    client.force_login(person)
    return client.get(f"/admin/videos/{asset.uuid}/").content.decode()


def test_stretches_are_listed_with_their_times_and_drawn(ready: Callable[..., Asset], wanda: Any) -> None:
    asset = ready([["silent", 60_000, 90_000], ["frozen", 1_800_000, 2_400_000], ["black", 3_599_000, 3_600_000]])

    page = page_of(asset, wanda)

    assert page.count('<rect class="xv-mark') == 3
    assert '<rect class="xv-mark xv-mark--frozen" x="500" width="166" height="12" />' in page
    assert '<rect class="xv-mark xv-mark--black" x="999" width="3" height="12" />' in page
    for text in ("1:00", "1:30", "30:00", "40:00", "10:00", "No sound", "Picture stands still", "Picture is black"):
        assert text in page


def test_a_clean_film_is_said_to_be_one_and_an_old_one_is_not_judged(ready: Callable[..., Asset], wanda: Any) -> None:
    clean, old = ready([]), ready([], sprites=None)

    assert "No long silence, no picture that stands still" in page_of(clean, wanda)
    assert "What we noticed" not in page_of(old, wanda)
    assert queries.sprites_of(old) is None


def test_the_player_gets_the_addresses_of_the_sheets(ready: Callable[..., Asset]) -> None:
    told = queries.sprites_of(ready([]))

    assert told is not None
    assert told["sheets"] == ["/media/hls/a/sprite-000.jpg", "/media/hls/a/sprite-001.jpg"]
    assert (told["count"], told["every_ms"], told["width"], told["height"]) == (450, 8_000, 160, 90)
