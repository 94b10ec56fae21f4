"""A teacher's file is applied for, decided from above, and mended by applying again."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from lms.accounts.actions import end_role, grant_role
from lms.accounts.models import Role, User
from lms.audit.models import Event
from lms.enrollments.actions import UuidTaken
from lms.institutions.actions import (
    CertificateRefused,
    add_region,
    join_institution,
    leave_institution,
    post_authority,
)
from lms.institutions.models import TeacherCertificate
from lms.oversight.queries.waiting import waiting_for
from lms.teachers.actions.files import (
    FileDecided,
    FileRefused,
    NotApplicant,
    NotFilesAuthority,
    WaitsAlready,
    accept_application,
    return_application,
    take_back_application,
)
from lms.teachers.actions.photos import PhotoRefused
from lms.teachers.models import FileApplication, FileState, PracticeAsked, TeacherFile
from lms.teachers.queries.applications import applications_waiting
from tests.faces import picture
from tests.integration.exams.builders import NOON, REPORTED, make_person
from tests.integration.letters.post import delivered
from tests.integration.oversight.papers_world import Papers, make_papers
from tests.integration.teachers.roster_world import another_teacher, applied, certify, filed, tilda

LATER = NOON + timedelta(days=1)
TERM = {"number": "云教 0009", "valid_from": date(2026, 3, 2), "valid_to": date(2029, 3, 2)}


@pytest.fixture
def papers(db: None) -> Papers:
    return make_papers()


def photos(folder: Path) -> int:
    return len(list(folder.glob("teachers/*"))) if folder.exists() else 0


def verbs(application: FileApplication) -> list[str]:
    rows = Event.objects.filter(subject_id=str(application.uuid)).order_by("pk")
    return list(rows.values_list("verb", flat=True))


def test_accepted_it_is_the_teachers_file_and_the_certificate_is_granted_with_it(papers: Papers) -> None:
    asked = applied(tilda(), qualifications="高级工程师\n\n 注册安全工程师 ")

    accept_application(by=papers.ground.vera, at=LATER, application=asked, **TERM)

    own = TeacherFile.objects.get(person=tilda())
    assert own.application == asked
    assert (own.application.trades, own.application.practising_since) == (["electrician"], date(2015, 6, 1))
    assert own.application.qualifications == "高级工程师\n注册安全工程师"
    held = TeacherCertificate.objects.get(person=tilda())
    assert (held.number, held.valid_from, held.valid_to) == ("云教 0009", date(2026, 3, 2), date(2029, 3, 2))
    assert verbs(asked) == ["teacher_file.applied", "teacher_file.accepted"]


def test_without_number_and_term_no_certificate_is_granted(papers: Papers) -> None:
    filed(papers, tilda())

    assert TeacherFile.objects.filter(person=tilda()).exists()
    assert not TeacherCertificate.objects.exists()


def test_a_certificate_that_is_refused_leaves_nothing_decided(papers: Papers) -> None:
    certify(another_teacher(papers, "anna"), "云教 0009")
    asked = applied(tilda())

    with pytest.raises(CertificateRefused, match="a number that no other certificate has"):
        accept_application(by=papers.ground.vera, at=LATER, application=asked, **TERM)

    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == (FileState.WAITING, None)
    assert not TeacherFile.objects.exists()
    assert verbs(asked) == ["teacher_file.applied"]


@pytest.mark.parametrize("missing", ["number", "valid_from", "valid_to"])
def test_a_certificate_is_given_whole_or_not_at_all(papers: Papers, missing: str) -> None:
    given = {**TERM, missing: "" if missing == "number" else None}

    with pytest.raises(FileRefused, match=f"{missing}: '', allowed: number and both days, or none of them"):
        accept_application(by=papers.ground.vera, at=LATER, application=applied(tilda()), **given)  # type: ignore[arg-type]


def test_staff_applies_for_a_teacher_who_works_there(papers: Papers) -> None:
    asked = applied(tilda(), by=papers.ground.bob, institution=papers.ground.school)

    accept_application(by=papers.ground.vera, at=LATER, application=asked)

    assert (asked.applied_by, asked.institution) == (papers.ground.bob, papers.ground.school)
    assert TeacherFile.objects.get(person=tilda()).application == asked


def test_both_who_applied_and_the_teacher_hear_of_the_decision(papers: Papers) -> None:
    asked = applied(tilda(), by=papers.ground.bob, institution=papers.ground.school)

    return_application(by=papers.ground.vera, at=LATER, application=asked, reason="请补照片")

    sent = delivered()
    assert all("请补照片" in str(sent[f"{name}@example.test"].body) for name in ("tilda", "bob"))
    assert f"/manage/own-teachers/{tilda().uuid}/" in str(sent["bob@example.test"].body)
    assert "/my/teaching/" in str(sent["tilda@example.test"].body)


def by_another_teacher(papers: Papers) -> dict[str, Any]:
    return {"by": another_teacher(papers, "anna")}


def by_staff_elsewhere(papers: Papers) -> dict[str, Any]:
    """Dora runs the other school, where Tilda does not work."""
    return {"by": papers.dora, "institution": papers.dora.memberships.get().institution}


def by_staff_for_another_institution(papers: Papers) -> dict[str, Any]:
    return {"by": papers.ground.bob, "institution": papers.dora.memberships.get().institution}


def by_staff_without_an_institution(papers: Papers) -> dict[str, Any]:
    return {"by": papers.ground.bob}


def by_the_teacher_for_the_school(papers: Papers) -> dict[str, Any]:
    return {"institution": papers.ground.school}


def who_is_no_teacher_any_more(papers: Papers) -> dict[str, Any]:
    end_role(by=None, at=NOON, person=tilda(), role=Role.TEACHER)
    return {}


def who_works_nowhere_any_more(papers: Papers) -> dict[str, Any]:
    leave_institution(by=None, at=NOON, person=tilda(), institution=papers.ground.school)
    return {}


@pytest.mark.parametrize(
    "given",
    [
        by_another_teacher,
        by_staff_elsewhere,
        by_staff_for_another_institution,
        by_staff_without_an_institution,
        by_the_teacher_for_the_school,
        who_is_no_teacher_any_more,
        who_works_nowhere_any_more,
    ],
    ids=lambda each: each.__name__,
)
def test_nobody_applies_but_the_teacher_and_who_employs_them(
    papers: Papers, given: Callable[[Papers], dict[str, Any]]
) -> None:
    changes = given(papers)

    with pytest.raises(NotApplicant):
        applied(tilda(), **changes)

    assert not FileApplication.objects.exists()


def the_teacher_who_is_an_authority_too(papers: Papers) -> tuple[User, str]:
    grant_role(by=None, at=NOON, person=tilda(), role=Role.AUTHORITY)
    post_authority(by=None, at=NOON, person=tilda(), region=papers.ground.school.region)
    return tilda(), "own"


def who_applied_and_is_an_authority_too(papers: Papers) -> tuple[User, str]:
    grant_role(by=None, at=NOON, person=papers.ground.bob, role=Role.AUTHORITY)
    post_authority(by=None, at=NOON, person=papers.ground.bob, region=papers.ground.school.region)
    return papers.ground.bob, "applied"


def a_colleague_who_is_an_authority_too(papers: Papers) -> tuple[User, str]:
    both = make_person("both", Role.AUTHORITY)
    join_institution(by=None, at=NOON, person=both, institution=papers.ground.school)
    post_authority(by=None, at=NOON, person=both, region=papers.ground.school.region)
    return both, "works_there"


def the_authority_of_another_region(papers: Papers) -> tuple[User, str]:
    return papers.wang, "not_above"


def the_authority_of_a_place_below(papers: Papers) -> tuple[User, str]:
    """Of a prefecture; the school is the province's."""
    city = add_region(
        by=None, at=REPORTED, code="9901", name_zh="市", name_en="City", parent=papers.ground.school.region
    )
    below = make_person("below", Role.AUTHORITY)
    post_authority(by=None, at=REPORTED, person=below, region=city)
    return below, "not_above"


