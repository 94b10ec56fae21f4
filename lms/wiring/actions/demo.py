"""The demo, built by the actions that people use: nothing here writes a row itself, and twice changes nothing.

Every id is derived from a fixed name. The story begins ten days before the first run: the class was reported and
accepted before it began, so `at` is given to each action as the moment at which it would have been done.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from django.core.files import File
from django.utils import timezone

from courses.actions.demo import FULL_VIDEO_SLUGS, SHORT_VIDEO_SLUGS, DemoCourses, build_demo_courses
from courses.models import LessonVersion
from lms.accounts.actions import create_person
from lms.accounts.models import Role, User
from lms.accounts.rules.identity import check_digit
from lms.enrollments.actions import (
    accept_class,
    enroll,
    load_short_syllabus,
    load_syllabi,
    plan_class,
    report_class,
)
from lms.enrollments.models import ClassState, Module, SyllabusVersion, TrainingClass
from lms.exams.actions import (
    add_room,
    decide_plan,
    draft_plan,
    open_site,
    propose_plan,
    publish_plan,
    schedule_sitting,
)
from lms.exams.models import PlanState, Sitting
from lms.institutions.actions import (
    add_region,
    certify_teacher,
    join_institution,
    open_institution,
    post_authority,
)
from lms.institutions.models import Institution
from lms.oversight.actions.standings import refresh_standings
from lms.oversight.models import ClassStanding
from lms.wiring.actions.demo_captions import add_captions
from lms.wiring.actions.on_the_roster import put_on_roster
from lms.wiring.actions.own_courses import add_own_courses
from lms.wiring.actions.teaching_year import open_teaching_year
from media_pipeline.actions.uploads import upload_asset
from media_pipeline.models import Asset

NAMES = UUID("a3d1f8e2-5b7c-4c0e-9a65-0d5c1b7e2026")
"""The namespace of all ids of the demo."""

PASSWORD = "xueshi-demo-2026"
"""Public by intent: the README and the banner of `make run` print it."""
WORKERS = 20
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
STAFF = (
    ("teacher", "何老师", (Role.TEACHER,)),
    ("institution", "吕教务", (Role.INSTITUTION,)),
    ("reviewer", "施编审", (Role.REVIEWER,)),
    ("examiner", "张考评", (Role.EXAMINER,)),
    ("authority", "孔科长", (Role.AUTHORITY,)),
    ("admin", "曹管理", (Role.ADMINISTRATOR,)),
)
PROVINCE = "98"
"""No province has this code, so no identity number of the demo can be anybody's."""

BEGAN_DAYS_AGO = 10
CHAPTER_MODULES = (2, 3, 3, 9, 2, 4)
"""The module of the full syllabus for each chapter of its textbook, by ordinal."""
VIDEO_MODULES = (1, 10, 7, 2)
"""Likewise for its video lessons."""

Say = Callable[[str], None]
Transcoded = Callable[[list[Asset]], Iterator[str]]


def demo_id(name: str) -> UUID:
    """The id of a thing of the demo."""
    return uuid5(NAMES, name)


@dataclass(frozen=True, slots=True)
class _Cast:
    people: dict[str, User]
    workers: list[User]
    training: Institution
    exam: Institution


