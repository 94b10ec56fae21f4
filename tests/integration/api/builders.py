"""An exam for the small world of the tests, and all the hours that it asks."""

from datetime import timedelta

from lms.accounts.actions import set_identity
from lms.enrollments.models import Kind
from lms.exams.models import Sitting
from lms.hours.actions.posting import Account, post
from lms.hours.models import EntrySort
from lms.institutions.models import Institution
from tests.sittings import published_sitting
from tests.world import NOON, World


def make_sitting(world: World, *, capacity: int = 1) -> Sitting:
    """Registration is open from the day before noon to the day after."""
    office = Institution.objects.create(
        kind="exam", name_zh="考试点", name_en="Exam office", region=world.institution.region
    )
    return published_sitting(
        office,
        world.training_class.syllabus_version.syllabus,
        starts_at=NOON + timedelta(days=2),
        opens_at=NOON - timedelta(days=1),
        closes_at=NOON + timedelta(days=1),
        capacity=capacity,
    )


def qualify(world: World) -> None:
    """Alice has an identity and all the hours that her class asks."""
    set_identity(by=None, at=NOON, person=world.alice, real_name="Alice", identity_number="999999199001010016")
    for number, (module, kind, minutes) in enumerate(
        [(world.theory, Kind.ONLINE, 30), (world.practice, Kind.WORKSHOP, 90)]
    ):
        from_at = NOON - timedelta(days=9 - number)
        post(
            Account(world.alice.pk, world.enrollment, module, kind),
            sort=EntrySort.ATTENDANCE,
            ms=minutes * 60_000,
            provisional_ms=0,
            confirmed_ms=minutes * 60_000,
            at=NOON,
            from_at=from_at,
            to_at=from_at + timedelta(minutes=minutes),
            posted_by=world.alice,
        )
