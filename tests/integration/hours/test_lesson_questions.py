"""Editors write what presence checks ask about a lesson; Bob edits, Charlie must not."""

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from courses.actions.pages import create_centre, create_course, create_video_lesson, publish
from courses.models import LessonVersion, VideoLessonPage
from lms.accounts.models import Role, User
from lms.audit.models import Event
from lms.hours.actions.lesson_questions import (
    NotTheirLesson,
    QuestionRefused,
    carry_questions,
    restore_question,
    retire_question,
    write_question,
)
from lms.hours.models import LessonQuestion
from lms.hours.rules.checks import Words
from lms.hours.rules.lesson_questions import Draft
from tests.integration.courses.builders import an_asset, everywhere
from tests.world import NOON, make_person

KEY = uuid.UUID("33333333-0000-4000-8000-000000000001")


@dataclass
class Desk:
    bob: User
    charlie: User
    page: VideoLessonPage
    version: LessonVersion

    @property
    def address(self) -> str:
        return f"/manage/lessons/{self.page.lesson.uuid}/questions/"


@pytest.fixture
def desk(db: None, settings: Any, tmp_path: Any) -> Desk:
    settings.MEDIA_ROOT, settings.PRIVATE_ROOT = tmp_path / "media", tmp_path / "private"
    bob, charlie = make_person("bob", Role.INSTITUTION), make_person("charlie", Role.LEARNER)
    bob.groups.add(everywhere("add", "change"))
    centre = create_centre(by=None, at=NOON, slug="electricians", title="电工")
    course = create_course(by=None, at=NOON, parent=centre, slug="first-aid", title="触电急救")
    asset = an_asset(state="ready", duration_ms=600_000, ready_at=NOON, percent=100)
    page = create_video_lesson(
        by=None, at=NOON, parent=course, uuid=uuid.uuid4(), slug="release", title="脱离电源", asset=asset
    )
    version = publish(by=None, at=NOON, page=page)
    assert version is not None
    return Desk(bob, charlie, page, version)


def draft(prompt: str = "先做什么？", from_ms: int = 60_000, right: int | None = 1) -> Draft:
    return Draft(from_ms, Words(prompt), [Words("伸手去拉"), Words("切断电源")], right)


def written(desk: Desk, key: uuid.UUID = KEY, **changes: Any) -> LessonQuestion:
    arguments = {"by": desk.bob, "at": NOON, "uuid": key, "version": desk.version, "draft": draft()}
    return write_question(**{**arguments, **changes})


def verbs() -> list[str]:
    return list(Event.objects.filter(verb__startswith="question.").order_by("pk").values_list("verb", flat=True))


def page_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def form(**changes: Any) -> dict[str, Any]:
    said = {"uuid": str(KEY), "minutes": "1", "seconds": "30", "prompt": "先做什么？", "right": "1"}
    return {**said, "option_1": "伸手去拉", "option_2": "切断电源", **changes}


def next_version(desk: Desk, duration_ms: int) -> LessonVersion:
    return LessonVersion.objects.create(
        lesson=desk.page.lesson,
        number=2,
        title="脱离电源",
        duration_ms=duration_ms,
        content_digest=uuid.uuid4().hex,
        published_at=NOON,
    )


def test_a_question_is_written_once_however_often_it_is_sent(desk: Desk) -> None:
    first = written(desk)

    assert written(desk) == first
    assert (first.from_ms, first.options, first.right) == (60_000, ["伸手去拉", "切断电源"], 1)
    assert verbs() == ["question.added"]


def test_a_change_is_told_with_what_was_before(desk: Desk) -> None:
    written(desk)

    changed = written(desk, draft=draft(from_ms=90_000))

    assert LessonQuestion.objects.get() == changed
    assert verbs() == ["question.added", "question.changed"]
    told = Event.objects.get(verb="question.changed")
    assert (told.by, told.detail["from_ms"], told.detail["was"]["from_ms"]) == (desk.bob, 90_000, 60_000)


