"""What stands on an admission ticket, and that nothing on it is part of the typesetter's program."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from lms.exams.rules.door import door_path
from lms.exams.rules.tickets import Seat, ticket_number, ticket_of, ticket_reason

LAYOUT = Path(__file__).resolve().parents[3] / "lms" / "exams" / "typesetting" / "ticket.typ"
REGISTRATION = UUID("3f2a91c4-07be-4c11-9d3e-5a1b2c3d4e5f")
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def seat(**changes: object) -> Seat:
    fields = {
        "registration": REGISTRATION,
        "name": "张三丰",
        "identity": "000***********0015",
        "title_zh": "低压电工考试",
        "title_en": "Low-voltage exam",
        "office_zh": "考试院",
        "office_en": "Office",
        "site_zh": "一号考场",
        "site_en": "",
        "address": "学府路 1 号",
        "room_zh": "一号机房",
        "room_en": "Room 1",
        "seat": 17,
        "starts_at": datetime(2026, 4, 1, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")),
        "minutes": 120,
    }
    return Seat(**{**fields, **changes})  # type: ignore[arg-type]


def test_the_door_is_found_below_the_exams() -> None:
    assert door_path(REGISTRATION) == "/exams/door/3f2a91c4-07be-4c11-9d3e-5a1b2c3d4e5f/"
    assert reverse("door", args=[REGISTRATION]) == door_path(REGISTRATION)


def test_the_number_is_the_first_part_of_the_registration() -> None:
    assert ticket_number(REGISTRATION) == "3F2A-91C4-07BE"


def test_it_says_when_the_exam_and_the_door_begin_and_end() -> None:
    data = ticket_of(seat(), address="https://example.test/")

    assert (data["day_zh"], data["day_en"]) == ("2026 年 4 月 1 日 星期三", "2026-04-01")
    assert (data["begins"], data["ends"]) == ("09:00", "11:00")
    assert (data["door_opens"], data["door_closes"]) == ("08:00", "09:30")
    assert (data["opens_before_minutes"], data["late_minutes"]) == (60, 30)


def test_an_exam_past_midnight_ends_the_next_day_and_says_the_hour() -> None:
    late = datetime(2026, 4, 1, 23, 30, tzinfo=ZoneInfo("Asia/Shanghai"))

    data = ticket_of(seat(starts_at=late, minutes=60), address="https://example.test/")

    assert (data["day_en"], data["begins"], data["ends"], data["door_closes"]) == (
        "2026-04-01",
        "23:30",
        "00:30",
        "00:00",
    )


def test_what_is_not_known_is_a_dash() -> None:
    data = ticket_of(seat(name="", identity="", address=""), address="https://example.test/")

    assert (data["name"], data["identity"], data["site_address"]) == ("—", "—", "—")


@pytest.mark.parametrize(
    ("state", "doubted_at", "reason"),
    [
        ("booked", None, None),
        ("booked", NOON, "in_doubt"),
        ("cancelled", None, "not_booked"),
        ("withdrawn", None, "not_booked"),
        ("withdrawn", NOON, "not_booked"),
    ],
)
def test_only_a_booked_seat_that_nobody_doubts_has_a_ticket(
    state: str, doubted_at: datetime | None, reason: str | None
) -> None:
    assert ticket_reason(state, doubted_at) == reason


def test_the_layout_reads_every_word_from_the_data() -> None:
    """A name that is a program in the typesetter's language arrives as a name: the layout holds none of them."""
    source = LAYOUT.read_text(encoding="utf-8")

    used = [name for name in ticket_of(seat(), address="") if f"data.{name}" in source]
    assert used == list(ticket_of(seat(), address=""))
    assert "eval(" not in source
