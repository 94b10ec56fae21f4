"""The people of one institution together, with every action there is and any arguments of a small world.

Bob runs the institution and Tom teaches the class, Tina too, their accomplice; Sam is staff and at the same time a
learner of the class. The province's teachers have a year of continuing education, which this institution hosts: Tom
and Tina earn hours in it by claiming them, and so does Uma of another school. They know everything that their screens
show, codes that change included. They never have the login of Alice or Dan, the learners, and nobody of them works
outside. Whatever they do, neither Alice nor Dan may have more hours after it than before, counted or waiting; attended
hours that both have, nobody of them takes away; and no claim becomes an hour.

Actions are found by looking for them: every public function of an `actions` module that says `by` whom it is done.
What an action asks for is drawn by its type, so a new one takes part without being named here.
"""

import importlib
import inspect
import pkgutil
import types
import typing
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q
from django.test import TestCase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

import courses.actions
import lms
import media_pipeline.actions
from lms.accounts.models import Role, RoleGrant, User
from lms.enrollments.actions import check_roster, invite
from lms.enrollments.models import Enrollment, JoinRequest, Module, TrainingClass
from lms.enrollments.rules.syllabus import Asked, ModulePlan, VersionPlan
from lms.hours.models import Appeal, AttendanceSheet, Entry, EntrySort, LessonQuestion, ModuleHours, StudyClock
from lms.hours.queries.verification import differences
from lms.hours.rules.checks import Words
from lms.hours.rules.lesson_questions import Draft
from lms.hours.rules.values import Beat, Said
from lms.institutions.models import Institution, Membership
from lms.teachers.actions import claim_hours
from tests.integration.enrollments.lists import people
from tests.integration.hours import classroom, judges
from tests.integration.hours.client import Client
from tests.integration.teachers import academy
from tests.sittings import booked_seat, published_sitting
from tests.world import NOON, World, make_person

Action = Callable[..., Any]