def test_a_question_is_not_moved_to_another_version(desk: Desk) -> None:
    written(desk)

    with pytest.raises(QuestionRefused, match="uuid"):
        written(desk, version=next_version(desk, 600_000))


def test_only_whoever_edits_the_lesson_writes_its_questions(desk: Desk) -> None:
    question = written(desk)
    later = next_version(desk, 600_000)

    with pytest.raises(NotTheirLesson):
        written(desk, by=desk.charlie, draft=draft("别的？"))
    with pytest.raises(NotTheirLesson):
        retire_question(by=desk.charlie, at=NOON, question=question)
    with pytest.raises(NotTheirLesson):
        carry_questions(by=desk.charlie, at=NOON, source=desk.version, target=later)
    assert verbs() == ["question.added"]
    assert LessonQuestion.objects.get().prompt == "先做什么？"


def test_a_retired_question_comes_back_when_it_is_restored(desk: Desk) -> None:
    question = written(desk)

    retire_question(by=desk.bob, at=NOON, question=question)
    retire_question(by=desk.bob, at=NOON, question=question)
    assert LessonQuestion.objects.get().retired_at == NOON
    restore_question(by=desk.bob, at=NOON, question=question)

    assert LessonQuestion.objects.get().retired_at is None
    assert verbs() == ["question.added", "question.retired", "question.restored"]


