"""Hours by day: the last thirty days of a class or an institution, days without hours included."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import QuerySet, Sum

from lms.enrollments.models import TrainingClass
from lms.oversight.models import ClassDay

DAYS = 30


@dataclass(frozen=True, slots=True)
class DayHours:
    """One calendar day: confirmed milliseconds by kind, and what was refused."""

    day: date
    confirmed: dict[str, int] = field(default_factory=dict)
    refused_ms: int = 0

    @property
    def confirmed_ms(self) -> int:
        return sum(self.confirmed.values())


def last_days(classes: QuerySet[TrainingClass], today: date, days: int = DAYS) -> list[DayHours]:
    """The days up to `today`, the oldest first."""
    first = today - timedelta(days=days - 1)
    confirmed: dict[date, dict[str, int]] = defaultdict(dict)
    refused: dict[date, int] = defaultdict(int)
    rows = ClassDay.objects.filter(training_class__in=classes, day__gte=first, day__lte=today)
    for day, kind, confirmed_ms, refused_ms in (
        rows.values_list("day", "kind").annotate(Sum("confirmed_ms"), Sum("refused_ms")).order_by("day", "kind")
    ):
        confirmed[day][kind] = confirmed_ms
        refused[day] += refused_ms
    dates = [first + timedelta(days=place) for place in range(days)]
    return [DayHours(each, confirmed.get(each, {}), refused.get(each, 0)) for each in dates]