def an_administrator(papers: Papers) -> tuple[User, str]:
    return papers.root, "not_above"


DECIDERS = [
    the_teacher_who_is_an_authority_too,
    who_applied_and_is_an_authority_too,
    a_colleague_who_is_an_authority_too,
    the_authority_of_another_region,
    the_authority_of_a_place_below,
    an_administrator,
]


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda each: each.__name__)
def test_nobody_decides_but_an_authority_above_who_is_no_colleague(
    papers: Papers, decider: Callable[[Papers], tuple[User, str]]
) -> None:
    asked = applied(tilda(), by=papers.ground.bob, institution=papers.ground.school)
    person, code = decider(papers)

    with pytest.raises(NotFilesAuthority, match=code):
        accept_application(by=person, at=LATER, application=asked)
    with pytest.raises(NotFilesAuthority, match=code):
        return_application(by=person, at=LATER, application=asked, reason="不行")

    asked.refresh_from_db()
    assert asked.state == FileState.WAITING
    assert asked not in applications_waiting(person)


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda each: each.__name__)
def test_the_database_lets_none_of_them_decide_either(
    papers: Papers, decider: Callable[[Papers], tuple[User, str]]
) -> None:
    asked = applied(tilda(), by=papers.ground.bob, institution=papers.ground.school)
    person, _code = decider(papers)
    decision = {"state": FileState.ACCEPTED, "decided_at": LATER}

    with pytest.raises(IntegrityError), transaction.atomic():
        FileApplication.objects.filter(pk=asked.pk).update(decided_by=person, **decision)
    # The positive control: Vera's decision is let through.
    assert FileApplication.objects.filter(pk=asked.pk).update(decided_by=papers.ground.vera, **decision) == 1


