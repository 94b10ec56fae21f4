from datetime import date
from typing import TYPE_CHECKING

from django.test import Client

from courses.models import Lesson
from lms.enrollments.models import TrainingClass
from tests.world import NOON, World

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from tests.integration.api.conftest import Study


def test_a_video_has_a_playlist_and_chapters(world: World, alice: Client) -> None:
    uuid = world.video.lesson.uuid

    assert alice.get(f"/api/v1/lessons/{uuid}").json() == {
        "uuid": str(uuid),
        "kind": "video",
        "title": "触电急救",
        "duration_ms": 1_200_000,
        "playlist": f"/study/{uuid}/playlist.m3u8",
        "captions": [],
        "sections": [{"title": "触电急救", "from_ms": 0, "to_ms": 1_200_000}],
    }


def test_a_reading_has_its_text_and_no_playlist(world: World, alice: Client) -> None:
    lesson = alice.get(f"/api/v1/lessons/{world.chapter.lesson.uuid}").json()

    assert (lesson["kind"], lesson["playlist"]) == ("reading", None)
    assert lesson["sections"] == [{"title": "停电验电", "from_ms": 0, "to_ms": 600_000, "html": "<p>停电验电</p>"}]


def test_a_lesson_of_no_class_of_mine_does_not_exist(world: World, charlie: Client) -> None:
    for address in (
        f"/api/v1/lessons/{world.video.lesson.uuid}",
        f"/api/v1/lessons/{world.video.lesson.uuid}/coverage",
    ):
        response = charlie.get(address)

        assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_class_that_is_over_is_locked(world: World, alice: Client) -> None:
    TrainingClass.objects.update(state="planned")
    TrainingClass.objects.update(ends_on=date(2026, 2, 1), state="accepted")

    response = alice.get(f"/api/v1/lessons/{world.video.lesson.uuid}")

    assert (response.status_code, response.json()["code"]) == (403, "locked")
    assert response["Content-Type"] == "application/problem+json"


def test_a_withdrawn_lesson_says_so(world: World, alice: Client) -> None:
    Lesson.objects.filter(pk=world.video.lesson_id).update(withdrawn_at=NOON)

    response = alice.get(f"/api/v1/lessons/{world.video.lesson.uuid}/coverage")

    assert (response.status_code, response.json()["code"]) == (403, "withdrawn")


def test_coverage_is_empty_before_the_first_beat(world: World, alice: Client) -> None:
    uuid = world.video.lesson.uuid

    assert alice.get(f"/api/v1/lessons/{uuid}/coverage").json() == {
        "lesson": str(uuid),
        "duration_ms": 1_200_000,
        "covered": [],
        "covered_ms": 0,
        "credited_ms": 0,
    }


def test_coverage_joins_what_is_posted_and_what_is_open(world: World, alice: Client, study: "Study") -> None:
    study("0@0play 30@30 31@30>600 61@630")

    coverage = alice.get(f"/api/v1/lessons/{world.video.lesson.uuid}/coverage").json()

    assert coverage["covered"] == [[0, 30_000], [600_000, 630_000]]
    assert (coverage["covered_ms"], coverage["credited_ms"]) == (60_000, 60_000)


def test_an_open_stretch_of_another_lesson_is_not_taken_in(world: World, alice: Client, study: "Study") -> None:
    study("0@0play 30@30")

    coverage = alice.get(f"/api/v1/lessons/{world.chapter.lesson.uuid}/coverage").json()

    assert (coverage["covered"], coverage["credited_ms"]) == ([], 0)


def test_the_number_of_queries_is_flat(
    world: World, alice: Client, study: "Study", django_assert_num_queries: "DjangoAssertNumQueries"
) -> None:
    study("0@0play 30@30 31@30>600 61@630 62@630>900 92@930")
    alice.get("/api/v1/me")

    with django_assert_num_queries(3):
        alice.get(f"/api/v1/lessons/{world.video.lesson.uuid}")
    with django_assert_num_queries(5):
        alice.get(f"/api/v1/lessons/{world.video.lesson.uuid}/coverage")
