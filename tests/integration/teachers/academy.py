"""A province whose teachers have a year to complete, around the small world of the tests.

The year 2026 of Yunling is open: online courses up to 20 class hours, seminars up to 16, workshops without a cap; 40 in
all, 10 at most carried over, to be made up until 2027-06-30. Its class is hosted by an academy for which Hana works.
Tess and Theo teach at the school of Bob; Tara teaches elsewhere in the province. Pia and Paul are of the province's
authority; Cora is of the county's, Otto of another province's, and Amy of the province's
and of Bob's school at the same time.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from lms.accounts.models import Role, User
from lms.enrollments.models import Enrollment, Module, Requirement, Syllabus, SyllabusVersion, TrainingClass
from lms.hours.models import AttendanceProposal, Entry
from lms.institutions.models import AuthorityPost, Institution, Membership, Region, TeacherCertificate
from lms.teachers.actions import claim_hours, decide_claim, open_year, take_part_in_year
from lms.teachers.models import Claim, EducationYear
from tests.integration.hours import classroom
from tests.world import NOON, World, make_person, make_world

PDF = b"%PDF-1.7\nproof"
PNG = b"\x89PNG\r\n\x1a\nproof"
MORNING = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
"""2026-03-10 9:00 in Shanghai."""

LATER = datetime(2026, 4, 1, 4, 0, tzinfo=UTC)
"""When claims are made; a day later they are decided."""

SOME_YEARS_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Academy:
    world: World
    year: EducationYear
    people: dict[str, User]
    online: Module
    seminars: Module
    workshops: Module

    def __getattr__(self, name: str) -> User:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def training_class(self) -> TrainingClass:
        return self.year.training_class


def make_academy() -> Academy:
    world = make_world()
    province = world.institution.region
    county = Region.objects.create(code="5301", name_zh="安平市", name_en="Anping", parent=province)
    elsewhere = Region.objects.create(code="54", name_zh="海东省", name_en="Haidong")
    host = Institution.objects.create(kind="training", name_zh="师资培训基地", name_en="Academy", region=province)
    other = Institution.objects.create(kind="training", name_zh="别家", name_en="Another School", region=county)
    people = {name: make_person(name, Role.AUTHORITY) for name in ("pia", "paul", "cora", "otto", "amy")}
    posts = {"pia": province, "paul": province, "cora": county, "otto": elsewhere, "amy": province}
    for name, region in posts.items():
        AuthorityPost.objects.create(person=people[name], region=region, started_at=NOON)
    people["hana"] = make_person("hana", Role.INSTITUTION)
    places = {"hana": host, "amy": world.institution}
    for name, place in (("tess", world.institution), ("theo", world.institution), ("tara", other)):
        people[name], places[name] = make_person(name, Role.TEACHER), place
        certify(people[name], f"T-{name}")
    for name, place in places.items():
        Membership.objects.create(person=people[name], institution=place, started_at=SOME_YEARS_AGO)
    version = make_version()
    modules = list(version.modules.order_by("ordinal"))
    year = opened(people["pia"], world, host, version, 2026)
    return Academy(world, year, people, *modules)


def make_version() -> SyllabusVersion:
    """Online courses, seminars in a classroom, workshops."""
    syllabus = Syllabus.objects.create(
        code="teachers", category="teacher", training="continuing", name_zh="教师继续教育", name_en="Teachers"
    )
    version = SyllabusVersion.objects.create(
        syllabus=syllabus, number=1, in_force_from=date(2020, 1, 1), online_share_percent=100
    )
    named = (("网络课程", "Online", "online"), ("研修班", "Seminars", "classroom"), ("实践", "Workshops", "workshop"))
    for ordinal, (zh, en, kind) in enumerate(named, start=1):
        module = Module.objects.create(syllabus_version=version, ordinal=ordinal, name_zh=zh, name_en=en)
        Requirement.objects.create(module=module, kind=kind, hours=Decimal(10))
    return version


def certify(person: User, number: str, valid_from: date = date(2024, 1, 1)) -> TeacherCertificate:
    return TeacherCertificate.objects.create(
        person=person, number=number, valid_from=valid_from, valid_to=date(2030, 1, 1), granted_at=NOON
    )


def opened(
    by: User, world: World, host: Institution, version: SyllabusVersion, year: int, **changes: Any
) -> EducationYear:
    online, seminars, _workshops = version.modules.order_by("ordinal")
    arguments: dict[str, Any] = {
        "by": by,
        "at": NOON,
        "uuid": uuid.uuid4(),
        "region": Region.objects.get(code="53"),
        "year": year,
        "institution": host,
        "syllabus_version": version,
        "title": f"{year} 年教师继续教育",
        "place": "省培训中心",
        "make_up_until": date(year + 1, 6, 30),
        "carry_over_hours_max": Decimal(10),
        "caps": [(online, Decimal(20)), (seminars, Decimal(16))],
        "lessons": [(online, world.video)],
    }
    return open_year(**{**arguments, **changes})


def another_year(academy: Academy, year: int, **changes: Any) -> EducationYear:
    host, version = academy.training_class.institution, academy.training_class.syllabus_version
    return opened(changes.pop("by", academy.pia), academy.world, host, version, year, **changes)


def claimed(academy: Academy, hours: float = 4, **changes: Any) -> Claim:
    """Tess claims a seminar of so many class hours from nine o'clock on, or what `changes` say."""
    from_at = changes.pop("from_at", MORNING)
    arguments: dict[str, Any] = {
        "by": academy.tess,
        "at": max(LATER, from_at + timedelta(days=1)),
        "uuid": uuid.uuid4(),
        "education_year": academy.year,
        "module": academy.seminars,
        "kind": "classroom",
        "from_at": from_at,
        "to_at": from_at + timedelta(minutes=45 * hours),
        "title": "安全培训教师研修班",
        "place": "省培训中心",
        "evidence": [("结业证明.pdf", PDF)],
    }
    return claim_hours(**{**arguments, **changes})


