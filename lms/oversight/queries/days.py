"""Hours by day: the last thirty days of a class or of institutions, days without hours included."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import QuerySet, Sum

from lms.oversight.models import ClassDay, InstitutionDay

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


def last_days(kept: QuerySet[ClassDay] | QuerySet[InstitutionDay], today: date) -> list[DayHours]:
    """The days up to `today`, the oldest first: of the class or the institutions that `kept` is chosen by."""
    first = today - timedelta(days=DAYS - 1)
    confirmed: dict[date, dict[str, int]] = defaultdict(dict)
    refused: dict[date, int] = defaultdict(int)
    rows = kept.filter(day__gte=first, day__lte=today).values_list("day", "kind")
    for day, kind, confirmed_ms, refused_ms in rows.annotate(Sum("confirmed_ms"), Sum("refused_ms")).order_by():
        confirmed[day][kind] = confirmed_ms
        refused[day] += refused_ms
    dates = [first + timedelta(days=place) for place in range(DAYS)]
    return [DayHours(each, confirmed.get(each, {}), refused.get(each, 0)) for each in dates]