OUTSIDE_THE_MACHINE = {
    "lms.audit.actions.record": "writes a line of the log, inside other actions",
    "lms.audit.actions.record_many": "writes lines of the log, inside other actions",
    "lms.audit.actions.record_signal": "writes a line of the log, inside other actions",
    "lms.exams.actions.admitting.admit": "must be the outermost transaction; reads hours and writes none",
    "lms.exams.actions.exporting.export_candidates": "a list of seats; it reads hours and writes none",
    "lms.exams.actions.plans.decide_plan": "when and where is examined; hours are not in it",
    "lms.exams.actions.plans.draft_plan": "when and where is examined; hours are not in it",
    "lms.exams.actions.plans.propose_plan": "when and where is examined; hours are not in it",
    "lms.exams.actions.plans.publish_plan": "when and where is examined; hours are not in it",
    "lms.exams.actions.plans.remove_sitting": "when and where is examined; hours are not in it",
    "lms.exams.actions.plans.schedule_sitting": "when and where is examined; hours are not in it",
    "lms.exams.actions.refusals.require_examiner": "a question, no write",
    "lms.exams.actions.registering.change_registration": "must be the outermost transaction; reads hours, writes none",
    "lms.exams.actions.deciding.noting_what_cannot_be_signed": "writes a line of the log when nothing can be decided",
    "lms.exams.actions.registering.register": "must be the outermost transaction; reads hours and writes none",
    "lms.exams.actions.seating.join_waiting": "who waits for a seat; reads hours and writes none",
    "lms.exams.actions.seating.leave_waiting": "who waits for a seat; reads hours and writes none",
    "lms.exams.actions.sites.add_room": "where is examined; hours are not in it",
    "lms.exams.actions.sittings.assign_officer": "who is on duty at an exam; hours are not in it",
    "lms.exams.actions.sittings.cancel_sitting": "when and where is examined; hours are not in it",
    "lms.exams.actions.sittings.change_capacity": "when and where is examined; hours are not in it",
    "lms.exams.actions.sittings.relieve_officer": "who is on duty at an exam; hours are not in it",
    "lms.exams.actions.booking.give_up": "a step of giving a seat back; hours are not in it",
    "lms.exams.actions.failing.fail_closed": "carries the gate's own actions, and writes a line of the log",
    "lms.exams.actions.unavailable.note_unavailable": "writes a line of the log when the gate could not be asked",
    "courses.actions.demo.build_demo_courses": "the demo's command, no person",
    "courses.actions.freezing.freeze_version": "content: a class keeps the lesson versions that it was reported with",
    "courses.actions.freezing.publication": "the frame of publishing, no action by itself",
    "courses.actions.pages.create_centre": "content: pages hold no hours",
    "courses.actions.pages.create_chapter": "content: pages hold no hours",
    "courses.actions.pages.create_course": "content: pages hold no hours",
    "courses.actions.pages.create_textbook": "content: pages hold no hours",
    "courses.actions.pages.create_video_lesson": "content: pages hold no hours",
    "courses.actions.pages.publish": "content: a class keeps the lesson versions that it was reported with",
    "courses.actions.pictures.add_picture": "content: a picture holds no hours",
    "courses.actions.permission.check_may_add": "a question, no write",
    "courses.actions.permission.check_may_publish": "a question, no write",
    "lms.accounts.actions.require_administrator": "a question, no write",
    "lms.accounts.actions.require_registrar": "a question, no write",
    "lms.exams.actions.requirements.enact_requirements": "it adds to what the gate asks; hours are not in it",
    "lms.exams.actions.requirements.write_certificate": "what the gate asks of a refresher beside hours",
    "lms.institutions.actions.teachers.certify_teacher": "who may teach: what the gate asks beside hours",
    "lms.institutions.actions.teachers.revoke_certificate": "who may teach: what the gate asks beside hours",
    "lms.accounts.actions.verify_identity": "whose name it is: what the gate asks beside hours",
    "lms.enrollments.actions.refusals.require_authority": "a question, no write",
    "lms.enrollments.actions.refusals.require_staff": "a question, no write",
    "lms.exchange.actions.attesting.attest": "a paper: it says what the ledger holds, and writes no hours",
    "lms.exchange.actions.clients.create_client": "a program that reads, and writes no hours",
    "lms.exchange.actions.clients.revoke_client": "a program that reads, and writes no hours",
    "lms.exchange.actions.keys.rotate_key": "a key that signs what was read; hours are not signed into being",
    "lms.institutions.actions.permission.require_decider": "a question, no write",
    "lms.institutions.actions.offers.end_offer": "content: what a class was reported with stays in its plan",
    "lms.institutions.actions.course_reviews.approve_course": "content: as `approve`, page by page",
    "lms.institutions.actions.course_reviews.reject_course": "content: words between authors and reviewers",
    "lms.institutions.actions.course_reviews.submit_course": "content: it asks the committee, as `submit`",
    "lms.institutions.actions.reviews.approve": "content: a class keeps the lesson versions that it was reported with",
    "lms.institutions.actions.reviews.begin": "content: a step of `submit`",
    "lms.institutions.actions.reviews.comment_on": "content: words between authors and reviewers",
    "lms.institutions.actions.reviews.record_submission": "content: a line of the log, inside Wagtail's own action",
    "lms.institutions.actions.reviews.reject": "content: words between authors and reviewers",
    "lms.institutions.actions.reviews.submit": "content: it asks the committee, which publishes or does not",
    "lms.oversight.actions.documents.reissue_document": "a paper: it says what the ledger holds, and writes no hours",
    "lms.oversight.actions.documents.revoke_document": "a paper: it says what the ledger holds, and writes no hours",
    "lms.teachers.actions.files.accept_application": "who may teach, and what is known of them; hours are not in it",
    "lms.teachers.actions.files.apply_for_file": "who may teach, and what is known of them; hours are not in it",
    "lms.teachers.actions.files.return_application": "who may teach, and what is known of them; hours are not in it",
    "lms.teachers.actions.files.take_back_application": "who may teach, and what is known of them; no hours in it",
    "lms.teachers.actions.statements.issue_statement": "a paper: it says what the ledger holds, and writes no hours",
    "media_pipeline.actions.resumable.abandon_upload": "a file that becomes no video",
    "media_pipeline.actions.resumable.append_part": "bytes of a file; its video earns nothing before it is a lesson",
    "media_pipeline.actions.resumable.begin_upload": "an empty file",
    "media_pipeline.actions.uploads.admit_asset": "the row of a file; its video earns nothing before it is a lesson",
    "media_pipeline.actions.uploads.place_for": "a question, no write",
    "media_pipeline.actions.captions.save_captions": "words below a picture: they are no evidence and measure nothing",
    "media_pipeline.actions.captions.withdraw_captions": "as `save_captions`",
    "media_pipeline.actions.uploads.upload_asset": "a file; its video earns nothing before it is a lesson of a class",
}
"""Actions that people call and that are not tried here, each with the reason why it can raise nobody's hours."""

