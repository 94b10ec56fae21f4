"""The writers of `writers` over HTTP: learners with the API, everybody else at the pages, as the product is used.

Each writer has connections of its own. What the pages and the API refuse is an answer; a status that nobody should
ever get is a failure.
"""

import random
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings

from lms.accounts.models import User
from lms.enrollments.models import Enrollment, Requirement
from lms.hours.queries.attendance import standing_of
from tests.integration.exams.racing.ground import SEATS, Stage, Trained, workshop
from tests.integration.exams.racing.picking import (
    Group,
    groups_of,
    has_room,
    one_of,
    somebody_who_left,
    somebody_without_a_seat,
    somebodys_place,
    somebodys_seat,
    somewhere,
)
from tests.integration.exams.racing.web import App, Browser, Web
from tests.integration.exams.racing.writers import Named, Writer

SITTING = "/exams/office/sittings/{}/"
INSTITUTION = "/manage/institutions/{}/"


def everybody_over_http(stage: Stage, seconds: float, web: Web) -> list[Named]:
    """Whoever has an address; only people are suspended by a command alone, and are left out."""
    edda, vera = stage.ground.edda, stage.ground.vera
    groups = groups_of(stage)
    for each in stage.learners:
        web.login_of(each.person)
    found: list[Named] = [("register", _with(web.app(), _register, stage)) for _ in range(4)]
    found.append(("cancel", _with(web.app(), _cancel, stage, web.browser(edda))))
    found.append(("change", _with(web.app(), _change, stage)))
    found += [("wait", _with(web.app(), _wait, stage)) for _ in range(2)]
    found.append(("leave", _with(web.app(), _leave)))
    found.append(("capacity", _with(web.browser(edda), _capacity, stage)))
    for own in (groups[::2], groups[1::2]):
        staff = {each.pk: web.browser(each) for each in stage.staff}
        found.append(("hours", _with(staff, _hours, web.browser(vera), stage, own)))
    found.append(("institution", _with(web.browser(vera), _institution, stage)))
    staff = {each.pk: web.browser(each) for each in stage.staff}
    found.append(("enrollment", _with(staff, _enrollment, stage)))
    found.append(("sitting", _doom(web.browser(edda), stage, seconds)))
    return found


def _with(who: Any, write: Callable[..., str], *more: Any) -> Writer:
    return lambda: write(who, *more)


def _register(app: App, stage: Stage) -> str:
    """Asks first whether it would be accepted, as an app does."""
    person, sitting = random.choice(stage.learners).person, somewhere(stage).uuid
    app.ask("GET", f"/sittings/{sitting}/eligibility", person)
    answer = app.ask("POST", f"/sittings/{sitting}/registrations", person, {"uuid": str(uuid4())})
    return "booked" if answer.status_code == 201 else str(answer.status_code)


def _cancel(app: App, stage: Stage, edda: Browser) -> str:
    time.sleep(0.05)
    held = somebodys_seat()
    if held is None:
        return "nobody"
    if random.random() < 0.5:
        return edda.send(f"/exams/registrations/{held.uuid}/cancel") or "cancelled"
    answer = app.ask("DELETE", f"/registrations/{held.uuid}", held.learner)
    return "cancelled" if answer.status_code == 204 else str(answer.status_code)


def _change(app: App, stage: Stage) -> str:
    held = somebodys_seat()
    if held is None:
        time.sleep(0.01)
        return "nobody"
    wanted = {"sitting": str(random.choice(stage.sittings[:2]).uuid), "uuid": str(uuid4())}
    answer = app.ask("POST", f"/registrations/{held.uuid}/change", held.learner, wanted)
    return "changed" if answer.status_code == 201 else str(answer.status_code)


def _wait(app: App, stage: Stage) -> str:
    """Somebody without any seat; as long as one is free there, they take it."""
    person, sitting = somebody_without_a_seat(stage), random.choice(stage.sittings)
    if person is None:
        return "nobody"
    sitting.refresh_from_db(fields=["capacity"])
    way, done = ("registrations", "booked") if has_room(sitting) else ("waiting", "waits")
    answer = app.ask("POST", f"/sittings/{sitting.uuid}/{way}", person, {"uuid": str(uuid4())})
    return done if answer.status_code == 201 else str(answer.status_code)