def test_a_lesson_has_at_most_two_hundred_questions(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lms.hours.actions.lesson_questions.QUESTIONS_MAX", 1)
    first = written(desk)

    with pytest.raises(QuestionRefused, match="too_many"):
        written(desk, uuid.uuid4())
    retire_question(by=desk.bob, at=NOON, question=first)
    written(desk, uuid.uuid4())
    with pytest.raises(QuestionRefused, match="too_many"):
        restore_question(by=desk.bob, at=NOON, question=first)


def test_a_new_version_takes_over_what_still_fits_once(desk: Desk) -> None:
    written(desk)
    written(desk, uuid.uuid4(), draft=draft("最后？", from_ms=500_000))
    retire_question(by=desk.bob, at=NOON, question=written(desk, uuid.uuid4(), draft=draft("停用？")))
    shorter = next_version(desk, 400_000)

    assert carry_questions(by=desk.bob, at=NOON, source=desk.version, target=shorter) == 1
    assert carry_questions(by=desk.bob, at=NOON, source=desk.version, target=shorter) == 0

    carried = LessonQuestion.objects.get(lesson_version=shorter)
    assert (carried.prompt, carried.from_ms, carried.right) == ("先做什么？", 60_000, 1)
    assert LessonQuestion.objects.filter(lesson_version=desk.version).count() == 3


def test_an_editor_walks_from_the_list_to_a_saved_question(desk: Desk) -> None:
    bob = page_of(desk.bob)
    assert f'href="{desk.address}"' in bob.get("/manage/questions/").content.decode()
    listed = bob.get(desk.address)
    assert f'href="{desk.address}new/?version=1"' in listed.content.decode()

    sent = bob.post(f"{desk.address}new/?version=1", form())

    question = LessonQuestion.objects.get()
    assert (sent.status_code, sent["Location"]) == (302, f"{desk.address}?version=1")
    assert (question.uuid, question.from_ms, question.options_en) == (KEY, 90_000, [])
    assert "切断电源" in bob.get(desk.address).content.decode()
    assert "1 道题" in bob.get("/manage/questions/").content.decode()


def test_an_editor_changes_and_retires_a_question(desk: Desk) -> None:
    question, bob = written(desk), page_of(desk.bob)
    shown = bob.get(f"/manage/questions/{KEY}/").context["form"]
    assert [shown[name].value() for name in ("minutes", "seconds", "option_2", "right")] == [1, 0, "切断电源", "1"]

    english = {"prompt_en": "First?", "option_1_en": "Pull", "option_2_en": "Switch off"}
    bob.post(f"/manage/questions/{KEY}/", form(**english))
    bob.post(f"/manage/questions/{KEY}/retire/", {"retired": "yes"})

    question.refresh_from_db()
    assert (question.prompt_en, question.options_en) == ("First?", ["Pull", "Switch off"])
    assert question.retired_at is not None
    bob.post(f"/manage/questions/{KEY}/retire/", {"retired": "no"})
    question.refresh_from_db()
    assert question.retired_at is None


def test_a_preview_shows_both_languages_and_saves_nothing(desk: Desk) -> None:
    english = {"prompt_en": "First?", "option_1_en": "Pull", "option_2_en": "Switch off"}

    page = page_of(desk.bob).post(f"{desk.address}new/", form(**english, preview=""))

    assert page.status_code == 200
    assert [(each["lang"], each["options"]) for each in page.context["preview"]] == [
        ("zh-Hans", ["伸手去拉", "切断电源"]),
        ("en", ["Pull", "Switch off"]),
    ]
    assert not LessonQuestion.objects.exists()


@pytest.mark.parametrize("step", ["preview", "save"])
def test_a_refused_question_names_its_fields(desk: Desk, step: str) -> None:
    said = form(prompt="", option_2="伸手去拉", right="", minutes="11", **{step: ""})

    page = page_of(desk.bob).post(f"{desk.address}new/", said)

    assert page.status_code == 422
    assert [field.name for field, _text in page.context["form"].faults()] == ["minutes", "prompt", "right", "option_2"]
    text = page.content.decode()
    assert '<a href="#id_minutes">分</a>: 本课没有这么长。' in text
    assert '<a href="#options">正确答案</a>: 请标出正确的选项。' in text
    assert not LessonQuestion.objects.exists()


@pytest.mark.parametrize(("field", "value"), [("minutes", "x"), ("seconds", "60"), ("right", "9"), ("uuid", "x")])
def test_a_form_bent_by_hand_is_refused(desk: Desk, field: str, value: str) -> None:
    assert page_of(desk.bob).post(f"{desk.address}new/", form(**{field: value})).status_code == 422
    assert not LessonQuestion.objects.exists()


def test_the_page_of_a_new_version_offers_the_questions_of_the_old_one(desk: Desk) -> None:
    written(desk)
    next_version(desk, 600_000)
    bob = page_of(desk.bob)
    assert "第 1 版有 1 道题，本版还没有" in bob.get(desk.address).content.decode()

    bob.post(f"{desk.address}carry/?version=2")

    assert bob.get(desk.address).context["asked"][0]["prompt"] == Words("先做什么？")
    assert bob.get(desk.address).context["earlier"] is None
    assert bob.get(f"{desk.address}?version=3").status_code == 404


def test_a_stranger_is_told_what_is_told_of_no_lesson(desk: Desk) -> None:
    written(desk)
    charlie = page_of(desk.charlie)
    pages = [desk.address, f"{desk.address}new/", f"/manage/questions/{KEY}/"]
    steps = [f"{desk.address}new/", f"/manage/questions/{KEY}/retire/", f"{desk.address}carry/"]

    assert [charlie.get(path).status_code for path in pages] == [404, 404, 404]
    assert [charlie.post(path, form()).status_code for path in steps] == [404, 404, 404]
    assert charlie.get("/manage/questions/").status_code == 403
    assert [Client().get(path).status_code for path in (*pages, "/manage/questions/")] == [302] * 4
    assert page_of(desk.bob).get(f"/manage/lessons/{uuid.uuid4()}/questions/").status_code == 404
    assert verbs() == ["question.added"]


def test_the_content_administration_leads_from_a_lesson_to_its_questions(desk: Desk) -> None:
    bob = page_of(desk.bob)

    assert f'href="{desk.address}"' in bob.get(f"/admin/pages/{desk.page.pk}/edit/").content.decode()
    assert "/questions/" not in bob.get(f"/admin/pages/{desk.page.get_parent().pk}/edit/").content.decode()