WORK = (
    "lms.enrollments.actions.enrolling.enroll",
    "lms.enrollments.actions.enrolling.withdraw_enrollment",
    "lms.hours.actions.attendance_proposals.propose_attendance",
    "lms.hours.actions.attendance_proposals.propose_taking_back",
    "lms.hours.actions.sheets.close_sheet",
    "lms.hours.actions.sheets.open_sheet",
    "lms.teachers.actions.claims.claim_hours",
)
"""What such people do all day, and so often: were none of it done, the machine would only prove that doors are shut."""

WORDS: dict[str, list[Any]] = {
    "kind": ["workshop", "workshop", "workshop", "workshop", "classroom", "online"],
    "verb": ["accept", "reject", "return", "propose", "refuse"],
    "verdict": ["accept", "reject"],
    "direction": ["in", "out"],
    "device": ["phone-aaaa", "phone-bbbb"],
    "role": [str(each) for each in Role],
    "reason": ["情况属实", "停电", "手机没电", ""],
    "text": ["请再看一次", ""],
    "training": ["initial"],
    "evidence": ["证明.pdf", "照片.png"],
    "code": ["53", "54", "test", "gggggggggggggggg"],
    "email": ["new@example.test"],
    "phone": ["13800000000"],
    "password": ["a long enough password"],
    "identity_number": ["999999199001010016"],
    "credit_code": ["91350100M000100Y43", ""],
}
NUMBERS: dict[str, list[int]] = {
    "ms": [1_000, 240_000],
    "choice": [0, 1],
    "window": [0],
    "seats": [10],
    "capacity": [5],
    "uses_max": [1, 50],
    "minutes": [120],
    "year": [2026, 2027],
    "video_ms": [60_000],
    "reading_ms": [60_000],
}
EASY = VersionPlan(
    in_force_from=date(2026, 1, 1),
    in_force_to=None,
    online_minutes=1,
    classroom_minutes=1,
    workshop_minutes=1,
    online_share_percent=100,
    daily_cap_hours=Decimal(24),
    source="",
    modules=(ModulePlan("容易", "Easy", (Asked("online", Decimal(1)),)),),
)
"""A syllabus after which everything would be easy, if they could write one."""

CREW = ("bob", "sam", "tom", "tina")
LEARNERS = ("alice", "dan")
OWN = ("lms.", "courses.", "media_pipeline.")


def actions_of_people() -> dict[str, Action]:
    """Every public function of an `actions` module with a `by`, under its full name."""
    found = {}
    for module in _action_modules():
        for name, member in inspect.getmembers(module, inspect.isfunction):
            is_own = member.__module__ == module.__name__ and not name.startswith("_")
            if is_own and "by" in inspect.signature(member).parameters:
                found[f"{module.__name__}.{name}"] = member
    return found


def _action_modules() -> Iterator[types.ModuleType]:
    names = [f"lms.{each.name}.actions" for each in pkgutil.iter_modules(lms.__path__)]
    for name in [*names, courses.actions.__name__, media_pipeline.actions.__name__]:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name and not name.startswith(f"{error.name}."):
                raise
            continue
        yield module
        for each in pkgutil.iter_modules(getattr(module, "__path__", [])):
            yield importlib.import_module(f"{name}.{each.name}")


@dataclass
class Ground:
    """What all examples stand on: the small world, with hours, marks, refusals and proposals that wait for somebody."""

    court: judges.Court
    people: dict[str, User]
    video: Client