def test_it_waits_for_the_authority_above_and_for_nobody_else(papers: Papers) -> None:
    asked = applied(tilda())

    waiting = {
        name: list(applications_waiting(person))
        for name, person in (("vera", papers.ground.vera), ("wang", papers.wang), ("bob", papers.ground.bob))
    }

    assert waiting == {"vera": [asked], "wang": [], "bob": []}


def test_the_mornings_letter_counts_it_for_who_may_decide(papers: Papers) -> None:
    applied(tilda())

    assert waiting_for(papers.ground.vera) == {"files": 1}
    assert waiting_for(papers.wang) == {}


def test_the_database_lets_one_application_of_a_teacher_wait(papers: Papers) -> None:
    asked = applied(tilda())
    asked.pk, asked.uuid = None, uuid4()

    with pytest.raises(IntegrityError, match="one_waiting_file_application"), transaction.atomic():
        asked.save(force_insert=True)


def test_what_was_returned_is_mended_and_applied_for_again_with_the_same_photo(
    papers: Papers, private_folder: Path
) -> None:
    first = applied(tilda())
    return_application(by=papers.ground.vera, at=LATER, application=first, reason="请补资质")

    second = applied(tilda(), at=LATER, qualifications="注册安全工程师", photo=None)
    accept_application(by=papers.ground.vera, at=LATER, application=second)

    first.refresh_from_db()
    assert (first.state, first.reason, first.qualifications) == (FileState.RETURNED, "请补资质", "高级工程师")
    assert TeacherFile.objects.get(person=tilda()).application == second
    assert second.photo.name == first.photo.name
    assert photos(private_folder) == 1


def test_an_institution_does_not_come_by_a_photo_that_the_teacher_sent(papers: Papers) -> None:
    first = applied(tilda())
    return_application(by=papers.ground.vera, at=LATER, application=first, reason="请补资质")

    with pytest.raises(FileRefused, match="photo: '', allowed: a photo"):
        applied(tilda(), by=papers.ground.bob, institution=papers.ground.school, photo=None)


def test_what_the_other_applicant_put_on_file_since_is_kept_and_not_what_was_before(papers: Papers) -> None:
    school = {"by": papers.ground.bob, "institution": papers.ground.school}
    filed(papers, tilda(), photo=picture(300, 400))
    second = accept_application(by=papers.ground.vera, at=LATER, application=applied(tilda(), at=LATER, **school))

    third = applied(tilda(), at=LATER + timedelta(days=1), photo=None)

    assert third.photo.name == second.photo.name


