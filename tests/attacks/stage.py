"""The people, classes and lessons that the attacks play on, made with the real actions inside the running system.

`build` runs in a management shell beside the server. Reading lessons are rows of their own, long enough that no
attack runs out of media; videos are the demo's, and "film", ten minutes of keys without pictures. What happens to a
learner in the middle of a case (suspended, withdrawn, class ended) is done here too, by those who may.
"""

import json
import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from courses.actions.withdrawal import withdraw_lesson
from courses.models import Lesson, LessonKind, LessonVersion
from lms.accounts import actions as people
from lms.accounts.models import User
from lms.enrollments.actions import accept_class, end_class, enroll, plan_class, report_class, withdraw_enrollment
from lms.enrollments.models import Enrollment, Module, Requirement, Syllabus, SyllabusVersion, TrainingClass
from lms.hours.models import PresenceCheck, StudyClock
from lms.institutions.models import Institution
from lms.wiring.actions.demo import PASSWORD, demo_id
from tests.films import make_film

LONG_MS = 600_000
BRIEF_MS = 12_000
FILM_WINDOWS = 10
CAP_HOURS = Decimal("0.40")
"""Of class hours of one minute each: 24 seconds a day."""
CAP_MS = 24_000


def build(count: int, tag: str) -> None:
    """Print the stage for `count` learners as one line of JSON. Each `tag` gets a stage of its own."""
    now = timezone.now()
    then = now - timedelta(days=10)
    open_, capped = _syllabus(tag, Decimal(8), 30), _syllabus(f"{tag}-cap", CAP_HOURS, 1)
    names = ("first", "second", "third", "capped", "also_capped", "ending", "withdrawn", "strange", "early", "versions")
    versions = {name: _lesson(name, LONG_MS) for name in names}
    versions["brief"] = _lesson("brief", BRIEF_MS)
    versions["film"] = make_film(FILM_WINDOWS)
    newer = _version(versions["versions"].lesson, 2, LONG_MS)
    common = [versions[name] for name in ("first", "second", "third", "brief", "withdrawn", "versions")]
    classes = {
        "common": _class("attacks", open_, common, then, begun=True),
        "videos": _class("attacks with videos", open_, [*_demo_videos(), versions["film"]], then, begun=True),
        "capped": _class("attacks capped", capped, [versions["capped"], versions["also_capped"]], then, begun=True),
        "ending": _class("attacks ending", open_, [versions["ending"]], then, begun=True),
        "newer": _class("attacks newer", open_, [newer], then, begun=True),
        "strange": _class("attacks of others", open_, [versions["strange"]], then, begun=True),
        "early": _class("attacks to come", open_, [versions["early"]], then, begun=False),
    }
    learners = [_learner(tag, number, then) for number in range(count)]
    for learner in learners:
        for name, training_class in classes.items():
            if name != "strange":
                enroll(by=_staff(), at=now, uuid=uuid.uuid4(), learner=learner, training_class=training_class)
    lessons = {name: str(version.lesson.uuid) for name, version in versions.items()}
    lessons |= {f"video{number}": str(each.lesson.uuid) for number, each in enumerate(_demo_videos(), start=1)}
    told = {"password": PASSWORD, "emails": [each.email for each in learners], "lessons": lessons}
    print(json.dumps(told))


def suspend(email: str) -> None:
    people.suspend(by=None, at=timezone.now(), person=User.objects.get(email=email), reason="attack")


def withdraw(lesson: str) -> None:
    withdraw_lesson(by=None, at=timezone.now(), lesson=Lesson.objects.get(uuid=lesson), reason="attack")


def end(title: str) -> None:
    end_class(by=_staff(), at=timezone.now(), training_class=TrainingClass.objects.filter(title=title).latest("pk"))


def leave(email: str, title: str) -> None:
    enrollment = Enrollment.objects.get(learner__email=email, training_class__title=title)
    withdraw_enrollment(by=_staff(), at=timezone.now(), enrollment=enrollment)


def ask_soon(email: str) -> None:
    """The learner's next presence check is due after a second of credit: nobody attacks for five minutes."""
    StudyClock.objects.filter(learner__email=email).update(check_in_ms=1_000)


def time_is_over(email: str) -> None:
    """Two minutes pass for the check that waits."""
    PresenceCheck.objects.filter(learner__email=email, outcome="").update(deadline_at=timezone.now())


def right_choice(email: str) -> None:
    """Print the answer that only somebody who reads the question knows."""
    print(json.dumps(PresenceCheck.objects.get(learner__email=email, outcome="").right))


def _staff() -> User:
    return User.objects.get(uuid=demo_id("person institution"))


def _learner(tag: str, number: int, at: Any) -> User:
    """All have the password of the first: hashing it anew for each would cost most of a minute."""
    first = User.objects.filter(email=f"case-0@{tag}.test").first()
    learner = people.create_person(
        by=None,
        at=at,
        email=f"case-{number}@{tag}.test",
        real_name=f"案例{number}",
        password=None if first else PASSWORD,
        roles=["learner"],
    )
    if first:
        User.objects.filter(pk=learner.pk).update(password=first.password)
    return learner


def _syllabus(code: str, daily_cap_hours: Decimal, minutes: int) -> SyllabusVersion:
    syllabus = Syllabus.objects.create(
        code=code, category="special", trade="electrician", training="initial", name_zh=code, name_en=code
    )
    version = SyllabusVersion.objects.create(
        syllabus=syllabus,
        number=1,
        in_force_from=date(2020, 1, 1),
        daily_cap_hours=daily_cap_hours,
        online_minutes=minutes,
    )
    module = Module.objects.create(syllabus_version=version, ordinal=1, name_zh="理论", name_en="Theory")
    Requirement.objects.create(module=module, kind="online", hours=Decimal(100))
    return version


def _lesson(title: str, duration_ms: int) -> LessonVersion:
    return _version(Lesson.objects.create(kind=LessonKind.READING), 1, duration_ms, title)


def _version(lesson: Lesson, number: int, duration_ms: int, title: str = "versions") -> LessonVersion:
    return LessonVersion.objects.create(
        lesson=lesson,
        number=number,
        title=title,
        duration_ms=duration_ms,
        sections=[{"title": title, "from_ms": 0, "to_ms": duration_ms, "html": f"<p>{title}</p>"}],
        content_digest=uuid.uuid4().hex,
        published_at=timezone.now(),
    )


def _demo_videos() -> list[LessonVersion]:
    planned = TrainingClass.objects.get(uuid=demo_id("class short")).lessons.order_by("ordinal")
    found = [each.lesson_version for each in planned.select_related("lesson_version__lesson")]
    return [each for each in found if each.lesson.kind == LessonKind.VIDEO]


def _class(
    title: str, syllabus: SyllabusVersion, lessons: list[LessonVersion], at: Any, *, begun: bool
) -> TrainingClass:
    begins = timezone.localdate(at) + timedelta(days=3 if begun else 30)
    module = syllabus.modules.get()
    planned = plan_class(
        by=_staff(),
        at=at,
        uuid=uuid.uuid4(),
        institution=Institution.objects.get(uuid=demo_id("training institution")),
        syllabus_version=syllabus,
        title=title,
        starts_on=begins,
        ends_on=begins + timedelta(days=180),
        lessons=[(module, version) for version in lessons],
        place="教学楼 301",
        teachers=[User.objects.get(uuid=demo_id("person teacher"))],
    )
    reported = report_class(by=_staff(), at=at + timedelta(days=1), training_class=planned)
    authority = User.objects.get(uuid=demo_id("person authority"))
    return accept_class(by=authority, at=at + timedelta(days=2), training_class=reported)