def make_ground() -> Ground:
    """Alice has studied, was refused four minutes and appealed, and sits in a workshop; hours are proposed for her and
    Dan, who both have attended some, of which an hour is proposed to be taken back.
    """
    court = judges.make_court()
    world = court.world
    people = {name: classroom.teacher(world, name) for name in ("tom", "tina")}
    people |= {"bob": world.bob, "alice": world.alice}
    for name in ("sam", "dan"):
        people[name] = make_person(name, Role.LEARNER)
        Enrollment.objects.create(learner=people[name], training_class=world.training_class, enrolled_at=NOON)
    RoleGrant.objects.create(person=people["sam"], role=Role.INSTITUTION, granted_at=NOON)
    Membership.objects.create(person=people["sam"], institution=world.institution, started_at=NOON)
    judges.proposed(court)
    twin = Client(people["dan"], world.video.lesson.uuid)
    twin.open()
    twin.study("0@0play 60@60 300@300 315@315")
    sheet = classroom.opened(world, at=judges.at_s(3600), from_at=judges.at_s(3600), to_at=judges.at_s(40_000))
    classroom.came(world, sheet, 18_000)
    dan = Enrollment.objects.get(learner=people["dan"])
    classroom.proposed(world, 1200, 3000, enrollments=[world.enrollment, dan])
    both = list(Enrollment.objects.filter(training_class=world.training_class).order_by("pk"))
    at = judges.at_s(36_000)
    classroom.decided(classroom.proposed(world, 13_000, 24_000, enrollments=both), by=court.wen, at=at)
    classroom.unproposed(world, 13_000, 16_600, enrollments=both, at=at)
    _open_year(court, people)
    version = world.video
    LessonQuestion.objects.create(lesson_version=version, from_ms=0, prompt="几步？", options=["一", "二"], right=0)
    _book(world)
    _ask(world)
    return Ground(court, people, twin)


def _open_year(court: judges.Court, people: dict[str, User]) -> None:
    """The province opens its teachers' year in their own institution. A claim of Tom's and one of Uma's wait."""
    host = Institution.objects.get(pk=court.world.institution.pk)
    version = academy.make_version()
    year = academy.opened(court.wen, court.world, host, version, 2026, caps=(), lessons=())
    uma = make_person("uma", Role.TEACHER)
    school = Institution.objects.get(memberships__person=court.dora)
    Membership.objects.create(person=uma, institution=school, started_at=NOON)
    workshops = version.modules.get(requirements__kind="workshop")
    for number, person in enumerate((people["tom"], people["tina"], uma)):
        academy.certify(person, f"T-{number}")
        if person != people["tina"]:
            claim_hours(
                by=person,
                at=judges.at_s(36_000),
                uuid=uuid.uuid4(),
                education_year=year,
                module=workshops,
                kind="workshop",
                from_at=judges.at_s(1_000),
                to_at=judges.at_s(8_200),
                title="示范课",
                place="省培训中心",
                evidence=[("证明.pdf", academy.PDF)],
            )


def _book(world: World) -> None:
    """Alice has a seat in an exam."""
    office = Institution.objects.create(kind="exam", name_zh="考试中心", region=world.institution.region)
    times = {"opens_at": NOON, "closes_at": NOON + timedelta(days=9), "starts_at": NOON + timedelta(days=10)}
    syllabus = world.training_class.syllabus_version.syllabus
    sitting = published_sitting(office, syllabus, capacity=5, **times)
    booked_seat(world.alice, sitting, world.training_class)


def _ask(world: World) -> None:
    """Eve asks to join the class by an invitation, and a list of more people waits to be confirmed."""
    invitation, _code = invite(
        by=world.bob,
        at=NOON,
        uuid=uuid.uuid4(),
        training_class=world.training_class,
        uses_max=9,
        expires_at=NOON + timedelta(days=20),
    )
    eve = make_person("eve", Role.LEARNER)
    JoinRequest.objects.create(training_class=world.training_class, learner=eve, invitation=invitation, asked_at=NOON)
    check_roster(
        by=world.bob,
        at=NOON,
        uuid=uuid.uuid4(),
        training_class=world.training_class,
        filename="list.csv",
        rows=people(2),
    )


def asked_by(action: Action) -> list[inspect.Parameter]:
    """What an action asks for besides whom and when."""
    return [each for each in inspect.signature(action).parameters.values() if each.name not in ("by", "at")]