def test_what_was_returned_after_the_file_is_kept_by_who_sent_it_and_by_nobody_else(papers: Papers) -> None:
    school = {"by": papers.ground.bob, "institution": papers.ground.school}
    on_file = filed(papers, tilda())
    private = applied(tilda(), at=LATER, photo=picture(300, 400))
    return_application(by=papers.ground.vera, at=LATER, application=private, reason="请补资质")

    by_school = applied(tilda(), at=LATER + timedelta(hours=1), photo=None, **school)
    assert by_school.photo.name == on_file.photo.name
    take_back_application(by=papers.ground.bob, at=LATER, application=by_school)

    assert applied(tilda(), at=LATER + timedelta(hours=2), photo=None).photo.name == private.photo.name


def test_a_later_application_takes_the_place_of_the_file_when_it_is_accepted(papers: Papers) -> None:
    filed(papers, tilda())
    second = applied(tilda(), practising_since=date(2010, 1, 1), photo=None)
    assert TeacherFile.objects.get().application.practising_since == date(2015, 6, 1)

    accept_application(by=papers.ground.vera, at=LATER, application=second)

    assert TeacherFile.objects.get().application.practising_since == date(2010, 1, 1)


def test_one_application_waits_at_a_time(papers: Papers, private_folder: Path) -> None:
    first = applied(tilda())
    with pytest.raises(WaitsAlready):
        applied(tilda(), by=papers.ground.bob, institution=papers.ground.school)

    take_back_application(by=tilda(), at=LATER, application=first)
    second = applied(tilda(), by=papers.ground.bob, institution=papers.ground.school)

    assert FileApplication.objects.get(state=FileState.WAITING) == second
    assert photos(private_folder) == 2  # and none of what was refused


def test_sent_twice_it_is_one_application_and_one_photo(papers: Papers, private_folder: Path) -> None:
    uuid = uuid4()

    both = [applied(tilda(), uuid=uuid) for _again in range(2)]

    assert both[0] == both[1]
    assert Event.objects.filter(verb="teacher_file.applied").count() == 1
    assert photos(private_folder) == 1
    with pytest.raises(UuidTaken):
        applied(another_teacher(papers, "anna"), uuid=uuid)


def test_it_is_taken_back_by_who_applied_or_who_runs_the_institution_with_them(papers: Papers) -> None:
    beth = make_person("beth", Role.INSTITUTION)
    join_institution(by=None, at=NOON, person=beth, institution=papers.ground.school)
    asked = applied(tilda(), by=papers.ground.bob, institution=papers.ground.school)

    for stranger in (tilda(), papers.dora, papers.ground.vera):
        with pytest.raises(NotApplicant):
            take_back_application(by=stranger, at=LATER, application=asked)
    for _again in range(2):
        take_back_application(by=beth, at=LATER, application=asked)

    assert verbs(asked) == ["teacher_file.applied", "teacher_file.taken_back"]


def test_what_was_decided_stays_decided(papers: Papers) -> None:
    other = make_person("otto", Role.AUTHORITY)
    post_authority(by=None, at=REPORTED, person=other, region=papers.ground.school.region)
    asked = filed(papers, tilda())

    with pytest.raises(FileDecided, match="accepted"):
        return_application(by=papers.ground.vera, at=LATER, application=asked, reason="不行")
    with pytest.raises(FileDecided, match="accepted"):
        accept_application(by=other, at=LATER, application=asked)
    with pytest.raises(FileDecided, match="accepted"):
        take_back_application(by=tilda(), at=LATER, application=asked)
    accept_application(by=papers.ground.vera, at=LATER, application=asked)  # the same again

    assert verbs(asked) == ["teacher_file.applied", "teacher_file.accepted"]