def _leave(app: App) -> str:
    time.sleep(0.3)
    place = somebodys_place()
    if place is None:
        return "nobody"
    answer = app.ask("DELETE", f"/waiting/{place.uuid}", place.learner)
    return "left" if answer.status_code == 204 else str(answer.status_code)


def _capacity(edda: Browser, stage: Stage) -> str:
    time.sleep(0.02)
    address = SITTING.format(random.choice(stage.sittings).uuid)
    return edda.send(f"{address}capacity/", capacity=random.randint(1, 2 * SEATS - 1)) or "changed"


def _hours(staff: dict[int, Browser], vera: Browser, stage: Stage, groups: list[Group]) -> str:
    time.sleep(random.uniform(0, 0.1))
    group = one_of(groups)
    if group.lacks:
        refused = _propose(staff, vera, stage, group.people, "missed", group.people[0].given)
        if not refused:
            group.lacks = False
            for each in group.people:
                each.given += 1
        return refused or "given"
    group.lacks = True
    return _propose(staff, vera, stage, group.people, "back", group.people[0].given - 1) or "taken back"


def _propose(
    staff: dict[int, Browser], vera: Browser, stage: Stage, people: list[Trained], page: str, number: int
) -> str:
    """Proposed inside and accepted outside. Taken back is from those who got it: who had left the class did not."""
    uuid, practice, (from_at, to_at) = uuid4(), stage.ground.practice, workshop(number)
    ticked = [each.enrollment for each in people]
    if page == "back":
        standing = standing_of([each.pk for each in ticked], practice, "workshop", from_at, to_at)
        ticked = [each for each in ticked if each.pk in standing]
    zone = ZoneInfo(settings.TIME_ZONE)
    refused = staff[stage.staff_of(people[0].enrollment).pk].send(
        f"/manage/classes/{people[0].enrollment.training_class.uuid}/attendance/{page}/",
        uuid=uuid,
        what=Requirement.objects.get(module=practice, kind="workshop").pk,
        date=from_at.astimezone(zone).date().isoformat(),
        begins=f"{from_at.astimezone(zone):%H:%M}",
        ends=f"{to_at.astimezone(zone):%H:%M}",
        reason="补录",
        evidence="",
        **{f"present_{each.uuid}": "on" for each in ticked},
    )
    return refused or vera.send(f"/manage/attendance/{uuid}/decide/", verb="accept", reason="情况属实")


def _institution(vera: Browser, stage: Stage) -> str:
    time.sleep(0.3)
    address = INSTITUTION.format(random.choice(stage.schools).uuid)
    refused = vera.send(f"{address}suspend/", reason="停训")
    time.sleep(0.05)
    return refused or vera.send(f"{address}lift/", reason="整改完成") or "suspended"


def _enrollment(staff: dict[int, Browser], stage: Stage) -> str:
    time.sleep(0.05)
    left = somebody_who_left()
    if left is not None:
        named = {"name": left.learner.real_name, "identity": _identity_of(stage, left.learner), "uuid": uuid4()}
        address, browser = _roster(staff, stage, left)
        return browser.send(f"{address}new/", **named, email=left.learner.email) or "enrolled again"
    enrollment = random.choice(stage.learners).enrollment
    address, browser = _roster(staff, stage, enrollment)
    return browser.send(f"{address}{enrollment.uuid}/withdraw/") or "withdrawn"


def _roster(staff: dict[int, Browser], stage: Stage, enrollment: Enrollment) -> tuple[str, Browser]:
    address = f"/manage/classes/{enrollment.training_class.uuid}/people/"
    return address, staff[stage.staff_of(enrollment).pk]


def _identity_of(stage: Stage, person: User) -> str:
    return next(each.identity for each in stage.learners if each.person.pk == person.pk)


def _doom(edda: Browser, stage: Stage, seconds: float) -> Writer:
    """Cancels one sitting after a third of the time, another after two."""
    left = list(stage.doomed)

    def cancel() -> str:
        time.sleep(seconds / 3 if left else 0.2)
        if not left:
            return "none"
        return edda.send(f"{SITTING.format(left.pop().uuid)}cancel/", reason="停电") or "cancelled"

    return cancel
