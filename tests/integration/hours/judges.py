"""Those who judge appeals, and those who must not, around the small world of the tests.

Bob works for the institution and proposes; Vera is of the authority of its county and Wen of the province above.
Dora works for another institution, Olga is of another region's authority, Ming of the right one but once worked for
the institution.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lms.accounts.models import Role, User
from lms.enrollments.models import SyllabusVersion
from lms.hours.actions.appeals import decide, make_appeal, propose
from lms.hours.actions.checks import answer_check
from lms.hours.models import Appeal, Entry, EntrySort, Refusal, StudyClock
from lms.institutions.models import AuthorityPost, Institution, Membership, Region
from tests.integration.hours.client import Client
from tests.world import NOON, World, make_person, make_world

LATER = NOON + timedelta(hours=5)


@dataclass
class Court:
    world: World
    video: Client
    vera: User
    wen: User
    dora: User
    olga: User
    ming: User


def make_court() -> Court:
    world = make_world()
    province = world.institution.region
    county = Region.objects.create(code="5301", name_zh="安平市", name_en="Anping", parent=province)
    elsewhere = Region.objects.create(code="54", name_zh="海东省", name_en="Haidong")
    Institution.objects.filter(pk=world.institution.pk).update(region=county)
    vera, wen, olga, ming = (make_person(name, Role.AUTHORITY) for name in ("vera", "wen", "olga", "ming"))
    dora = make_person("dora", Role.INSTITUTION)
    for person, region in ((vera, county), (wen, province), (olga, elsewhere), (ming, county)):
        AuthorityPost.objects.create(person=person, region=region, started_at=NOON)
    Membership.objects.create(
        person=ming, institution=world.institution, started_at=NOON - timedelta(days=900), ended_at=NOON
    )
    other = Institution.objects.create(kind="training", name_zh="别家", name_en="Another School", region=county)
    Membership.objects.create(person=dora, institution=other, started_at=NOON)
    return Court(world, Client(world.alice, world.video.lesson.uuid), vera, wen, dora, olga, ming)


def at_s(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def refused_gap(court: Court) -> Refusal:
    """A minute counted, then four minutes without a network: 240 s refused as a gap from second 60 to 300."""
    court.video.open()
    court.video.study("0@0play 60@60 300@300")
    court.video.close(300)
    return Refusal.objects.get(learner=court.world.alice)


def voided_minute(court: Court) -> Entry:
    """Alice studied a minute and answered the presence question wrongly: it was taken back."""
    court.video.open()
    StudyClock.objects.filter(learner=court.world.alice).update(check_in_ms=1_000)
    check = court.video.study("0@0play 60@60")[-1].check
    assert check is not None
    wrong = (check.right + 1) % len(check.options)
    answer_check(by=court.world.alice, at=at_s(61), session=court.video.session, check=check.uuid, choice=wrong)
    court.video.close(62)
    return Entry.objects.get(learner=court.world.alice, sort=EntrySort.VOID)


def appealed(court: Court, **changes: Any) -> Appeal:
    arguments: dict[str, Any] = {
        "by": court.world.alice,
        "at": at_s(600),
        "uuid": uuid.uuid4(),
        "text": "隧道里没有信号，我一直在看。",
    }
    if "refusal" not in changes and "entry" not in changes:
        arguments["refusal"] = refused_gap(court)
    return make_appeal(**{**arguments, **changes})


def proposed(court: Court, appeal: Appeal | None = None, **changes: Any) -> Appeal:
    """Bob proposes all that was refused, or what `changes` say."""
    appeal = appeal or appealed(court)
    arguments: dict[str, Any] = {
        "by": court.world.bob,
        "at": LATER,
        "appeal": appeal,
        "uuid": uuid.uuid4(),
        "verdict": "accept",
        "reason": "核对了运营商的故障公告",
        "ms": 240_000,
        "from_at": at_s(60),
        "to_at": at_s(300),
    }
    if appeal.entry_id is not None:
        arguments |= {"ms": 60_000, "from_at": None, "to_at": None}
    return propose(**{**arguments, **changes})


def decided(court: Court, appeal: Appeal | None = None, **changes: Any) -> Appeal:
    """Vera accepts, or what `changes` say."""
    appeal = appeal or proposed(court)
    arguments: dict[str, Any] = {
        "by": court.vera,
        "at": LATER,
        "appeal": appeal,
        "proposal": appeal.proposal or uuid.uuid4(),
        "verb": "accept",
        "reason": "情况属实",
    }
    return decide(**{**arguments, **changes})


def cap(court: Court, seconds: int) -> None:
    """A day's cap of so many seconds of online study."""
    SyllabusVersion.objects.update(daily_cap_hours=1, online_minutes=max(1, seconds // 60))
