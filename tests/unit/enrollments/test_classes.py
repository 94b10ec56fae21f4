from datetime import date

import pytest

from lms.enrollments.rules.classes import (
    PlannedLesson,
    Shortfall,
    StudyPlace,
    plan_problems,
    shortfalls,
    state_after,
    study_place,
)

STATES = ["planned", "reported", "returned", "accepted", "ended"]
ALLOWED = {
    ("planned", "report"): "reported",
    ("returned", "report"): "reported",
    ("reported", "accept"): "accepted",
    ("reported", "return"): "returned",
    ("accepted", "end"): "ended",
}
DAY = date(2026, 3, 2)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", ["report", "accept", "return", "end", "reopen"])
def test_only_the_tables_steps_are_allowed(state: str, verb: str) -> None:
    assert state_after(state, verb) == ALLOWED.get((state, verb))


@pytest.mark.parametrize(
    ("label", "title", "ends_on", "lessons", "codes"),
    [
        ("a good plan", "一期", DAY, [PlannedLesson(1, 7, 60)], []),
        ("no title", " ", DAY, [], ["title"]),
        ("ends first", "一期", date(2026, 3, 1), [], ["ends_before_it_starts"]),
        ("a foreign module", "一期", DAY, [PlannedLesson(9, 7, 60)], ["module_of_another_syllabus"]),
        ("two versions of a lesson", "一期", DAY, [PlannedLesson(1, 7, 60), PlannedLesson(2, 7, 60)], ["lesson_twice"]),
        ("a withdrawn lesson", "一期", DAY, [PlannedLesson(1, 7, 60, withdrawn=True)], ["lesson_withdrawn"]),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(
    label: str, title: str, ends_on: date, lessons: list[PlannedLesson], codes: list[str]
) -> None:
    assert [each.code for each in plan_problems(title, DAY, ends_on, [1, 2], lessons)] == codes, label


def test_it_warns_of_lessons_shorter_than_the_hours() -> None:
    lessons = [PlannedLesson(1, 7, 1_000), PlannedLesson(1, 8, 500), PlannedLesson(2, 9, 100)]

    assert shortfalls({1: 1_500, 2: 101, 3: 5}, lessons) == [Shortfall(2, 101, 100), Shortfall(3, 5, 0)]


def place(enrollment: int = 1, **changed: object) -> StudyPlace:
    fields: dict[str, object] = {
        "enrollment": enrollment,
        "enrolled": True,
        "class_state": "accepted",
        "starts_on": DAY,
        "ends_on": DAY,
        "lesson_withdrawn": False,
    }
    return StudyPlace(**{**fields, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("label", "places", "reason"),
    [
        ("nowhere", [], "not_enrolled"),
        ("taken out of the class", [place(enrolled=False)], "not_enrolled"),
        ("not accepted", [place(class_state="reported")], "locked"),
        ("ended", [place(class_state="ended")], "locked"),
        ("not begun", [place(starts_on=date(2026, 3, 3), ends_on=date(2026, 3, 4))], "locked"),
        ("over", [place(starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 1))], "locked"),
        ("withdrawn lesson", [place(lesson_withdrawn=True)], "withdrawn"),
        (
            "withdrawn lesson, other class locked",
            [place(lesson_withdrawn=True), place(2, class_state="ended")],
            "withdrawn",
        ),
        ("open", [place()], ""),
    ],
)
def test_it_says_why_a_lesson_cannot_be_studied(label: str, places: list[StudyPlace], reason: str) -> None:
    found, why = study_place(places, DAY)

    assert why == reason, label
    assert (found is None) == bool(reason)


def test_the_earliest_open_enrollment_wins() -> None:
    places = [place(1, class_state="ended"), place(2), place(3)]

    assert study_place(places, DAY) == (places[1], "")
