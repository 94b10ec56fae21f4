"""A province that has studied for a while: N learners in classes of fifty, with ledgers, totals, coverage, refusals.

Everybody has four entries and one refusal, of the last thirty days; three learners of the first class have ten, a
hundred and ten thousand entries, and half as many refusals. What is made is what the actions would have left: a replay
of the ledger agrees. Nothing is made row by row in this process but the figures of the first classes (bench.figures).
"""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from bench.bulk import insert, set_aside
from bench.ground import LESSON_MS
from courses.actions.pages import create_centre, create_chapter, create_textbook, publish
from courses.models import Lesson, LessonKind, LessonVersion
from courses.texts import demo_content, demo_textbook
from lms.accounts import sealing
from lms.accounts.models import Role, RoleGrant, User
from lms.accounts.rules.identity import IdentityNumber, check_digit
from lms.enrollments.models import (
    ClassLesson,
    Enrollment,
    Module,
    Requirement,
    Syllabus,
    SyllabusVersion,
    TrainingClass,
)
from lms.env.addresses import owner_url
from lms.env.values import data_dir
from lms.exams.models import Decision, ExamPlan, Registration, Room, Site, Sitting
from lms.hours.models import Entry, LessonCoverage, ModuleHours, Refusal, StudyClock, StudySession
from lms.institutions.models import AuthorityPost, Institution, Membership, Region

CLASS_LEARNERS = 50
INSTITUTION_LEARNERS = 5_000
LESSONS = 8
BOOKED_MAX = 1_000
FIRST = 10_000_000
"""Keys of what is made in bulk begin above this, out of the way of the sequences."""

PAIRS = "CASE i WHEN 1 THEN 5 WHEN 2 THEN 50 WHEN 3 THEN 5000 ELSE 2 END"
"""Credits of learner i, each with the entry that confirms it."""
CREDIT_MS = 60_000
REFUSED_MS = 20_000
REFUSALS = "CASE i WHEN 1 THEN 5 WHEN 2 THEN 50 WHEN 3 THEN 5000 ELSE 1 END"
CODES = "(ARRAY['gap', 'hidden', 'too_fast', 'not_delivered', 'already_covered'])[1 + i % 5]"
FIRST_DAY = (datetime.now(UTC) - timedelta(days=29)).replace(hour=1, minute=0, second=0, microsecond=0)
BEGAN = f"timestamptz '{FIRST_DAY.isoformat()}'"
"""The last thirty days are what dashboards draw; each learner's entries and refusals lie somewhere in them."""
BULK = (User, TrainingClass, ClassLesson, Enrollment, StudySession, StudyClock, Entry, LessonCoverage)
MORE = (ModuleHours, Refusal, Decision, Registration, Session)


@dataclass(frozen=True)
class Province:
    """Who and what is read. `few` has ten entries, `full` a hundred (every page is full), `many` ten thousand."""

    few: User
    full: User
    many: User
    others: list[User]
    staff: User
    authority: User
    training_class: TrainingClass
    lesson: UUID
    sitting: Sitting
    book: str