def build_demo(*, at: datetime, footage: dict[str, Path], transcoded: Transcoded, say: Say) -> None:
    """Everything of the demo. `transcoded` waits until assets are ready and yields lines about how far they are."""
    then = at - timedelta(days=BEGAN_DAYS_AGO)
    cast = _cast(then)
    say("people and institutions are there")
    assets = _assets(then, footage)
    for line in transcoded(list(assets.values())):
        say(line)
    ready = {name: Asset.objects.get(pk=asset.pk) for name, asset in assets.items()}
    add_captions(at=then, assets=ready, demo_id=demo_id)
    lent = dict(zip(FULL_VIDEO_SLUGS, (ready[SHORT_VIDEO_SLUGS[i % 2]] for i in range(4)), strict=True))
    lessons = build_demo_courses(by=None, at=then, assets={**ready, **lent})
    say("courses and textbooks are published")
    short, full = _syllabi(then, lessons)
    put_on_roster(
        at=then,
        teacher=cast.people["teacher"],
        authority=cast.people["authority"],
        trades=["low-voltage-electrician", "high-voltage-electrician", "explosion-proof-electrician"],
        demo_id=demo_id,
    )
    add_own_courses(
        at=at,
        staff=cast.people["institution"],
        reviewer=cast.people["reviewer"],
        shelf=cast.training.shelf.page,
        assets=ready,
        syllabus=full,
        demo_id=demo_id,
    )
    say("the institution's own courses are with the committee")
    classes = [_short_class(then, cast, short, lessons), _full_class(then, cast, full, lessons)]
    for training_class in classes:
        for worker in cast.workers:
            name = f"enrollment {training_class.uuid} {worker.email}"
            enroll(
                by=cast.people["institution"],
                at=at - timedelta(days=1),
                uuid=demo_id(name),
                learner=worker,
                training_class=training_class,
            )
    open_teaching_year(
        at=at,
        authority=cast.people["authority"],
        teacher=cast.people["teacher"],
        host=cast.training,
        lessons=lessons.short_videos,
        demo_id=demo_id,
    )
    _sittings(at, then, cast, short, full)
    if not ClassStanding.objects.exists():
        refresh_standings(at=at)  # the worker's figures would be there in two minutes; a visitor looks at once
    say("classes are accepted, learners enrolled, sittings scheduled")


def _cast(at: datetime) -> _Cast:
    province = add_region(by=None, at=at, code=PROVINCE, name_zh="云岭省", name_en="Yunling Province")
    city = add_region(by=None, at=at, code=f"{PROVINCE}01", name_zh="安平市", name_en="Anping City", parent=province)
    people = {name: _person(at, name, shown, roles, 900 + index) for index, (name, shown, roles) in enumerate(STAFF)}
    workers = [
        _person(at, f"worker{number}", f"{SURNAMES[number - 1]}示例", (Role.LEARNER,), number)
        for number in range(1, WORKERS + 1)
    ]
    training = open_institution(
        by=None,
        at=at,
        uuid=demo_id("training institution"),
        kind="training",
        name_zh="安平市安全技术培训学校",
        name_en="Anping School of Safety Training",
        region=city,
    )
    exam = open_institution(
        by=None,
        at=at,
        uuid=demo_id("exam institution"),
        kind="exam",
        name_zh="安平市安全生产考试中心",
        name_en="Anping Safety Examination Centre",
        region=city,
    )
    join_institution(by=None, at=at, person=people["institution"], institution=training)
    join_institution(by=None, at=at, person=people["teacher"], institution=training)
    join_institution(by=None, at=at, person=people["examiner"], institution=exam)
    post_authority(by=None, at=at, person=people["authority"], region=province)
    certify_teacher(
        by=None,
        at=at,
        uuid=demo_id("teacher certificate"),
        person=people["teacher"],
        number="示例教证 0001",
        valid_from=timezone.localdate(at),
        valid_to=timezone.localdate(at) + timedelta(days=3 * 365),
    )
    return _Cast(people, workers, training, exam)


def _person(at: datetime, name: str, shown: str, roles: tuple[Role, ...], serial: int) -> User:
    places = f"{PROVINCE}010119900101{serial:03d}"
    return create_person(
        by=None,
        at=at,
        uuid=demo_id(f"person {name}"),
        email=f"{name}@demo.test",
        real_name=shown,
        identity_number=places + check_digit(places),
        password=PASSWORD,
        roles=roles,
    )


def _assets(at: datetime, footage: dict[str, Path]) -> dict[str, Asset]:
    titles = {"before-you-start": "作业前的安全准备（素材）", "working-dead": "停电作业的顺序（素材）"}
    assets = {}
    for name, path in footage.items():
        with path.open("rb") as file:
            assets[name] = upload_asset(
                by=None, at=at, asset_uuid=demo_id(f"asset {name}"), title=titles[name], file=File(file, path.name)
            )
    return assets


def _syllabi(at: datetime, lessons: DemoCourses) -> tuple[SyllabusVersion, SyllabusVersion]:
    full = load_syllabi(by=None, at=at)
    short = load_short_syllabus(
        by=None,
        at=at,
        video_ms=sum(version.duration_ms for version in lessons.short_videos),
        reading_ms=lessons.short_chapter.duration_ms,
    )
    return short, full


