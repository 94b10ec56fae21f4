"""Captions of a lesson for whoever studies it: on its page, in the API, and as files."""

import uuid
from typing import Any

import pytest
from django.test import Client as Browser

from courses.models import LessonVersion
from media_pipeline.actions.captions import save_captions, withdraw_captions
from media_pipeline.rules.captions import Cue
from tests.films import begin_class, make_film
from tests.world import NOON, World


@pytest.fixture
def film(world: World) -> LessonVersion:
    version = make_film(1, heights=[360])
    begin_class(world, version)
    return version


@pytest.fixture
def alice(world: World) -> Browser:
    browser = Browser()
    browser.force_login(world.alice)
    return browser


def save(film: LessonVersion, language: str, words: str, *, replaces: int = 0) -> None:
    assert film.asset is not None
    place: dict[str, Any] = {"asset_uuid": film.asset.uuid, "language": language}
    save_captions(by=None, at=NOON, uuid=uuid.uuid4(), cues=[Cue(0, 1_000, words)], replaces=replaces, **place)


def address(film: LessonVersion, language: str) -> str:
    return f"/study/{film.lesson.uuid}/captions/{language}.vtt"


def test_the_page_has_a_track_for_each_language_the_readers_own_first(film: LessonVersion, alice: Browser) -> None:
    save(film, "en", "Power off first.")
    save(film, "zh-Hans", "先断电。")

    page = alice.get(f"/study/{film.lesson.uuid}/").content.decode()
    alice.cookies["django_language"] = "en"
    english = alice.get(f"/study/{film.lesson.uuid}/")

    track = '<track kind="captions" srclang="zh-Hans" label="中文（简体）" src="{}">'
    assert track.format(address(film, "zh-Hans")) in page
    assert page.index('srclang="zh-Hans"') < page.index('srclang="en"')
    assert [each["language"] for each in english.context["lesson"]["captions"]] == ["en", "zh-Hans"]


def test_without_captions_there_is_nothing_to_switch_on(film: LessonVersion, alice: Browser) -> None:
    page = alice.get(f"/study/{film.lesson.uuid}/").content.decode()

    assert "<track" not in page and 'data-control="captions"' not in page


def test_a_file_is_what_is_shown_now(film: LessonVersion, alice: Browser) -> None:
    save(film, "zh-Hans", "先断电。")
    before = alice.get(address(film, "zh-Hans"))
    same = alice.get(address(film, "zh-Hans"), headers={"if-none-match": before["ETag"]})

    save(film, "zh-Hans", "先切断电源。", replaces=1)

    after = alice.get(address(film, "zh-Hans"), headers={"if-none-match": before["ETag"]})
    assert before["Content-Type"] == "text/vtt; charset=utf-8"
    assert before["Cache-Control"] == "private, no-cache"
    assert before["X-Content-Type-Options"] == "nosniff"
    assert (same.status_code, same.content, same["Cache-Control"]) == (304, b"", "private, no-cache")
    assert (after.status_code, "先切断电源。" in after.content.decode()) == (200, True)


def test_withdrawn_captions_are_gone_for_learners_at_once(film: LessonVersion, alice: Browser) -> None:
    save(film, "zh-Hans", "先断电。")
    assert film.asset is not None

    withdraw_captions(by=None, at=NOON, uuid=uuid.uuid4(), asset_uuid=film.asset.uuid, language="zh-Hans", replaces=1)

    gone = alice.get(address(film, "zh-Hans"))
    assert (gone.status_code, gone.json()["code"]) == (404, "no_captions")
    assert alice.get(address(film, "tlh")).status_code == 404


def test_only_who_studies_the_lesson_gets_them(film: LessonVersion, world: World) -> None:
    save(film, "zh-Hans", "先断电。")
    stranger = Browser()

    assert stranger.get(address(film, "zh-Hans")).status_code == 401
    stranger.force_login(world.charlie)
    assert stranger.get(address(film, "zh-Hans")).json()["code"] == "not_enrolled"


def test_the_api_lists_them(film: LessonVersion, alice: Browser) -> None:
    save(film, "zh-Hans", "先断电。")
    save(film, "ug", "ئاۋۋال توكنى ئۈزۈڭ.")

    lesson = alice.get(f"/api/v1/lessons/{film.lesson.uuid}", headers={"accept-language": "ug, zh;q=0.5"}).json()

    assert {(each["language"], each["name"], each["url"]) for each in lesson["captions"]} == {
        ("zh-Hans", "中文（简体）", address(film, "zh-Hans")),
        ("ug", "ئۇيغۇرچە", address(film, "ug")),
    }