@cache
def hints_of(action: Action) -> dict[str, Any]:
    """Read once: the machine asks for them at every step."""
    return typing.get_type_hints(action)


def had_ms(learner: User) -> int:
    """What a learner has: confirmed, waiting for a check, and acknowledged on the clock but not posted yet."""
    totals = ModuleHours.objects.filter(learner=learner)
    open_ms = StudyClock.objects.filter(learner=learner).values_list("open_ms", flat=True)
    return sum(each.confirmed_ms + each.provisional_ms for each in totals) + sum(open_ms)


@dataclass
class Hand:
    """What the crew has to give for whatever an action asks, at one moment."""

    ground: Ground
    now: datetime

    def values(self, action: Action, name: str) -> list[Any]:
        """What may be given for a parameter, by its type; for plain words and numbers by its name."""
        return [value for each in _alternatives(hints_of(action)[name]) for value in self._of_type(each, name)]

    def fitting(self, action: Action, name: str, arguments: dict[str, Any]) -> list[Any]:
        """Of these what fits their own class and what was chosen before, as on a screen; all, where nothing does."""
        own, values = self.ground.court.world.training_class, self.values(action, name)
        return [value for value in values if _fits(value, arguments, own)] or values

    def _of_type(self, hint: Any, name: str) -> list[Any]:
        if hint is types.NoneType:
            return [None]
        if typing.get_origin(hint) is not None:
            return self._groups(hint, name)
        if isinstance(hint, type) and issubclass(hint, models.Model):
            return list(hint._default_manager.order_by("pk")[:12])
        plain: dict[Any, Callable[[], list[Any]]] = {
            uuid.UUID: self._ids,
            datetime: lambda: self._moments(name),
            date: lambda: [NOON.date(), NOON.date() + timedelta(days=400)],
            bool: lambda: [False, True],
            Decimal: lambda: [Decimal(40), Decimal(1)],
            bytes: lambda: [academy.PDF, academy.PNG],
            str: lambda: [*WORDS.get(name, ["训练"]), *(self._codes() if name == "code" else [])],
            int: lambda: NUMBERS.get(name, []),
            Said: lambda: [Beat(2, "tick", 15_000, True, True), Beat(9, "tick", 400_000, True, True)],
            Draft: lambda: [Draft(0, Words("几步？"), (Words("一"), Words("二")), 0)],
            VersionPlan: lambda: [EASY],
            AnonymousUser: list,
        }
        return plain[hint]() if hint in plain else []

    def _groups(self, hint: Any, name: str) -> list[Any]:
        """Lists and pairs: of one, of several, and of none."""
        inner = [each for each in typing.get_args(hint) if each is not Ellipsis]
        if typing.get_origin(hint) is tuple:
            columns = [[value for kind in _alternatives(each) for value in self._of_type(kind, name)] for each in inner]
            return [tuple(row) for row in zip(*columns, strict=False)]
        values = [value for each in inner for value in self._of_type(each, name)]
        return [values[:1], values[1:2], values, []]

    def _ids(self) -> list[uuid.UUID]:
        """New ones, and all that the crew could have seen."""
        world = self.ground.court.world
        known = [uuid.UUID(int=number) for number in (1, 2)]
        known += [self.ground.video.session, world.video.lesson.uuid, world.chapter.lesson.uuid, world.enrollment.uuid]
        return known + [each.proposal for each in _appeals() if each.proposal]

    def _moments(self, name: str) -> list[datetime]:
        """Before and after now; what begins is earlier more often than not, so that something can come of it."""
        seconds = (-20_000, -7_200, -3_600) if name.startswith("from") else (-14_400, -9_000, -60, 0, 3_600, 7_200)
        return [self.now + timedelta(seconds=each) for each in seconds]

    def _codes(self) -> list[str]:
        return [classroom.shown(each, way, self.now) for each in AttendanceSheet.objects.all() for way in ("in", "out")]


