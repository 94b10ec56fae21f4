"""What the demo holds, as its users need it: who logs in, and the ids that scripts start from."""

from typing import Any

from lms.accounts.models import User
from lms.accounts.queries import roles_of
from lms.enrollments.models import ClassLesson, TrainingClass
from lms.exams.models import Sitting
from lms.wiring.actions.demo import PASSWORD, STAFF, WORKERS, demo_id


def demo_facts() -> dict[str, Any]:
    """The public facts of the demo (`manage.py demo --json`)."""
    names = [*(f"worker{number}" for number in range(1, WORKERS + 1)), *(name for name, *_rest in STAFF)]
    people = {person.uuid: person for person in User.objects.filter(email__endswith="@demo.test")}
    classes = TrainingClass.objects.filter(uuid__in=[demo_id("class short"), demo_id("class full")])
    lessons = ClassLesson.objects.filter(training_class__in=classes)
    sittings = Sitting.objects.filter(uuid__in=[demo_id("sitting short"), demo_id("sitting full")])
    return {
        "password": PASSWORD,
        "people": [_person(people[demo_id(f"person {name}")]) for name in names],
        "lessons": [
            {
                "uuid": str(each.lesson_version.lesson.uuid),
                "kind": each.lesson_version.lesson.kind,
                "title": each.lesson_version.title,
                "duration_ms": each.lesson_version.duration_ms,
                "syllabus": each.training_class.syllabus_version.syllabus.code,
            }
            for each in lessons.select_related(
                "lesson_version__lesson", "training_class__syllabus_version__syllabus"
            ).order_by("training_class__pk", "ordinal")
        ],
        "classes": [
            {"uuid": str(each.uuid), "title": each.title, "syllabus": each.syllabus_version.syllabus.code}
            for each in classes.select_related("syllabus_version__syllabus").order_by("pk")
        ],
        "sittings": [
            {"uuid": str(each.uuid), "title": each.title_zh, "syllabus": each.syllabus.code}
            for each in sittings.select_related("syllabus").order_by("starts_at")
        ],
    }


def _person(person: User) -> dict[str, Any]:
    return {"email": person.email, "uuid": str(person.uuid), "roles": sorted(roles_of(person))}
