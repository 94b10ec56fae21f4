"""Where a teacher's hours of a year came from: each lesson with what it earned, each day in a room, each correction.

Together they are the sum of the confirmed entries of the enrollment, which is what the account is made of.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Sum

from lms.enrollments.models import Enrollment, Kind
from lms.hours.models import Entry
from lms.teachers.models import Claim

LINES_MAX = 300
"""Single lines of one year on one page; a year of forty hours has some dozens. Sums are of all of them."""


@dataclass(frozen=True, slots=True)
class Source:
    """Confirmed milliseconds that count from one lesson or one entry; negative where they were taken back.

    `at` is when it was held or, of a lesson, last confirmed. `claim` is the claim that an entry rests on.
    """

    kind: str
    sort: str
    title: str
    ms: int
    at: datetime
    claim: Claim | None = None


def sources_of(enrollment: Enrollment) -> dict[int, list[Source]]:
    """By the primary key of the category: lessons first, then what was held, each in the order of their time."""
    own = Entry.objects.filter(learner=enrollment.learner_id, enrollment=enrollment).exclude(confirmed_delta_ms=0)
    found: dict[int, list[Source]] = defaultdict(list)
    lessons = own.filter(lesson_version__isnull=False).order_by().values_list("module", "lesson_version__title")
    summed = lessons.annotate(Sum("confirmed_delta_ms"), Max("posted_at"))
    for module, title, ms, at in sorted(summed, key=lambda row: (row[3], row[1])):
        found[module].append(Source(Kind.ONLINE, "lesson", title, ms, at))
    claims = {each.entry_id: each for each in Claim.objects.filter(person=enrollment.learner_id, entry__isnull=False)}
    held = own.filter(lesson_version__isnull=True).order_by("number")[:LINES_MAX]
    for entry in held:
        claim = claims.get(entry.pk)
        title = claim.title if claim is not None else entry.reason
        at = entry.from_at or entry.posted_at
        found[entry.module_id].append(Source(entry.kind, entry.sort, title, entry.confirmed_delta_ms, at, claim))
    return found
