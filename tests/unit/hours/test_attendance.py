"""The code on the screen, when a sheet takes marks, and what two marks are worth."""

from uuid import UUID

import pytest

from lms.hours.rules.attendance import (
    PIECES_MAX,
    code_at,
    earned,
    is_code_good,
    span_problem,
    standing_ms,
    step_left_ms,
    takes_marks,
)

SECRET = b"s" * 32
SHEET = UUID(int=1)
STEP_MS = 15_000
HOUR_MS = 3_600_000


def good(code: str, at_ms: int, *, secret: bytes = SECRET, sheet: UUID = SHEET, direction: str = "in") -> bool:
    return is_code_good(secret, sheet, direction, code, at_ms)


def test_a_code_stands_for_a_step_and_then_another_one_does() -> None:
    codes = [code_at(SECRET, SHEET, "in", at_ms) for at_ms in (30_000, 44_999, 45_000)]

    assert codes[0] == codes[1] != codes[2]
    assert [step_left_ms(at_ms) for at_ms in (30_000, 44_999, 45_000)] == [15_000, 1, 15_000]


@pytest.mark.parametrize(
    ("at_ms", "expected"),
    [(29_999, False), (30_000, True), (45_000, True), (59_999, True), (60_000, False), (3_600_000, False)],
)
def test_a_code_is_good_in_its_step_and_the_next_and_never_before(at_ms: int, expected: bool) -> None:
    assert good(code_at(SECRET, SHEET, "in", 30_000), at_ms) is expected


@pytest.mark.parametrize(
    "elsewhere", [{"secret": b"t" * 32}, {"sheet": UUID(int=2)}, {"direction": "out"}, {"direction": "sideways"}]
)
def test_a_code_of_something_else_is_no_good(elsewhere: dict[str, object]) -> None:
    assert not good(code_at(SECRET, SHEET, "in", 30_000), 30_000, **elsewhere)  # type: ignore[arg-type]


@pytest.mark.parametrize("forged", ["", "a", "abcdefghijklmnop", "码" * 16])
def test_a_forged_code_is_no_good(forged: str) -> None:
    assert not good(forged, 30_000)


def test_no_direction_but_the_two_has_a_good_code() -> None:
    assert not good(code_at(SECRET, SHEET, "sideways", 30_000), 30_000, direction="sideways")


@pytest.mark.parametrize(
    ("at_minute", "expected"), [(-31, False), (-30, True), (0, True), (60, True), (119, True), (120, False)]
)
def test_a_sheet_of_an_hour_takes_marks_from_half_an_hour_before_to_an_hour_after(
    at_minute: int, expected: bool
) -> None:
    assert takes_marks((0, HOUR_MS), at_minute * 60_000) is expected


@pytest.mark.parametrize(
    ("what", "marks", "taken", "expected"),
    [
        ("all of it", (0, 100), [], [(0, 100)]),
        ("came early, stayed late", (-50, 150), [], [(0, 100)]),
        ("came late, left early", (30, 70), [], [(30, 70)]),
        ("online in between", (0, 100), [(40, 60)], [(0, 40), (60, 100)]),
        ("online twice, overlapping", (0, 100), [(40, 60), (50, 70)], [(0, 40), (70, 100)]),
        ("online all the time", (0, 100), [(-10, 200)], []),
        ("gone before it began", (-50, -10), [], []),
        ("came after it ended", (100, 150), [], []),
        ("in and out at once", (50, 50), [], []),
    ],
)
def test_a_presence_earns_the_free_time_between_its_marks_inside_the_plan(
    what: str, marks: tuple[int, int], taken: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    assert earned(marks, (0, 100), taken) == expected


def test_of_very_many_pieces_only_the_longest_are_kept() -> None:
    taken = [(at + 1 + at // 100, at + 100) for at in range(0, 10_000, 100)]

    pieces = earned((0, 10_000), (0, 10_000), taken)

    assert len(pieces) == PIECES_MAX
    assert min(upper - lower for lower, upper in pieces) == 81


@pytest.mark.parametrize(("hours", "expected"), [(0, "span"), (-1, "span"), (1, ""), (12, ""), (12.001, "span")])
def test_hours_end_after_they_begin_and_last_at_most_twelve(hours: float, expected: str) -> None:
    assert span_problem((0, int(hours * HOUR_MS))) == expected


@pytest.mark.parametrize(
    ("label", "window", "attended", "taken", "expected"),
    [
        ("nothing attended", (0, 100), [], [], 0),
        ("all of it", (0, 100), [(1, (0, 100))], [], 100),
        ("inside the window only", (50, 80), [(1, (0, 100))], [], 30),
        ("two entries with a break", (0, 100), [(1, (0, 40)), (2, (60, 100))], [], 80),
        ("a part was taken", (0, 100), [(1, (0, 100))], [(2, (20, 50))], 70),
        ("taken twice, overlapping", (0, 100), [(1, (0, 100))], [(2, (20, 50)), (3, (40, 60))], 60),
        ("all was taken", (0, 100), [(1, (10, 90))], [(2, (0, 100))], 0),
        ("posted after it was taken", (0, 100), [(1, (0, 40)), (3, (40, 100))], [(2, (0, 100))], 60),
        ("touches the window", (100, 200), [(1, (0, 100))], [], 0),
    ],
)
def test_what_stands_is_what_was_attended_and_not_taken_since(
    label: str,
    window: tuple[int, int],
    attended: list[tuple[int, tuple[int, int]]],
    taken: list[tuple[int, tuple[int, int]]],
    expected: int,
) -> None:
    assert standing_ms(window, attended, taken) == expected, label
