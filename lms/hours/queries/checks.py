"""What a presence check needs to know: the lesson's own questions about the last minutes, and a learner's policy."""

from collections.abc import Iterator
from datetime import datetime

from lms.accounts.models import User
from lms.hours.models import CheckOutcome, CheckPolicy, LessonQuestion, PresenceCheck, StudyClock
from lms.hours.queries.clocks import Desk
from lms.hours.rules.checks import LATELY_MS, Place, Question, Words
from lms.hours.rules.spans import union
from lms.hours.rules.values import Clock


def place_of(desk: Desk, clock: Clock) -> Place:
    """The questions about what the learner covered in the last minutes before the clock's position."""
    covered = union(desk.lesson.covered, [clock.stretch.media] if clock.stretch else [])
    lately = LessonQuestion.objects.filter(
        lesson_version=desk.version,
        retired_at=None,
        from_ms__gte=max(0, clock.position_ms - LATELY_MS),
        from_ms__lt=clock.position_ms,
    ).order_by("from_ms", "pk")
    return Place([question_in(row) for row in lately if any(lower <= row.from_ms < upper for lower, upper in covered)])


def gets_extra_time(learner: User) -> bool:
    """Whether a learner asked for more time to answer."""
    return CheckPolicy.objects.filter(learner=learner, extra_time=True).exists()


def passed_last_check(learner_id: int) -> bool:
    """Whether the last check that was judged was passed, as is supposed of whoever had none."""
    judged = PresenceCheck.objects.filter(learner_id=learner_id).exclude(outcome=CheckOutcome.PENDING)
    return judged.order_by("-pk").values_list("outcome", flat=True).first() in (None, CheckOutcome.PASSED)


def learners_with_lapsed_checks(before: datetime, limit: int) -> Iterator[int]:
    """Ids of learners whose check waits although its time was over before a moment, the oldest first."""
    lapsed = PresenceCheck.objects.filter(outcome="", deadline_at__lt=before).order_by("deadline_at")
    return iter(lapsed.values_list("learner_id", flat=True)[:limit])


def judged_checks(learner: User, limit: int) -> list[PresenceCheck]:
    """The learner's last checks that were judged, the newest first."""
    judged = PresenceCheck.objects.filter(learner=learner).exclude(outcome="")
    return list(judged.order_by("-asked_at").select_related("session__class_lesson__lesson_version")[:limit])


def learners_who_left_unsettled(before: datetime, limit: int) -> list[int]:
    """Ids of learners whose credit is provisional, earned before a moment, with no session and no check that waits."""
    left = StudyClock.objects.filter(session__isnull=True, pending_check__isnull=True, provisional_ms__gt=0)
    return list(left.filter(busy_until__lt=before).values_list("pk", flat=True)[:limit])


def question_in(row: LessonQuestion) -> Question:
    """The question that a row holds."""
    english = row.options_en or [""] * len(row.options)
    options = tuple(Words(zh, en) for zh, en in zip(row.options, english, strict=True))
    return Question(Words(row.prompt, row.prompt_en), options, row.right, row.pk)
