"""A document is issued upon the confirmed entries, once, and nobody changes it afterwards."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, ProgrammingError, connection, transaction

from lms.audit.models import Event
from lms.enrollments.actions import withdraw_enrollment
from lms.hours.models import Entry, ModuleHours
from lms.institutions.actions import join_institution, leave_institution, suspend_institution
from lms.oversight.actions.documents import (
    DocumentRefused,
    NotIssuer,
    NotRevoked,
    NotRevoker,
    ReasonMissing,
    issue_document,
    issue_for_class,
    reissue_document,
    revoke_document,
)
from lms.oversight.models import Document, DocumentSeries, Revocation
from lms.oversight.queries.documents import digest_holds, verification, verified
from lms.oversight.rules.documents import Line, digest
from tests.integration.exams.builders import NOON, Ground
from tests.integration.oversight.papers_world import (
    HOUR_ONLINE,
    Papers,
    classmates,
    complete,
    earn,
    lose,
    make_papers,
    refresher,
)


@pytest.fixture
def papers(db: None) -> Papers:
    return make_papers()


def issue(ground: Ground, kind: str = "certificate") -> Document:
    return issue_document(by=ground.alice, at=NOON, enrollment=ground.enrollment, kind=kind)


def test_who_has_not_completed_is_told_every_unmet_requirement(papers: Papers) -> None:
    ground = papers.ground
    earn(ground.enrollment, ground.theory, "online", HOUR_ONLINE - 1)

    with pytest.raises(DocumentRefused) as refused:
        issue(ground)

    assert [(each.code, each.module, each.kind) for each in refused.value.unmet] == [
        ("hours_missing", str(ground.theory.uuid), "online"),
        ("hours_missing", str(ground.practice.uuid), "workshop"),
    ]
    assert Document.objects.count() == 0
    assert Event.objects.filter(verb="document.issued").count() == 0


@pytest.mark.totals_lie
def test_a_total_that_lies_opens_nothing(papers: Papers) -> None:
    ground = papers.ground
    for module, kind in ((ground.theory, "online"), (ground.practice, "workshop")):
        ModuleHours.objects.create(
            learner=ground.alice, enrollment=ground.enrollment, module=module, kind=kind, confirmed_ms=10**9
        )

    with pytest.raises(DocumentRefused) as refused:
        issue(ground)

    assert [each.code for each in refused.value.unmet] == ["hours_missing", "hours_missing"]


def test_it_prints_the_sum_of_the_confirmed_entries_with_their_digest(papers: Papers) -> None:
    ground = papers.ground
    complete(ground)

    document = issue(ground)

    lines = [
        Line(str(each.uuid), each.number, str(each.module.uuid), each.kind, each.sort, each.ms, each.posted_at)
        for each in Entry.objects.select_related("module").order_by("-number")
    ]
    assert document.digest == digest(lines)
    assert (document.number, document.entries_to, document.edition) == ("2026-99-000001", 2, 1)
    assert (document.snapshot["name"], document.snapshot["identity"][:3]) == ("Alice", "000")
    assert document.snapshot["modules"][1]["kinds"] == {
        "workshop": {"required": "2", "confirmed": "2", "confirmed_ms": 5_400_000}
    }
    assert (document.snapshot["first_on"], document.snapshot["completed_on"]) == ("2026-03-02", "2026-03-02")
    assert len(document.code) == 20
    assert Event.objects.get(verb="document.issued").by == ground.alice


def test_issuing_twice_gives_the_same_document(papers: Papers) -> None:
    complete(papers.ground)

    first = issue(papers.ground)
    second = issue_document(
        by=papers.ground.bob, at=NOON + timedelta(days=9), enrollment=papers.ground.enrollment, kind="certificate"
    )

    assert (second.pk, second.issued_at) == (first.pk, NOON)
    assert Event.objects.filter(verb="document.issued").count() == 1


def test_only_the_learner_and_staff_of_the_institution_may_have_it_issued(papers: Papers) -> None:
    ground = papers.ground
    complete(ground)

    for person in (ground.charlie, ground.vera, ground.edda, papers.dora, papers.wang, papers.root, AnonymousUser()):
        with pytest.raises(NotIssuer):
            issue_document(by=person, at=NOON, enrollment=ground.enrollment, kind="certificate")
    assert Document.objects.count() == 0


def test_a_suspended_institution_and_a_learner_who_left_get_none(papers: Papers) -> None:
    ground = papers.ground
    complete(ground)
    suspend_institution(by=None, at=NOON, institution=ground.school, reason="test")
    withdraw_enrollment(by=ground.bob, at=NOON, enrollment=ground.enrollment)

    with pytest.raises(DocumentRefused) as refused:
        issue(ground)

    assert [each.code for each in refused.value.unmet] == ["not_enrolled", "institution_suspended"]


def test_a_record_card_is_for_a_refresher(papers: Papers) -> None:
    complete(papers.ground)
    with pytest.raises(DocumentRefused, match="kind_of_another_training"):
        issue(papers.ground, "record_card")

    again = refresher(papers.ground)
    theory, practice = again.training_class.syllabus_version.modules.all()
    earn(again, theory, "online", HOUR_ONLINE, from_at=NOON + timedelta(days=5))
    earn(again, practice, "workshop", 5_400_000, from_at=NOON + timedelta(days=6))
    card = issue_document(by=papers.ground.alice, at=NOON, enrollment=again, kind="record_card")

    assert (card.kind, card.snapshot["syllabus_zh"]) == ("record_card", "低压电工复训")
    assert card.snapshot["teachers"] == ["Tilda"]


def test_a_class_is_issued_for_all_who_completed_and_for_nobody_else(papers: Papers) -> None:
    ground = papers.ground
    first, _second, third = classmates(ground, 3)
    complete(ground, first)
    complete(ground, third)

    issued = issue_for_class(by=ground.bob, at=NOON, training_class=ground.training_class)
    again = issue_for_class(by=ground.bob, at=NOON, training_class=ground.training_class)

    assert (issued.count, issued.left, again.count) == (2, 0, 0)
    assert set(Document.objects.values_list("enrollment", flat=True)) == {first.pk, third.pk}
    assert sorted(Document.objects.values_list("number", flat=True)) == ["2026-99-000001", "2026-99-000002"]


def test_staff_of_another_institution_issue_nothing_for_a_class(papers: Papers) -> None:
    complete(papers.ground)

    for person in (papers.dora, papers.ground.vera, papers.ground.alice):
        with pytest.raises(NotIssuer):
            issue_for_class(by=person, at=NOON, training_class=papers.ground.training_class)


def test_an_issue_that_was_not_committed_leaves_no_hole_in_the_numbers(papers: Papers) -> None:
    ground = papers.ground
    mate = classmates(ground, 1)[0]
    complete(ground)
    complete(ground, mate)
    issue(ground)
    with transaction.atomic():
        issue_document(by=ground.bob, at=NOON, enrollment=mate, kind="certificate")
        # As when the connection breaks before the commit.
        transaction.set_rollback(True)

    second = issue_document(by=ground.bob, at=NOON, enrollment=mate, kind="certificate")

    assert second.number == "2026-99-000002"
    assert DocumentSeries.objects.get().last_serial == 2


def test_hours_that_are_taken_back_uncover_the_document_and_given_back_cover_it(papers: Papers) -> None:
    ground = papers.ground
    complete(ground)
    document = issue(ground)
    assert verified(document).state == "valid"

    lose(ground)
    uncovered = verified(document)
    earn(ground.enrollment, ground.theory, "online", 1, from_at=NOON + timedelta(days=3))

    assert (uncovered.state, [each.kind for each in uncovered.missing]) == ("uncovered", ["online"])
    assert verified(document).state == "valid"
    assert digest_holds(document) is True


def test_a_digest_that_the_ledger_does_not_give_is_found(papers: Papers) -> None:
    complete(papers.ground)
    document = issue(papers.ground)
    document.digest = "0" * 64

    assert digest_holds(document) is False


def test_the_authority_revokes_once_and_for_ever(papers: Papers) -> None:
    ground = papers.ground
    complete(ground)
    document = issue(ground)

    first = revoke_document(by=ground.vera, at=NOON, document=document, reason=" 学时造假 ")
    again = revoke_document(by=ground.vera, at=NOON + timedelta(days=1), document=document, reason="once more")

    assert (first.pk, first.reason, again.reason) == (again.pk, "学时造假", "学时造假")
    found = verification(document.code)
    assert found is not None and found.state == "revoked"
    assert Event.objects.filter(verb="document.revoked").count() == 1


def test_nobody_else_revokes(papers: Papers) -> None:
    ground = papers.ground
    complete(ground)
    document = issue(ground)

    for person in (ground.alice, ground.bob, ground.charlie, papers.dora, papers.wang, papers.root, AnonymousUser()):
        with pytest.raises(NotRevoker):
            revoke_document(by=person, at=NOON, document=document, reason="test")
    assert Revocation.objects.count() == 0


def test_who_once_worked_for_the_institution_is_no_outsider(papers: Papers) -> None:
    ground = papers.ground
    complete(ground)
    join_institution(by=None, at=NOON, person=ground.vera, institution=ground.school)
    leave_institution(by=None, at=NOON, person=ground.vera, institution=ground.school)

    with pytest.raises(NotRevoker):
        revoke_document(by=ground.vera, at=NOON, document=issue(ground), reason="test")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_a_revocation_needs_a_reason(papers: Papers, reason: str) -> None:
    complete(papers.ground)

    with pytest.raises(ReasonMissing):
        revoke_document(by=papers.ground.vera, at=NOON, document=issue(papers.ground), reason=reason)


def test_what_was_revoked_nobody_of_the_institution_has_issued_again(papers: Papers) -> None:
    ground = papers.ground
    complete(ground)
    revoked = issue(ground)
    revoke_document(by=ground.vera, at=NOON, document=revoked, reason="学时造假")

    for person in (ground.alice, ground.bob):
        with pytest.raises(DocumentRefused) as refused:
            issue_document(by=person, at=NOON, enrollment=ground.enrollment, kind="certificate")
        assert [each.code for each in refused.value.unmet] == ["revoked"]
        with pytest.raises(NotRevoker):
            reissue_document(by=person, at=NOON, document=revoked)
    assert issue_for_class(by=ground.bob, at=NOON, training_class=ground.training_class).count == 0
    assert Document.objects.count() == 1


def test_the_authority_issues_anew_once_and_only_upon_the_hours(papers: Papers) -> None:
    ground = papers.ground
    complete(ground)
    first = issue(ground)
    with pytest.raises(NotRevoked):
        reissue_document(by=ground.vera, at=NOON, document=first)
    revoke_document(by=ground.vera, at=NOON, document=first, reason="姓名有误")
    lose(ground)
    with pytest.raises(DocumentRefused):
        reissue_document(by=ground.vera, at=NOON, document=first)
    earn(ground.enrollment, ground.theory, "online", 1, from_at=NOON + timedelta(days=3))

    second = reissue_document(by=ground.vera, at=NOON, document=first)

    assert reissue_document(by=ground.vera, at=NOON, document=first).pk == second.pk
    assert (second.edition, second.number) == (2, "2026-99-000002")
    assert second.code != first.code
    assert verified(first).document.pk != verified(second).document.pk


@pytest.mark.parametrize("text", ["AAAA-BBBB-CCCC-DDDD-EEEE", "2026-99-000009", "x", "", "' OR 1=1 --"])
def test_what_was_not_issued_is_unknown(papers: Papers, text: str) -> None:
    complete(papers.ground)
    issue(papers.ground)

    assert verification(text) is None


def fields_of(document: Document, **changes: object) -> dict[str, object]:
    names = ["kind", "enrollment", "edition", "region_code", "year", "issued_at", "issued_by", "snapshot", "entries_to"]
    copied = {name: getattr(document, name) for name in names}
    return {**copied, "serial": 9, "number": "9", "code": "9", "digest": "9", **changes}


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({}, "one_document_per_edition"),
        ({"edition": 2}, "edition_follows_a_revoked_one"),
        ({"kind": "record_card", "serial": 1}, "one_document_per_serial"),
        ({"kind": "record_card", "serial": 0}, "documents_count_from_one"),
    ],
)
def test_postgresql_itself_refuses_a_second_document(papers: Papers, changes: dict[str, int], constraint: str) -> None:
    complete(papers.ground)
    document = issue(papers.ground)

    with pytest.raises(IntegrityError, match=constraint.replace("edition_follows", "edition|edition_follows")):
        Document.objects.create(uuid=uuid4(), **fields_of(document, **changes))


@pytest.mark.parametrize("table", ["oversight_document", "oversight_revocation"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_program_may_not_change_what_was_issued(papers: Papers, table: str, change: str) -> None:
    complete(papers.ground)
    revoke_document(by=papers.ground.vera, at=NOON, document=issue(papers.ground), reason="test")

    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(change.format(table))


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_moment_give_one_document() -> None:
    ground = make_papers().ground
    complete(ground)
    gate = Barrier(8)

    def attempt(place: int) -> str:
        try:
            gate.wait(timeout=60)
            return issue(ground).number
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=8) as pool:
        outcome = Counter(pool.map(attempt, range(8)))

    assert outcome == {"2026-99-000001": 8}
    assert Document.objects.count() == 1
    assert Event.objects.filter(verb="document.issued").count() == 1


@pytest.mark.django_db(transaction=True)
def test_people_of_one_region_at_the_same_moment_get_numbers_without_a_hole() -> None:
    ground = make_papers().ground
    mates = classmates(ground, 8)
    for each in mates:
        complete(ground, each)
    gate = Barrier(8)

    def attempt(place: int) -> int:
        try:
            gate.wait(timeout=60)
            return issue_document(by=ground.bob, at=NOON, enrollment=mates[place], kind="certificate").serial
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=8) as pool:
        serials = sorted(pool.map(attempt, range(8)))

    assert serials == [1, 2, 3, 4, 5, 6, 7, 8]