def decided(academy: Academy, claim: Claim, **changes: Any) -> Claim:
    """Pia accepts, or what `changes` say."""
    at = claim.claimed_at + timedelta(days=1)
    arguments: dict[str, Any] = {"by": academy.pia, "at": at, "claim": claim, "verb": "accept"}
    return decide_claim(**{**arguments, **changes})


def earned(academy: Academy, hours: float, **changes: Any) -> Entry:
    """Claimed and accepted."""
    entry = decided(academy, claimed(academy, hours, **changes)).entry
    assert entry is not None
    return entry


def taken_back(academy: Academy, entry: Entry, **changes: Any) -> AttendanceProposal:
    """Hana proposes to take hours of an entry back, and Pia agrees."""
    assert entry.from_at is not None and entry.to_at is not None
    at = entry.posted_at + timedelta(days=1)
    proposal = classroom.unproposed(
        academy.world,
        0,
        0,
        by=academy.hana,
        at=at,
        training_class=academy.training_class,
        module=entry.module,
        kind=entry.kind,
        enrollments=[entry.enrollment],
        **{"from_at": entry.from_at, "to_at": entry.to_at, **changes},
    )
    return classroom.decided(proposal, by=academy.pia, at=at)


def take_part(academy: Academy, person: User) -> None:
    take_part_in_year(by=person, at=NOON, education_year=academy.year)


def proposed_by_bob(academy: Academy, *, at: datetime) -> AttendanceProposal:
    """An hour from nine o'clock on for Tess, who is a learner of Bob's class as well, in the workshop."""
    world = academy.world
    enrollment, _new = Enrollment.objects.get_or_create(
        learner=academy.tess, training_class=world.training_class, defaults={"enrolled_at": SOME_YEARS_AGO}
    )
    times = {"from_at": MORNING, "to_at": MORNING + timedelta(hours=1)}
    return classroom.proposed(world, 0, 0, at=at, enrollments=[enrollment], **times)
