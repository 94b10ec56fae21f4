"""The world of the access table: thirteen visitors, and one thing of every sort that an address can name.

Everything belongs to Alice, the learner, or to her class, or to its institution. An area that brings things of its own
adds them in the `furnish` of its table file.
"""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group

from courses.actions.pages import create_centre, create_course, create_video_lesson, publish
from courses.models import CoursePage, LessonVersion, VideoLessonPage
from lms.accounts.actions import grant_role
from lms.accounts.models import Role, User
from lms.accounts.rules.roles import CONTENT_GROUP
from lms.hours.actions.lesson_questions import write_question
from lms.hours.models import Refusal
from lms.hours.rules.checks import Words
from lms.hours.rules.lesson_questions import Draft
from lms.institutions.actions.shelves import open_shelf
from lms.institutions.models import Institution, Membership
from media_pipeline.actions.captions import save_captions
from media_pipeline.models import Asset
from media_pipeline.rules.captions import Cue
from tests.films import begin_class, make_film
from tests.integration.courses.builders import an_asset
from tests.integration.hours.classroom import colleague, teacher
from tests.integration.hours.client import Client as Study
from tests.integration.hours.judges import Court, appealed, at_s, make_court, voided_minute
from tests.sittings import booked_seat, published_sitting
from tests.world import NOON, make_person


@dataclass
class AccessWorld:
    """`visitors` by their word in the table (without `nobody`); `given` are the things that addresses name."""

    court: Court
    visitors: dict[str, User]
    given: dict[str, Any] = field(default_factory=dict)


def make_access_world() -> AccessWorld:
    court = make_court()
    institution = court.world.institution
    institution.refresh_from_db()
    visitors = {
        "learner": court.world.alice,
        "outsider": court.world.charlie,
        "teacher": teacher(court.world, "tara"),
        "colleague": colleague(court.world),
        "staff": court.world.bob,
        "rival": court.dora,
        "authority": court.vera,
        "province": court.wen,
        "elsewhere": court.olga,
        "examiner": make_person("edda", Role.EXAMINER),
        "reviewer": make_person("rosa", Role.REVIEWER),
        "admin": User.objects.create_user(email="ada@example.test", password=None, real_name="Ada"),
    }
    # The action, because it opens the doors of the content administration too.
    grant_role(by=None, at=NOON, person=visitors["admin"], role=Role.ADMINISTRATOR)
    for name, role in (("staff", "institution"), ("rival", "institution"), ("reviewer", "reviewer")):
        visitors[name].groups.add(Group.objects.get(name=CONTENT_GROUP[role]))
    world = AccessWorld(court, visitors)
    world.given |= {
        "training_class": court.world.training_class.uuid,
        "code": "test",
        "number": 1,
        "name": "no/such.jpg",
    }
    _hours(world)
    _film(world)
    _content(world)
    _exam(world)
    return world


def _hours(world: AccessWorld) -> None:
    """A minute taken back from Alice, and two refusals, one of them appealed: it waits for its proposal."""
    court = world.court
    entry = voided_minute(court)
    study = Study(court.world.alice, court.world.video.lesson.uuid)
    study.open(at_s=1_000)
    study.study("1000@100play 1060@160 1300@400 1360@460 1700@800")
    study.close(1_701)
    first, second = Refusal.objects.filter(learner=court.world.alice, code="gap").order_by("pk")[:2]
    appeal = appealed(court, refusal=first, at=at_s(2_000))
    world.given |= {"refusal": second.pk, "appeal": appeal.uuid, "entry": entry.uuid}


def _film(world: AccessWorld) -> None:
    """A film with captions in a class of Alice's, opened by her."""
    film = make_film(3, heights=[360])
    begin_class(world.court.world, film)
    Study(world.court.world.alice, film.lesson.uuid).open(at_s=3_000)
    save_captions(
        by=None,
        at=NOON,
        uuid=uuid.uuid4(),
        asset_uuid=film.asset.uuid,
        language="zh-Hans",
        cues=[Cue(0, 1_000, "先断电。")],
        replaces=0,
    )
    world.given |= {
        "film": film.lesson.uuid,
        "asset_uuid": film.asset.uuid,
        "language": "zh-Hans",
        "height": 360,
        "window": 0,
        "ordinal": 0,
        "pk": film.asset.pk,
    }


def _content(world: AccessWorld) -> None:
    """A published unified lesson; on the shelf of the class's institution a published lesson with one question."""
    centre = create_centre(by=None, at=NOON, slug="electricians", title="电工")
    _published_lesson(create_course(by=None, at=NOON, parent=centre, slug="first-aid", title="触电急救"))
    rivals = Institution.objects.get(memberships__person=world.visitors["rival"])
    shelf = open_shelf(by=None, at=NOON, institution=world.court.world.institution)
    assert shelf is not None
    open_shelf(by=None, at=NOON, institution=rivals)
    # Without the rights that Wagtail remembers on the object.
    world.visitors |= {name: User.objects.get(pk=person.pk) for name, person in world.visitors.items()}
    course = create_course(by=world.visitors["staff"], at=NOON, parent=shelf.page, slug="ladders", title="高处作业")
    page, version = _published_lesson(course, collection=shelf.collection)
    draft = Draft(60_000, Words("先做什么？"), [Words("伸手去拉"), Words("切断电源")], 1)
    question = write_question(by=world.visitors["staff"], at=NOON, uuid=uuid.uuid4(), version=version, draft=draft)
    Asset.objects.filter(uuid=world.given["asset_uuid"]).update(collection=shelf.collection)
    world.given |= {
        "page_lesson": page.lesson.uuid,
        "page_of_lesson": page.pk,
        "page": course.pk,
        "question": question.uuid,
        "institution": world.court.world.institution.uuid,
        "region_code": "5301",
    }


def _published_lesson(course: CoursePage, **asset: Any) -> tuple[VideoLessonPage, LessonVersion]:
    ready = an_asset(state="ready", duration_ms=600_000, ready_at=NOON, percent=100, **asset)
    page = create_video_lesson(
        by=None, at=NOON, parent=course, uuid=uuid.uuid4(), slug="release", title="脱离电源", asset=ready
    )
    version = publish(by=None, at=NOON, page=page)
    assert version is not None
    return page, version


def _exam(world: AccessWorld) -> None:
    """A sitting that is still to come, with Alice registered for it."""
    region = world.court.world.institution.region
    office = Institution.objects.create(kind="exam", name_zh="考试点", name_en="Exam office", region=region)
    Membership.objects.create(person=world.visitors["examiner"], institution=office, started_at=NOON)
    sitting = published_sitting(
        office,
        world.court.world.training_class.syllabus_version.syllabus,
        starts_at=datetime(2098, 6, 2, tzinfo=UTC),
        opens_at=NOON - timedelta(days=1),
        closes_at=datetime(2098, 6, 1, tzinfo=UTC),
        capacity=3,
    )
    registration = booked_seat(world.visitors["learner"], sitting, world.court.world.training_class)
    world.given |= {"sitting": sitting.uuid, "registration": registration.uuid}
