from datetime import UTC, date, datetime, timedelta

import pytest

from lms.enrollments.rules.classes import closed_to_newcomers, report_problems
from lms.enrollments.rules.joining import Door, door_closed, invitation_problems

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LATER = AT + timedelta(days=7)
DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("label", "door", "closed"),
    [
        ("fresh", Door(0, 1, LATER, False), ""),
        ("one use left", Door(29, 30, LATER, False), ""),
        ("used up", Door(30, 30, LATER, False), "used_up"),
        ("the very moment", Door(0, 1, AT, False), "expired"),
        ("revoked before all else", Door(30, 30, AT, True), "revoked"),
    ],
)
def test_an_invitation_opens_until(label: str, door: Door, closed: str) -> None:
    assert door_closed(door, AT) == closed, label


@pytest.mark.parametrize(
    ("label", "uses", "expires_at", "codes"),
    [
        ("a usual one", 30, LATER, []),
        ("nobody", 0, LATER, ["uses"]),
        ("a crowd", 10_001, LATER, ["uses"]),
        ("already over", 1, AT, ["expires"]),
        ("ninety days and a moment", 1, AT + timedelta(days=90, seconds=1), ["expires"]),
    ],
)
def test_an_invitation_is_bounded(label: str, uses: int, expires_at: datetime, codes: list[str]) -> None:
    assert invitation_problems(uses, AT, expires_at) == codes, label


@pytest.mark.parametrize(
    ("state", "ends_on", "closed"),
    [
        ("planned", DAY, ""),
        ("returned", DAY, ""),
        ("accepted", DAY, ""),
        ("reported", DAY, "class_reported"),
        ("ended", DAY, "class_ended"),
        ("accepted", date(2026, 3, 1), "class_over"),
    ],
)
def test_a_class_takes_people_in_while(state: str, ends_on: date, closed: str) -> None:
    assert closed_to_newcomers(state, ends_on, DAY, "initial") == closed
    assert closed_to_newcomers(state, ends_on, DAY, "continuing") == "class_of_teachers"


@pytest.mark.parametrize(
    ("label", "starts_on", "place", "teachers", "codes"),
    [
        ("whole", date(2026, 3, 3), "301", 1, []),
        ("begins today", DAY, "301", 1, ["already_begun"]),
        ("nowhere", date(2026, 3, 3), " ", 1, ["place_missing"]),
        ("nobody teaches", date(2026, 3, 3), "301", 0, ["teacher_missing"]),
        ("nothing is right", DAY, "", 0, ["already_begun", "place_missing", "teacher_missing"]),
    ],
)
def test_a_report_lacks(label: str, starts_on: date, place: str, teachers: int, codes: list[str]) -> None:
    found = report_problems(today=DAY, starts_on=starts_on, place=place, teachers=teachers)

    assert [each.code for each in found] == codes, label
