"""The life of a class 培训班, its plan of lessons, and when it may be studied.

The states are one table; whoever wants to know what may follow reads `TRANSITIONS`. A plan is refused when it
contradicts itself; lessons shorter than the hours asked only warn, because the rest may come in a later plan.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("planned", "report"): "reported",
    ("returned", "report"): "reported",
    ("reported", "accept"): "accepted",
    ("reported", "return"): "returned",
    ("accepted", "end"): "ended",
}
LESSONS_MAX = 500
TITLE_MAX = PLACE_MAX = 120
TEACHERS_MAX = 50
REASON_MAX = 500

# Until the authority has a class before it, and again when it gave the class back.
MENDABLE = frozenset({"planned", "returned"})

CONTINUING = "continuing"
"""The training of teachers: who takes part says so themselves."""

NOT_ENROLLED, LOCKED, WITHDRAWN = "not_enrolled", "locked", "withdrawn"


@dataclass(frozen=True, slots=True)
class PlannedLesson:
    """`module` and `lesson` are keys of the caller; `lesson` is the lasting lesson, not its version."""

    module: int
    lesson: int
    duration_ms: int
    withdrawn: bool = False
    of_others: bool = False


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """`said` is the sentence, where an app that this one does not know found the problem."""

    code: str
    field: str
    value: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A module whose lessons cannot give the online hours that it asks."""

    module: int
    required_ms: int
    planned_ms: int


@dataclass(frozen=True, slots=True)
class StudyPlace:
    """One way in which a learner could study a lesson: an enrollment and the class it is in."""

    enrollment: int
    enrolled: bool
    class_state: str
    starts_on: date
    ends_on: date
    lesson_withdrawn: bool


def state_after(state: str, verb: str) -> str | None:
    """The state that `verb` leads to, or None where the table has no such way."""
    return TRANSITIONS.get((state, verb))


def states_before(verb: str) -> tuple[str, ...]:
    return tuple(state for state, known in TRANSITIONS if known == verb)


def plan_problems(
    title: str,
    starts_on: date,
    ends_on: date,
    modules: Iterable[int],
    lessons: Iterable[PlannedLesson],
    place: str = "",
) -> list[PlanProblem]:
    """What makes a plan contradict itself; empty when the class may be planned."""
    return [*fact_problems(title, place, starts_on, ends_on), *lesson_problems(modules, lessons)]


def fact_problems(title: str, place: str, starts_on: date, ends_on: date) -> list[PlanProblem]:
    """What is wrong with the facts of a class; a place may still be open while it is planned."""
    found: list[PlanProblem] = []
    if not title.strip() or len(title) > TITLE_MAX:
        found.append(PlanProblem("title", "title", title[:TITLE_MAX]))
    if len(place) > PLACE_MAX:
        found.append(PlanProblem("place", "place", place[:PLACE_MAX]))
    if ends_on < starts_on:
        found.append(PlanProblem("ends_before_it_starts", "ends_on", ends_on.isoformat()))
    return found


def report_problems(*, today: date, starts_on: date, place: str, teachers: int) -> list[PlanProblem]:
    """What a class lacks to be reported 培训告知: it is reported before its first day, with its place and teachers."""
    found: list[PlanProblem] = []
    if today >= starts_on:
        found.append(PlanProblem("already_begun", "starts_on", starts_on.isoformat()))
    if not place.strip():
        found.append(PlanProblem("place_missing", "place", ""))
    if not teachers:
        found.append(PlanProblem("teacher_missing", "teachers", ""))
    return found


def closed_to_newcomers(class_state: str, ends_on: date, today: date, training: str) -> str:
    """Why nobody can be added to a class today; "" when it takes people in.

    While the authority has the report before it, the list of participants is part of what it judges. Teachers come into
    their continuing education themselves, by no list and no link.
    """
    if training == CONTINUING:
        return "class_of_teachers"
    if class_state == "ended":
        return "class_ended"
    if class_state == "reported":
        return "class_reported"
    return "class_over" if today > ends_on else ""


def lesson_problems(modules: Iterable[int], lessons: Iterable[PlannedLesson]) -> list[PlanProblem]:
    """What makes the lessons of a plan contradict each other or the syllabus; empty when they may be planned."""
    found: list[PlanProblem] = []
    known, planned, seen = set(modules), list(lessons), set[int]()
    if len(planned) > LESSONS_MAX:
        found.append(PlanProblem("too_many_lessons", "lessons", str(len(planned))))
    for index, each in enumerate(planned[:LESSONS_MAX]):
        field = f"lessons[{index}]"
        if each.module not in known:
            found.append(PlanProblem("module_of_another_syllabus", field, str(each.module)))
        if each.lesson in seen:
            found.append(PlanProblem("lesson_twice", field, str(each.lesson)))
        if each.withdrawn:
            found.append(PlanProblem("lesson_withdrawn", field, str(each.lesson)))
        if each.of_others:
            found.append(PlanProblem("lesson_of_others", field, str(each.lesson)))
        seen.add(each.lesson)
    return found


def shortfalls(online_ms: Mapping[int, int], lessons: Iterable[PlannedLesson]) -> list[Shortfall]:
    """Modules whose lessons together are shorter than their online hours, in the order of `online_ms`."""
    planned = dict.fromkeys(online_ms, 0)
    for each in lessons:
        if each.module in planned:
            planned[each.module] += each.duration_ms
    return [
        Shortfall(module, required, planned[module])
        for module, required in online_ms.items()
        if planned[module] < required
    ]


def study_place(places: Iterable[StudyPlace], day: date) -> tuple[StudyPlace | None, str]:
    """Where a lesson is studied on `day`, or why nowhere. The first open place wins: give the earliest enrolled first.

    Reasons are the study protocol's codes, and the one nearest to an open door is told: `withdrawn` (the lesson),
    `locked` (the class), `not_enrolled`.
    """
    reason = NOT_ENROLLED
    for place in places:
        if not place.enrolled:
            continue
        is_open = place.class_state == "accepted" and place.starts_on <= day <= place.ends_on
        if is_open and not place.lesson_withdrawn:
            return place, ""
        if is_open:
            reason = WITHDRAWN
        elif reason == NOT_ENROLLED:
            reason = LOCKED
    return None, reason
