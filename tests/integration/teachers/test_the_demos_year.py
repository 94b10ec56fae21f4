"""The demo's province has a year for its teachers, with courses and a claim that waits; once."""

from datetime import UTC, date, datetime
from uuid import NAMESPACE_URL, uuid5

from lms.accounts.models import Role, User
from lms.audit.models import Event
from lms.enrollments.actions import load_syllabi
from lms.institutions.models import AuthorityPost, Membership
from lms.teachers.models import Claim, EducationYear
from lms.teachers.queries import claims_waiting
from lms.wiring.actions.teaching_year import open_teaching_year
from tests.integration.teachers.academy import certify
from tests.world import NOON, World, make_person, make_world


def people(world: World) -> tuple[User, User]:
    """Of the authority of the province, and a teacher of Bob's school."""
    load_syllabi(by=None, at=NOON)
    authority, teacher = make_person("kong", Role.AUTHORITY), make_person("he", Role.TEACHER)
    AuthorityPost.objects.create(person=authority, region=world.institution.region, started_at=NOON)
    Membership.objects.create(person=teacher, institution=world.institution, started_at=NOON)
    certify(teacher, "T-he")
    return authority, teacher


def opened(world: World, authority: User, teacher: User, at: datetime) -> None:
    open_teaching_year(
        at=at,
        authority=authority,
        teacher=teacher,
        host=world.institution,
        lessons=[world.video],
        demo_id=lambda name: uuid5(NAMESPACE_URL, name),
    )


def test_the_year_is_open_and_a_claim_waits(db: None) -> None:
    world = make_world()
    authority, teacher = people(world)

    opened(world, authority, teacher, datetime(2026, 11, 20, 4, 0, tzinfo=UTC))

    year = EducationYear.objects.get()
    assert (year.year, year.make_up_until) == (2026, date(2027, 6, 30))
    assert [float(each.hours_max) for each in year.caps.order_by("module__ordinal")] == [24, 16, 8, 8]
    assert year.training_class.lessons.get().lesson_version == world.video
    (claim,) = claims_waiting(authority)
    assert (claim.person, claim.from_at) == (teacher, datetime(2026, 11, 17, 1, 0, tzinfo=UTC))
    assert claim.evidence.get().content_type == "image/png"


def test_a_second_run_changes_nothing_and_the_next_year_opens_the_next(db: None) -> None:
    world = make_world()
    authority, teacher = people(world)
    opened(world, authority, teacher, datetime(2026, 11, 20, 4, 0, tzinfo=UTC))
    before = Event.objects.count()

    opened(world, authority, teacher, datetime(2026, 11, 25, 4, 0, tzinfo=UTC))
    after = Event.objects.count()
    opened(world, authority, teacher, datetime(2027, 1, 2, 4, 0, tzinfo=UTC))

    assert after == before
    assert list(EducationYear.objects.order_by("year").values_list("year", flat=True)) == [2026, 2027]
    assert Claim.objects.count() == 1
