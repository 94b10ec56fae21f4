"""A published sitting where a test needs one and not the way to it."""

from typing import Any

from lms.accounts.models import User
from lms.enrollments.models import Enrollment, Syllabus, TrainingClass
from lms.exams.models import Decision, ExamPlan, Registration, Room, Site, Sitting
from lms.hours.queries.balances import last_numbers
from lms.institutions.models import Institution
from tests.world import NOON


def published_sitting(office: Institution, syllabus: Syllabus, *, capacity: int, **fields: Any) -> Sitting:
    """In a room of nine seats at a new site of the office; `fields` are the sitting's times and titles."""
    seats = 9
    site = Site.objects.create(
        institution=office, name_zh="一号考场", name_en="Room one", address="学府路 1 号", seats=seats
    )
    room = Room.objects.create(site=site, name_zh="一号机房", name_en="Hall one", seats=seats, opened_at=NOON)
    plan = ExamPlan.objects.create(institution=office, title_zh="考试安排", drafted_at=NOON)
    values = {"title_zh": "低压电工理论考试", "title_en": "Low voltage, theory", **fields}
    sitting = Sitting.objects.create(plan=plan, syllabus=syllabus, site=site, room=room, capacity=capacity, **values)
    for state in ("proposed", "approved", "published"):
        plan.state = state
        plan.save(update_fields=["state"])
    return sitting


def booked_seat(learner: User, sitting: Sitting, training_class: TrainingClass, seat: int = 1) -> Registration:
    """A seat upon a decision that nobody made; the learner is in the class, now if not before."""
    enrollment, _made = Enrollment.objects.get_or_create(
        learner=learner, training_class=training_class, defaults={"enrolled_at": NOON}
    )
    decision = made_up_decision(sitting, enrollment)
    return Registration.objects.create(learner=learner, sitting=sitting, decision=decision, seat=seat, booked_at=NOON)


def made_up_decision(sitting: Sitting, enrollment: Enrollment) -> Decision:
    return Decision.objects.create(
        learner=enrollment.learner,
        sitting=sitting,
        enrollment=enrollment,
        ledger_number=last_numbers([enrollment.learner])[enrollment.learner_id],
        made_at=NOON,
        rule_version="eligibility-2",
        inputs={},
        eligible=True,
    )