def _short_class(at: datetime, cast: _Cast, version: SyllabusVersion, lessons: DemoCourses) -> TrainingClass:
    videos, reading = version.modules.order_by("ordinal")
    plan = [*((videos, lesson) for lesson in lessons.short_videos), (reading, lessons.short_chapter)]
    return _running(at, cast, "short", "三分钟体验班", version, plan)


def _full_class(at: datetime, cast: _Cast, version: SyllabusVersion, lessons: DemoCourses) -> TrainingClass:
    modules = {module.ordinal: module for module in version.modules.all()}
    placed = [
        *zip(VIDEO_MODULES, lessons.full_videos, strict=True),
        *zip(CHAPTER_MODULES, lessons.full_chapters, strict=True),
    ]
    plan = [(modules[ordinal], lesson) for ordinal, lesson in sorted(placed, key=lambda each: each[0])]
    return _running(at, cast, "full", "低压电工作业初训第一期", version, plan)


def _running(
    at: datetime,
    cast: _Cast,
    name: str,
    title: str,
    version: SyllabusVersion,
    plan: list[tuple[Module, LessonVersion]],
) -> TrainingClass:
    """A class that was planned, reported and accepted before it began, and runs for half a year."""
    begins = timezone.localdate(at + timedelta(days=3))
    planned = plan_class(
        by=cast.people["institution"],
        at=at,
        uuid=demo_id(f"class {name}"),
        institution=cast.training,
        syllabus_version=version,
        title=title,
        starts_on=begins,
        ends_on=begins + timedelta(days=180),
        lessons=plan,
        place="安平市学府路 12 号教学楼 301",
        teachers=[cast.people["teacher"]],
    )
    if planned.state == ClassState.PLANNED:
        planned = report_class(by=cast.people["institution"], at=at + timedelta(days=1), training_class=planned)
    if planned.state == ClassState.REPORTED:
        planned = accept_class(by=cast.people["authority"], at=at + timedelta(days=2), training_class=planned)
    return planned


def _sittings(at: datetime, then: datetime, cast: _Cast, short: SyllabusVersion, full: SyllabusVersion) -> None:
    # A demo of before plans has its sittings already, in another plan and a room that takes all seats of its site.
    earlier = Sitting.objects.exclude(plan__uuid=demo_id("exam plan"))
    if earlier.filter(uuid=demo_id("sitting short")).exists():
        return
    examiner = cast.people["examiner"]
    site = open_site(
        by=examiner,
        at=then,
        uuid=demo_id("site"),
        institution=cast.exam,
        name_zh="安平市考试中心",
        name_en="Anping exam centre",
        address="安平市学府路 8 号",
        seats=90,
    )
    rooms = [
        add_room(
            by=examiner,
            at=then,
            uuid=demo_id(f"room {name}"),
            site=site,
            name_zh=name_zh,
            name_en=name,
            seats=seats,
        )
        for name_zh, name, seats in (("第一机房", "Computer room 1", 40), ("第二机房", "Computer room 2", 30))
    ]
    plan = draft_plan(
        by=examiner,
        at=then,
        uuid=demo_id("exam plan"),
        institution=cast.exam,
        title_zh="本月理论考试安排",
        title_en="Theory exams of this month",
    )
    if plan.state != PlanState.DRAFT:
        return
    morning = timezone.localtime(at + timedelta(days=14)).replace(hour=9, minute=0, second=0, microsecond=0)
    for name, room, version, title_zh, title_en, capacity in (
        ("short", rooms[1], short, "三分钟体验考试", "Three-minute tour exam", 30),
        ("full", rooms[0], full, "低压电工作业理论考试", "Low-voltage electrician, theory exam", 40),
    ):
        schedule_sitting(
            by=examiner,
            at=then,
            uuid=demo_id(f"sitting {name}"),
            plan=plan,
            syllabus=version.syllabus,
            room=room,
            title_zh=title_zh,
            title_en=title_en,
            starts_at=morning if name == "short" else morning + timedelta(hours=5),
            opens_at=then,
            closes_at=morning - timedelta(days=1),
            capacity=capacity,
        )
    propose_plan(by=examiner, at=then, plan=plan)
    decide_plan(by=cast.people["authority"], at=then, plan=plan, approves=True)
    publish_plan(by=examiner, at=then, plan=plan)
