"""Letters to teachers whose year ends soon and has less than it asks: once for each of the marks before its end.

Run every morning. A mark whose morning was missed is due on the next, and the letter's id is made of the teacher, the
year and the mark, so that running it again writes nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction

from django.db import transaction
from django.db.models import QuerySet

from lms.accounts.models import Role, User
from lms.enrollments.rules.units import plain
from lms.hours.queries.clocks import today
from lms.institutions.queries import certified_on
from lms.letters.actions import NewLetter, write_letters
from lms.teachers.queries.years import accounts_of
from lms.teachers.rules.consequences import last_day
from lms.teachers.rules.forty import rounded_up
from lms.teachers.rules.reminders import mark_on

CHUNK = 500
"""Teachers that are judged at a time: as many statements and as much memory for a province as for a school."""


def remind_short(*, at: datetime) -> int:
    """Write the letters that are due on the day of `at`; returns to how many teachers. None before the first mark."""
    day = today(at).date
    mark = mark_on(day)
    if mark is None:
        return 0
    told, after = 0, 0
    while people := list(_teachers().filter(pk__gt=after)[:CHUNK]):
        after = people[-1].pk
        letters = [_letter(each, missing, day, mark) for each, missing in _short(people, day)]
        with transaction.atomic():
            write_letters(at=at, letters=letters)
        told += len(letters)
    return told


def _teachers() -> QuerySet[User]:
    return User.objects.filter(
        role_grants__role=Role.TEACHER, role_grants__ended_at__isnull=True, is_active=True
    ).order_by("pk")


def _short(people: Sequence[User], day: date) -> list[tuple[User, Fraction]]:
    """Who is certified, owes this calendar year and is short of it in every province that asks it, with what is missing
    where it is least.
    """
    keys = [each.pk for each in people]
    certified, accounts = certified_on([(key, day) for key in keys]), accounts_of(keys, day)
    found = []
    for each in people:
        asked = [row for row in accounts[each.pk] if row.year == day.year]
        if (each.pk, day) in certified and asked and all(row.owes for row in asked):
            found.append((each, min(row.account.missing for row in asked)))
    return found


def _letter(person: User, missing: Fraction, day: date, mark: int) -> NewLetter:
    facts = {"year": day.year, "hours": plain(rounded_up(missing)), "until": last_day(day.year).isoformat()}
    return NewLetter("year.short", person, f"{day.year} {mark}", about=str(day.year), facts=facts)
