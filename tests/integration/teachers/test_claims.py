"""A teacher claims hours with evidence; a stranger of the authority decides; the ledger takes them like any other."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser

from lms.audit.models import Event
from lms.enrollments.models import Enrollment
from lms.hours.actions.attendance import AttendanceRefused
from lms.hours.actions.sheets import open_sheet, sign_in, sign_out
from lms.hours.models import Entry, EntrySort, ProposedLearner, StudyClock
from lms.institutions.models import Membership, TeacherCertificate
from lms.letters.models import Letter
from lms.teachers.actions import ClaimRefused, NotReviewer, YearRefused, take_claim_back, take_part_in_year
from lms.teachers.models import Claim, Evidence
from lms.teachers.queries import (
    ClaimNotFound,
    claim_faults,
    claim_for,
    claims_for,
    claims_waiting,
    evidence_for,
    may_decide_claim,
    own_claim,
    own_claims,
)
from tests.integration.hours import classroom
from tests.integration.hours.client import Client
from tests.integration.teachers.academy import (
    LATER,
    MORNING,
    PDF,
    PNG,
    Academy,
    another_year,
    claimed,
    decided,
    earned,
    proposed_by_bob,
    take_part,
    taken_back,
)
from tests.world import NOON, name_teacher

HOUR_MS = 45 * 60_000


def codes(refused: pytest.ExceptionInfo[ClaimRefused]) -> list[tuple[str, str]]:
    return [(each.field, each.code) for each in refused.value.problems]


def files() -> list[str]:
    folder = settings.PRIVATE_ROOT / "evidence"
    return sorted(each.name for each in folder.iterdir()) if folder.exists() else []


def test_a_claim_waits_with_its_evidence_and_counts_nothing(academy: Academy) -> None:
    claim = claimed(academy, evidence=[("证明.pdf", PDF), ("../现场.png", PNG), ("again.pdf", PDF)])

    assert (claim.state, Entry.objects.count()) == ("waiting", 0)
    assert [(each.name, each.content_type, each.size) for each in claim.evidence.all()] == [
        ("证明.pdf", "application/pdf", 14),
        ("现场.png", "image/png", 13),
    ]
    assert files() == sorted(str(each.uuid) for each in claim.evidence.all())
    assert Enrollment.objects.filter(learner=academy.tess, training_class=academy.training_class).exists()
    told = Event.objects.get(verb="claim.made")
    assert (told.by, told.detail["files"], told.detail["ms"]) == (academy.tess, 2, 4 * HOUR_MS)


def test_the_same_claim_again_is_the_same_claim(academy: Academy) -> None:
    first = claimed(academy)

    again = claimed(academy, uuid=first.uuid, title="别的", evidence=[])

    assert (again, again.title) == (first, "安全培训教师研修班")
    assert (Claim.objects.count(), Evidence.objects.count(), len(files())) == (1, 1, 1)
    assert Event.objects.filter(verb="claim.made").count() == 1


def test_an_id_of_somebody_else_s_claim_is_refused(academy: Academy) -> None:
    first = claimed(academy)

    with pytest.raises(ClaimRefused) as refused:
        claimed(academy, by=academy.theo, uuid=first.uuid)

    assert codes(refused) == [("uuid", "uuid")]


def test_an_accepted_claim_is_an_entry_with_both_names(academy: Academy) -> None:
    claim = decided(academy, claimed(academy))

    entry = Entry.objects.get()
    assert (claim.state, claim.entry, entry.uuid) == ("accepted", entry, claim.uuid)
    assert (entry.sort, entry.kind, entry.module) == (EntrySort.CLAIM, "classroom", academy.seminars)
    assert (entry.learner, entry.proposed_by, entry.posted_by) == (academy.tess, academy.tess, academy.pia)
    assert (entry.from_at, entry.to_at, entry.confirmed_delta_ms) == (claim.from_at, claim.to_at, 4 * HOUR_MS)
    assert entry.reason == "安全培训教师研修班"
    told = Event.objects.get(verb="claim.accepted")
    assert (told.by, told.detail) == (
        academy.pia,
        {"ms": 4 * HOUR_MS, "reason": "", "entry": str(claim.uuid)},
    )
    letter = Letter.objects.get(kind="claim.accepted")
    assert (letter.to, letter.facts) == (academy.tess, {"day": "2026-03-10", "reason": ""})


def test_a_refused_claim_says_why_and_posts_nothing(academy: Academy) -> None:
    claim = decided(academy, claimed(academy), verb="refuse", reason="证明上没有日期")

    assert (claim.state, claim.reason, claim.decided_by, claim.entry) == (
        "refused",
        "证明上没有日期",
        academy.pia,
        None,
    )
    assert Entry.objects.count() == 0
    assert Event.objects.get(verb="claim.refused").detail["reason"] == "证明上没有日期"
    letter = Letter.objects.get(kind="claim.refused")
    assert (letter.to, letter.facts["reason"]) == (academy.tess, "证明上没有日期")


def test_the_same_decision_again_changes_nothing(academy: Academy) -> None:
    claim = claimed(academy)

    for _again in range(2):
        decided(academy, claim)

    assert (Entry.objects.count(), Event.objects.filter(verb="claim.accepted").count()) == (1, 1)


@pytest.mark.parametrize("verb", ["accept", "refuse"])
def test_what_was_decided_is_decided(academy: Academy, verb: str) -> None:
    claim = decided(academy, claimed(academy))

    with pytest.raises(ClaimRefused) as refused:
        decided(academy, claim, by=academy.paul, verb=verb, reason="再看")

    assert codes(refused) == [("claim", "decided")]


def test_a_claim_without_a_reason_is_not_refused(academy: Academy) -> None:
    claim = claimed(academy)

    with pytest.raises(ClaimRefused) as refused:
        decided(academy, claim, verb="refuse")

    assert codes(refused) == [("reason", "reason_missing")]


@pytest.mark.parametrize("name", ["tess", "theo", "hana", "cora", "otto", "amy"])
def test_neither_claimant_nor_colleague_nor_stranger_decides(academy: Academy, name: str) -> None:
    """Amy is of the right authority, and works for the school of the claimant."""
    claim = claimed(academy)

    with pytest.raises(NotReviewer):
        decided(academy, claim, by=academy.people[name])

    assert not may_decide_claim(academy.people[name], claim)
    claim.refresh_from_db()
    assert claim.state == "waiting"


def test_who_worked_with_the_claimant_when_it_was_claimed_does_not_decide(academy: Academy) -> None:
    claim = claimed(academy)
    Membership.objects.filter(person=academy.amy).update(ended_at=claim.claimed_at + timedelta(hours=1))

    with pytest.raises(NotReviewer):
        decided(academy, claim, by=academy.amy)


def test_who_left_before_it_was_claimed_may_decide(academy: Academy) -> None:
    claim = claimed(academy)
    Membership.objects.filter(person=academy.amy).update(ended_at=claim.claimed_at - timedelta(hours=1))

    assert decided(academy, claim, by=academy.amy).state == "accepted"


def test_a_claimant_takes_a_claim_back_while_it_waits(academy: Academy) -> None:
    claim = claimed(academy)

    for _again in range(2):
        take_claim_back(by=academy.tess, at=LATER, claim=claim)

    claim.refresh_from_db()
    assert (claim.state, claim.decided_by) == ("taken_back", None)
    assert Event.objects.filter(verb="claim.taken_back").count() == 1
    assert claimed(academy).state == "waiting"


def test_nobody_takes_back_another_s_claim_or_a_decided_one(academy: Academy) -> None:
    claim = claimed(academy)

    with pytest.raises(NotReviewer):
        take_claim_back(by=academy.theo, at=LATER, claim=claim)
    decided(academy, claim)
    with pytest.raises(ClaimRefused) as refused:
        take_claim_back(by=academy.tess, at=LATER, claim=claim)

    assert codes(refused) == [("claim", "decided")]


def test_a_claim_that_was_taken_back_is_not_accepted(academy: Academy) -> None:
    claim = claimed(academy)
    take_claim_back(by=academy.tess, at=LATER, claim=claim)

    with pytest.raises(ClaimRefused) as refused:
        decided(academy, claim)

    assert codes(refused) == [("claim", "decided")]


WRONG: dict[str, Callable[[Academy], dict[str, Any]]] = {
    "to_at: longer_than_a_day": lambda academy: {"to_at": MORNING + timedelta(days=1)},
    "to_at: ends_before_it_begins": lambda academy: {"to_at": MORNING},
    "to_at: in_the_future": lambda academy: {"at": MORNING},
    "from_at: before_the_year": lambda academy: {"from_at": datetime(2025, 12, 31, 1, 0, tzinfo=UTC)},
    "from_at: after_the_year": lambda academy: {
        "education_year": another_year(academy, 2025),
        "by": _complete(academy, 2025),
    },
    "title: title_missing": lambda academy: {"title": "  "},
    "kind: kind": lambda academy: {"kind": "workshop"},
    "module: module": lambda academy: {"module": academy.world.practice, "kind": "workshop"},
    "evidence: files": lambda academy: {"evidence": []},
    "evidence: file_type": lambda academy: {"evidence": [("a.pdf", b"<html>")]},
}


def _complete(academy: Academy, year: int) -> Any:
    """Tess, who has forty hours of an earlier year."""
    earlier = academy.year.__class__.objects.get(year=year)
    for day in range(1, 6):
        at = datetime(year, 3, day, 1, 0, tzinfo=UTC)
        earned(academy, 8, module=academy.workshops, kind="workshop", from_at=at, education_year=earlier)
    return academy.tess


@pytest.mark.parametrize("expected", WRONG)
def test_a_claim_that_cannot_be_leaves_nothing_behind(academy: Academy, expected: str) -> None:
    changes = WRONG[expected](academy)
    before = Claim.objects.count()

    with pytest.raises(ClaimRefused) as refused:
        claimed(academy, **changes)

    assert [f"{field}: {code}" for field, code in codes(refused)] == [expected]
    assert (Claim.objects.count(), len(files())) == (before, before)
    if before == 0:
        assert not Enrollment.objects.filter(training_class=academy.training_class).exists()


def test_who_owes_nothing_of_a_year_makes_nothing_up_and_who_owes_it_does(academy: Academy) -> None:
    earlier = another_year(academy, 2025)
    TeacherCertificate.objects.filter(person=academy.tess).update(valid_from=date(2025, 5, 1))

    with pytest.raises(ClaimRefused) as refused:
        claimed(academy, education_year=earlier)

    assert codes(refused) == [("from_at", "after_the_year")]
    assert claimed(academy, by=academy.theo, education_year=earlier).state == "waiting"


def test_a_claim_until_midnight_is_of_one_day(academy: Academy) -> None:
    evening = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)

    assert claimed(academy, from_at=evening, to_at=datetime(2026, 3, 10, 16, 0, tzinfo=UTC)).state == "waiting"


def test_who_cannot_take_part_claims_nothing(academy: Academy) -> None:
    with pytest.raises(YearRefused):
        claimed(academy, by=academy.world.alice)

    assert files() == []


def test_files_go_again_when_the_claim_cannot_be_written(academy: Academy, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the database goes away after the files were kept."""

    def fails(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("gone")

    monkeypatch.setattr("lms.teachers.actions.claims.record", fails)

    with pytest.raises(RuntimeError):
        claimed(academy)

    assert (Claim.objects.count(), files()) == (0, [])


def test_two_claims_never_have_the_same_time(academy: Academy) -> None:
    claimed(academy, 4)

    with pytest.raises(ClaimRefused) as refused:
        claimed(academy, 4, from_at=MORNING + timedelta(minutes=179))

    assert codes(refused) == [("from_at", "taken")]
    assert claimed(academy, 4, from_at=MORNING + timedelta(minutes=180)).state == "waiting"


def test_a_claim_of_attended_time_is_refused(academy: Academy) -> None:
    attended(academy, at=LATER)

    with pytest.raises(ClaimRefused) as refused:
        claimed(academy)

    assert codes(refused) == [("from_at", "taken")]


def attended(academy: Academy, *, at: datetime) -> ProposedLearner:
    """Bob proposes an hour of that morning for Tess, who is a learner of his class as well; Pia agrees."""
    return classroom.decided(proposed_by_bob(academy, at=at), by=academy.pia, at=at).learners.get()


def test_hours_that_were_attended_meanwhile_keep_a_claim_from_being_accepted(academy: Academy) -> None:
    take_part_since(academy, MORNING - timedelta(days=30))
    claim = claimed(academy)
    attended(academy, at=LATER)

    with pytest.raises(ClaimRefused) as refused:
        decided(academy, claim)

    assert codes(refused) == [("from_at", "overlap")]
    claim.refresh_from_db()
    assert (claim.state, Entry.objects.count()) == ("waiting", 1)


def test_attendance_of_claimed_time_is_refused(academy: Academy) -> None:
    take_part_since(academy, MORNING - timedelta(days=30))
    earned(academy, 4)

    row = attended(academy, at=LATER + timedelta(days=2))

    assert (row.entry, row.refused) == (None, "overlap")


def take_part_since(academy: Academy, at: datetime) -> None:
    take_part_in_year(by=academy.tess, at=at, education_year=academy.year)


def test_time_studied_online_is_never_claimed_too(academy: Academy) -> None:
    """Also while the session still runs, and its time is on the clock and not in the ledger."""
    take_part(academy, academy.tess)
    study = Client(academy.tess, academy.world.video.lesson.uuid)
    study.open()
    study.study("0@0play 60@60")

    with pytest.raises(ClaimRefused) as refused:
        claimed(academy, from_at=NOON + timedelta(seconds=30))

    assert codes(refused) == [("from_at", "taken")]


def test_the_running_session_is_posted_before_a_claim_is_judged(academy: Academy) -> None:
    """The claim was made first; then the teacher studied in that time, by a clock that was wrong by a day."""
    take_part(academy, academy.tess)
    at = NOON + timedelta(hours=1)
    claim = claimed(academy, from_at=NOON + timedelta(seconds=30), to_at=NOON + timedelta(minutes=30), at=at)
    study = Client(academy.tess, academy.world.video.lesson.uuid)
    study.open()
    study.study("0@0play 60@60")

    with pytest.raises(ClaimRefused) as refused:
        decided(academy, claim, at=at)

    assert codes(refused) == [("from_at", "overlap")]
    assert StudyClock.objects.get(learner=academy.tess).open_ms == 60_000


def test_study_in_claimed_time_earns_nothing(academy: Academy) -> None:
    take_part(academy, academy.tess)
    at = NOON + timedelta(hours=1)
    decided(academy, claimed(academy, from_at=NOON, to_at=NOON + timedelta(minutes=30), at=at), at=at)
    study = Client(academy.tess, academy.world.video.lesson.uuid)
    study.open()

    acks = study.study("0@0play 60@60")

    assert [each.credited_ms for each in acks] == [0, 0]


def test_a_presence_earns_only_what_no_claim_has(academy: Academy) -> None:
    """Tess is a learner of a workshop elsewhere on the day on which she claims a seminar."""
    theo, world = academy.theo, academy.world
    name_teacher(world.training_class, theo)
    Membership.objects.filter(person=academy.tess).delete()
    Membership.objects.create(
        person=academy.tess, institution=academy.training_class.institution, started_at=NOON - timedelta(days=900)
    )
    Enrollment.objects.create(learner=academy.tess, training_class=world.training_class, enrolled_at=NOON)
    times = {"from_at": NOON, "to_at": NOON + timedelta(hours=2)}
    sheet = open_sheet(
        by=world.bob, at=NOON, uuid=uuid.uuid4(), training_class=world.training_class, module=world.practice,
        kind="workshop", place="实训楼", **times,
    )  # fmt: skip
    mark = {"sheet": sheet, "device": "phone-a"}
    sign_in(by=academy.tess, at=NOON, uuid=uuid.uuid4(), code=classroom.shown(sheet, "in", NOON), **mark)
    middle = NOON + timedelta(minutes=61)
    decided(academy, claimed(academy, from_at=NOON, to_at=NOON + timedelta(hours=1), at=middle), at=middle)

    ends = NOON + timedelta(hours=2)
    sign_out(by=academy.tess, at=ends, code=classroom.shown(sheet, "out", ends), **mark)

    attended = Entry.objects.get(sort=EntrySort.ATTENDANCE)
    assert (attended.from_at, attended.ms) == (NOON + timedelta(hours=1), 3_600_000)


def test_the_host_shows_the_code_of_a_seminar_too(academy: Academy) -> None:
    """What is signed by code needs no claim; the year is a class like any other."""
    take_part(academy, academy.tess)
    sheet = open_sheet(
        by=academy.hana, at=NOON, uuid=uuid.uuid4(), training_class=academy.training_class, module=academy.seminars,
        kind="classroom", place="省培训中心", from_at=NOON, to_at=NOON + timedelta(hours=2),
    )  # fmt: skip
    mark = {"sheet": sheet, "device": "phone-a"}
    sign_in(by=academy.tess, at=NOON, uuid=uuid.uuid4(), code=classroom.shown(sheet, "in", NOON), **mark)
    ends = NOON + timedelta(minutes=90)

    sign_out(by=academy.tess, at=ends, code=classroom.shown(sheet, "out", ends), **mark)

    assert Entry.objects.get().ms == 2 * HOUR_MS


def test_accepted_hours_are_taken_back_by_two(academy: Academy) -> None:
    entry = earned(academy, 4)

    taken_back(academy, entry)

    void = Entry.objects.get(sort=EntrySort.VOID)
    assert (void.ms, void.confirmed_after_ms) == (4 * HOUR_MS, 0)
    assert (void.proposed_by, void.posted_by) == (academy.hana, academy.pia)
    assert Claim.objects.get().state == "accepted"
    with pytest.raises(AttendanceRefused, match="no attended hours"):
        taken_back(academy, entry)


def test_a_ledger_that_differs_from_its_claims_is_told(academy: Academy) -> None:
    earned(academy, 4)

    assert claim_faults(academy.tess.pk) == []
    assert claim_faults(academy.theo.pk) == []


def test_claims_are_listed_for_who_decides(
    academy: Academy, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    old = claimed(academy)
    new = claimed(academy, by=academy.tara, at=LATER + timedelta(hours=1))
    done = decided(academy, claimed(academy, by=academy.theo))
    take_claim_back(by=academy.tess, at=LATER, claim=claimed(academy, from_at=MORNING + timedelta(days=1)))

    with django_assert_max_num_queries(4):
        listed = [(each.uuid, str(each.person), each.files) for each in claims_for(academy.pia)]  # type: ignore[attr-defined]

    assert listed == [(old.uuid, "Tess", 1), (new.uuid, "Tara", 1), (done.uuid, "Theo", 1)]
    assert list(claims_waiting(academy.pia)) == [old, new]
    assert list(claims_waiting(academy.amy)) == [new]
    for name in ("cora", "otto", "tess", "hana"):
        assert list(claims_for(academy.people[name])) == []


def test_a_teacher_sees_their_own_claims(academy: Academy, django_assert_num_queries: Callable[[int], Any]) -> None:
    mine = [claimed(academy, from_at=MORNING + timedelta(days=day)) for day in range(2)]
    claimed(academy, by=academy.theo)

    with django_assert_num_queries(2):
        listed = [(each.uuid, len(each.evidence.all())) for each in own_claims(academy.tess, academy.year)]

    assert listed == [(each.uuid, 1) for each in reversed(mine)]
    assert own_claim(academy.tess, mine[0].uuid) == mine[0]
    with pytest.raises(ClaimNotFound):
        own_claim(academy.theo, mine[0].uuid)


@pytest.mark.parametrize(
    ("name", "is_seen"),
    [("tess", True), ("pia", True), ("amy", True), ("theo", False), ("hana", False), ("cora", False), ("otto", False)],
    ids=["claimant", "authority", "colleague in office", "colleague", "host", "county", "elsewhere"],
)
def test_a_claim_and_its_evidence_are_seen_by_claimant_and_authority(
    academy: Academy, name: str, is_seen: bool
) -> None:
    claim, person = claimed(academy), academy.people[name]
    file = claim.evidence.get()
    browser = Browser()
    browser.force_login(person)

    response = browser.get(f"/claims/evidence/{file.uuid}/")

    if is_seen:
        assert (claim_for(person, claim.uuid), evidence_for(person, file.uuid)) == (claim, file)
        assert (response.status_code, response.content) == (200, PDF)
    else:
        for asked in (lambda: claim_for(person, claim.uuid), lambda: evidence_for(person, file.uuid)):
            with pytest.raises(ClaimNotFound):
                asked()
        assert response.status_code == 404


def test_evidence_is_given_as_what_it_is_and_never_runs(academy: Academy) -> None:
    claim = claimed(academy, evidence=[("证明.pdf", PDF), ("现场.png", PNG)])
    browser = Browser()
    browser.force_login(academy.tess)

    given = [browser.get(f"/claims/evidence/{each.uuid}/") for each in claim.evidence.all()]

    assert [each["Content-Type"] for each in given] == ["application/pdf", "image/png"]
    assert [each["Content-Disposition"].split(";")[0] for each in given] == ["attachment", "inline"]
    assert {each["X-Content-Type-Options"] for each in given} == {"nosniff"}
    assert all("sandbox" in each["Content-Security-Policy"] for each in given)
    assert all("no-store" in each["Cache-Control"] for each in given)


def test_evidence_whose_file_is_gone_is_not_there(academy: Academy) -> None:
    file = claimed(academy).evidence.get()
    (settings.PRIVATE_ROOT / "evidence" / str(file.uuid)).unlink()
    browser = Browser()
    browser.force_login(academy.tess)

    assert browser.get(f"/claims/evidence/{file.uuid}/").status_code == 404