@pytest.mark.parametrize("reason", ["", "  ", "一" * 501], ids=["empty", "blank", "too long"])
def test_it_is_returned_with_a_reason(papers: Papers, reason: str) -> None:
    with pytest.raises(FileRefused, match="allowed: 1 to 500 characters"):
        return_application(by=papers.ground.vera, at=LATER, application=applied(tilda()), reason=reason)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trades": []}, "trades: '', allowed: 1 to 12 trades, each once"),
        ({"trades": ["diving"]}, "trades: 'diving', allowed: a trade that a syllabus knows"),
        ({"practising_since": date(2021, 3, 3)}, "practising_since: '2021-03-03', allowed: at least 5 years ago"),
        ({"photo": None}, "photo: '', allowed: a photo"),
    ],
    ids=["no trade", "an unknown trade", "a day too few", "no photo"],
)
def test_what_cannot_be_a_file_is_refused_with_its_field(papers: Papers, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(FileRefused, match=said):
        applied(tilda(), **changes)

    assert not FileApplication.objects.exists()


def test_five_years_to_the_day_are_enough(papers: Papers) -> None:
    assert applied(tilda(), practising_since=date(2021, 3, 2)).years_asked == 5


def test_the_days_application_asks_the_practice_of_that_day(papers: Papers) -> None:
    PracticeAsked.objects.create(in_force_from=date(2026, 3, 3), years_min=20, source="测试")

    assert applied(tilda()).years_asked == 5
    with pytest.raises(FileRefused, match="at least 20 years ago \\(测试\\)"):
        applied(another_teacher(papers, "anna"), at=LATER)


def test_a_file_that_is_no_photo_leaves_nothing_behind(papers: Papers, private_folder: Path) -> None:
    with pytest.raises(PhotoRefused, match="unreadable"):
        applied(tilda(), photo=b"%PDF-1.7")

    assert not FileApplication.objects.exists()
    assert photos(private_folder) == 0


CHANGES: list[dict[str, Any]] = [
    {"trades": ["welding"]},
    {"practising_since": date(2000, 1, 1)},
    {"qualifications": "院士"},
    {"photo": "teachers/another.jpg"},
    {"years_asked": 0},
    {"applied_on": date(2030, 1, 1)},
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda each: next(iter(each)))
def test_the_database_keeps_what_was_applied_for(papers: Papers, changes: dict[str, Any]) -> None:
    asked = applied(tilda())

    with pytest.raises(IntegrityError), transaction.atomic():
        FileApplication.objects.filter(pk=asked.pk).update(**changes)
    with pytest.raises(IntegrityError), transaction.atomic():
        FileApplication.objects.filter(pk=asked.pk).update(state="taken_back", decided_at=LATER, **changes)


@pytest.mark.parametrize("state", ["waiting", "returned", "taken_back"])
def test_the_database_lets_no_decision_be_undone(papers: Papers, state: str) -> None:
    asked = filed(papers, tilda())

    with pytest.raises(IntegrityError), transaction.atomic():
        FileApplication.objects.filter(pk=asked.pk).update(state=state, reason="又改")
    with pytest.raises(IntegrityError), transaction.atomic():
        FileApplication.objects.filter(pk=asked.pk).delete()


def test_the_database_takes_no_application_that_asks_less_than_is_in_force(papers: Papers) -> None:
    asked = applied(tilda())
    take_back_application(by=tilda(), at=LATER, application=asked)
    asked.pk, asked.state, asked.decided_at = None, FileState.WAITING, None
    asked.practising_since, asked.years_asked = date(2024, 1, 1), 1

    for years in (1, 5):
        asked.uuid, asked.years_asked = uuid4(), years
        with pytest.raises(IntegrityError), transaction.atomic():
            asked.save(force_insert=True)


def test_the_database_takes_nothing_as_a_file_that_was_not_accepted(papers: Papers) -> None:
    anna = another_teacher(papers, "anna")
    waiting, accepted = applied(anna), filed(papers, tilda())

    for person, application in ((anna, waiting), (anna, accepted)):
        with pytest.raises(IntegrityError), transaction.atomic():
            TeacherFile.objects.create(person=person, application=application, accepted_at=LATER)


def test_a_photo_is_kept_without_the_name_that_it_came_with(papers: Papers, private_folder: Path) -> None:
    asked = applied(tilda(), photo=picture(form="PNG"))

    kept = private_folder / asked.photo.name
    assert kept.read_bytes().startswith(b"\xff\xd8\xff")
    assert kept.stat().st_mode & 0o077 == 0