def make_province(learners: int) -> Province:
    """At least a hundred learners."""
    now = datetime.now(UTC)
    province, syllabus, modules, lessons = _rules(now)
    staff, authority = _person("staff", Role.INSTITUTION, now), _person("authority", Role.AUTHORITY, now)
    AuthorityPost.objects.create(person=authority, region=province, started_at=now)
    sitting = _sitting(syllabus.syllabus, province, now)
    regions = [
        Region.objects.create(code=f"53{n:02}", name_zh=f"州{n}", name_en="", parent=province) for n in range(16)
    ]
    url = owner_url(data_dir(settings.DATA_DIR))
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("SET synchronous_commit = off")
        owner.execute("SET maintenance_work_mem = '256MB'")
        _institutions(owner, learners, regions)
        with set_aside(owner, (*BULK, *MORE)):
            _people(owner, learners, syllabus, modules, lessons, staff)
            _ledger(owner, learners, modules, lessons)
            _seats(owner, learners, sitting)
    Membership.objects.create(person=staff, institution_id=FIRST + 1, started_at=now)
    _seal_first_institution()
    spread = [FIRST + 4 + n * ((learners - 4) // 60) for n in range(60)]
    return Province(
        few=User.objects.get(pk=FIRST + 1),
        full=User.objects.get(pk=FIRST + 2),
        many=User.objects.get(pk=FIRST + 3),
        others=list(User.objects.filter(pk__in=spread)),
        staff=staff,
        authority=authority,
        training_class=TrainingClass.objects.get(pk=FIRST + 1),
        lesson=lessons[0].lesson.uuid,
        sitting=sitting,
        book=_book(now),
    )


def login(person: User) -> str:
    """The value of a session cookie for this person."""
    key = uuid4().hex
    data = {
        SESSION_KEY: str(person.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: person.get_session_auth_hash(),
    }
    expires = datetime.now(UTC) + timedelta(days=1)
    Session.objects.create(session_key=key, session_data=SessionStore().encode(data), expire_date=expires)
    return key


def _rules(now: datetime) -> tuple[Region, SyllabusVersion, list[Module], list[LessonVersion]]:
    province = Region.objects.create(code="53", name_zh="云岭省", name_en="Yunling")
    names = {"name_zh": "低压电工", "name_en": "Low voltage"}
    syllabus = Syllabus.objects.create(
        code="bench", category="special", trade="electrician", training="initial", **names
    )
    version = SyllabusVersion.objects.create(syllabus=syllabus, number=1, in_force_from=date(2020, 1, 1))
    modules = [
        Module.objects.create(syllabus_version=version, ordinal=n, name_zh=f"模块{n}", name_en="") for n in (1, 2, 3)
    ]
    for module, kind in zip(modules, ("online", "online", "workshop"), strict=True):
        Requirement.objects.create(module=module, kind=kind, hours=Decimal(10))
    lessons = []
    for number in range(LESSONS):
        title = f"第{number + 1}课"
        lessons.append(
            LessonVersion.objects.create(
                lesson=Lesson.objects.create(kind=LessonKind.READING),
                number=1,
                title=title,
                duration_ms=LESSON_MS,
                sections=[{"title": title, "from_ms": 0, "to_ms": LESSON_MS, "html": "<p>长课</p>"}],
                content_digest=uuid4().hex,
                published_at=now,
            )
        )
    return province, version, modules, lessons


def _sitting(syllabus: Syllabus, region: Region, now: datetime) -> Sitting:
    exams = Institution.objects.create(kind="exam", name_zh="考试中心", region=region)
    (sitting,) = make_sittings(exams, syllabus, now, seats=2 * BOOKED_MAX)
    return sitting


def make_sittings(
    office: Institution, syllabus: Syllabus, now: datetime, *, seats: int, count: int = 1
) -> list[Sitting]:
    """Of one published plan, at a new site, each in a room of its own; open now."""
    site = Site.objects.create(institution=office, name_zh="一号考点", seats=count * seats)
    plan = ExamPlan.objects.create(institution=office, title_zh="考试安排", drafted_at=now)
    day = timedelta(days=1)
    for number in range(count):
        room = Room.objects.create(site=site, name_zh=f"{number + 1}号机房", seats=seats, opened_at=now)
        Sitting.objects.create(
            plan=plan,
            syllabus=syllabus,
            site=site,
            room=room,
            title_zh="理论考试",
            starts_at=now + 30 * day,
            opens_at=now - day,
            closes_at=now + 29 * day,
            capacity=seats,
        )
    for state in ("proposed", "approved", "published"):
        plan.state = state
        plan.save(update_fields=["state"])
    return list(plan.sittings.select_related("plan", "room", "site__institution", "syllabus").order_by("pk"))


def _person(name: str, role: Role, now: datetime) -> User:
    person = User.objects.create_user(email=f"{name}@example.test", password=None, real_name=name)
    RoleGrant.objects.create(person=person, role=role, granted_at=now)
    return person


def _institutions(owner: Any, learners: int, regions: list[Region]) -> None:
    region = f"{regions[0].pk} + i % {len(regions)}"
    columns = {"id": f"{FIRST} + i", "kind": "'training'", "name_zh": "'学校' || i", "region_id": region}
    insert(owner, Institution, f"generate_series(1, {_institution_count(learners)}) i", columns)  # type: ignore[arg-type]


def class_count(learners: int) -> int:
    return -(-learners // CLASS_LEARNERS)


def _institution_count(learners: int) -> int:
    return max(1, learners // INSTITUTION_LEARNERS)


def _people(
    owner: Any,
    learners: int,
    syllabus: SyllabusVersion,
    modules: list[Module],
    lessons: list[LessonVersion],
    staff: User,
) -> None:
    everybody = f"generate_series(1, {learners}) i"
    classes = class_count(learners)
    mine = f"{FIRST} + 1 + (i - 1) / {CLASS_LEARNERS}"
    people = {
        "id": f"{FIRST} + i",
        "email": "'learner' || i || '@example.test'",
        "real_name": "'学员' || i",
        "password": "'!'",
        "identity_mac": "encode(sha256(i::text::bytea), 'hex')",
        "identity_cipher": "'\\x00'::bytea",
    }
    insert(owner, User, everybody, people)
    group = {
        "id": f"{FIRST} + c",
        "institution_id": f"{FIRST} + 1 + (c - 1) % {_institution_count(learners)}",
        "syllabus_version_id": syllabus,
        "title": "'第' || c || '期'",
        "starts_on": "date '2026-01-05' + c % 50",
        "ends_on": "date '2099-12-31'",
        "state": "'accepted'",
        "reported_at": BEGAN,
        "reported_by_id": staff,
        "decided_at": BEGAN,
        "decided_by_id": staff,
    }
    insert(owner, TrainingClass, f"generate_series(1, {classes}) c", group)
    planned = {
        "id": f"{FIRST} + (c - 1) * {LESSONS} + k + 1",
        "training_class_id": f"{FIRST} + c",
        "module_id": f"{modules[0].pk} + k % 2",
        "lesson_version_id": f"{lessons[0].pk} + k",
        "ordinal": "k + 1",
    }
    insert(owner, ClassLesson, f"generate_series(1, {classes}) c, generate_series(0, {LESSONS - 1}) k", planned)
    placed = {
        "id": f"{FIRST} + i",
        "learner_id": f"{FIRST} + i",
        "training_class_id": mine,
        "enrolled_at": BEGAN,
    }
    insert(owner, Enrollment, everybody, placed)
    stay = {
        "id": f"{FIRST} + i",
        "learner_id": f"{FIRST} + i",
        "enrollment_id": f"{FIRST} + i",
        "class_lesson_id": f"{FIRST} + ((i - 1) / {CLASS_LEARNERS}) * {LESSONS} + 1",
        "device": "'bench-device'",
        "opened_at": BEGAN,
        "leased_at": BEGAN,
        "tolerance_ms": "0",
    }
    insert(owner, StudySession, everybody, stay)
    clock = {
        "learner_id": f"{FIRST} + i",
        "session_id": f"{FIRST} + i",
        "busy_until": f"{BEGAN} + interval '28 days'",
        "settled_number": f"2 * ({PAIRS})",
    }
    insert(owner, StudyClock, everybody, clock)
    login_rows = {
        "session_key": "md5(i::text)",
        "session_data": "repeat(md5(i::text), 8)",
        "expire_date": "now() + interval '7 days'",
    }
    insert(owner, Session, everybody, login_rows)


def _ledger(owner: Any, learners: int, modules: list[Module], lessons: list[LessonVersion]) -> None:
    _entries(owner, learners, modules, lessons)
    everybody = f"generate_series(1, {learners}) i, generate_series(0, 1) m"
    done_ms = f"(({PAIRS}) + 1 - m) / 2 * {CREDIT_MS}::bigint"
    total = {
        "learner_id": f"{FIRST} + i",
        "enrollment_id": f"{FIRST} + i",
        "module_id": f"{modules[0].pk} + m",
        "kind": "'online'",
        "confirmed_ms": done_ms,
        "refused": f"CASE m WHEN 0 THEN jsonb_build_object({CODES}, ({REFUSALS}) * {REFUSED_MS}) ELSE '{{}}' END",
    }
    insert(owner, ModuleHours, everybody, total)
    covered = f"int8multirange(int8range(0, {done_ms}))"
    coverage = {
        "learner_id": f"{FIRST} + i",
        "lesson_version_id": f"{lessons[0].pk} + m",
        "duration_ms": str(LESSON_MS),
        "covered": covered,
        "covered_ms": done_ms,
        "settled": covered,
        "credited_ms": done_ms,
    }
    insert(owner, LessonCoverage, everybody, coverage)
    refused_at = f"{BEGAN} + (8 + i % 20) * interval '1 day' + r * interval '1 minute'"
    refusal = {
        "learner_id": f"{FIRST} + i",
        "session_id": f"{FIRST} + i",
        "enrollment_id": f"{FIRST} + i",
        "module_id": modules[0],
        "lesson_version_id": lessons[0],
        "code": CODES,
        "ms": str(REFUSED_MS),
        "from_at": refused_at,
        "to_at": f"{refused_at} + interval '20 seconds'",
    }
    insert(owner, Refusal, f"generate_series(1, {learners}) i, generate_series(1, {REFUSALS}) r", refusal)


def _entries(owner: Any, learners: int, modules: list[Module], lessons: list[LessonVersion]) -> None:
    """A credit and its confirmation, first of everybody, then again: a learner's rows lie as far apart as in life."""
    from_at = f"{BEGAN} + (i % 20) * interval '1 day' + p * interval '2 minutes'"
    before_ms = f"(p - 1) / 2 * {CREDIT_MS}::bigint"
    credit = {
        "learner_id": f"{FIRST} + i",
        "number": "2 * p - 1",
        "sort": "'credit'",
        "enrollment_id": f"{FIRST} + i",
        "module_id": f"{modules[0].pk} + (p - 1) % 2",
        "kind": "'online'",
        "lesson_version_id": f"{lessons[0].pk} + (p - 1) % 2",
        "session_id": f"{FIRST} + i",
        "from_at": from_at,
        "to_at": f"{from_at} + interval '1 minute'",
        "media_from_ms": before_ms,
        "media_to_ms": f"{before_ms} + {CREDIT_MS}",
        "ms": str(CREDIT_MS),
        "provisional_delta_ms": str(CREDIT_MS),
        "provisional_after_ms": str(CREDIT_MS),
        "confirmed_after_ms": before_ms,
        "posted_at": f"{from_at} + interval '1 minute'",
    }
    confirmed = {
        **{name: credit[name] for name in ("learner_id", "enrollment_id", "module_id", "kind", "lesson_version_id")},
        **{name: credit[name] for name in ("session_id", "ms", "posted_at")},
        "number": "2 * p",
        "sort": "'confirm'",
        "provisional_delta_ms": str(-CREDIT_MS),
        "confirmed_delta_ms": str(CREDIT_MS),
        "provisional_after_ms": "0",
        "confirmed_after_ms": f"{before_ms} + {CREDIT_MS}",
    }
    rounds = [f"generate_series(1, {learners}) i, generate_series({p}, {p}) p" for p in (1, 2)]
    rounds.append(f"generate_series(1, 3) i, generate_series(3, {PAIRS}) p")
    for source in rounds:
        insert(owner, Entry, source, credit)  # type: ignore[arg-type]
        insert(owner, Entry, source, confirmed)  # type: ignore[arg-type]


def _seats(owner: Any, learners: int, sitting: Sitting) -> None:
    """Half of the sitting is booked, by the last learners; with what a trigger would have written beside each seat."""
    taken = f"(SELECT taken FROM exams_sitting WHERE id = {sitting.pk})"
    booked = f"generate_series(1, {min(BOOKED_MAX, learners // 2)}) s"
    who = f"{FIRST} + {learners} + 1 - s"
    decision = {
        "id": f"{FIRST} + s",
        "learner_id": who,
        "sitting_id": sitting,
        "enrollment_id": who,
        "ledger_number": "1000000000",
        "made_at": BEGAN,
        "rule_version": "'bench'",
        "inputs": "'{}'",
        "eligible": "true",
        "digest": "''",
    }
    insert(owner, Decision, booked, decision)  # type: ignore[arg-type]
    seat = {
        "learner_id": who,
        "sitting_id": sitting,
        "decision_id": f"{FIRST} + s",
        "seat": "s",
        "booked_at": BEGAN,
        "syllabus_id": sitting.syllabus,
        "examined": taken,
        "held": f"tstzrange({BEGAN}, upper({taken}))",
    }
    insert(owner, Registration, booked, seat)  # type: ignore[arg-type]


def _seal_first_institution() -> None:
    """Only rosters and ledgers open identity numbers, and only those of the first institution are read."""
    people = list(User.objects.filter(enrollments__training_class__institution=FIRST + 1))
    for serial, person in enumerate(people):
        born = date(1990, 1, 1) + timedelta(days=serial // 1000)
        places = f"530101{born:%Y%m%d}{serial % 1000:03d}"
        person.identity_cipher = sealing.seal(IdentityNumber(places + check_digit(places)), person.uuid)
    User.objects.bulk_update(people, ["identity_cipher"], batch_size=1_000)


def _book(now: datetime) -> str:
    """The address of a published textbook with the chapters of the demo."""
    editor = User.objects.create_superuser(f"editor-{os.getpid()}@example.test", "")
    centre = create_centre(by=editor, at=now, **demo_content.CENTRE)  # type: ignore[arg-type]
    publish(by=editor, at=now, page=centre)
    book = create_textbook(by=editor, at=now, parent=centre, **demo_textbook.TEXTBOOK)  # type: ignore[arg-type]
    publish(by=editor, at=now, page=book)
    for content in demo_textbook.CHAPTERS:
        sections = [
            (heading, [block for block in blocks if block[0] != "picture"]) for heading, blocks in content["sections"]
        ]
        stored = {**content, "sections": demo_content.stored_sections(sections, pictures={})}
        publish(by=editor, at=now, page=create_chapter(by=editor, at=now, parent=book, **stored))
    return str(book.url)