def _fits(value: Any, arguments: dict[str, Any], own: TrainingClass) -> bool:
    """Whether it is their own class, or belongs to the class or year that was chosen before, as on a screen."""
    if isinstance(value, TrainingClass):
        return bool(value.pk == own.pk)
    year, chosen = arguments.get("education_year"), arguments.get("training_class")
    of_class = chosen or (year and year.training_class)
    if of_class is None:
        return False
    if isinstance(value, Module):
        return bool(value.syllabus_version_id == of_class.syllabus_version_id)
    is_people = isinstance(value, list) and value and all(isinstance(each, Enrollment) for each in value)
    return bool(is_people and {each.training_class_id for each in value} == {of_class.pk})


def is_done(action: Action, **arguments: Any) -> bool:
    """Whether it was done; False when it was refused: by a class of ours, or because somebody may not. Anything else is
    a fault."""
    try:
        with TestCase.captureOnCommitCallbacks(execute=True), transaction.atomic():
            action(**arguments)
    except Exception as error:
        is_refusal = isinstance(error, PermissionDenied | PermissionError | ValueError)
        if not is_refusal and not type(error).__module__.startswith(OWN):
            raise
        return False
    return True


class Scheming(RuleBasedStateMachine):
    ground: Ground
    actions: dict[str, Action]
    outcomes: Counter[tuple[str, str]]

    @initialize(data=st.data())
    def morning(self, data: st.DataObject) -> None:
        self.deck = data.draw(st.permutations(sorted(self.actions)))
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now = judges.at_s(36_000)
        self.story: list[str] = []
        self.had = {name: had_ms(self.ground.people[name]) for name in LEARNERS}
        self.entries = set(Entry.objects.values_list("pk", flat=True))

    @rule(data=st.data(), seconds=st.sampled_from([0, 5, 15, 60, 600]), of_hours=st.booleans())
    def somebody_acts(self, data: st.DataObject, seconds: int, of_hours: bool) -> None:
        """The next action of the deck, which holds all of them; or any of hours: that is where the treasure is."""
        self.now += timedelta(seconds=seconds)
        # Sorted: in which order modules were imported must not decide what is tried.
        treasure = [each for each in sorted(self.actions) if ".hours." in each or each.startswith("tests.")]
        # A way that a control plants is tried as often as daily work: that the machine sees is shown, not its luck.
        treasure += [each for each in sorted(self.actions) if each in WORK or each.startswith("tests.")] * 8
        name = data.draw(st.sampled_from(treasure)) if of_hours else self.deck.pop()
        self.deck = self.deck or sorted(self.actions)
        action = self.actions[name]
        by = self.ground.people[data.draw(st.sampled_from(CREW))]
        hand = Hand(self.ground, self.now)
        arguments = dict[str, Any]()
        for each in asked_by(action):
            if each.default is each.empty or data.draw(st.booleans()):
                is_careful = data.draw(st.sampled_from([True, True, True, False]))
                values = hand.fitting(action, each.name, arguments) if is_careful else hand.values(action, each.name)
                arguments[each.name] = data.draw(st.sampled_from(values), label=each.name)
        fresh = User.objects.get(pk=by.pk)
        if is_done(action, by=fresh, at=self.now, **arguments):
            self.outcomes[name, "done"] += 1
            self.story.append(f"{name} by {by}")
        else:
            self.outcomes[name, "refused"] += 1
        self._nobody_gained(name)

    def _nobody_gained(self, name: str) -> None:
        for learner, before in self.had.items():
            now = had_ms(self.ground.people[learner])
            assert now <= before, f"{name} raised {learner}'s hours by {now - before} ms after {self.story}"
            self.had[learner] = now
        needs_two = Q(sort__in=[EntrySort.ATTENDANCE, EntrySort.CLAIM, EntrySort.CORRECTION]) | Q(
            confirmed_delta_ms__lt=0
        )
        posted = Entry.objects.filter(needs_two).exclude(pk__in=self.entries)
        assert not posted.exists(), f"{name} posted {posted.first()}"

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            assert [line for pk in StudyClock.objects.values_list("pk", flat=True) for line in differences(pk)] == []
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)


def _appeals() -> list[Appeal]:
    return list(Appeal.objects.all())


def _alternatives(hint: Any) -> Sequence[Any]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return [each for part in typing.get_args(hint) for each in _alternatives(part)]
    return [hint]
